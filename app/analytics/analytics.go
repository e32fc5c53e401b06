// Package analytics is the screen of how the labelling goes: progress, balance of classes, pace, and what more labels would
// give.
package analytics

import (
	"context"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen
	data    *domain.Analytics
	failure error
	saving  *domain.Saving // of the queue of useful images; nil until it is known
	unsaved error
	every   bool // all classes are listed
	soon    bool // it is loaded again soon
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads what is shown.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(ctx app.Context, _ app.Action) { s.load(ctx) })
	ctx.Handle(session.ActionLabelsMoved, func(ctx app.Context, _ app.Action) {
		if s.soon {
			return
		}
		s.soon = true
		ctx.After(afterMoves, func(ctx app.Context) {
			s.soon = false
			s.load(ctx)
		})
	})
	s.load(ctx)
	s.loadSaving()
}

// afterMoves is how long labels that move are gathered: the figures are counted anew for each look.
const afterMoves = 3 * time.Second

func (s *Screen) load(app.Context) {
	s.failure = nil
	c, project := session.Client(), session.Now.Project
	_, east := time.Now().Zone()
	session.Do(s.ctx, func(ctx context.Context) (domain.Analytics, error) { return c.Analytics(ctx, project, east/60) },
		func(_ app.Context, a domain.Analytics, err error) {
			if s.failure = err; err == nil {
				s.data = &a
			}
		})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("page", "analytics").Body(
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("analytics.title")), app.P().Text(i18n.T("analytics.lead")))),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(s.data == nil, ui.Loading).
			Else(s.body),
	)
}

func (s *Screen) body() app.UI {
	c := session.Project.Counts
	if c.Assets == 0 {
		return app.Div().Class("card").Body(ui.Empty("chart", i18n.T("analytics.empty"), i18n.T("analytics.empty_text"),
			ui.LinkButton(i18n.T("nav.images"), "grid", "primary", session.At("images", "").Path())))
	}
	return app.Div().Class("stack", "loose").Body(
		s.figures(c),
		card("analytics.progress", i18n.T("analytics.progress_lead"), s.progress()),
		app.Div().Class("st-pair").Body(
			card("analytics.balance", s.balanceWords(), s.balance()),
			card("analytics.pace", s.paceWords(), s.pace()),
		),
		app.If(session.Project.Task != domain.TaskBoxes, s.ofModel),
		app.If(session.Project.Task != domain.TaskBoxes, s.savings),
	)
}

// ofModel is what the newest model tells.
func (s *Screen) ofModel() app.UI {
	m := s.data.Model
	if m == nil {
		return app.Section().Class("card").Body(ui.Empty("spark", i18n.T("analytics.no_model"), i18n.T("analytics.no_model_text"),
			ui.LinkButton(i18n.T("nav.ai"), "spark", "", session.At("ai", "").Path())))
	}
	return app.Div().Class("st-pair").Body(
		card("analytics.learning", LearningWords(m), Learning("learning", m)),
		card("analytics.reliability", ReliabilityWords(m), Reliability("reliability", m)),
	)
}

// card is one part of the screen: what it is, what it says in a sentence, and the drawing.
func card(key, words string, drawing app.UI) app.UI {
	return app.Section().Class("card", "st-part").Body(app.H2().Text(i18n.T(key)), app.P().Class("st-words").Text(words), drawing)
}

// figures are the few numbers that are looked for first.
func (s *Screen) figures(c domain.Counts) app.UI {
	share := float64(c.Labelled) / float64(c.Assets)
	list := []app.UI{figure(i18n.Percent(share, 0), i18n.T("analytics.labelled", "n", c.Labelled, "total", c.Assets))}
	if pace := s.best(); pace.Labels > 0 {
		list = append(list, figure(seconds(pace.Median), i18n.T("analytics.per_label")))
		if left := c.Unlabelled + c.Auto; left > 0 {
			list = append(list, figure(i18n.Duration(float64(left)*pace.Median), i18n.T("analytics.left", "n", left)))
		}
	}
	if m := s.data.Model; m != nil {
		list = append(list, figure(i18n.Percent(m.Metrics.Accuracy, 1), i18n.T("analytics.accuracy", "name", m.Name, "version", m.Version)))
	}
	return app.Div().Class("st-figures").Body(list...)
}

func figure(value, name string) app.UI {
	return app.Div().Class("card", "st-figure").Body(app.Span().Class("value").Text(value), app.Span().Class("name").Text(name))
}

// best is the pace of what people do most.
func (s *Screen) best() domain.Pace {
	if s.data.Assisted.Labels > s.data.Alone.Labels {
		return s.data.Assisted
	}
	return s.data.Alone
}

// seconds writes a time of a label.
func seconds(v float64) string {
	digits := 1
	if v >= 20 {
		digits = 0
	}
	return i18n.T("analytics.seconds", "n", fixed(v, digits))
}
