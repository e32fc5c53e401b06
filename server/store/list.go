package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

const (
	maxPage     = 500
	defaultPage = 100
)

// Asset gives one asset of a project with its label, or CodeNotFound.
func (s *Store) Asset(ctx context.Context, project, id string) (domain.Asset, error) {
	a, err := one(ctx, s.db, "asset", id, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE a.id = ? AND a.project_id = ?", id, project)
	return a.Asset, err
}

// Assets gives one page of what q.Filter selects, in order of q.Sort, with the total of the whole filter. Pages go by place,
// not by number, so what is added or relabelled meanwhile neither repeats nor hides the rest.
func (s *Store) Assets(ctx context.Context, project string, q Query) (domain.AssetPage, error) {
	if q.Limit == 0 {
		q.Limit = defaultPage
	}
	if q.Limit < 1 || q.Limit > maxPage {
		return domain.AssetPage{}, domain.Errorf(domain.CodeInvalid, "The limit %d is not between 1 and %d.", q.Limit, maxPage).In("limit")
	}
	sort, err := sortOf(q.Sort)
	if err != nil {
		return domain.AssetPage{}, err
	}
	w, err := s.filtered(ctx, project, q.Filter)
	if err != nil {
		return domain.AssetPage{}, err
	}
	if page, done, err := s.listed(ctx, project, q, sort); done || err != nil {
		return page, err
	}
	total, err := s.total(ctx, project, q.Filter, w)
	if err != nil {
		return domain.AssetPage{}, err
	}
	if err := w.after(sort, q.Cursor); err != nil {
		return domain.AssetPage{}, err
	}
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE "+w.text()+
		" ORDER BY "+orders[sort]+" LIMIT ?", append(w.args, int64(q.Limit+1))...)
	if err != nil {
		return domain.AssetPage{}, fmt.Errorf("list assets: %w", err)
	}
	page := domain.AssetPage{Total: total}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		if page.NextCursor, err = rows[q.Limit-1].cursor(sort); err != nil {
			return domain.AssetPage{}, err
		}
	}
	page.Items = plain(rows)
	return page, nil
}

func plain(rows []assetRow) []domain.Asset {
	out := make([]domain.Asset, len(rows))
	for i, r := range rows {
		out[i] = r.Asset
	}
	return out
}

// total counts what f selects, w being its condition. Its only way to CodeNotFound is a project that is not there.
func (s *Store) total(ctx context.Context, project string, f domain.Filter, w *where) (int, error) {
	p, err := s.project(ctx, project)
	if err != nil {
		return 0, err
	}
	s.wantListing(ctx, project, p.Counts.Assets)
	if n, ok := keptTotal(p.Counts, f); ok {
		return n, nil
	}
	n, err := collect(ctx, s.db, scanInt, "SELECT COUNT(*) FROM assets a WHERE "+w.text(), w.args...)
	if err != nil {
		return 0, fmt.Errorf("count assets: %w", err)
	}
	return int(n[0]), nil
}

// CountAssets gives how many assets f selects.
func (s *Store) CountAssets(ctx context.Context, project string, f domain.Filter) (int, error) {
	w, err := s.filtered(ctx, project, f)
	if err != nil {
		return 0, err
	}
	if n, done, err := s.listedTotal(ctx, project, f); done || err != nil {
		return n, err
	}
	return s.total(ctx, project, f, w)
}

// EachAsset calls visit with all that q.Filter selects, in order of q.Sort, some hundred at a time; q's Cursor and Limit
// are not read. All is read by one query before the first visit, so it is of one moment, and visit may write.
func (s *Store) EachAsset(ctx context.Context, project string, q Query, visit func([]domain.Asset) error) error {
	if _, err := s.project(ctx, project); err != nil {
		return err
	}
	sort, err := sortOf(q.Sort)
	if err != nil {
		return err
	}
	w, err := s.filtered(ctx, project, q.Filter)
	if err != nil {
		return err
	}
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE "+w.text()+" ORDER BY "+orders[sort], w.args...)
	if err != nil {
		return fmt.Errorf("read assets: %w", err)
	}
	return chunks(rows, maxPage, func(part []assetRow) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return visit(plain(part))
	})
}

// AssetIDs gives the ids of all that f selects, in order of sort.
func (s *Store) AssetIDs(ctx context.Context, project string, f domain.Filter, sort string) ([]string, error) {
	sort, err := sortOf(sort)
	if err != nil {
		return nil, err
	}
	w, err := s.filtered(ctx, project, f)
	if err != nil {
		return nil, err
	}
	if ids, done, err := s.listedIDs(ctx, project, f, sort); done || err != nil {
		return ids, err
	}
	p, err := s.project(ctx, project)
	if err != nil {
		return nil, err
	}
	s.wantListing(ctx, project, p.Counts.Assets)
	ids, err := collect(ctx, s.db, scanString, "SELECT a.id FROM assets a WHERE "+w.text()+" ORDER BY "+orders[sort], w.args...)
	if err != nil {
		return nil, fmt.Errorf("list asset ids: %w", err)
	}
	return ids, nil
}

// AssetsByName gives the assets of exactly these names, by name; where several have one name, the one imported first.
func (s *Store) AssetsByName(ctx context.Context, project string, names []string) (map[string]domain.Asset, error) {
	folds := make([]string, len(names))
	wanted := make(map[string]bool, len(names))
	for i, name := range names {
		name = clean(name)
		folds[i], wanted[name] = fold(name), true
	}
	return s.assetsBy(ctx, project, "fold", folds, func(a domain.Asset) (string, bool) { return a.Name, wanted[a.Name] })
}

// AssetsBySHA gives the assets that have these bytes, by SHA-256.
func (s *Store) AssetsBySHA(ctx context.Context, project string, shas []string) (map[string]domain.Asset, error) {
	return s.assetsBy(ctx, project, "sha256", shas, func(a domain.Asset) (string, bool) { return a.SHA256, true })
}

func (s *Store) assetsByID(ctx context.Context, project string, ids []string) (map[string]domain.Asset, error) {
	return s.assetsBy(ctx, project, "id", ids, func(a domain.Asset) (string, bool) { return a.ID, true })
}

// AssetsByID maps the assets of ids that project has.
func (s *Store) AssetsByID(ctx context.Context, project string, ids []string) (map[string]domain.Asset, error) {
	return s.assetsByID(ctx, project, ids)
}

// EachName calls visit with what every asset of a project is called, while it is read: visit must not ask the store.
func (s *Store) EachName(ctx context.Context, project string, visit func(name, sha256, id string)) error {
	rows, err := s.db.Query(ctx, "SELECT name, sha256, id FROM assets WHERE project_id = ?", project)
	if err != nil {
		return fmt.Errorf("read names: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, sha, id string
		if err := rows.Scan(&name, &sha, &id); err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		visit(name, sha, id)
	}
	return rows.Err()
}

// assetsBy maps the assets of project whose column is one of values by key, which may leave one out.
func (s *Store) assetsBy(ctx context.Context, project, column string, values []string, key func(domain.Asset) (string, bool)) (map[string]domain.Asset, error) {
	out := make(map[string]domain.Asset, len(values))
	err := chunks(distinct(values), 4*rowsPerStmt, func(part []string) error {
		w := &where{}
		w.add("a.project_id = ?", project)
		if err := in(w, "a."+column, part); err != nil {
			return err
		}
		rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE "+w.text()+" ORDER BY a.seq", w.args...)
		if err != nil {
			return fmt.Errorf("read assets by %s: %w", column, err)
		}
		for _, a := range rows {
			k, ok := key(a.Asset)
			if _, had := out[k]; ok && !had {
				out[k] = a.Asset
			}
		}
		return nil
	})
	return out, err
}
