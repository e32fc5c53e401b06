package models

import (
	"context"
	"math"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// applyDialog tries a model on the rest without writing, shows what it would do, and does it.
type applyDialog struct {
	ctx     app.Context // of the screen
	model   domain.Model
	relabel bool
	minimum float64
	budget  float64 // share that may be wrong; 0: the smallest confidence counts
	preview *domain.ApplyReport
	tried   float64     // smallest confidence of the preview
	job     *domain.Job // the job under way
	failure error
}

func newApplyDialog(ctx app.Context, m domain.Model) *applyDialog {
	d := &applyDialog{ctx: ctx, model: m, minimum: 0.5}
	if b := m.Metrics.Boxes; b != nil {
		d.minimum = max(math.Round(100*b.Threshold)/100, leastApplied)
	}
	return d
}

func (d *applyDialog) request(dry bool) domain.ApplyRequest {
	f := domain.Filter{States: []domain.State{domain.StateUnlabelled}}
	if d.relabel {
		f.States = append(f.States, domain.StateAuto)
	}
	if d.budget > 0 {
		return domain.ApplyRequest{Filter: f, Budget: d.budget, DryRun: dry}
	}
	return domain.ApplyRequest{Filter: f, MinConfidence: d.minimum, DryRun: dry}
}

// run starts a job and follows it to its end.
func (d *applyDialog) run(dry bool) ui.Handler {
	return func(app.Context) {
		d.failure = nil
		c, project, model, request := session.Client(), session.Now.Project, d.model.ID, d.request(dry)
		if dry {
			d.tried = d.minimum
		}
		session.Do(d.ctx, func(ctx context.Context) (domain.Job, error) { return c.Apply(ctx, project, model, request) }, d.follow)
	}
}

func (d *applyDialog) follow(ctx app.Context, j domain.Job, err error) {
	if err != nil {
		d.job, d.failure = nil, err
		return
	}
	if active(j) {
		d.job = &j
		session.LookAgain(ctx, j, poll, d.follow)
		return
	}
	d.job = nil
	switch {
	case j.State == domain.JobCancelled:
	case j.State == domain.JobFailed:
		d.failure = domain.Errorf(domain.CodeInvalid, "%s", jobError(j))
	case j.Apply == nil:
	case j.Apply.DryRun:
		d.preview = j.Apply
	default:
		d.done(ctx, j.Apply)
	}
}

func (d *applyDialog) done(ctx app.Context, r *domain.ApplyReport) {
	session.ProjectChanged(ctx)
	c, project := session.Client(), session.Now.Project // the toast outlives the screen
	ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("apply.done", "n", r.Labelled), Action: i18n.T("action.undo"), On: func(ctx app.Context) {
		session.Do(ctx, func(ctx context.Context) (domain.Operation, error) { return c.Undo(ctx, project, r.OperationID) },
			func(ctx app.Context, _ domain.Operation, err error) {
				if err != nil {
					ui.ToastError(ctx, err)
					return
				}
				ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("toast.undone")})
				session.ProjectChanged(ctx)
				ctx.NewAction(session.ActionLabelsChanged)
			})
	}})
	ctx.Navigate(session.At("review", "").Path())
}

func (d *applyDialog) change(set func()) {
	set()
	d.preview = nil
}

func (d *applyDialog) render(onClose ui.Handler) app.UI {
	return &ui.Dialog{
		Title: i18n.T("apply.title", "name", d.model.Name), OnClose: onClose,
		Content: func() []app.UI {
			return []app.UI{
				app.Label().Class("row").Body(
					app.Input().Type("checkbox").Checked(d.relabel).OnChange(func(ctx app.Context, _ app.Event) {
						d.change(func() { d.relabel = ctx.JSSrc().Get("checked").Bool() })
					}),
					app.Span().Text(i18n.T("apply.relabel"))),
				app.If(d.model.Metrics.Boxes == nil, d.chooseBudget),
				app.If(d.budget == 0, func() app.UI {
					return app.Div().Class("stack").Body(slider("apply-min", i18n.T("apply.min"), d.minimum, d.setMinimum, d.again), d.expectation())
				}).Else(d.budgetHint),
				app.P().Class("small", "muted").Text(i18n.T("apply.people")),
				d.state(),
			}
		},
		Footer: func() []app.UI { return d.footer(onClose) },
	}
}

// leastApplied is the smallest confidence at which boxes can be given: 0 would mean the threshold of the card.
const leastApplied = 0.05

func (d *applyDialog) setMinimum(v float64) {
	if d.minimum = v; d.model.Metrics.Boxes != nil {
		d.minimum = max(v, leastApplied)
	}
}

// expectation says what the cross-validation promises at this confidence.
func (d *applyDialog) expectation() app.UI {
	if b := d.model.Metrics.Boxes; b != nil {
		return app.P().Class("small").Text(boxesAt(b, d.minimum))
	}
	p, ok := at(d.model.Metrics.Curve, d.minimum)
	return app.If(ok, func() app.UI {
		return app.P().Class("small").Text(i18n.T("curve.at", "t", i18n.Percent(d.minimum, 0), "coverage", i18n.Percent(p.Coverage, 0), "precision", percent(p.Precision)))
	})
}

func (d *applyDialog) footer(onClose ui.Handler) []app.UI {
	buttons := []app.UI{ui.Button(ui.ButtonSpec{Label: i18n.T("action.close"), On: onClose})}
	buttons = append(buttons, ui.Button(ui.ButtonSpec{Label: i18n.T("apply.preview"), Icon: "eye", Disabled: d.job != nil, On: d.run(true), Scope: "preview"}))
	if d.preview != nil {
		n := d.preview.Labelled
		buttons = append(buttons, ui.Button(ui.ButtonSpec{Label: i18n.T("apply.run", "n", n), Icon: "apply", Kind: "primary", Disabled: d.job != nil || !d.holds() || n == 0, On: d.run(false), Scope: "run"}))
	}
	return buttons
}

// holds tells that the preview is one of the confidence that is chosen now: what it counts is what would be written.
func (d *applyDialog) holds() bool { return d.tried == d.minimum }

// again makes the preview anew for the confidence that was chosen; the images are known by now, so that this is quick.
func (d *applyDialog) again(ctx app.Context) {
	if d.preview != nil && d.job == nil && !d.holds() {
		d.run(true)(ctx)
	}
}

func (d *applyDialog) state() app.UI {
	switch {
	case d.failure != nil:
		return ui.Failed(d.failure, nil)
	case d.job != nil:
		what := i18n.T("apply.running")
		if d.job.Kind == "dry-run" {
			what = i18n.T("apply.previewing")
		}
		if d.job.Phase != "" || d.job.State == domain.JobQueued {
			what += " · " + session.JobPhase(*d.job)
		}
		return ui.Progress(what, d.job.Done, d.job.Total, d.job.SecondsETA, cancelJob(d.job.ID))
	case d.preview == nil:
		return app.Div()
	}
	labelled, skipped := d.preview.Labelled, d.preview.Skipped
	if labelled+skipped == 0 {
		return ui.Notice("info", i18n.T("apply.nothing"))
	}
	return app.Div().Class("stack").Body(
		app.P().Role("status").Body(app.If(d.holds(), func() app.UI { return app.B().Text(i18n.T("apply.would", "n", labelled, "skipped", skipped)) }).
			Else(func() app.UI { return app.Span().Class("muted").Text(i18n.T("apply.previewing")) })),
		app.If(d.preview.Promise != nil, func() app.UI { return d.promise(d.preview.Promise) }),
		app.If(len(d.preview.Histogram) > 0 && d.budget == 0, func() app.UI { return histogram(d.preview.Histogram, d.minimum, i18n.T("apply.histogram")) }),
		app.Ul().Class("by-class").Aria("label", i18n.T("apply.by_class")).Body(app.Range(d.model.Classes).Slice(func(i int) app.UI {
			c := d.model.Classes[i]
			if now, ok := session.Class(c.ID); ok {
				c.Color = now.Color
			}
			return app.Li().Body(ui.ClassName(c), app.Span().Class("num").Text(i18n.Number(d.preview.ByClass[c.ID])))
		})),
	)
}
