package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// planMerge gives the project and the labels after classes were merged.
func (s *Store) planMerge(ctx context.Context, p projectRow, in domain.MergeRequest) (after domain.Project, moved []domain.ClassPlaced, edits []edit, err error) {
	if err := p.checkMerge(in); err != nil {
		return after, nil, nil, err
	}
	after = p.Project
	after.Classes = slices.Clone(p.Classes)
	tree := domain.TreeOf(p.Classes)
	above := map[string]bool{} // into and what stands over it
	for _, c := range tree.Line(in.Into) {
		above[c.ID] = true
	}
	for i, c := range p.Classes {
		gone := slices.Contains(in.From, c.ID)
		to := &after.Classes[i]
		switch {
		case gone:
			to.Archived, to.Key = true, ""
		case !slices.Contains(in.From, c.Parent):
			continue
		case above[c.ID]:
			to.Parent = outside(tree, c.ID, in.From)
		default:
			to.Parent = in.Into
		}
		moved = append(moved, domain.ClassPlaced{ClassID: c.ID, From: c.Parent, To: to.Parent, WasArchived: c.Archived, Archived: to.Archived, WasKey: c.Key})
	}
	if problem := domain.CheckTree(after.Classes); problem != nil {
		return after, nil, nil, problem
	}
	edits, err = s.mergedLabels(ctx, p, in)
	return after, moved, edits, err
}

// outside is the nearest class over id that is not one of from; "" for none.
func outside(tree domain.Tree, id string, from []string) string {
	line := tree.Line(id)
	for i := len(line) - 2; i >= 0; i-- {
		if !slices.Contains(from, line[i].ID) {
			return line[i].ID
		}
	}
	return ""
}

func (p projectRow) checkMerge(in domain.MergeRequest) error {
	if len(in.From) == 0 {
		return domain.Errorf(domain.CodeInvalid, "Say which classes are to be merged.").In("from")
	}
	for i, id := range append(slices.Clone(in.From), in.Into) {
		field := fmt.Sprintf("from[%d]", i)
		if i == len(in.From) {
			field = "into"
		}
		at := slices.IndexFunc(p.Classes, func(c domain.Class) bool { return c.ID == id })
		switch {
		case at < 0:
			return domain.Errorf(domain.CodeInvalid, "The project has no class %q.", id).In(field)
		case slices.Contains(in.From[:min(i, len(in.From))], id):
			return domain.Errorf(domain.CodeInvalid, "The class %q is named twice.", p.Classes[at].Name).In(field)
		case field == "into" && p.Classes[at].Archived:
			return domain.Errorf(domain.CodeInvalid, "The class %q is archived. Bring it back first.", p.Classes[at].Name).In(field)
		}
	}
	return nil
}

func (s *Store) mergedLabels(ctx context.Context, p projectRow, in domain.MergeRequest) ([]edit, error) {
	w, err := s.filtered(ctx, p.ID, domain.Filter{Classes: in.From, Exact: true})
	if err != nil {
		return nil, err
	}
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+" FROM assets a WHERE "+w.text()+" ORDER BY a.seq", w.args...)
	if err != nil {
		return nil, fmt.Errorf("find labels to merge: %w", err)
	}
	edits := make([]edit, 0, len(rows))
	for _, a := range rows {
		edits = append(edits, edit{asset: a.ID, before: versioned{a.Label, a.version}, after: versioned{label: a.Label.Merged(in.From, in.Into)}})
	}
	return edits, nil
}

// PreviewMerge tells what MergeClasses would do now. It changes nothing.
func (s *Store) PreviewMerge(ctx context.Context, project string, in domain.MergeRequest) (domain.MergePreview, error) {
	p, err := s.project(ctx, project)
	if err != nil {
		return domain.MergePreview{}, err
	}
	_, moved, edits, err := s.planMerge(ctx, p, in)
	if err != nil {
		return domain.MergePreview{}, err
	}
	counts := talliedEdits(p.Counts, edits)
	out := domain.MergePreview{Changed: len(edits), Moved: len(moved) - len(in.From), Into: counts.ByClass[in.Into] + counts.AutoClass[in.Into]}
	for _, e := range edits {
		if len(e.after.label.ClassIDs()) < len(e.before.label.ClassIDs()) {
			out.Both++
		}
	}
	return out, nil
}

// MergeClasses makes classes one, as one operation that UndoChange takes back: labels of in.From become labels of in.Into, what
// stood under one of From stands under Into, and From are archived. CodeConflict where another number of labels would change
// than in.Expect.
func (s *Store) MergeClasses(ctx context.Context, project string, in domain.MergeRequest) (op domain.Operation, err error) {
	err = s.update(ctx, project, func(p projectRow) error {
		w := LabelWrite{OpID: in.OpID, Kind: kindMerge, Actor: domain.ActorOf(ctx).ID}
		o, err := s.openOperation(ctx, p, w)
		if op = o.row.Operation; err != nil || o.exists {
			return err
		}
		after, moved, edits, err := s.planMerge(ctx, p, in)
		if err != nil {
			return err
		}
		if err := expected(in.Expect, len(edits)); err != nil {
			return err
		}
		op, err = s.restructure(ctx, p, after, structure{Into: in.Into, Classes: moved}, w, edits)
		return err
	})
	return op, err
}
