package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// projectRow is a project with the counters that its writes are guarded by.
type projectRow struct {
	domain.Project
	labelSeq, assetSeq, modelsMade int64
}

const projectColumns = "id, name, task, classes, rev, created_at, label_seq, asset_seq, models_made, counts, workspace_id, voc"

func scanProject(r Rows) (projectRow, error) {
	var p projectRow
	var classes, counts string
	var at int64
	err := r.Scan(&p.ID, &p.Name, &p.Task, &classes, &p.Rev, &at, &p.labelSeq, &p.assetSeq, &p.modelsMade, &counts, &p.Workspace, &p.VOC)
	if err != nil {
		return p, err
	}
	p.CreatedAt = fromMicros(at)
	if err := json.Unmarshal([]byte(classes), &p.Classes); err != nil {
		return p, fmt.Errorf("classes of project %s: %w", p.ID, err)
	}
	if err := json.Unmarshal([]byte(counts), &p.Counts); err != nil {
		return p, fmt.Errorf("counts of project %s: %w", p.ID, err)
	}
	return p, nil
}

func (s *Store) project(ctx context.Context, id string) (projectRow, error) {
	return one(ctx, s.db, "project", id, scanProject, "SELECT "+projectColumns+" FROM projects WHERE id = ?", id)
}

// CreateProject keeps a new project of p.Workspace (HomeWorkspace when ""), p.Name, p.Task and p.Classes and gives it with its id. Empty ids, colours and keys of
// classes are filled in. CodeInvalid says which field is wrong.
func (s *Store) CreateProject(ctx context.Context, p domain.Project) (domain.Project, error) {
	name, err := projectName(p.Name)
	if err != nil {
		return domain.Project{}, err
	}
	switch p.Task {
	case domain.TaskSingle, domain.TaskMulti, domain.TaskBoxes:
	default:
		return domain.Project{}, domain.Errorf(domain.CodeInvalid, "The task %q is not known. Use single, multi or boxes.", p.Task).In("task")
	}
	classes, err := completeClasses(nil, p.Classes)
	if err != nil {
		return domain.Project{}, err
	}
	if p.Workspace == "" {
		p.Workspace = domain.HomeWorkspace
	}
	out := domain.Project{ID: NewID(), Workspace: p.Workspace, Name: name, Task: p.Task, Classes: classes, CreatedAt: s.now(), Rev: 1}
	texts, err := jsonTexts(out.Classes, out.Counts)
	if err != nil {
		return domain.Project{}, err
	}
	_, err = s.db.Exec(ctx, "INSERT INTO projects ("+projectColumns+") VALUES (?, ?, ?, ?, 1, ?, 0, 0, 0, ?, ?, ?)",
		out.ID, out.Name, string(out.Task), texts[0], micros(out.CreatedAt), texts[1], out.Workspace, "")
	if err != nil {
		return domain.Project{}, fmt.Errorf("create project: %w", err)
	}
	return out, nil
}

// Projects lists all projects with their counts, newest first.
func (s *Store) Projects(ctx context.Context) ([]domain.Project, error) {
	rows, err := collect(ctx, s.db, scanProject, "SELECT "+projectColumns+" FROM projects ORDER BY created_at DESC, id DESC")
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	out := make([]domain.Project, len(rows))
	for i, r := range rows {
		out[i] = r.Project
	}
	return out, nil
}

// Project gives one project, or CodeNotFound.
func (s *Store) Project(ctx context.Context, id string) (domain.Project, error) {
	p, err := s.project(ctx, id)
	return p.Project, err
}

// UpdateProject replaces name and classes. p.Rev must be the rev that was read, else CodeConflict. Classes that the project
// has keep their place: new ones come after them, and one is dropped by Archived, never by absence (CodeInvalid). Classes that
// go under another one are an operation, which UndoChange takes back.
func (s *Store) UpdateProject(ctx context.Context, p domain.Project) (domain.Project, error) {
	old, err := s.project(ctx, p.ID)
	if err != nil {
		return domain.Project{}, err
	}
	if p.Rev != old.Rev {
		return domain.Project{}, projectMoved(old.Name)
	}
	name, err := projectName(p.Name)
	if err != nil {
		return domain.Project{}, err
	}
	if p.Task != "" && p.Task != old.Task {
		return domain.Project{}, domain.Errorf(domain.CodeInvalid, "A project's task is changed by itself, with what becomes of its labels.").In("task")
	}
	classes, err := completeClasses(old.Classes, p.Classes)
	if err != nil {
		return domain.Project{}, err
	}
	if moved := placed(old.Classes, classes); len(moved) > 0 {
		return s.moveClasses(ctx, p, name, classes, moved)
	}
	text, err := jsonText(classes)
	if err != nil {
		return domain.Project{}, err
	}
	n, err := s.db.Exec(ctx, "UPDATE projects SET name = ?, classes = ?, rev = rev + 1 WHERE id = ? AND rev = ?", name, text, p.ID, p.Rev)
	if err != nil {
		return domain.Project{}, fmt.Errorf("update project: %w", err)
	}
	if n == 0 {
		return domain.Project{}, projectMoved(old.Name)
	}
	return s.Project(ctx, p.ID)
}

// SetVOC keeps the dialect of Pascal VOC that a project's boxes came in, which its exports follow.
func (s *Store) SetVOC(ctx context.Context, project string, v domain.VOC) error {
	if err := domain.CheckVOC(v); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, "UPDATE projects SET voc = ?, rev = rev + 1 WHERE id = ? AND voc <> ?", string(v), project, string(v))
	if err != nil {
		return fmt.Errorf("keep the dialect: %w", err)
	}
	return nil
}

func projectMoved(name string) error {
	return domain.Errorf(domain.CodeConflict, "The project %q was changed meanwhile. Load it again and repeat the change.", name).In("rev")
}

// update runs try with the project as it is, one label write of this process at a time, and again when another process
// got in between: try's batch then tripped on the guard of bump.
func (s *Store) update(ctx context.Context, project string, try func(p projectRow) error) error {
	unlock, err := s.queue(ctx, project)
	if err != nil {
		return err
	}
	defer unlock()
	return s.attempt(ctx, project, try)
}

// attempt is update for who has the project's turn.
func (s *Store) attempt(ctx context.Context, project string, try func(p projectRow) error) error {
	for attempt := range 40 {
		p, err := s.project(ctx, project)
		if err != nil {
			return err
		}
		if err = try(p); !tripped(err, "moved") {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return domain.Errorf(domain.CodeUnavailable, "Too many others are writing to this project at the moment. Try again.")
}

// bump begins a batch that changes assets or labels of p: it takes the project's row for itself, keeps counts and
// asset_seq, and fails the batch when somebody else has written since p was read.
func (p projectRow) bump(counts domain.Counts, assetSeq int64) ([]Stmt, error) {
	return p.bumpBy(1, counts, assetSeq)
}

// bumpBy is bump for n writes in one batch.
func (p projectRow) bumpBy(n int64, counts domain.Counts, assetSeq int64) ([]Stmt, error) {
	text, err := jsonText(counts)
	if err != nil {
		return nil, err
	}
	return []Stmt{
		{"UPDATE projects SET label_seq = label_seq + ?, asset_seq = ?, counts = ? WHERE id = ?", []any{n, assetSeq, text, p.ID}},
		guard("moved", "EXISTS (SELECT 1 FROM projects WHERE id = ? AND label_seq = ?)", p.ID, p.labelSeq+n),
	}, nil
}
