package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

const commentColumns = `id, asset_id, thread, author, author_name, text, created_at, edited_at, resolved_at, resolved_by, resolver_name, rev`

func scanComment(r Rows) (c domain.Comment, err error) {
	var created, edited, resolved int64
	var by domain.Actor
	err = r.Scan(&c.ID, &c.AssetID, &c.Thread, &c.Author.ID, &c.Author.Name, &c.Text, &created, &edited, &resolved, &by.ID, &by.Name, &c.Rev)
	c.CreatedAt, c.EditedAt, c.ResolvedAt = fromMicros(created), fromMicros(edited), fromMicros(resolved)
	if resolved != 0 {
		c.Resolved, c.ResolvedBy = true, &by
	}
	return c, err
}

// Comments gives the comments of an image, thread by thread, each from its first to its last, or CodeNotFound where the project
// has no such image.
func (s *Store) Comments(ctx context.Context, project, asset string) ([]domain.Comment, error) {
	if _, err := s.Asset(ctx, project, asset); err != nil {
		return nil, err
	}
	return s.comments(ctx, project, asset)
}

func (s *Store) comments(ctx context.Context, project, asset string) ([]domain.Comment, error) {
	list, err := collect(ctx, s.db, scanComment, "SELECT "+commentColumns+` FROM comments WHERE project_id = ? AND asset_id = ?
		ORDER BY created_at, CASE WHEN id = thread THEN 0 ELSE 1 END, id`, project, asset)
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	begun := map[string]int{}
	for i, c := range list {
		if _, known := begun[c.Thread]; !known {
			begun[c.Thread] = i
		}
	}
	slices.SortStableFunc(list, func(a, b domain.Comment) int { return begun[a.Thread] - begun[b.Thread] })
	return list, nil
}

// Comment gives one comment of a project, or CodeNotFound.
func (s *Store) Comment(ctx context.Context, project, id string) (domain.Comment, error) {
	return one(ctx, s.db, "comment", id, scanComment, "SELECT "+commentColumns+" FROM comments WHERE id = ? AND project_id = ?", id, project)
}

// AddComment keeps what c.Author says about c.AssetID: in c.Thread, or in a new thread where that is "". A thread that was
// resolved is open again by a new comment. c.ID may be made by the caller: a second write of one id changes nothing. Errors:
// CodeNotFound (image, thread), CodeInvalid (text, too many).
func (s *Store) AddComment(ctx context.Context, project string, c domain.Comment) (domain.Comment, error) {
	if err := checkComment(&c); err != nil {
		return domain.Comment{}, err
	}
	if c.ID == "" {
		c.ID = NewID()
	}
	err := s.discuss(ctx, project, c.AssetID, func(list []domain.Comment) ([]domain.Comment, []Stmt, error) {
		if i := slices.IndexFunc(list, func(o domain.Comment) bool { return o.ID == c.ID }); i >= 0 {
			c = list[i]
			return list, nil, nil
		}
		if len(list) >= domain.MaxComments {
			return nil, nil, domain.Errorf(domain.CodeInvalid, "An image has at most %d comments.", domain.MaxComments)
		}
		var stmts []Stmt
		if c.Thread == "" || c.Thread == c.ID {
			c.Thread = c.ID
		} else if i := slices.IndexFunc(list, func(o domain.Comment) bool { return o.ID == c.Thread && o.First() }); i < 0 {
			return nil, nil, domain.Errorf(domain.CodeNotFound, "There is no thread %q at this image. It may have been deleted.", c.Thread).In("thread")
		} else if list[i].Resolved {
			list[i].Resolved = false
			stmts = append(stmts, resolveStmt(project, c.Thread, domain.Actor{}, time.Time{}))
		}
		c.CreatedAt, c.Rev = s.now(), 1
		stmts = append(stmts, Stmt{"INSERT INTO comments (" + commentColumns + ", project_id) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '', '', 1, ?)", []any{
			c.ID, c.AssetID, c.Thread, c.Author.ID, c.Author.Name, c.Text, micros(c.CreatedAt), project,
		}})
		return append(list, c), stmts, nil
	})
	return c, err
}

// checkComment cleans what c says and tells what is wrong with it.
func checkComment(c *domain.Comment) error {
	c.Text = strings.TrimSpace(clean(c.Text))
	c.Author.Name = clean(c.Author.Name)
	switch n := utf8.RuneCountInString(c.Text); {
	case n == 0 || n > domain.MaxComment:
		return domain.Errorf(domain.CodeInvalid, "A comment has 1 to %d characters, not %d.", domain.MaxComment, n).In("text")
	case len(c.ID) > 100 || c.ID != clean(c.ID):
		return domain.Errorf(domain.CodeInvalid, "The id of a comment is text of at most 100 bytes.").In("id")
	}
	return nil
}

// EditComment replaces the text of a comment, of this rev alone unless that is 0, or gives CodeNotFound, CodeInvalid, or
// CodeConflict in the field rev.
func (s *Store) EditComment(ctx context.Context, project, id string, rev int64, text string) (domain.Comment, error) {
	c, err := s.Comment(ctx, project, id)
	if err != nil {
		return c, err
	}
	c.Text = text
	if err := checkComment(&c); err != nil {
		return c, err
	}
	c.EditedAt, c.Rev = s.now(), c.Rev+1
	n, err := s.db.Exec(ctx, "UPDATE comments SET text = ?, edited_at = ?, rev = rev + 1 WHERE id = ? AND project_id = ? AND (? = 0 OR rev = ?)",
		c.Text, micros(c.EditedAt), id, project, rev, rev)
	if err != nil {
		return c, fmt.Errorf("edit comment: %w", err)
	}
	if n == 0 {
		return c, domain.Errorf(domain.CodeConflict, "The comment was changed meanwhile. Look at it again.").In("rev")
	}
	return c, nil
}

// ResolveThread says of the thread that comment id begins that it is settled, or that it is not. CodeNotFound where id begins
// none.
func (s *Store) ResolveThread(ctx context.Context, project, id string, resolved bool, by domain.Actor) (domain.Comment, error) {
	c, err := s.Comment(ctx, project, id)
	if err != nil {
		return c, err
	}
	err = s.discuss(ctx, project, c.AssetID, func(list []domain.Comment) ([]domain.Comment, []Stmt, error) {
		i := slices.IndexFunc(list, func(o domain.Comment) bool { return o.ID == id && o.First() })
		if i < 0 {
			return nil, nil, domain.Errorf(domain.CodeNotFound, "The comment %q begins no thread.", id)
		}
		if list[i].Resolved == resolved {
			c = list[i]
			return list, nil, nil
		}
		at := time.Time{}
		list[i].Resolved, list[i].ResolvedBy = resolved, nil
		if resolved {
			at, list[i].ResolvedBy = s.now(), &by
		} else {
			by = domain.Actor{}
		}
		list[i].ResolvedAt, list[i].Rev = at, list[i].Rev+1
		c = list[i]
		return list, []Stmt{resolveStmt(project, id, by, at)}, nil
	})
	return c, err
}

func resolveStmt(project, id string, by domain.Actor, at time.Time) Stmt {
	return Stmt{"UPDATE comments SET resolved_at = ?, resolved_by = ?, resolver_name = ?, rev = rev + 1 WHERE project_id = ? AND id = ?", []any{micros(at), by.ID, clean(by.Name), project, id}}
}

// DeleteComment takes a comment away, with the whole thread where it begins one.
func (s *Store) DeleteComment(ctx context.Context, project, id string) error {
	c, err := s.Comment(ctx, project, id)
	if err != nil {
		return err
	}
	return s.discuss(ctx, project, c.AssetID, func(list []domain.Comment) ([]domain.Comment, []Stmt, error) {
		list = slices.DeleteFunc(list, func(o domain.Comment) bool { return o.ID == id || o.Thread == id })
		return list, []Stmt{{"DELETE FROM comments WHERE project_id = ? AND (id = ? OR thread = ?)", []any{project, id, id}}}, nil
	})
}

// discuss writes the statements that work gives together with the counts of what the list of an image's comments is then.
// Without statements nothing is written.
func (s *Store) discuss(ctx context.Context, project, asset string, work func([]domain.Comment) ([]domain.Comment, []Stmt, error)) error {
	return s.update(ctx, project, func(p projectRow) error {
		if _, err := s.Asset(ctx, project, asset); err != nil {
			return err
		}
		before, err := s.comments(ctx, project, asset)
		if err != nil {
			return err
		}
		counts := cloneCounts(p.Counts)
		if _, open := domain.CommentCounts(before); open > 0 {
			counts.Discussed--
		}
		after, stmts, err := work(before)
		if err != nil || len(stmts) == 0 {
			return err
		}
		all, open := domain.CommentCounts(after)
		if open > 0 {
			counts.Discussed++
		}
		batch, err := p.bump(counts, p.assetSeq)
		if err != nil {
			return err
		}
		batch = append(append(batch, stmts...), Stmt{
			"UPDATE assets SET comments = ?, open_threads = ?, touched = ? WHERE id = ? AND project_id = ?",
			[]any{int64(all), int64(open), p.labelSeq + 1, asset, project},
		})
		if _, err := s.db.Batch(ctx, batch); err != nil {
			return fmt.Errorf("write comments: %w", err)
		}
		return nil
	})
}
