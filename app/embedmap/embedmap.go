// Package embedmap is the screen where all images lie in the plane, alike ones together: they are looked at, selected and labelled there.
package embedmap

import (
	"context"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// poll is how often a running job is looked at where the host does not tell of it.
const poll = 300 * time.Millisecond

// Screen is the screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what is begun from a button may end after it is gone
	project string
	loaded  bool
	failure error

	job     *domain.Job
	failed  string // why the last one did not end well
	sending bool

	made     *domain.ImageMap // nil before there is one
	standing domain.MapStanding
	by       string // what the colours tell: label, model, doubt
	reason   string // why what was asked for cannot be told
	legend   []legendRow
	hidden   map[string]bool // keys of rows

	canvas  canvas
	hover   int
	working bool // a label is on its way
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads the map and looks for a job that makes one.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx, s.project, s.by, s.hover = ctx, session.Now.Project, byLabel, -1
	s.hidden = map[string]bool{}
	s.canvas.tool = toolLasso
	s.canvas.chosen = func() { s.ctx.Dispatch(func(app.Context) {}) }
	s.canvas.hovered = s.hovered
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(app.Context, app.Action) { s.refresh() })
	s.load(ctx)
}

type found struct {
	made *domain.ImageMap
	job  *domain.Job
}

func (s *Screen) load(app.Context) {
	s.failure = nil
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (f found, err error) {
		jobs, err := c.Jobs(ctx, project)
		if err != nil {
			return f, err
		}
		if i := slices.IndexFunc(jobs, func(j domain.Job) bool { return j.Kind == "map" && j.State.Open() }); i >= 0 {
			f.job = &jobs[i]
		}
		m, err := c.ImageMap(ctx, project)
		if err == nil {
			f.made = &m
		} else if domain.AsProblem(err).Code == domain.CodeNotFound {
			err = nil
		}
		return f, err
	}, func(ctx app.Context, f found, err error) {
		s.loaded, s.failure = true, err
		if err != nil {
			return
		}
		if f.made != nil {
			s.show(f.made)
		}
		if f.job != nil {
			s.job = f.job
			s.follow(f.job.ID)
		}
	})
}

// show makes m what is seen.
func (s *Screen) show(m *domain.ImageMap) {
	n := len(m.Assets)
	s.made, s.hover, s.standing = m, -1, domain.MapStanding{}
	p := &s.canvas.plot
	p.xy, p.row, p.selected, p.picked = make([]float32, len(m.XY)), make([]int16, n), make([]bool, n), 0
	for i, v := range m.XY {
		p.xy[i] = float32(v) / domain.MapExtent
	}
	p.scale, s.canvas.cursor = 0, -1
	if p.w > 0 {
		p.size(p.w, p.h, s.canvas.ratio)
	}
	s.colour()
	s.refresh()
}

// refresh learns again how the images stand.
func (s *Screen) refresh() {
	if s.made == nil {
		return
	}
	c, project, id, by := session.Client(), s.project, s.made.ID, s.by
	session.Do(s.ctx, func(ctx context.Context) (domain.MapStanding, error) {
		return c.MapStanding(ctx, project, by != byLabel)
	},
		func(ctx app.Context, standing domain.MapStanding, err error) {
			if s.made == nil || s.made.ID != id || s.by != by {
				return
			}
			switch {
			case err != nil && by != byLabel && domain.AsProblem(err).Code == domain.CodeConflict: // no head yet
				s.reason, s.by = i18n.T("map.no_head"), byLabel
				s.refresh()
			case err != nil:
				ui.ToastError(ctx, err)
			case standing.Map != id: // another page has made a new one
				s.load(ctx)
			default:
				s.standing = standing
				s.colour()
			}
		})
}

// start asks for a map of all images.
func (s *Screen) start(app.Context) {
	s.sending, s.failed = true, ""
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.Map(ctx, project, domain.MapRequest{}) },
		func(_ app.Context, j domain.Job, err error) {
			s.sending = false
			if err != nil {
				s.failed = ui.ErrorText(err)
				return
			}
			s.job = &j
			s.follow(j.ID)
		})
}

// follow looks at the job until it has ended.
func (s *Screen) follow(id string) {
	session.FollowJob(s.ctx, id, poll, func(ctx app.Context, j domain.Job, err error) {
		switch {
		case err != nil:
			s.job, s.failed = nil, ui.ErrorText(err)
		case j.State.Open():
			s.job = &j
		default:
			s.job = nil
			if j.State == domain.JobFailed {
				s.failed = j.Error
			}
			s.load(ctx)
		}
	})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("page", "map").Body(
		&hotkeys.Listener{Map: s.keys(), On: s.onKey},
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("map.title")), app.P().Text(i18n.T("map.lead"))),
			app.If(s.made != nil && s.job == nil && s.may(), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("map.again"), Icon: "map", Disabled: s.sending, On: s.start})
			}),
		),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(!s.loaded, ui.Loading).
			Else(s.body),
	)
}

func (s *Screen) may() bool { return session.May(domain.RightManage) }

func (s *Screen) body() app.UI {
	return app.Div().Class("stack").Body(
		app.If(s.failed != "", func() app.UI { return ui.Notice("error", i18n.T("map.failed", "why", s.failed)) }),
		app.If(s.job != nil, s.progress),
		app.If(s.made == nil && s.job == nil, s.empty),
		app.If(s.made != nil, s.work),
	)
}

// empty offers to make the first map.
func (s *Screen) empty() app.UI {
	n := session.Project.Counts.Assets
	switch {
	case n < 2:
		return app.Div().Class("card").Body(ui.Empty("map", i18n.T("map.nothing"), i18n.T("map.nothing_text"),
			ui.LinkButton(i18n.T("nav.images"), "grid", "primary", session.At("images", "").Path())))
	case !s.may():
		return app.Div().Class("card").Body(ui.Empty("map", i18n.T("map.none"), i18n.T("map.none_text")))
	}
	return app.Div().Class("card").Body(ui.Empty("map", i18n.T("map.none"), i18n.T("map.start_text"),
		ui.Button(ui.ButtonSpec{Label: i18n.N("map.start", n), Icon: "map", Kind: "primary", Disabled: s.sending, On: s.start})))
}

func (s *Screen) progress() app.UI {
	j := *s.job
	what := session.JobPhase(j)
	if j.Phase == "map" { // thousandths, which count nothing
		what += " " + i18n.Percent(float64(j.Done)/float64(max(j.Total, 1)), 0)
	}
	return app.Div().Class("card").Body(ui.Progress(what, j.Done, j.Total, j.SecondsETA, func(app.Context) {
		c := session.Client()
		session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.CancelJob(ctx, j.ID) },
			func(ctx app.Context, _ domain.Job, err error) {
				if err != nil {
					ui.ToastError(ctx, err)
				}
			})
	}))
}
