package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// unfit gives the assets whose labels a project of one class an image cannot hold.
func (s *Store) unfit(ctx context.Context, project string) ([]assetRow, error) {
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+` FROM assets a WHERE a.project_id = ? AND a.state IN ('labelled', 'auto')
		AND (SELECT COUNT(*) FROM label_classes c WHERE c.asset_id = a.id) <> 1 ORDER BY a.seq`, project)
	if err != nil {
		return nil, fmt.Errorf("find labels of several classes: %w", err)
	}
	return rows, nil
}

// leavesNone tells whether a project that goes back to one class an image, with edits, holds no label that it cannot.
func (s *Store) leavesNone(ctx context.Context, p projectRow, task domain.Task, edits []edit) error {
	if task == p.Task || task != domain.TaskSingle {
		return nil
	}
	rows, err := s.unfit(ctx, p.ID)
	if err != nil {
		return err
	}
	mended := make(map[string]bool, len(edits))
	for _, e := range edits {
		mended[e.asset] = true
	}
	left := 0
	for _, a := range rows {
		if !mended[a.ID] {
			left++
		}
	}
	if left > 0 {
		return domain.Errorf(domain.CodeConflict, "%d images have several classes, or none, by now. Change the task again and say which class they keep.", left)
	}
	return nil
}

// planTask gives the edits that a change of p's task asks for.
func (s *Store) planTask(ctx context.Context, p projectRow, in domain.TaskRequest) ([]edit, error) {
	switch {
	case in.Task == domain.TaskBoxes || p.Task == domain.TaskBoxes:
		return nil, domain.Errorf(domain.CodeInvalid, "Boxes cannot be made of classes of whole images, nor the other way round: a class does not tell where. Make a new project.").In("task")
	case in.Task != domain.TaskSingle && in.Task != domain.TaskMulti:
		return nil, domain.Errorf(domain.CodeInvalid, "The task %q is not known. Use single or multi.", in.Task).In("task")
	case in.Task == p.Task:
		return nil, domain.Errorf(domain.CodeInvalid, "The project's labels are of that kind already.").In("task")
	case in.Rule != "" && !slices.Contains(domain.Rules, in.Rule):
		return nil, domain.Errorf(domain.CodeInvalid, "The rule %q is not known. Use first, confident, common, review or unlabelled.", in.Rule).In("rule")
	case in.Task == domain.TaskMulti:
		return nil, nil // one class is a set of one
	}
	rows, err := s.unfit(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	common := map[string]int{}
	for _, by := range []map[string]int{p.Counts.ByClass, p.Counts.AutoClass} {
		for id, n := range by {
			common[id] += n
		}
	}
	q := p
	q.Task = in.Task
	edits := make([]edit, 0, len(rows))
	for _, a := range rows {
		if len(a.Label.Classes) > 1 && in.Rule == "" {
			return nil, domain.Errorf(domain.CodeInvalid, "Some images have several classes. Say by a rule which one they keep: first, confident, common, review or unlabelled.").In("rule")
		}
		label, problem := q.normal(a.Label.Chosen(in.Rule, common), a.Width, a.Height)
		if problem != nil {
			return nil, problem
		}
		if label.Actor == "" {
			label.Actor = domain.ActorOf(ctx).ID
		}
		edits = append(edits, edit{asset: a.ID, before: versioned{a.Label, a.version}, after: versioned{label: label}})
	}
	return edits, nil
}

// PreviewTask tells what ChangeTask would do now. It changes nothing.
func (s *Store) PreviewTask(ctx context.Context, project string, in domain.TaskRequest) (domain.TaskPreview, error) {
	p, err := s.project(ctx, project)
	if err != nil {
		return domain.TaskPreview{}, err
	}
	if in.Rule == "" {
		in.Rule = domain.RuleFirst // whose figures are those of most rules
	}
	edits, err := s.planTask(ctx, p, in)
	if err != nil {
		return domain.TaskPreview{}, err
	}
	out := domain.TaskPreview{From: p.Task, To: in.Task, Images: p.Counts.Assets, Changed: len(edits)}
	out.Kept = p.Counts.Labelled + p.Counts.Auto - len(edits)
	for _, e := range edits {
		l := e.before.label
		if len(l.Classes) > 1 {
			out.Several++
			if slices.ContainsFunc(l.Classes, func(c domain.ClassScore) bool { return c.Score > 0 }) {
				out.Scored++
			}
		} else if l.State == domain.StateLabelled {
			out.None++
		}
		if l.Verdict() != domain.VerdictNone {
			out.Verdicts++
		}
	}
	out.Classes = classChanges(p, talliedEdits(p.Counts, edits))
	out.Models, out.Exports, err = s.outgrown(ctx, project, p.Task, in.Task)
	return out, err
}

// classChanges tells of which classes there would be other numbers of images.
func classChanges(p projectRow, after domain.Counts) (out []domain.ClassChange) {
	for _, c := range p.Classes {
		before, now := p.Counts.ByClass[c.ID]+p.Counts.AutoClass[c.ID], after.ByClass[c.ID]+after.AutoClass[c.ID]
		if before != now {
			out = append(out, domain.ClassChange{ClassID: c.ID, Before: before, After: now})
		}
	}
	return out
}

// outgrown names the models and exports that are of another task than to.
func (s *Store) outgrown(ctx context.Context, project string, now, to domain.Task) (models, exports []domain.Named, err error) {
	all, err := s.Models(ctx, project)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range all {
		if m.Task != to {
			models = append(models, domain.Named{ID: m.ID, Name: m.Name, Version: m.Version})
		}
	}
	snapshots, err := s.Exports(ctx, project)
	if err != nil {
		return nil, nil, err
	}
	first, err := s.firstTask(ctx, project, now)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range snapshots {
		if e.Task == "" {
			e.Task = first
		}
		if e.Task != to {
			exports = append(exports, domain.Named{ID: e.ID, Name: e.Name})
		}
	}
	return models, exports, nil
}

// firstTask is the task that a project was made with, now being what it is.
func (s *Store) firstTask(ctx context.Context, project string, now domain.Task) (domain.Task, error) {
	rows, err := collect(ctx, s.db, scanOperation, "SELECT "+operationColumns+" FROM operations WHERE project_id = ? AND kind = ? ORDER BY seq LIMIT 1", project, kindTask)
	if err != nil || len(rows) == 0 {
		return now, err
	}
	d, err := rows[0].structure()
	return d.From, err
}

// ChangeTask makes a project one of another task, with its labels as in.Rule says, as one operation that UndoChange takes back.
// CodeInvalid for boxes and where a rule is missing, CodeConflict where another number of labels would change than in.Expect.
func (s *Store) ChangeTask(ctx context.Context, project string, in domain.TaskRequest) (op domain.Operation, err error) {
	err = s.update(ctx, project, func(p projectRow) error {
		if in.OpID != "" && p.Task == in.Task { // done already
			o, err := s.openOperation(ctx, p, LabelWrite{OpID: in.OpID, Kind: kindTask})
			if op = o.row.Operation; err != nil || o.exists {
				return err
			}
		}
		edits, err := s.planTask(ctx, p, in)
		if err != nil {
			return err
		}
		if err := expected(in.Expect, len(edits)); err != nil {
			return err
		}
		after := p.Project
		after.Task = in.Task
		op, err = s.restructure(ctx, p, after, structure{From: p.Task, To: in.Task, Rule: in.Rule},
			LabelWrite{OpID: in.OpID, Kind: kindTask, Actor: domain.ActorOf(ctx).ID}, edits)
		return err
	})
	return op, err
}

func expected(want *int, got int) error {
	if want == nil || *want == got {
		return nil
	}
	return domain.Errorf(domain.CodeConflict, "This would change %d images by now, not %d. Look again before you go on.", got, *want)
}

// settled makes the labels of assets that come back from the trash such as p can hold: its task may have changed since. The
// edits are those that this takes.
func (p projectRow) settled(rows []assetRow, at time.Time) (edits []edit) {
	for i, a := range rows {
		if p.Task != domain.TaskSingle || a.Label.Fits(p.Task) {
			continue
		}
		label := a.Label.Chosen(domain.RuleReview, nil)
		e := edit{asset: a.ID, before: versioned{a.Label, a.version}, after: versioned{label, p.labelSeq + 1}}.next(at)
		rows[i].Label = e.after.label
		edits = append(edits, e)
	}
	return edits
}
