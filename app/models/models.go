package models

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// poll is how often running jobs are looked at, and restPoll when all of them are paused.
const (
	poll     = 400 * time.Millisecond
	restPoll = 4 * time.Second
)

// Models is the screen of Custom Auto-Label: running jobs, a card a model, comparison, apply.
type Models struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what a dialog begins may end after it is gone
	project string
	list    []domain.Model
	details map[string]*detail // open cards by model id
	exports []domain.Export
	jobs    []domain.Job
	watched map[string]bool // jobs seen running, to tell when they end
	waiting bool            // to look at the jobs again soon
	idle    bool            // waits to be told of a job
	broken  *domain.Job     // the newest training, when it did not end well
	loaded  bool
	failure error
	compare bool
	choose  bool
	train   *trainDialog
	apply   *applyDialog
	drop    *domain.Model
	taking  bool // an export is being taken, to train again
	host    *domain.Capabilities
}

// begun are the jobs begun here whose end nobody has been told: one may end before it is seen running.
var begun = map[string]bool{}

// opened are the open cards by project: who comes back from the images of a card finds it as it was.
var opened = map[string][]string{}

// OnDismount remembers which cards are open.
func (s *Models) OnDismount() { opened[s.project] = slices.Collect(maps.Keys(s.details)) }

// CompoID implements app.DismountEnforcer.
func (s *Models) CompoID() string { return s.Key }

// OnMount loads models and jobs.
func (s *Models) OnMount(ctx app.Context) {
	s.ctx, s.project = ctx, session.Now.Project
	s.details, s.watched = map[string]*detail{}, map[string]bool{}
	ctx.Handle(session.ActionLabelsMoved, func(ctx app.Context, _ app.Action) { s.load(ctx) })
	ctx.Handle(session.ActionAccount, func(app.Context, app.Action) {}) // it tells what the person may
	s.load(ctx)
	askHost(ctx, &s.host)
	for _, id := range opened[session.Now.Project] {
		s.toggle(id)
	}
	s.watch(ctx)
}

type loaded struct {
	models  []domain.Model
	exports []domain.Export
}

func (s *Models) load(app.Context) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (l loaded, err error) {
		if l.models, err = c.Models(ctx, project); err == nil {
			l.exports, err = c.Exports(ctx, project)
		}
		return l, err
	}, func(_ app.Context, l loaded, err error) {
		s.list, s.exports, s.failure, s.loaded = l.models, l.exports, err, true
	})
}

// watch looks at the project's jobs until none is running.
func (s *Models) watch(app.Context) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.Job, error) { return c.Jobs(ctx, project) },
		func(ctx app.Context, jobs []domain.Job, err error) {
			if err != nil {
				s.failure = err
				return
			}
			s.jobs, s.broken = s.jobs[:0], nil
			if i := slices.IndexFunc(jobs, func(j domain.Job) bool { return j.Kind == "train" }); i >= 0 && jobs[i].State == domain.JobFailed {
				s.broken = &jobs[i]
			}
			for _, j := range jobs {
				if j = session.Latest(j); active(j) {
					s.watched[j.ID] = true
					if j.Kind == "train" {
						s.jobs = append(s.jobs, j)
					}
					continue
				}
				if s.watched[j.ID] || begun[j.ID] {
					delete(s.watched, j.ID)
					delete(begun, j.ID)
					s.ended(ctx, j)
				}
			}
			s.wait(jobs)
		})
}

// wait looks at the jobs again later. Where none is open, it waits for the host to tell of one.
func (s *Models) wait(jobs []domain.Job) {
	idle, pause := len(s.watched) == 0, restPoll
	if idle || slices.ContainsFunc(jobs, func(j domain.Job) bool { return active(j) && j.State != domain.JobPaused }) {
		pause = poll
	}
	waits := &s.waiting
	if idle {
		waits = &s.idle
	}
	if *waits {
		return
	}
	*waits = true
	session.LookAtJobs(s.ctx, idle, pause, func(ctx app.Context) {
		*waits = false
		s.watch(ctx)
	})
}

// jobError says why a job failed.
func jobError(j domain.Job) string {
	if key := "job.failed." + j.Code; i18n.Has(key) {
		return i18n.T(key)
	}
	return j.Error
}

func active(j domain.Job) bool { return j.State.Open() }

func (s *Models) ended(ctx app.Context, j domain.Job) {
	ctx.NewAction(session.ActionCredits)
	if j.Kind != "train" {
		return
	}
	switch j.State {
	case domain.JobFailed:
		// The page says so.
	case domain.JobCancelled:
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("train.cancelled")})
	case domain.JobDone:
		s.load(ctx)
		if len(s.details) == 0 {
			s.toggle(j.ModelID) // a new model is shown whole
		}
	}
}

func (s *Models) toggle(id string) {
	if s.details[id] != nil {
		delete(s.details, id)
		return
	}
	d := &detail{}
	s.details[id] = d
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Model, error) { return c.Model(ctx, project, id) },
		func(_ app.Context, m domain.Model, err error) {
			if d.failure = err; err == nil {
				d.model, d.threshold = &m, 0.5
				if m.Metrics.Boxes != nil {
					d.threshold = m.Metrics.Boxes.Threshold
				}
			}
		})
	if boxed() { // of whole images alone is it told which labels are doubtful
		return
	}
	session.Do(s.ctx, func(ctx context.Context) (domain.Suspects, error) { return c.Suspects(ctx, project, id, maxShown) },
		func(_ app.Context, list domain.Suspects, err error) {
			if err == nil { // else the card goes without them
				d.suspects = &list
			}
		})
}

// Render implements app.Composer.
func (s *Models) Render() app.UI {
	return app.Div().Class("page").Body(
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("ai.title")), app.P().Text(i18n.T("ai.lead"))),
			app.If(len(s.list) > 1, func() app.UI { return s.compareButton() }),
			app.If(session.May(domain.RightManage), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("ai.create"), Icon: "plus", Kind: "primary", Disabled: !learns(s.host), On: func(app.Context) { s.choose = true }})
			}),
		),
		app.If(s.failure != nil, func() app.UI {
			return ui.Failed(s.failure, func(ctx app.Context) {
				s.failure = nil
				s.load(ctx)
				s.watch(ctx)
			})
		}),
		app.Range(s.jobs).Slice(func(i int) app.UI { return s.running(s.jobs[i]) }),
		app.If(s.broken != nil, func() app.UI { return ui.Notice("error", i18n.T("train.failed", "why", jobError(*s.broken))) }),
		app.If(s.compare && len(s.list) > 1, func() app.UI { return comparison(s.list) }),
		s.cards(),
		app.If(s.choose, s.chooseDialog),
		app.If(s.train != nil, func() app.UI { return s.train.render(func(app.Context) { s.train = nil }) }),
		app.If(s.apply != nil, func() app.UI { return s.apply.render(func(app.Context) { s.apply = nil }) }),
		app.If(s.drop != nil, s.dropDialog),
	)
}

func (s *Models) compareButton() app.UI {
	label := i18n.T("ai.compare")
	if s.compare {
		label = i18n.T("ai.compare_hide")
	}
	return ui.Button(ui.ButtonSpec{Label: label, Icon: "compare", On: func(app.Context) { s.compare = !s.compare }})
}

func (s *Models) running(j domain.Job) app.UI {
	return app.Div().Class("card", "stack").Body(
		ui.Progress(session.JobPhase(j), j.Done, j.Total, j.SecondsETA, cancelJob(j.ID)),
		app.If(long(j), func() app.UI { return app.Div().Class("row", "wrap").Body(s.rest(j)) }),
		app.If(j.Course != nil && len(j.Course.Points) > 1, func() app.UI { return courseCharts("course-"+j.ID, j.Course) }),
	)
}

func cancelJob(id string) ui.Handler {
	return func(ctx app.Context) {
		c := session.Client()
		session.Do(ctx, func(ctx context.Context) (domain.Job, error) { return c.CancelJob(ctx, id) },
			func(ctx app.Context, _ domain.Job, err error) {
				if err != nil {
					ui.ToastError(ctx, err)
				}
			})
	}
}

func (s *Models) cards() app.UI {
	if !s.loaded {
		return ui.Loading()
	}
	if len(s.list) == 0 {
		if len(s.jobs) > 0 || s.failure != nil {
			return app.Div()
		}
		if s.host != nil && !learns(s.host) {
			return app.Div().Class("card").Body(ui.Empty("box", i18n.T("ai.boxes"), i18n.T("ai.boxes_text"),
				ui.LinkButton(i18n.T("ai.go_exports"), "archive", "primary", session.At("exports", "").Path())))
		}
		text := i18n.T("ai.empty_text", "n", domain.AdvisedLabels)
		if boxed() {
			text = i18n.T("ai.empty_boxes", "n", domain.AdvisedLabels)
		}
		return app.Div().Class("card").Body(ui.Empty("spark", i18n.T("ai.empty"), text,
			ui.LinkButton(i18n.T("ai.go_exports"), "archive", "primary", session.At("exports", "").Path()),
			ui.LinkButton(i18n.T("nav.annotate"), "tag", "", session.At("annotate", "").Path())))
	}
	return app.Div().Class("stack").Body(app.Range(s.list).Slice(func(i int) app.UI { return s.card(s.list[i]) }))
}

func (s *Models) chooseDialog() app.UI {
	closed := func(app.Context) { s.choose = false }
	return &ui.Dialog{Key: "choose", Title: i18n.T("train.title"), OnClose: closed, Content: func() []app.UI {
		if len(s.exports) == 0 {
			return []app.UI{ui.Notice("info", i18n.T("ai.no_exports")), ui.LinkButton(i18n.T("ai.go_exports"), "archive", "primary", session.At("exports", "").Path())}
		}
		return []app.UI{app.P().Class("muted").Text(i18n.T("train.choose")), app.Ul().Class("pick").Body(app.Range(s.exports).Slice(func(i int) app.UI {
			e := s.exports[i]
			return app.Li().Body(app.Button().Type("button").Class("choice").Disabled(e.Labelled == 0).OnClick(func(app.Context, app.Event) {
				s.choose = false
				s.train = newTrainDialog(s.ctx, e, func(ctx app.Context) {
					s.train = nil
					s.watch(ctx)
				})
			}, app.EventScope(e.ID)).Body(ui.Icon("archive"), app.Span().Class("grow").Body(app.B().Class("cut").Text(e.Name),
				app.Span().Class("small").Text(e.CreatedAt.Local().Format("2006-01-02 15:04")+" · "+i18n.T("summary.labelled", "n", e.Labelled, "total", e.Items)))))
		}))}
	}}
}

func (s *Models) dropDialog() app.UI {
	m := *s.drop
	closed := func(app.Context) { s.drop = nil }
	return &ui.Dialog{
		Title: i18n.T("ai.delete"), OnClose: closed,
		Content: func() []app.UI { return []app.UI{app.P().Text(i18n.T("ai.delete_text", "name", m.Name))} },
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: closed}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.delete"), Kind: "danger", Icon: "trash", Scope: m.ID, On: func(app.Context) {
					c, project := session.Client(), session.Now.Project
					session.Do(s.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.DeleteModel(ctx, project, m.ID) },
						func(ctx app.Context, _ struct{}, err error) {
							s.drop = nil
							delete(s.details, m.ID)
							if err != nil {
								ui.ToastError(ctx, err)
							}
							s.load(ctx)
						})
				}}),
			}
		},
	}
}
