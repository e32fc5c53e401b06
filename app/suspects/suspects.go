// Package suspects is the screen of labels that are probably wrong: one after the other is fixed or kept by one key.
package suspects

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// page is how many suspects are read at a time.
const page = 100

// Screen is the screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen
	project string
	model   *domain.Model // whose doubts they are
	none    bool          // there is no model to ask
	queue   queue
	loaded  bool
	loading bool
	failure error
	last    chan struct{} // closed when the newest write has been answered: writes go one after the other
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads the model and its suspects.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx, s.project = ctx, session.Now.Project
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(ctx app.Context, _ app.Action) { s.load(ctx) })
	s.load(ctx)
}

type found struct {
	model *domain.Model
	list  domain.Suspects
}

// load reads the suspects of the model in the address, or of the newest one.
func (s *Screen) load(app.Context) {
	if s.loading {
		return
	}
	s.loading, s.failure = true, nil
	c, project, id := session.Client(), s.project, session.Now.Item
	limit, before := min(page+s.queue.asides(), 500), s.last
	session.Do(s.ctx, func(ctx context.Context) (f found, err error) {
		if before != nil {
			<-before
		}
		models, err := c.Models(ctx, project)
		if err != nil {
			return f, err
		}
		for i := range models {
			if models[i].ID == id || id == "" {
				f.model = &models[i]
				break
			}
		}
		if f.model == nil {
			return f, nil
		}
		f.list, err = c.Suspects(ctx, project, f.model.ID, limit)
		return f, err
	}, func(_ app.Context, f found, err error) {
		s.loading, s.loaded = false, true
		if s.failure = err; err != nil {
			return
		}
		s.none, s.model = f.model == nil, f.model
		s.queue.fill(f.list)
	})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("page", "suspects").Body(
		&hotkeys.Listener{Map: s.keys(), On: s.onKey},
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("suspects.title")), app.P().Text(i18n.T("suspects.lead"))),
			app.If(s.model != nil, func() app.UI {
				return app.Div().Class("row").Body(app.Span().Class("cut").Text(s.model.Name), ui.Tag(i18n.T("ai.version", "n", s.model.Version), "violet"))
			}),
		),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(!s.loaded, ui.Loading).
			ElseIf(s.none, func() app.UI {
				return app.Div().Class("card").Body(ui.Empty("spark", i18n.T("suspects.no_model"), i18n.T("suspects.no_model_text"),
					ui.LinkButton(i18n.T("nav.ai"), "spark", "primary", session.At("ai", "").Path())))
			}).
			Else(s.body),
	)
}

func (s *Screen) body() app.UI {
	q := &s.queue
	if q.list.Total == 0 {
		return app.Div().Class("card").Body(ui.Empty("check", i18n.T("suspects.nothing"), i18n.T("suspects.nothing_text"),
			ui.LinkButton(i18n.T("nav.ai"), "spark", "primary", session.At("ai", "").Path())))
	}
	return app.Div().Class("stack").Body(
		s.progress(),
		app.If(q.done() && !q.more() && q.settled() == q.list.Total, s.finished).
			ElseIf(q.done() && !q.more(), s.onlyAside).
			ElseIf(q.done(), ui.Loading).
			Else(func() app.UI {
				return app.Div().Class("su-body").Body(s.index(), s.desk())
			}),
	)
}

func (s *Screen) progress() app.UI {
	q := &s.queue
	text := i18n.T("suspects.progress", "n", q.settled(), "total", q.list.Total)
	return app.Div().Class("su-progress").Body(
		app.Div().Class("row", "between").Body(
			app.B().Class("num").Role("status").Text(text),
			app.Div().Class("keys-hint", "small", "muted", "only-wide").Aria("hidden", "true").Body(s.hints()...),
		),
		ui.Bar(text, ui.Part{Share: float64(q.settled()) / float64(max(q.list.Total, 1)), Class: "done"}),
	)
}

func (s *Screen) hints() []app.UI {
	var out []app.UI
	keys := s.keys()
	for _, hint := range []struct {
		action hotkeys.Action
		text   string
	}{{hotkeys.Accept, "accept"}, {hotkeys.Keep, "keep"}, {hotkeys.Skip, "skip"}, {hotkeys.Undo, "undo"}, {hotkeys.Help, "help"}} {
		if key := keys.Key(hint.action); key != "" {
			out = append(out, app.Kbd().Text(key), app.Span().Text(i18n.T("suspects.key."+hint.text)))
		}
	}
	return out
}

// finished stands where all are decided.
func (s *Screen) finished() app.UI {
	return app.Div().Class("card").Body(ui.Empty("check", i18n.T("suspects.finished"), i18n.T("suspects.finished_text"),
		ui.LinkButton(i18n.T("nav.exports"), "archive", "primary", session.At("exports", "").Path()),
		s.undoButton(),
	))
}

// onlyAside stands where only those are open that were put aside.
func (s *Screen) onlyAside() app.UI {
	return app.Div().Class("card").Body(ui.Empty("skip", i18n.N("suspects.aside", s.queue.asides()), i18n.T("suspects.aside_text"),
		ui.Button(ui.ButtonSpec{Label: i18n.T("suspects.resume"), Icon: "eye", Kind: "primary", On: func(app.Context) { s.queue.resume() }}),
		s.undoButton(),
	))
}

func (s *Screen) undoButton() app.UI {
	return ui.Button(ui.ButtonSpec{Label: i18n.T("action.undo"), Icon: "undo", Kind: "quiet", Key: s.keys().Key(hotkeys.Undo), On: s.undo})
}
