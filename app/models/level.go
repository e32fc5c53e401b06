package models

import (
	"context"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// headLevel is the depth of training that every host offers.
const headLevel = "head"

// offered are the depths that this host trains at.
func (d *trainDialog) offered() (out []string) {
	for _, l := range d.host.Levels {
		if l.Reason == "" && suits(l) {
			out = append(out, l.ID)
		}
	}
	return out
}

// suits tells whether a depth is for what this project labels.
func suits(l domain.Level) bool { return slices.Contains(l.Tasks, session.Project.Task) }

// chooseLevel lets the user say how deep to train, and tells why not deeper.
func (d *trainDialog) chooseLevel() app.UI {
	var options []ui.Option
	for _, id := range d.offered() {
		hint := i18n.T("level." + id + ".hint")
		if id == headLevel && boxed() {
			hint = i18n.T("level.head.boxes")
		}
		if e := d.known[id]; e != nil {
			hint = i18n.T("level.takes", "time", i18n.Duration(e.Seconds), "credits", i18n.N("train.credits", int(e.Credits)))
		}
		options = append(options, ui.Option{Value: id, Label: i18n.T("level." + id), Hint: hint})
	}
	var reasons []string
	for _, l := range d.host.Levels {
		if l.Reason != "" && suits(l) && !slices.Contains(reasons, l.Reason) {
			reasons = append(reasons, l.Reason)
		}
	}
	return app.Div().Class("field").Body(
		app.If(len(options) > 1, func() app.UI {
			return app.Div().Class("stack").Body(app.Span().Class("label").Text(i18n.T("level.title")),
				ui.Choices(i18n.T("level.title"), d.level, options, func(ctx app.Context, v string) {
					if d.level != v {
						d.level = v
						d.measure(ctx)
					}
				}))
		}),
		app.Range(reasons).Slice(func(i int) app.UI {
			return app.P().Class("small", "muted").Text(i18n.T("level.reason." + reasons[i]))
		}),
	)
}

// long tells whether a training takes so long that somebody may want to let it rest. One of boxes keeps no checkpoint to go on from.
func long(j domain.Job) bool {
	return j.State == domain.JobPaused || !boxed() && (j.Course != nil || j.Phase == "maps" || j.Phase == "tune")
}

// rest is the button that pauses a training, or lets it go on.
func (s *Models) rest(j domain.Job) app.UI {
	if j.State == domain.JobPaused {
		return ui.Button(ui.ButtonSpec{Label: i18n.T("job.resume"), Icon: "play", Kind: "primary", Small: true, Scope: "resume" + j.ID, On: func(app.Context) { s.steer(session.Client().ResumeJob, j.ID) }})
	}
	return app.Div().Class("row", "wrap").Body(
		ui.Button(ui.ButtonSpec{Label: i18n.T("job.pause"), Icon: "pause", Small: true, Scope: "pause" + j.ID, On: func(app.Context) { s.steer(session.Client().PauseJob, j.ID) }}),
		app.Span().Class("small", "muted").Text(i18n.T("job.pause_hint")),
	)
}

// steer lets do change a job, and shows how it stands then.
func (s *Models) steer(do func(ctx context.Context, id string) (domain.Job, error), id string) {
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return do(ctx, id) },
		func(ctx app.Context, _ domain.Job, err error) {
			if err != nil {
				ui.ToastError(ctx, err)
			}
			s.watch(ctx)
		})
}

// howMeasured says on which images a model was measured.
func howMeasured(m *domain.Model) string {
	if c := m.Metrics.Course; c != nil {
		return i18n.T("metric.how_held", "n", m.Metrics.Images, "learnt", c.Learnt, "groups", m.Metrics.Groups)
	}
	return i18n.T("metric.how", "folds", m.Metrics.Folds, "groups", m.Metrics.Groups)
}
