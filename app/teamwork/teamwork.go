// Package teamwork is the screens of work that several people share: what is handed out to whom, how far they agree, who decides
// where they do not, and how well each does on images whose label is known.
package teamwork

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen of all that.
type Screen struct {
	app.Compo

	Key string

	ctx       app.Context // of the screen
	status    *domain.QueueStatus
	agreement *domain.Agreement // for reviewers
	gold      domain.GoldList   // for managers
	members   []domain.Member   // who may label
	filters   []domain.SavedFilter
	failure   error
	busy      bool

	form   domain.QueueSettings // as it is typed
	assign *assigning           // the dialog that is open
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads what is shown.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(ctx app.Context, _ app.Action) { s.load(ctx) })
	s.load(ctx)
}

// loaded is all that the screen shows.
type loaded struct {
	status    domain.QueueStatus
	agreement *domain.Agreement
	gold      domain.GoldList
	members   []domain.Member
	filters   []domain.SavedFilter
}

func (s *Screen) load(app.Context) {
	s.failure = nil
	c, project, workspace := session.Client(), session.Now.Project, session.Project.Workspace
	reviews, manages := session.May(domain.RightReview), session.May(domain.RightManage)
	session.Do(s.ctx, func(ctx context.Context) (out loaded, err error) {
		if out.status, err = c.Queue(ctx, project); err != nil {
			return out, err
		}
		if reviews {
			a, err := c.Agreement(ctx, project)
			if err != nil {
				return out, err
			}
			out.agreement = &a
		}
		if !manages {
			return out, nil
		}
		if out.gold, err = c.Gold(ctx, project); err == nil {
			out.filters, err = c.SavedFilters(ctx, project)
		}
		if err == nil {
			out.members, err = labellers(ctx, c, workspace)
		}
		return out, err
	}, func(_ app.Context, got loaded, err error) {
		if s.failure = err; err != nil {
			return
		}
		if s.status == nil || s.form == s.status.Settings { // else what is typed would be lost
			s.form = got.status.Settings
		}
		s.status, s.agreement, s.gold, s.members, s.filters = &got.status, got.agreement, got.gold, got.members, got.filters
	})
}

func labellers(ctx context.Context, c *client.Client, workspace string) ([]domain.Member, error) {
	all, err := c.Members(ctx, workspace)
	var out []domain.Member
	for _, m := range all {
		if m.Role.May(domain.RightLabel) {
			out = append(out, m)
		}
	}
	return out, err
}

// do asks something of the server, says done, and loads all again.
func (s *Screen) do(what func(context.Context, *client.Client, string) (int, error), done string) {
	if s.busy {
		return
	}
	s.busy = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (int, error) { return what(ctx, c, project) }, func(ctx app.Context, n int, err error) {
		s.busy = false
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.N(done, n)})
		s.assign = nil
		s.load(ctx)
	})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("page", "teamwork").Body(
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("work.title")), app.P().Text(i18n.T("work.lead"))),
			app.If(s.status != nil && session.May(domain.RightManage), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("work.assign"), Icon: "plus", On: s.openAssign})
			})),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(s.status == nil, ui.Loading).
			Else(s.body),
		app.If(s.assign != nil, s.assignDialog),
	)
}

func (s *Screen) body() app.UI {
	manages := session.May(domain.RightManage)
	return app.Div().Class("stack", "loose").Body(
		s.mine(),
		app.If(s.agreement != nil && (s.agreement.Images > 0 || s.agreement.Disputed > 0), s.agreementCard),
		app.If(manages, s.people),
		app.If(manages, func() app.UI {
			return app.Div().Class("st-pair").Body(s.settings(), app.If(session.Project.Task != domain.TaskBoxes, s.goldCard))
		}),
	)
}

// mine is what waits for who looks, with the way to it.
func (s *Screen) mine() app.UI {
	q := s.status
	open := q.Waiting + q.Mine.Held
	if q.Settings.Auto {
		open += q.Unqueued * q.Settings.Labellers
	}
	figure := func(n int, key string) app.UI {
		return app.Div().Class("st-figure").Body(app.Span().Class("value").Text(i18n.Number(n)), app.Span().Class("name").Text(i18n.T(key)))
	}
	return app.Section().Class("card", "stack").Aria("label", i18n.T("work.yours")).Body(
		app.Div().Class("st-figures").Body(
			figure(open, "work.waiting"), figure(q.Held, "work.held"), figure(q.Done, "work.done"),
			app.If(q.Mine.Waiting > 0, func() app.UI { return figure(q.Mine.Waiting, "work.for_you") }),
			figure(q.Mine.Done, "work.by_you")),
		app.Div().Class("row", "wrap").Body(
			app.If(open > 0, func() app.UI {
				return ui.LinkButton(i18n.T("work.start"), "tag", "primary", session.At("queue", "").Path())
			}).Else(func() app.UI { return app.P().Class("muted").Text(i18n.T("work.nothing")) }),
			app.If(q.Disputed > 0 && session.May(domain.RightReview), func() app.UI {
				return ui.LinkButton(i18n.N("work.decide", q.Disputed), "compare", "", session.At("disputes", "").Path())
			})),
	)
}
