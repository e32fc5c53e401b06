package settings

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// reshaping is a dialog about a change of the project itself, its task or its classes: it tells exactly what would change,
// then how far it is. One of task and merge is set while it is open.
type reshaping struct {
	task     *domain.TaskRequest
	merge    *domain.MergeRequest
	tasked   domain.TaskPreview
	merged   domain.MergePreview
	told     bool // the preview is there
	looks    int  // counts previews, so that a late answer is told
	moved    bool
	working  bool
	job      domain.Job
	failure  error
	finished string // what is said at the end
}

// pollEvery is how often the host is asked how far a change is.
const pollEvery = 150 * time.Millisecond

// lookAt asks what the change would do now.
func (s *Screen) lookAt(app.Context) {
	r := &s.reshaping
	r.looks++
	r.told, r.failure = false, nil
	now, c, project, task, merge := r.looks, session.Client(), session.Now.Project, r.task, r.merge
	type look struct {
		task  domain.TaskPreview
		merge domain.MergePreview
	}
	session.Do(s.ctx, func(ctx context.Context) (l look, err error) {
		if task != nil {
			l.task, err = c.PreviewTask(ctx, project, *task)
		} else {
			l.merge, err = c.PreviewMerge(ctx, project, *merge)
		}
		return l, err
	}, func(_ app.Context, l look, err error) {
		if now == r.looks {
			r.tasked, r.merged, r.told, r.failure = l.task, l.merge, err == nil, err
		}
	})
}

// reshape does what the dialog tells.
func (s *Screen) reshape(app.Context) {
	r := &s.reshaping
	if r.working || !r.told {
		return
	}
	r.working, r.failure, r.moved, r.job = true, nil, false, domain.Job{}
	c, project, task, merge, expect := session.Client(), session.Now.Project, r.task, r.merge, r.changed()
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) {
		if task != nil {
			in := *task
			in.Expect, in.OpID = &expect, rand.Text()
			return c.ChangeTask(ctx, project, in)
		}
		in := *merge
		in.Expect, in.OpID = &expect, rand.Text()
		return c.MergeClasses(ctx, project, in)
	}, s.follow)
}

func (r *reshaping) changed() int {
	if r.task != nil {
		return r.tasked.Changed
	}
	return r.merged.Changed
}

// follow follows the job to its end.
func (s *Screen) follow(ctx app.Context, j domain.Job, err error) {
	r := &s.reshaping
	if err == nil && (j.State == domain.JobQueued || j.State == domain.JobRunning) {
		r.job = j
		session.LookAgain(s.ctx, j, pollEvery, s.follow)
		return
	}
	r.working = false
	switch {
	case err != nil:
		r.failure = err
	case j.State == domain.JobCancelled:
		s.reshaping = reshaping{}
	case j.Code == domain.CodeConflict:
		s.lookAt(ctx)
		r.moved = true
	case j.State == domain.JobFailed || j.Operation == nil:
		r.failure = domain.Errorf(domain.CodeInvalid, "%s", j.Error)
	default:
		text, id := r.finished, j.Operation.ID
		s.reshaping = reshaping{}
		ui.Toast(ctx, ui.ToastSpec{Text: text, Action: i18n.T("action.undo"), On: func(ctx app.Context) { s.turn(ctx, id, true) }})
		s.reshaped(ctx)
	}
}

// reshaped takes in the project as it is now.
func (s *Screen) reshaped(ctx app.Context) {
	s.loadChanges()
	s.reload(ctx)
}

func (s *Screen) closeReshaping(app.Context) {
	r := &s.reshaping
	if !r.working {
		looks := r.looks + 1
		s.reshaping = reshaping{looks: looks}
		return
	}
	if c, id := session.Client(), r.job.ID; id != "" {
		session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.CancelJob(ctx, id) }, func(app.Context, domain.Job, error) {})
	}
}

// reshapeDialog is the dialog, whatever it is about.
func (s *Screen) reshapeDialog() app.UI {
	r := &s.reshaping
	title, content, do, ready := "", s.taskContent, i18n.T("settings.task.do"), r.told
	if r.task != nil {
		title = i18n.T("settings.task.to_" + string(r.task.Task))
		ready = ready && (r.tasked.Several == 0 || r.task.Rule != "")
	} else {
		title, content, do = i18n.T("settings.merge.title", "name", s.className(r.merge.From[0])), s.mergeContent, i18n.T("settings.merge.do")
	}
	return &ui.Dialog{
		Key: "reshape", Title: title, OnClose: s.closeReshaping,
		Content: func() []app.UI {
			switch {
			case r.working:
				return []app.UI{ui.Progress(i18n.T("settings.reshaping"), r.job.Done, r.job.Total, 0, nil), app.P().Class("small", "muted").Text(i18n.T("gallery.bulk.whole"))}
			case r.failure != nil:
				return []app.UI{ui.Failed(r.failure, s.lookAt)}
			}
			return append([]app.UI{app.If(r.moved, func() app.UI { return ui.Notice("warn", i18n.T("gallery.bulk.moved")) })}, content()...)
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeReshaping}),
				ui.Button(ui.ButtonSpec{Label: do, Kind: "primary", Disabled: r.working || !ready, On: s.reshape}),
			}
		},
	}
}

func (s *Screen) className(id string) string {
	for _, c := range s.classes {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}

// loadChanges asks what has changed the project itself so far.
func (s *Screen) loadChanges() {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.ProjectChange, error) { return c.Changes(ctx, project) },
		func(_ app.Context, list []domain.ProjectChange, err error) {
			if err == nil { // without it only the list is missing
				s.changes = list
			}
		})
}

// turn takes a change back, or does it again.
func (s *Screen) turn(_ app.Context, id string, back bool) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) {
		if back {
			return c.UndoChange(ctx, project, id)
		}
		return c.RedoChange(ctx, project, id)
	}, func(ctx app.Context, op domain.Operation, err error) {
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		text := i18n.T("toast.undone")
		if !back {
			text = i18n.T("settings.changes.redone")
		}
		if op.Skipped > 0 {
			text += " " + i18n.N("gallery.undo_skipped", op.Skipped)
		}
		ui.Toast(ctx, ui.ToastSpec{Text: text})
		s.reshaped(ctx)
	})
}

// history lists what changed the project itself.
func (s *Screen) history() app.UI {
	return app.If(len(s.changes) > 0, func() app.UI {
		return app.Section().Class("card", "stack").Body(
			app.H2().Text(i18n.T("settings.changes")), app.P().Class("muted", "small").Text(i18n.T("settings.changes.text")),
			app.Ul().Class("change-list").Body(app.Range(s.changes[:min(len(s.changes), 20)]).Slice(func(i int) app.UI {
				c := s.changes[i]
				label, icon := i18n.T("action.undo"), "undo"
				if c.Undone {
					label, icon = i18n.T("action.redo"), "redo"
				}
				return app.Li().Class("row", "between").Body(
					app.Div().Class("grow").Body(app.Div().Text(s.changeText(c)),
						app.Span().Class("muted", "small").Text(c.At.Local().Format("2006-01-02 15:04")+"  ·  "+i18n.N("settings.changes.labels", c.Changed))),
					app.If(c.Undone, func() app.UI { return ui.Tag(i18n.T("settings.changes.undone"), "") }),
					ui.Button(ui.ButtonSpec{Label: label, Icon: icon, Small: true, Scope: c.ID + icon, Disabled: s.dirty(), On: func(ctx app.Context) { s.turn(ctx, c.ID, !c.Undone) }}))
			})))
	})
}

func (s *Screen) changeText(c domain.ProjectChange) string {
	switch {
	case c.Kind == "task":
		return i18n.T("task."+string(c.From)) + " → " + i18n.T("task."+string(c.To))
	case len(c.Classes) == 0:
		return ""
	case c.Kind == "move":
		under := i18n.T("settings.tree.top")
		if c.Classes[0].To != "" {
			under = s.className(c.Classes[0].To)
		}
		return i18n.N("settings.changes.move", len(c.Classes), "name", s.className(c.Classes[0].ClassID), "under", under)
	}
	names := ""
	for _, m := range c.Classes {
		if m.Archived && m.ClassID != c.Into {
			if names != "" {
				names += ", "
			}
			names += s.className(m.ClassID)
		}
	}
	return i18n.T("settings.changes.merge", "from", names, "into", s.className(c.Into))
}
