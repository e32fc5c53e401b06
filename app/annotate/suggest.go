package annotate

import (
	"context"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	// suggestWait is how long the host may wait for the image on the stage, and for labels that it is learning from.
	suggestWait = 1500 * time.Millisecond
	// suggestSoon is when it is asked again while the image on the stage was not looked at yet, suggestLater while others were not.
	suggestSoon  = 200 * time.Millisecond
	suggestLater = 3 * time.Second
)

// asking is how questions for suggestions go: one at a time, the newest wish after it.
type asking struct {
	running, again bool
	timer          int // grows: an older timer means nothing
}

func (s *Screen) suggestKey() string {
	return "annotate.suggest-off/" + string(s.place) + "/" + s.project
}

// suggests tells whether the screen asks for suggestions at all.
func (s *Screen) suggests() bool {
	return s.desk != nil && !session.OnlyLooks() && !s.Review && !s.work.blind && !s.hints.off && s.desk.task != domain.TaskBoxes && s.hints.status.State != domain.SuggestOff
}

// toggleSuggest switches suggestions on or off, for this person and project.
func (s *Screen) toggleSuggest(ctx app.Context) {
	s.hints.off = !s.hints.off
	_ = ctx.LocalStorage().Set(s.suggestKey(), s.hints.off)
	s.showGhosts()
	if !s.hints.off {
		s.hints.status.State, s.boxHints.failure = "", ""
		s.askHints()
		s.askGhosts()
	}
}

// lookHints asks about the image on the stage when nothing is known of it.
func (s *Screen) lookHints() {
	s.askGhosts()
	if !s.suggests() || s.hints.status.State == domain.SuggestTooFew {
		return
	}
	if _, known := s.hints.known[s.desk.current()]; !known {
		s.askHints()
	}
}

// askHints asks the host what it suggests for the image on the stage and the next ones, by all labels that it has.
func (s *Screen) askHints() {
	if !s.suggests() || !app.IsClient {
		return
	}
	if s.asks.running {
		s.asks.again = true
		return
	}
	ids := s.desk.wanted(hintsAhead)
	s.asks.running, s.asks.again = true, false
	s.asks.timer++
	c, project, d := s.client, s.project, s.desk
	session.Do(s.ctx, func(ctx context.Context) (domain.Suggestions, error) {
		return c.Suggest(ctx, project, domain.SuggestRequest{Assets: ids, WaitMS: int(suggestWait.Milliseconds())})
	}, func(ctx app.Context, got domain.Suggestions, err error) {
		s.asks.running = false
		if err != nil {
			got = domain.Suggestions{State: domain.SuggestFailed, Reason: ui.ErrorText(err)}
		}
		if d == s.desk {
			s.hints.learn(got, time.Now())
		}
		s.askAgain(got)
	})
}

// askAgain asks once more at once, soon or later, as far as there is something to wait for.
func (s *Screen) askAgain(got domain.Suggestions) {
	wait := time.Duration(0)
	pending := len(got.Items) > 0 && got.Items[0].Pending && got.Items[0].AssetID == s.desk.current()
	switch {
	case s.asks.again:
		s.askHints()
		return
	case got.State == domain.SuggestLearning, got.State == domain.SuggestReady && pending:
		wait = suggestSoon
	case got.State == domain.SuggestReady && got.Embedded+got.Unread < got.Images:
		wait = suggestLater
	default:
		return
	}
	s.asks.timer++
	turn := s.asks.timer
	s.ctx.After(wait, func(ctx app.Context) {
		if turn == s.asks.timer && !app.Window().Get("document").Get("hidden").Bool() {
			s.askHints()
		}
		ctx.PreventUpdate()
	})
}

// hint gives what is suggested for the image on the stage, as long as nothing was decided about it.
func (s *Screen) hint() (domain.Suggestion, bool) {
	if !s.suggests() || s.broken {
		return domain.Suggestion{}, false
	}
	a, known := s.desk.asset()
	if !known || s.desk.drafted == a.ID {
		return domain.Suggestion{}, false
	}
	return s.hints.of(a)
}

// acceptHint takes what is suggested for the image on the stage, and goes on; false where nothing is.
func (s *Screen) acceptHint(ctx app.Context, a domain.Asset) bool {
	h, ok := s.hint()
	if !ok {
		return false
	}
	if !s.hints.steady(a.ID, time.Now()) {
		s.flash(i18n.T("suggest.changed"), "")
		return true
	}
	s.taking = true
	s.set(a, h.Take, a.Label.Flag.OfLabel())
	s.taking = false
	s.flashClasses(s.desk.assets[a.ID].Label)
	s.advance(ctx, s.wasOpen(a))
	return true
}

// takeGhost gives a class of the suggestion that was clicked.
func (s *Screen) takeGhost(ctx app.Context, class string) {
	h, ok := s.hint()
	a, known := s.desk.asset()
	switch {
	case !ok || !known:
	case s.desk.task == domain.TaskSingle && len(h.Take) == 1 && h.Take[0] == class:
		s.acceptHint(ctx, a)
	default:
		s.give(ctx, class, false)
	}
}

// hinted tells whether class is what is suggested.
func (s *Screen) hinted(class string) bool {
	h, ok := s.hint()
	if !ok {
		return false
	}
	for _, id := range h.Take {
		if id == class {
			return true
		}
	}
	return false
}

// suggestionOf says what of an effort is about what was suggested for the image on the stage.
func (s *Screen) suggestionOf(e *domain.Effort) {
	h, ok := s.hint()
	if !ok {
		return
	}
	e.Suggestion = domain.SuggestionShown
	if s.taking {
		e.Suggestion, e.Confidence, e.Labels = domain.SuggestionAccepted, h.Confidence, s.hints.status.Labels
	}
}

// ghostRow shows what is suggested on the stage: dashed, until a person says so.
func (s *Screen) ghostRow() app.UI {
	h, ok := s.hint()
	if !ok {
		return app.Div().Class("an-ghosts").Hidden(true)
	}
	list := ghosts(h)
	nothing := s.desk.task == domain.TaskMulti && len(h.Take) == 0
	return app.Div().Class("an-ghosts").Role("group").Aria("label", i18n.T("suggest.group")).Body(
		app.If(nothing, func() app.UI {
			return app.Span().Class("an-ghost", "best", "none").Body(app.Span().Class("name").Text(i18n.T("annotate.none_of_them")), s.ghostKey())
		}),
		app.Range(list).Slice(func(i int) app.UI { return s.ghost(list[i], s.hinted(list[i].ClassID), i == len(h.Take)-1) }),
	)
}

// ghost is one class of a suggestion: best where it is part of what the suggestion comes to, last where Enter stands behind it.
func (s *Screen) ghost(c domain.ClassScore, best, last bool) app.UI {
	class, _ := session.Class(c.ClassID)
	percent := i18n.Percent(c.Score, 0)
	b := app.Button().Type("button").Class("an-ghost", ui.ColorClass(class.Color))
	if best {
		b.Class("best")
	}
	return b.OnClick(func(ctx app.Context, _ app.Event) { s.takeGhost(ctx, c.ClassID) }, app.EventScope(c.ClassID)).Body(
		app.Span().Class("dot").Aria("hidden", "true"),
		app.Span().Class("name").Text(class.Name),
		app.Span().Class("num").Text(percent),
		app.If(last, s.ghostKey),
		app.Span().Class("an-ghost-bar").Aria("hidden", "true").Body(ui.Bar("", ui.Part{Share: c.Score, Class: "auto"})),
	)
}

func (s *Screen) ghostKey() app.UI {
	return app.Kbd().Aria("hidden", "true").Text(s.keys.Key(hotkeys.Accept))
}

// suggestLine tells in the panel how suggestions stand, and switches them.
func (s *Screen) suggestLine() app.UI {
	if s.stage.layer != nil && !s.Review && !s.work.blind {
		return s.ghostLine()
	}
	if s.Review || s.work.blind || s.desk.task == domain.TaskBoxes || s.hints.status.Reason == "switched_off" {
		return app.Div().Hidden(true)
	}
	on := !s.hints.off
	st := s.hints.status
	text := s.suggestText()
	return app.Div().Class("an-suggest").Body(
		ui.Button(ui.ButtonSpec{Label: i18n.T("suggest.title"), Icon: "spark", Small: true, Pressed: &on, Scope: "suggest", On: s.toggleSuggest}),
		app.Span().Class("an-suggest-text", "muted", "small").Title(text).Text(text),
		app.If(on && st.State == domain.SuggestFailed, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("action.retry"), Small: true, Scope: "suggest-again", On: func(app.Context) { s.askHints() }})
		}),
		app.If(on && st.State == domain.SuggestReady && st.Embedded+st.Unread < st.Images, func() app.UI {
			return ui.Bar(i18n.T("suggest.progress", "done", st.Embedded, "total", st.Images), ui.Part{Share: share(st.Embedded, st.Images), Class: "auto"})
		}),
	)
}

func (s *Screen) suggestText() string {
	st := s.hints.status
	if s.hints.off {
		return i18n.T("suggest.off")
	}
	switch st.State {
	case domain.SuggestTooFew:
		if s.desk.task == domain.TaskMulti {
			return i18n.N("suggest.too_few_multi", max(st.Missing, 1))
		}
		return i18n.N("suggest.too_few", max(st.Missing, 1))
	case domain.SuggestReady:
		if st.Embedded+st.Unread < st.Images {
			return i18n.N("suggest.learnt", st.Labels) + " · " + i18n.T("suggest.progress", "done", st.Embedded, "total", st.Images)
		}
		return i18n.N("suggest.learnt", st.Labels)
	case domain.SuggestFailed:
		return i18n.T("suggest.failed", "reason", st.Reason)
	}
	return i18n.T("suggest.learning")
}

// suggestSaid adds what is suggested to what a screen reader hears of the image.
func (s *Screen) suggestSaid() string {
	if s.stage.layer != nil {
		return s.ghostsSaid()
	}
	h, ok := s.hint()
	if !ok {
		return ""
	}
	text := ""
	for _, id := range h.Take {
		c, _ := session.Class(id)
		if text != "" {
			text += ", "
		}
		text += c.Name
	}
	if text == "" {
		text = i18n.T("annotate.none_of_them")
	}
	return " " + i18n.T("suggest.said", "classes", text, "confidence", i18n.Percent(h.Confidence, 0))
}
