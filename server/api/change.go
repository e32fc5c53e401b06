package api

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	maxChanges = 10_000 // of one request
	tries      = 5      // how often a write is worked out anew when labels move under it
)

// writeLabels writes one user action as one operation. What an action makes of a label depends on what the label is
// (accept, add...), so it is worked out from what was read and guarded by its rev; when somebody was faster, it is worked
// out again. A bulk action leaves out what somebody else changed meanwhile and counts it in Skipped.
func (s *server) writeLabels(ctx context.Context, p domain.Project, in domain.LabelRequest) (domain.Operation, error) {
	if err := checkRequest(p, in); err != nil {
		return domain.Operation{}, err
	}
	var op domain.Operation
	for attempt := 1; ; attempt++ {
		b := newBatch(ctx, s.Store, p)
		if err := b.build(ctx, in.Changes); err != nil {
			return op, err
		}
		write := store.LabelWrite{OpID: in.OpID, Append: in.Append, Kind: "label", Actor: domain.ActorOf(ctx).ID, Changes: b.changes, SkipConflicts: b.bulk && !b.revs}
		if b.bulk || len(in.Changes) > 1 {
			write.Kind = "bulk"
		}
		var err error
		op, err = s.Store.WriteLabels(ctx, p.ID, write)
		if err == nil || attempt == tries || domain.AsProblem(err).Code != domain.CodeConflict || !b.guarded {
			return op, err
		}
	}
}

// checkRequest finds what is wrong whatever the labels are.
func checkRequest(p domain.Project, in domain.LabelRequest) error {
	if n := len(in.Changes); n == 0 || n > maxChanges {
		return domain.Errorf(domain.CodeInvalid, "An action has 1 to %d changes, not %d. For more, use a filter.", maxChanges, n).In("changes")
	}
	if in.Append && in.OpID == "" {
		return domain.Errorf(domain.CodeInvalid, "To append to an operation its id is needed.").In("op")
	}
	if len(in.OpID) > 100 {
		return domain.Errorf(domain.CodeInvalid, "An operation's id has at most 100 bytes.").In("op")
	}
	classes := make(map[string]domain.Class, len(p.Classes))
	for _, c := range p.Classes {
		classes[c.ID] = c
	}
	for i, c := range in.Changes {
		if err := checkChange(p.Task, classes, c); err != nil {
			if err.Field != "" {
				err.Field = "." + err.Field
			}
			return err.In(fmt.Sprintf("changes[%d]%s", i, err.Field))
		}
	}
	return nil
}

func checkChange(task domain.Task, classes map[string]domain.Class, c domain.LabelChange) *domain.Problem {
	switch {
	case (c.AssetID == "") == (c.Filter == nil):
		return domain.Errorf(domain.CodeInvalid, "A change names either one asset or a filter.").In("asset")
	case c.Filter != nil && c.Rev != nil:
		return domain.Errorf(domain.CodeInvalid, "A change by filter cannot name a rev.").In("rev")
	}
	if p := checkEffort(c); p != nil {
		return p
	}
	if c.Filter != nil {
		if p := checkFilterField(*c.Filter); p != nil {
			return p
		}
	}
	for i, id := range c.Classes {
		if _, known := classes[id]; !known {
			return domain.Errorf(domain.CodeInvalid, "The project has no class %q.", id).In(fmt.Sprintf("classes[%d]", i))
		}
		if slices.Contains(c.Classes[:i], id) {
			return domain.Errorf(domain.CodeInvalid, "The class %q is given twice.", classes[id].Name).In(fmt.Sprintf("classes[%d]", i))
		}
	}
	return checkAction(task, c)
}

// maxEffort is the longest that a decision about one image is believed to take, in seconds.
const maxEffort = 24 * 3600

func checkEffort(c domain.LabelChange) *domain.Problem {
	e := c.Effort
	switch {
	case e == nil:
		return nil
	case c.Filter != nil:
		return domain.Errorf(domain.CodeInvalid, "A change by filter cannot name an effort: it is of one image.").In("effort")
	case !(e.Seconds >= 0 && e.Seconds <= maxEffort): // NaN too
		return domain.Errorf(domain.CodeInvalid, "An effort takes 0 to %d seconds, not %v.", maxEffort, e.Seconds).In("effort.seconds")
	case e.Suggestion != domain.SuggestionNone && e.Suggestion != domain.SuggestionShown && e.Suggestion != domain.SuggestionAccepted:
		return domain.Errorf(domain.CodeInvalid, "There is no suggestion %q. Use shown, accepted or nothing.", e.Suggestion).In("effort.suggestion")
	case !share(e.Confidence):
		return domain.Errorf(domain.CodeInvalid, "A confidence is a number from 0 to 1.").In("effort.confidence")
	case e.Labels < 0:
		return domain.Errorf(domain.CodeInvalid, "A head cannot have learnt from %d labels.", e.Labels).In("effort.labels")
	}
	return nil
}

// checkAction tells whether the action fits the task and has what it needs.
func checkAction(task domain.Task, c domain.LabelChange) *domain.Problem {
	if p := checkFlag(c); p != nil {
		return p
	}
	if p := checkComment(c); p != nil {
		return p
	}
	switch c.Action {
	case "accept", "reject", "skip", "clear", "keep", "flag", "approve", "return":
		if len(c.Classes)+len(c.Boxes) > 0 {
			return domain.Errorf(domain.CodeInvalid, "The action %q takes no classes and no boxes.", c.Action).In("action")
		}
		return nil
	case "add", "remove":
		switch {
		case task != domain.TaskMulti:
			return domain.Errorf(domain.CodeInvalid, "The action %q is for projects with many classes per image.", c.Action).In("action")
		case len(c.Classes) == 0:
			return domain.Errorf(domain.CodeInvalid, "The action %q needs a class.", c.Action).In("classes")
		case len(c.Boxes) > 0:
			return domain.Errorf(domain.CodeInvalid, "This project's labels have no boxes.").In("boxes")
		}
		return nil
	case "set":
	default:
		return domain.Errorf(domain.CodeInvalid, "There is no action %q. Use set, accept, reject, skip, clear, keep, flag, add, remove, approve or return.", c.Action).In("action")
	}
	switch {
	case task != domain.TaskBoxes && len(c.Boxes) > 0:
		return domain.Errorf(domain.CodeInvalid, "This project's labels have no boxes.").In("boxes")
	case task == domain.TaskSingle && len(c.Classes) != 1:
		return domain.Errorf(domain.CodeInvalid, "In this project a label is exactly one class, not %d.", len(c.Classes)).In("classes")
	case task == domain.TaskBoxes && len(c.Classes) > 0:
		return domain.Errorf(domain.CodeInvalid, "In this project classes are given by boxes.").In("classes")
	case task == domain.TaskBoxes && c.Filter != nil:
		return domain.Errorf(domain.CodeInvalid, "Boxes are set one image at a time, not by filter.").In("filter")
	}
	return nil
}

// checkFlag tells whether the flag fits the action.
func checkFlag(c domain.LabelChange) *domain.Problem {
	switch {
	case c.Flag == domain.FlagNone, c.Action == "flag" && slices.Contains(domain.Flags, c.Flag), c.Action == "set" && c.Flag == domain.FlagUnsure:
		return nil
	case c.Action == "flag" || c.Action == "set":
		return domain.Errorf(domain.CodeInvalid, "The action %q takes no flag %q. Use unsure; flag also takes bad.", c.Action, c.Flag).In("flag")
	}
	return domain.Errorf(domain.CodeInvalid, "The action %q takes no flag.", c.Action).In("flag")
}

// batch collects what a request changes: one store.Change per asset, also where several changes name the same one.
type batch struct {
	store    *store.Store
	project  string
	classes  []domain.Class
	archived map[string]string // names of archived classes, by id
	changes  []store.Change
	at       map[string]int // place in changes, by asset
	bulk     bool           // something was selected by filter
	revs     bool           // the client named a rev
	guarded  bool           // a change has a rev that we read, not the client
	reviewer domain.Actor
	keep     bool // labels that a person or an import gave stay
	selected int  // by filters
	differ   int  // of what is written, labels that say something else than before
	labelled int  // of those, labels that a person or an import gave
}

func newBatch(ctx context.Context, st *store.Store, p domain.Project) *batch {
	b := &batch{reviewer: domain.ActorOf(ctx), store: st, project: p.ID, classes: p.Classes, archived: map[string]string{}, at: map[string]int{}}
	for _, c := range p.Classes {
		if c.Archived {
			b.archived[c.ID] = c.Name
		}
	}
	return b
}

func (b *batch) build(ctx context.Context, changes []domain.LabelChange) error {
	named, err := b.read(ctx, changes)
	if err != nil {
		return err
	}
	for i, c := range changes {
		if c.Filter == nil {
			if err := b.apply(named[c.AssetID], c); err != nil {
				return err.In(fmt.Sprintf("changes[%d].%s", i, err.Field))
			}
			continue
		}
		b.bulk = true
		err := b.store.EachAsset(ctx, b.project, store.Query{Filter: *c.Filter, Limit: maxPage}, func(page []domain.Asset) error {
			b.selected += len(page)
			for _, a := range page {
				if b.keep && a.Label.State == domain.StateLabelled {
					continue
				}
				if err := b.apply(a, c); err != nil {
					return err.In(fmt.Sprintf("changes[%d].%s", i, err.Field))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// read gives the assets that changes name by id.
func (b *batch) read(ctx context.Context, changes []domain.LabelChange) (map[string]domain.Asset, error) {
	wanted := map[string]int{}
	for i, c := range changes {
		if _, seen := wanted[c.AssetID]; c.AssetID != "" && !seen {
			wanted[c.AssetID] = i
		}
	}
	got := make(map[string]domain.Asset, len(wanted))
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(wanted)), maxPage) {
		err := b.store.EachAsset(ctx, b.project, store.Query{Filter: domain.Filter{IDs: ids}, Limit: maxPage}, func(page []domain.Asset) error {
			for _, a := range page {
				got[a.ID] = a
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for id, i := range wanted {
		if _, found := got[id]; !found {
			return nil, domain.Errorf(domain.CodeNotFound, "The project has no image %q. It may have been deleted.", id).
				In(fmt.Sprintf("changes[%d].asset", i))
		}
	}
	return got, nil
}

// apply works c out for asset a, on top of what earlier changes of the request made of it.
func (b *batch) apply(a domain.Asset, c domain.LabelChange) *domain.Problem {
	place, earlier := b.at[a.ID]
	now := a.Label
	if earlier {
		now = b.changes[place].Label
	}
	next, changed, p := b.next(a, now, c)
	if p != nil {
		return p
	}
	b.revs = b.revs || c.Rev != nil
	switch {
	case earlier && changed:
		b.changes[place].Label = next
		if c.Effort != nil {
			b.changes[place].Effort = *c.Effort
		}
		if c.Rev != nil {
			b.changes[place].IfRev = c.Rev
		}
	case !earlier && (changed || c.Rev != nil): // with a rev the store must tell whether it is still so
		change := store.Change{AssetID: a.ID, Label: next, IfRev: c.Rev}
		if c.Effort != nil {
			change.Effort = *c.Effort
		}
		if c.Rev == nil && dependent[c.Action] {
			change.IfRev, b.guarded = &a.Label.Rev, true
		}
		b.at[a.ID] = len(b.changes)
		b.changes = append(b.changes, change)
		if !domain.SameLabel(a.Label, next) {
			b.differ++
			if a.Label.State == domain.StateLabelled {
				b.labelled++
			}
		}
	}
	return nil
}

// dependent actions make of a label what depends on what it is.
var dependent = map[string]bool{"accept": true, "reject": true, "keep": true, "add": true, "remove": true, "flag": true, "approve": true, "return": true}

// next is what c makes of label now; changed is false where it has nothing to do.
func (b *batch) next(a domain.Asset, now domain.Label, c domain.LabelChange) (next domain.Label, changed bool, p *domain.Problem) {
	switch c.Action {
	case "set":
		next, p = b.set(a, c)
		if p == nil {
			next = now.StillApproved(next)
		}
		return next, true, p
	case "skip":
		return domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman}, true, nil
	case "clear":
		return domain.Label{State: domain.StateUnlabelled}, true, nil
	case "reject":
		if now.State != domain.StateAuto {
			return now, false, nil
		}
		return domain.Label{State: domain.StateUnlabelled}, true, nil
	case "accept":
		// Classes, scores and the model's id stay: accepted labels keep saying who proposed them. What was drawn to be looked at is not
		// accepted unseen.
		if now.State != domain.StateAuto || now.Spot && c.Filter != nil && len(c.Filter.IDs) == 0 {
			return now, false, nil
		}
		now.State, now.Actor = domain.StateLabelled, ""
		return now, true, nil
	case "flag":
		return now.Flagged(c.Flag), now.Flag != c.Flag, nil
	case "keep":
		if now.State != domain.StateLabelled || now.Checked {
			return now, false, nil
		}
		now.Checked, now.Flag, now.Actor = true, "", ""
		return now, true, nil
	case "approve", "return":
		next, changed = b.judged(now, c)
		return next, changed, nil
	case "add":
		return b.add(now, c)
	default:
		return remove(now, c)
	}
}

func (b *batch) set(a domain.Asset, c domain.LabelChange) (domain.Label, *domain.Problem) {
	next := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Flag: c.Flag, Suggested: c.Effort.Taken()}
	for _, id := range c.Classes {
		if p := b.usable(a.Label, id); p != nil {
			return next, p.In("classes")
		}
		next.Classes = append(next.Classes, domain.ClassScore{ClassID: id})
	}
	for i, box := range c.Boxes {
		if p := b.usable(a.Label, box.ClassID); p != nil {
			return next, p.In(fmt.Sprintf("boxes[%d]", i))
		}
		box.Score = 0
		next.Boxes = append(next.Boxes, box.Settled(a.Width, a.Height))
	}
	if p := domain.CheckBoxes(next.Boxes, b.classes, a.Width, a.Height); p != nil {
		return next, p
	}
	return next, nil
}

// usable refuses archived classes, but lets a label keep one that it has.
func (b *batch) usable(now domain.Label, id string) *domain.Problem {
	name, archived := b.archived[id]
	if !archived || holds(now, id) {
		return nil
	}
	return domain.Errorf(domain.CodeInvalid, "The class %q is archived. Bring it back in the project's settings to use it.", name)
}

func holds(l domain.Label, id string) bool {
	return slices.ContainsFunc(l.Classes, func(c domain.ClassScore) bool { return c.ClassID == id }) ||
		slices.ContainsFunc(l.Boxes, func(b domain.Box) bool { return b.ClassID == id })
}

// labelledFlag is the flag of a label, which one more class does not make surer. What was skipped for a flag has none left.
func labelledFlag(l domain.Label) domain.Flag {
	if l.State != domain.StateLabelled {
		return domain.FlagNone
	}
	return l.Flag
}

// add gives the label the classes besides those it has. What a model proposed for the rest is thereby taken as true.
func (b *batch) add(now domain.Label, c domain.LabelChange) (domain.Label, bool, *domain.Problem) {
	next := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Flag: labelledFlag(now)}
	for _, held := range now.Classes {
		next.Classes = append(next.Classes, domain.ClassScore{ClassID: held.ClassID})
	}
	changed := now.State != domain.StateLabelled
	for _, id := range c.Classes {
		if holds(now, id) {
			continue
		}
		if p := b.usable(now, id); p != nil {
			return now, false, p.In("classes")
		}
		next.Classes, changed = append(next.Classes, domain.ClassScore{ClassID: id}), true
	}
	if !changed {
		return now, false, nil
	}
	return next, true, nil
}

// remove takes classes away. A label that loses its last one is unlabelled again: taking a wrong class away does not say
// that none is right.
func remove(now domain.Label, c domain.LabelChange) (domain.Label, bool, *domain.Problem) {
	next := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Flag: labelledFlag(now)}
	for _, held := range now.Classes {
		if !slices.Contains(c.Classes, held.ClassID) {
			next.Classes = append(next.Classes, domain.ClassScore{ClassID: held.ClassID})
		}
	}
	if len(next.Classes) == len(now.Classes) {
		return now, false, nil
	}
	if len(next.Classes) == 0 {
		next = domain.Label{State: domain.StateUnlabelled}
	}
	return next, true, nil
}
