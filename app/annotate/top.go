package annotate

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// top is the line above the stage: where we are, how far, whether all is saved.
func (s *Screen) top() app.UI {
	d := s.desk
	place := i18n.Number(min(d.at+1, len(d.ids))) + " / " + i18n.Number(len(d.ids))
	switch {
	case s.Queue:
		place = s.queueText()
	case d.current() == "":
		place = i18n.N("annotate.images", len(d.ids))
	}
	pressed := !s.stay
	return app.Header().Class("an-top").Body(
		app.Span().Class("an-place", "num").Text(place),
		app.If(!s.Queue, func() app.UI {
			return app.Span().Class("an-progress").Title(s.progressText()).Body(ui.Bar(s.progressText(), s.progress()...))
		}),
		app.If(d.filtered, func() app.UI {
			return app.A().Class("tag").Href(session.At(s.screen(), "").Path()).Title(i18n.T("annotate.filtered_hint")).Body(
				ui.Icon("filter"), app.Span().Text(i18n.T("annotate.filtered")), ui.Icon("close"))
		}),
		app.If(s.failure != nil, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.load_again"), Icon: "alert", Small: true, On: func(ctx app.Context) { s.failure = nil; s.fetch(ctx) }})
		}),
		app.If(s.Review, func() app.UI {
			t := d.tally()
			return app.Span().Class("an-tally", "muted", "small", "cut", "only-wide").Text(i18n.T("review.tally", "accepted", t["accepted"]+t["bulk"], "corrected", t["corrected"], "rejected", t["rejected"]))
		}),
		app.Span().Class("grow"),
		app.If(!session.OnlyLooks(), s.saveState),
		app.If(!s.Review && !s.Queue && d.task != domain.TaskBoxes && !session.OnlyLooks(), s.usefulSwitch),
		app.If(!s.Review && d.task == domain.TaskSingle && !session.OnlyLooks(), func() app.UI {
			return app.Span().Class("only-wide").Body(ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.auto_advance"), Icon: "skip", Small: true, Pressed: &pressed, On: s.toggleStay}))
		}),
		app.If(!session.OnlyLooks(), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T("action.undo"), hotkeys.Undo), Icon: "undo", IconOnly: true, Small: true, Kind: "quiet", Scope: "undo", On: s.undo})
		}),
		app.If(!session.OnlyLooks(), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T("action.redo"), hotkeys.Redo), Icon: "redo", IconOnly: true, Small: true, Kind: "quiet", Scope: "redo", On: s.redo})
		}),
		app.Span().Class("only-wide").Body(ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T("keys.title"), hotkeys.Help), Icon: "keyboard", IconOnly: true, Small: true, Kind: "quiet", Scope: "help", On: hotkeys.Show})),
	)
}

func (s *Screen) toggleStay(ctx app.Context) {
	s.stay = !s.stay
	_ = ctx.LocalStorage().Set("annotate.stay", s.stay)
}

func (s *Screen) progress() []ui.Part {
	d := s.desk
	switch {
	case s.Review:
		return []ui.Part{{Share: share(len(d.ids)-len(d.open), len(d.ids)), Class: "done"}, {Share: share(len(d.open), len(d.ids)), Class: "auto"}}
	case d.filtered:
		return []ui.Part{{Share: share(min(d.at, len(d.ids)), len(d.ids)), Class: "done"}}
	}
	c := session.Project.Counts
	return []ui.Part{{Share: share(c.Labelled, c.Assets), Class: "done"}, {Share: share(c.Auto, c.Assets), Class: "auto"}, {Share: share(c.Skipped, c.Assets), Class: "skipped"}}
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func (s *Screen) progressText() string {
	if s.Review {
		return i18n.T("review.left", "n", len(s.desk.open))
	}
	c := session.Project.Counts
	return i18n.T("summary.labelled", "n", c.Labelled, "total", c.Assets)
}

// tools float over the stage. They look the same after most keys, so they are a component of their own.
type tools struct {
	app.Compo

	Screen *Screen
	Keys   keyed
	Tone   tone
	Boxes  boxLook
}

// tools makes them as they are to look now.
func (s *Screen) tools() app.UI {
	t := &tools{Screen: s, Keys: s.keyed, Tone: toneNow}
	if s.stage.layer != nil {
		t.Boxes = s.stage.layer.look()
	}
	return t
}

// Render implements app.Composer.
func (t *tools) Render() app.UI {
	s := t.Screen
	icon := func(text, icon string, a hotkeys.Action) app.UI {
		return ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T(text), a), Icon: icon, IconOnly: true, Small: true, Kind: "quiet", Scope: string(a), On: func(ctx app.Context) { s.run(ctx, a) }})
	}
	var boxes []app.UI
	if s.stage.layer != nil {
		boxes = s.boxTools()
	}
	return app.Div().Class("an-tools").Body(
		app.Range(boxes).Slice(func(i int) app.UI { return boxes[i] }),
		icon("annotate.previous", "prev", hotkeys.Prev),
		icon("annotate.next", "next", hotkeys.Next),
		app.Span().Class("an-rule").Aria("hidden", "true"),
		app.Span().Class("wide").Body(icon("annotate.zoom_out", "zoom-out", hotkeys.ZoomOut)),
		app.Button().Type("button").Class("button", "small", "quiet", "an-scale", "num").
			Title(s.keys.Name(i18n.T("annotate.actual_size"), hotkeys.ActualSize)).OnClick(func(ctx app.Context, _ app.Event) { s.run(ctx, hotkeys.ActualSize) }).
			Body(app.Span().Text(s.stage.percent()), app.Span().Class("visually-hidden").Text(i18n.T("annotate.actual_size"))),
		app.Span().Class("wide").Body(icon("annotate.zoom_in", "zoom-in", hotkeys.ZoomIn)),
		icon("annotate.fit", "fit", hotkeys.Fit),
		app.Span().Class("an-rule").Aria("hidden", "true"),
		s.toneMenu(),
	)
}

func (s *Screen) brokenNotice() app.UI {
	return app.Div().Class("an-broken").Body(ui.Notice("error", i18n.T("annotate.broken"),
		ui.Button(ui.ButtonSpec{Label: i18n.T("action.retry"), Small: true, On: func(ctx app.Context) {
			s.pictures.forget(s.desk.current())
			s.look(ctx)
		}})))
}

// nothing stands where there is no list at all.
func (s *Screen) nothing() app.UI {
	images := ui.LinkButton(i18n.T("nav.images"), "grid", "primary", session.At("images", "").Path())
	_, _, restricted := s.selection()
	switch {
	case restricted:
		return ui.Empty("filter", i18n.T("annotate.no_match"), i18n.T("annotate.no_match_text"),
			ui.LinkButton(i18n.T("annotate.filter_off"), "close", "", session.At(s.screen(), "").Path()), images)
	case s.Review:
		return ui.Empty("check", i18n.T("review.empty"), i18n.T("review.empty_text"),
			ui.LinkButton(i18n.T("nav.exports"), "archive", "primary", session.At("exports", "").Path()),
			ui.LinkButton(i18n.T("suspects.title"), "alert", "", session.At("suspects", "").Path()),
			ui.LinkButton(i18n.T("nav.images"), "grid", "", session.At("images", "").Path()))
	}
	return ui.Empty("image", i18n.T("annotate.empty"), i18n.T("annotate.empty_text"), images)
}

// finished stands at the end of the list.
func (s *Screen) finished() app.UI {
	switch {
	case s.Review:
		return s.reviewFinished()
	case s.Queue:
		return app.Div().Class("an-finished").Body(s.queueEmpty())
	}
	c := session.Project.Counts
	left := len(s.desk.open)
	title, text, export := i18n.T("annotate.finished"), i18n.T("annotate.finished_text"), i18n.T("annotate.export")
	if s.desk.task == domain.TaskBoxes {
		text, export = i18n.T("annotate.finished_boxes"), i18n.T("nav.exports")
	}
	icon := "check"
	if left > 0 {
		icon = "info"
		title, text = i18n.N("annotate.left", left), i18n.T("annotate.left_text")
	}
	return app.Div().Class("an-finished").Body(ui.Icon(icon), app.H2().Text(title), app.P().Text(text),
		app.Dl().Class("an-sums").Body(
			sum(c.Labelled, i18n.T("state.labelled"), "jade"), sum(c.Auto, i18n.T("state.auto"), "violet"),
			sum(c.Skipped, i18n.T("state.skipped"), ""), sum(c.Unlabelled, i18n.T("state.unlabelled"), "")),
		app.Div().Class("row", "wrap").Body(
			app.If(left > 0, func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.go_left"), Icon: "arrow", Kind: "primary", On: func(ctx app.Context) { s.goTo(ctx, s.desk.nextOpen(-1)) }})
			}).Else(func() app.UI {
				return ui.LinkButton(export, "archive", "primary", session.At("exports", "").Path())
			}),
			app.If(c.Auto > 0, func() app.UI {
				return ui.LinkButton(i18n.T("annotate.review_auto"), "review", "", session.At("review", "").Path())
			}),
			ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.again"), Icon: "back", On: func(ctx app.Context) { s.goTo(ctx, 0) }}),
		))
}

func sum(n int, name, tone string) app.UI {
	return app.Div().Class("an-sum").Class(tone).Body(app.Dt().Text(name), app.Dd().Class("num").Text(i18n.Number(n)))
}

func (s *Screen) reviewFinished() app.UI {
	t := s.desk.tally()
	return app.Div().Class("an-finished").Body(ui.Icon("check"), app.H2().Text(i18n.T("review.done")), app.P().Text(i18n.T("review.done_text")),
		app.Dl().Class("an-sums").Body(
			sum(t["accepted"]+t["bulk"], i18n.T("review.accepted"), "jade"), sum(t["corrected"], i18n.T("review.corrected"), "violet"),
			sum(t["rejected"], i18n.T("review.rejected"), ""), sum(t["skipped"], i18n.T("state.skipped"), "")),
		app.Div().Class("row", "wrap").Body(
			ui.LinkButton(i18n.T("review.train_again"), "archive", "primary", session.At("exports", "").Path()),
			ui.LinkButton(i18n.T("suspects.title"), "alert", "", session.At("suspects", "").Path()),
			ui.LinkButton(i18n.T("nav.images"), "grid", "", session.At("images", "").Path()),
		))
}
