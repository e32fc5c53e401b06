package gallery

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// target is what an action is about: what is selected, else the image that has the keyboard.
func (s *Screen) target() (f domain.Filter, n int) {
	if n = s.sel.count(); n > 0 {
		return s.sel.filter(s.ids, s.view.filter), n
	}
	if s.focus < len(s.ids) {
		return domain.Filter{IDs: []string{s.ids[s.focus]}}, 1
	}
	return domain.Filter{}, 0
}

// labelAs gives a class. Where an image can have several it is added; when all that is known to be meant has it already,
// it is taken away.
func (s *Screen) labelAs(ctx app.Context, c domain.Class) {
	action := "set"
	switch session.Project.Task {
	case domain.TaskBoxes:
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.boxes")})
		return
	case domain.TaskMulti:
		action = "add"
		if s.allHave(c.ID) {
			action = "remove"
		}
	}
	s.give(ctx, action, c)
}

func (s *Screen) give(ctx app.Context, action string, c domain.Class) {
	text := "gallery.done." + action
	s.write(ctx, domain.LabelChange{Action: action, Classes: []string{c.ID}}, func(n int) string { return i18n.N(text, n, "class", c.Name) })
}

// allHave tells whether all that an action would be about has a class.
func (s *Screen) allHave(class string) bool {
	f, n := s.target()
	if n == 0 || len(f.IDs) < n {
		return false
	}
	for _, id := range f.IDs {
		a, known := s.assets[id]
		has := false
		for _, c := range a.Label.Classes {
			has = has || c.ClassID == class
		}
		if !known || !has || a.Label.State != domain.StateLabelled {
			return false
		}
	}
	return true
}

// change does accept, skip or clear.
func (s *Screen) change(ctx app.Context, action string) {
	s.write(ctx, domain.LabelChange{Action: action}, func(n int) string { return i18n.N("gallery.done."+action, n) })
}

// approve says that all labels that are meant are right.
func (s *Screen) approve(ctx app.Context) {
	if session.MayReview() {
		s.change(ctx, "approve")
	}
}

// flag notes something about all that is meant; where all of it is noted already, the note is taken back.
func (s *Screen) flag(ctx app.Context, flag domain.Flag) {
	f, n := s.target()
	all := n > 0 && len(f.IDs) == n
	for _, id := range f.IDs {
		all = all && s.assets[id].Label.Flag == flag
	}
	if all {
		s.write(ctx, domain.LabelChange{Action: "flag"}, func(n int) string { return i18n.N("gallery.done.unflag", n) })
		return
	}
	s.write(ctx, domain.LabelChange{Action: "flag", Flag: flag}, func(n int) string {
		return i18n.N("gallery.done.flag", n, "flag", i18n.T("flag."+string(flag)))
	})
}

// write sends one change about all that is meant, as one operation. About many it asks first.
func (s *Screen) write(ctx app.Context, change domain.LabelChange, done func(n int) string) {
	f, n := s.target()
	if n == 0 {
		return
	}
	if n >= manyChanges {
		if s.working {
			return
		}
		s.askBulk(ctx, domain.BulkRequest{Filter: f, Action: change.Action, Classes: change.Classes, Flag: change.Flag}, n, done)
		return
	}
	op := rand.Text() // sending the action twice does it once
	st := s.beginLabel(change, f, op, done)
	s.inTurn(ctx, func(ctx app.Context) { s.perform(ctx, change, f, n, op, st, done) })
}

// inTurn does what comes while another action is on its way when that has been answered: nobody's keys are too fast.
func (s *Screen) inTurn(ctx app.Context, do func(app.Context)) {
	if s.working {
		s.later = append(s.later, do)
		return
	}
	do(ctx)
}

// worked ends an action and begins those that came meanwhile.
func (s *Screen) worked(ctx app.Context) {
	s.working = false
	for len(s.later) > 0 && !s.working {
		next := s.later[0]
		s.later = s.later[1:]
		next(ctx)
	}
}

// perform sends one change of a few images.
func (s *Screen) perform(ctx app.Context, change domain.LabelChange, f domain.Filter, n int, op string, st *stroke, done func(n int) string) {
	if waiting() {
		s.queued(ctx, st, f.IDs, change, op, done)
		return
	}
	s.working = true
	c, project, ids := session.Client(), session.Now.Project, s.ids
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) {
		var err error
		if f, err = exact(ctx, c, project, f, n, ids); err != nil {
			return domain.Operation{}, err
		}
		change.Filter = &f
		return c.Label(ctx, project, domain.LabelRequest{Changes: []domain.LabelChange{change}, OpID: op})
	}, func(ctx app.Context, o domain.Operation, err error) {
		defer s.worked(ctx)
		if away(err) {
			s.queued(ctx, st, f.IDs, change, op, done)
			return
		}
		if st != nil {
			s.stroked(ctx, st, nil, o, err)
			if err != nil || o.Changed > 0 {
				return
			}
		}
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		s.changed(ctx, o)
		if n > 1 || o.Changed == 0 {
			toast := ui.ToastSpec{Text: done(o.Changed)}
			if o.Changed > 0 {
				toast.Action, toast.On = i18n.T("action.undo"), func(ctx app.Context) { s.undo(ctx, o.ID) }
			}
			ui.Toast(ctx, toast)
		}
	})
}

// exact makes sure that f selects the n images that the user was shown: labels may have changed since the list was made,
// and then a filter selects others.
func exact(ctx context.Context, c *client.Client, project string, f domain.Filter, n int, ids []string) (domain.Filter, error) {
	if len(f.IDs) > 0 {
		return f, nil
	}
	page, err := c.Assets(ctx, project, f, "", "", 1)
	if err == nil && page.Total != n {
		f = domain.Filter{IDs: ids}
	}
	return f, err
}

// changed takes over what an operation made of the images.
func (s *Screen) changed(ctx app.Context, o domain.Operation) {
	session.ProjectChanged(ctx)
	for _, a := range o.Assets {
		s.assets[a.ID] = a
	}
	if o.Changed <= len(o.Assets) {
		return
	}
	fresh := map[string]bool{}
	for _, a := range o.Assets {
		fresh[a.ID] = true
	}
	from, to := s.rendered()
	shown := map[string]bool{}
	for _, id := range s.ids[from:to] {
		shown[id] = true
		s.stale[id] = !fresh[id]
	}
	for id := range s.assets {
		if !shown[id] && !fresh[id] {
			delete(s.assets, id)
		}
	}
	s.fetch(ctx)
}

func (s *Screen) undo(ctx app.Context, op string) {
	s.inTurn(ctx, func(ctx app.Context) { s.undoNow(ctx, op) })
}

func (s *Screen) undoNow(ctx app.Context, op string) {
	if s.takeBack(ctx, op) {
		return
	}
	s.working = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) { return c.Undo(ctx, project, op) }, s.takenBack("gallery.undone", "toast.nothing_to_undo"))
}

func (s *Screen) redo(ctx app.Context) { s.inTurn(ctx, s.redoNow) }

func (s *Screen) redoNow(app.Context) {
	s.working = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) { return c.Redo(ctx, project) }, s.takenBack("gallery.redone", "gallery.nothing_to_redo"))
}

func (s *Screen) takenBack(done, nothing string) func(app.Context, domain.Operation, error) {
	return func(ctx app.Context, o domain.Operation, err error) {
		defer s.worked(ctx)
		var p *domain.Problem
		switch {
		case errors.As(err, &p) && p.Code == domain.CodeNotFound:
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T(nothing)})
		case err != nil:
			ui.ToastError(ctx, err)
		default:
			text := i18n.N(done, o.Changed)
			if o.Skipped > 0 {
				text += " " + i18n.N("gallery.undo_skipped", o.Skipped)
			}
			ui.Toast(ctx, ui.ToastSpec{Text: text})
			if o.Kind == "delete" { // images have come back, or gone again
				session.ProjectChanged(ctx)
				s.reload(ctx)
				return
			}
			s.changed(ctx, o)
		}
	}
}

// selectAll selects every image that the filter finds.
func (s *Screen) selectAll(app.Context) { s.sel.all(s.ids) }
