package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Kinds of operations that change what a project is.
const (
	kindTask  = "task"
	kindMerge = "merge"
	kindMove  = "move"
)

func structural(kind string) bool { return kind == kindTask || kind == kindMerge || kind == kindMove }

// structure is what an operation changed of a project, as it is kept in operations.detail.
type structure struct {
	From    domain.Task          `json:"from,omitempty"`
	To      domain.Task          `json:"to,omitempty"`
	Rule    domain.Rule          `json:"rule,omitempty"`
	Into    string               `json:"into,omitempty"`
	Classes []domain.ClassPlaced `json:"classes,omitempty"`
}

// placed tells which classes stand elsewhere in now than in old.
func placed(old, now []domain.Class) (out []domain.ClassPlaced) {
	for i, c := range old {
		if now[i].Parent != c.Parent {
			out = append(out, domain.ClassPlaced{ClassID: c.ID, From: c.Parent, To: now[i].Parent, WasArchived: c.Archived, Archived: c.Archived})
		}
	}
	return out
}

// moveClasses is UpdateProject where classes go under others.
func (s *Store) moveClasses(ctx context.Context, in domain.Project, name string, classes []domain.Class, moved []domain.ClassPlaced) (domain.Project, error) {
	err := s.update(ctx, in.ID, func(p projectRow) error {
		if p.Rev != in.Rev {
			return projectMoved(p.Name)
		}
		after := p.Project
		after.Name, after.Classes = name, classes
		_, err := s.restructure(ctx, p, after, structure{Classes: moved}, LabelWrite{Kind: kindMove, Actor: domain.ActorOf(ctx).ID}, nil)
		return err
	})
	if err != nil {
		return domain.Project{}, err
	}
	return s.Project(ctx, in.ID)
}

// restructure makes p what after says, and labels what edits say, as one operation.
func (s *Store) restructure(ctx context.Context, p projectRow, after domain.Project, d structure, w LabelWrite, edits []edit) (domain.Operation, error) {
	o, err := s.openOperation(ctx, p, w)
	if err != nil || o.exists {
		return o.row.Operation, err
	}
	if o.row.detail, err = jsonText(d); err != nil {
		return domain.Operation{}, err
	}
	for i := range edits {
		edits[i].after.version = p.labelSeq + 1
		edits[i] = edits[i].next(o.at)
	}
	o.row.Changed = len(edits)
	batch, err := p.bump(talliedEdits(p.Counts, edits), p.assetSeq)
	if err != nil {
		return domain.Operation{}, err
	}
	reshaped, err := p.reshape(after)
	if err != nil {
		return domain.Operation{}, err
	}
	batch = append(append(batch, reshaped...), o.stmts(p, len(edits))...)
	labels, err := labelStmts(p.ID, o.row.ID, o.at, edits)
	if err != nil {
		return domain.Operation{}, err
	}
	if _, err := s.db.Batch(ctx, append(batch, labels...)); err != nil {
		return domain.Operation{}, fmt.Errorf("change project: %w", err)
	}
	return o.row.Operation, nil
}

// reshape writes name, task and classes of after in the place of p's, and fails the batch when somebody else has.
func (p projectRow) reshape(after domain.Project) ([]Stmt, error) {
	text, err := jsonText(after.Classes)
	return []Stmt{
		{"UPDATE projects SET name = ?, task = ?, classes = ?, rev = rev + 1 WHERE id = ? AND rev = ?", []any{after.Name, string(after.Task), text, p.ID, p.Rev}},
		guard("moved", "EXISTS (SELECT 1 FROM projects WHERE id = ? AND rev = ?)", p.ID, p.Rev+1),
	}, err
}

// Changes lists what changed a project itself, newest first, at most 100.
func (s *Store) Changes(ctx context.Context, project string) ([]domain.ProjectChange, error) {
	rows, err := collect(ctx, s.db, scanOperation, "SELECT "+operationColumns+` FROM operations
		WHERE project_id = ? AND of_op = '' AND detail <> '' ORDER BY seq DESC LIMIT 100`, project)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	out := make([]domain.ProjectChange, len(rows))
	for i, r := range rows {
		d, err := r.structure()
		if err != nil {
			return nil, err
		}
		out[i] = domain.ProjectChange{
			ID: r.ID, Kind: r.Kind, At: r.At, Actor: r.actor, Changed: r.Changed, Undone: r.Undone,
			From: d.From, To: d.To, Rule: d.Rule, Classes: d.Classes, Into: d.Into,
		}
	}
	return out, nil
}

func (o operationRow) structure() (d structure, err error) {
	if err = json.Unmarshal([]byte(o.detail), &d); err != nil {
		err = fmt.Errorf("detail of operation %s: %w", o.ID, err)
	}
	return d, err
}

// UndoChange takes back what changed a project itself (Changes), with the labels that it changed and nobody else has since.
// CodeConflict where the project has moved on so that it cannot be what it was.
func (s *Store) UndoChange(ctx context.Context, project, op string) (domain.Operation, error) {
	return s.turn(ctx, project, "", "project_id = ? AND of_op = '' AND detail <> '' AND id = ?", []any{project, op}, true)
}

// RedoChange does again what UndoChange took back.
func (s *Store) RedoChange(ctx context.Context, project, op string) (domain.Operation, error) {
	return s.turn(ctx, project, "", "project_id = ? AND of_op = '' AND detail <> '' AND undone <> 0 AND id = ?", []any{project, op}, false)
}

// turned is p after row was undone (back) or redone.
func (p projectRow) turned(row operationRow, back bool) (domain.Project, error) {
	after := p.Project
	if row.detail == "" {
		return after, nil
	}
	d, err := row.structure()
	if err != nil {
		return after, err
	}
	if row.Kind == kindTask {
		was, to := d.From, d.To
		if back {
			was, to = to, was
		}
		if after.Task != was {
			return after, changedSince()
		}
		after.Task = to
	}
	after.Classes = slices.Clone(after.Classes)
	for _, c := range d.Classes {
		if !place(after.Classes, c, back) {
			return after, changedSince()
		}
	}
	if problem := domain.CheckTree(after.Classes); problem != nil {
		return after, problem
	}
	return after, nil
}

func changedSince() error {
	return domain.Errorf(domain.CodeConflict, "The project was changed since in a way that this cannot be taken back before that. Undo the newer change first.")
}

// place puts a class where it stood (back) or went to. It is false where the class stands elsewhere by now.
func place(classes []domain.Class, c domain.ClassPlaced, back bool) bool {
	i := slices.IndexFunc(classes, func(x domain.Class) bool { return x.ID == c.ClassID })
	if i < 0 {
		return false
	}
	was, to, archived := c.From, c.To, c.Archived
	if back {
		was, to, archived = c.To, c.From, c.WasArchived
	}
	if classes[i].Parent != was {
		return false
	}
	classes[i].Parent = to
	if c.Archived == c.WasArchived {
		return true
	}
	classes[i].Archived = archived
	if archived {
		classes[i].Key = ""
	} else if !slices.ContainsFunc(classes, func(x domain.Class) bool { return x.Key == c.WasKey }) {
		classes[i].Key = c.WasKey
	}
	return true
}

// fitting leaves out edits to labels that a project of task cannot hold.
func fitting(edits []edit, task domain.Task) (fit []edit, unfit int) {
	for _, e := range edits {
		if e.after.label.Fits(task) {
			fit = append(fit, e)
		} else {
			unfit++
		}
	}
	return fit, unfit
}
