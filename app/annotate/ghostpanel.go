package annotate

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// ghostLine tells in the panel how suggested boxes stand, and what can be done with them.
func (s *Screen) ghostLine() app.UI {
	on := !s.hints.off
	_, found, known := s.boxModel()
	text := s.ghostText()
	return app.Div().Class("an-haunt").Body(
		app.Div().Class("an-suggest").Body(
			ui.Button(ui.ButtonSpec{Label: i18n.T("suggest.title"), Icon: "spark", Small: true, Key: s.keys.Key(hotkeys.HideGhosts), Pressed: &on, Scope: "suggest", On: s.toggleSuggest}),
			app.Span().Class("an-suggest-text", "muted", "small").Title(text).Text(text),
			app.If(on && s.boxHints.failure != "", func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("action.retry"), Small: true, Scope: "suggest-again", On: func(app.Context) {
					s.boxHints.failure = ""
					s.askGhosts()
				}})
			}),
			app.If(on && known && !found && !s.boxHints.elsewhere && s.boxHints.known[s.desk.current()] == nil && session.May(domain.RightManage), func() app.UI {
				return app.A().Class("button", "small").Href(session.At("ai", "").Path()).Text(i18n.T("boxhints.create"))
			}),
		),
		app.If(on && s.boxHints.known[s.desk.current()] != nil, s.ghostTools),
		app.If(on, func() app.UI {
			accepted, adjusted, refused := s.ghostTally()
			return app.If(accepted+adjusted+refused > 0, func() app.UI {
				return app.P().Class("small", "muted", "only-wide").Text(i18n.T("boxhints.tally", "accepted", accepted, "adjusted", adjusted, "refused", refused))
			})
		}),
	)
}

// ghostTools go through what is suggested.
func (s *Screen) ghostTools() app.UI {
	l := s.stage.layer
	open := l.open()
	_, focused := l.haunt.ghosts.Focus(open)
	icon := func(text, icon string, a hotkeys.Action, off bool) app.UI {
		return ui.Button(ui.ButtonSpec{Label: s.keys.Name(i18n.T(text), a), Icon: icon, IconOnly: true, Small: true, Kind: "quiet", Disabled: off, Scope: "ghost" + text, On: s.boxButton(a)})
	}
	from, to, value, name, said := int(100*leastShown), int(100*mostShown), int(100*s.boxHints.from()+0.5), i18n.T("boxhints.from"), "≥ "+i18n.Percent(s.boxHints.from(), 0)
	set := func(v int) { s.boxHints.least = float64(v) / 100 }
	if s.boxHints.model == "" {
		from, to, value, name = 1, mostPlaces, s.boxHints.shownPlaces(), i18n.T("boxhints.how_many")
		said = i18n.Number(value)
		set = func(v int) { s.boxHints.places = v }
	}
	return app.Div().Class("an-ghost-tools").Body(
		app.Div().Class("row").Body(
			icon("boxhints.prev", "prev", hotkeys.PrevGhost, len(open) == 0),
			icon("boxhints.next", "next", hotkeys.NextGhost, len(open) == 0),
			icon("boxhints.take", "check", hotkeys.TakeGhost, len(open) == 0),
			icon("boxhints.refuse", "close", hotkeys.Reject, !focused)),
		app.Label().Class("an-from").Title(i18n.T("boxhints.from_hint", "fewer", s.keys.Key(hotkeys.FewerGhosts), "more", s.keys.Key(hotkeys.MoreGhosts))).Body(
			app.Input().ID("an-from").Type("range").Aria("label", name).Min(from).Max(to).Step(1).Value(value).
				OnInput(func(ctx app.Context, _ app.Event) {
					if v, err := strconv.Atoi(ctx.JSSrc().Get("value").String()); err == nil {
						set(v)
						s.keepLeast(ctx)
					}
				}, app.EventScope(name)),
			app.Output().For("an-from").Class("num", "small").Text(said)),
	)
}

func (s *Screen) ghostText() string {
	_, found, known := s.boxModel()
	h, id := &s.boxHints, s.desk.current()
	switch {
	case s.hints.off:
		return i18n.T("suggest.off")
	case !known:
		return ""
	case !found && h.known[id] != nil:
		return i18n.N("boxhints.places", len(s.stage.layer.open()))
	case !found && h.elsewhere:
		return i18n.T("boxhints.elsewhere")
	case !found:
		return i18n.T("boxhints.none")
	case h.failure != "":
		return i18n.T("suggest.failed", "reason", h.failure)
	case h.known[id] == nil && (s.desk.open[id] || h.wanted == id):
		return i18n.T("boxhints.looking")
	case h.known[id] == nil:
		return i18n.T("boxhints.ask", "key", s.keys.Key(hotkeys.NextGhost))
	}
	return i18n.N("boxhints.open", len(s.stage.layer.open()))
}

// ghostTally counts what became of suggestions in the images that were looked at.
func (s *Screen) ghostTally() (accepted, adjusted, refused int) {
	for id, g := range s.boxHints.known {
		a, b, c := g.Tally(s.desk.assets[id].Label.Boxes)
		accepted, adjusted, refused = accepted+a, adjusted+b, refused+c
	}
	return accepted, adjusted, refused
}

// ghostsSaid adds how many boxes are suggested to what a screen reader hears of the image.
func (s *Screen) ghostsSaid() string {
	n := s.takes()
	if n == 0 {
		return ""
	}
	return " " + i18n.N("boxhints.said_all", n, "key", s.keys.Key(hotkeys.NextGhost))
}

// ghostSaid tells a screen reader which suggestion keys mean.
func (s *Screen) ghostSaid() string {
	l := s.stage.layer
	open := l.open()
	i, focused := l.haunt.ghosts.Focus(open)
	if !focused {
		return ""
	}
	at := 1
	for open[at-1] != i {
		at++
	}
	b := l.haunt.ghosts.Box(i)
	c, _ := session.Class(b.ClassID)
	return i18n.T("boxhints.said", "n", at, "total", len(open), "class", c.Name, "score", i18n.Percent(b.Score, 0))
}
