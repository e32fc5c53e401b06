package suspects

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// index lists the suspects, the surest first.
func (s *Screen) index() app.UI {
	q := &s.queue
	return app.Ol().Class("su-list").Aria("label", i18n.T("suspects.list")).Body(app.Range(q.list.Items).Slice(func(i int) app.UI {
		f := q.list.Items[i]
		d := q.decided[f.Asset.ID]
		return app.Li().Body(app.Button().Type("button").Class("su-line").Class(string(d)).Aria("current", flag(i == q.at)).
			Title(f.Asset.Name).OnClick(func(ctx app.Context, _ app.Event) {
			s.move(ctx, i)
			ctx.JSSrc().Call("blur") // Enter is the answer's
		}, app.EventScope(f.Asset.ID, i)).Body(
			&ui.Thumb{ID: f.Asset.ID}, app.Span().Class("visually-hidden").Text(s.lineName(f, d)),
			app.Span().Class("su-words").Aria("hidden", "true").Body(names(f.Given, "from"), names(f.Suggested, "to")),
			app.Span().Class("su-mark").Aria("hidden", "true").Body(app.If(d != "", func() app.UI { return ui.Icon(map[decision]string{fixed: "edit", kept: "check", aside: "skip"}[d]) }).
				Else(func() app.UI { return app.Span().Class("num", "small").Text(i18n.Percent(f.Margin, 0)) })),
		))
	}))
}

func (s *Screen) lineName(f domain.Suspect, d decision) string {
	name := i18n.T("suspects.line", "name", f.Asset.Name, "given", text(f.Given), "suggested", text(f.Suggested))
	if d != "" {
		name += ", " + i18n.T("suspects.is."+string(d))
	}
	return name
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// text names classes in words.
func text(scores []domain.ClassScore) string {
	out := ""
	for i, c := range scores {
		class, _ := session.Class(c.ClassID)
		if i > 0 {
			out += ", "
		}
		out += class.Name
	}
	if out == "" {
		return i18n.T("annotate.none_of_them")
	}
	return out
}

// names shows classes with their colours.
func names(scores []domain.ClassScore, kind string) app.UI {
	if len(scores) == 0 {
		return app.Span().Class("su-names", kind).Body(app.Span().Class("cut").Text(i18n.T("annotate.none_of_them")))
	}
	return app.Span().Class("su-names", kind).Body(app.Range(scores).Slice(func(i int) app.UI {
		class, _ := session.Class(scores[i].ClassID)
		return ui.ClassName(class)
	}))
}

// desk shows the current image between what it is labelled as and what the model says.
func (s *Screen) desk() app.UI {
	f := s.queue.current()
	d, keys := s.queue.decided[f.Asset.ID], s.keys()
	decided := d == fixed || d == kept
	return app.Section().Class("su-desk", "card").Aria("label", f.Asset.Name).Body(
		app.Div().Class("row", "between", "su-file").Body(
			app.B().Class("cut").Title(f.Asset.Name).Text(f.Asset.Name),
			app.If(d != "", func() app.UI {
				return ui.Tag(i18n.T("suspects.is."+string(d)), map[decision]string{fixed: "jade", kept: "jade"}[d])
			}).
				Else(func() app.UI {
					return app.Span().Class("small", "muted", "num").Title(i18n.T("suspects.margin_hint")).Text(i18n.T("suspects.margin", "margin", i18n.Percent(f.Margin, 0)))
				})),
		app.Div().Class("su-picture").Body(&ui.Thumb{ID: f.Asset.ID, Whole: true}),
		app.Div().Class("su-sides").Body(
			s.side("given", f.Given, ui.ButtonSpec{Label: i18n.T("suspects.keep"), Icon: "check", Key: keys.Key(hotkeys.Keep), Disabled: decided, On: s.keep}),
			s.side("suggested", f.Suggested, ui.ButtonSpec{Label: i18n.T("suspects.accept"), Icon: "spark", Kind: "primary", Key: keys.Key(hotkeys.Accept), Disabled: decided, On: s.accept}),
		),
		app.If(single() && len(session.Classes()) > 2, func() app.UI { return s.others(f, decided) }),
		app.Div().Class("row", "wrap").Body(
			ui.Button(ui.ButtonSpec{Label: i18n.T("suspects.skip"), Icon: "skip", Kind: "quiet", Key: keys.Key(hotkeys.Skip), Disabled: d != "", On: s.skip}),
			s.undoButton(),
			app.Span().Class("grow"),
			ui.LinkButton(i18n.T("suspects.edit"), "edit", "quiet", session.At("annotate", f.Asset.ID).Path()),
		),
	)
}

// side is one of the two labels with its probability, what such images look like, and the button that chooses it.
func (s *Screen) side(kind string, scores []domain.ClassScore, choose ui.ButtonSpec) app.UI {
	return app.Div().Class("su-side", kind).Body(
		app.Span().Class("su-who", "small").Text(i18n.T("suspects."+kind)),
		app.Range(scores).Slice(func(i int) app.UI {
			class, _ := session.Class(scores[i].ClassID)
			share := i18n.Percent(scores[i].Score, 0)
			return app.Div().Class("an-score").Body(app.B().Body(ui.ClassName(class)), app.Span().Class("num").Text(share),
				ui.Bar(class.Name+" "+share, ui.Part{Share: scores[i].Score, Class: map[string]string{"given": "skipped", "suggested": "auto"}[kind]}))
		}),
		app.If(len(scores) == 0, func() app.UI { return app.B().Text(i18n.T("annotate.none_of_them")) }),
		app.If(len(scores) == 1, func() app.UI { return s.examples(scores[0].ClassID) }),
		ui.Button(choose),
	)
}

// examples show what images of a class look like.
func (s *Screen) examples(class string) app.UI {
	ids := s.queue.list.Examples[class]
	if len(ids) == 0 {
		return app.Div()
	}
	return app.Div().Class("su-examples").Body(
		app.Span().Class("small", "muted").Text(i18n.T("suspects.examples")),
		app.Div().Class("su-thumbs").Aria("hidden", "true").Body(app.Range(ids).Slice(func(i int) app.UI { return &ui.Thumb{ID: ids[i]} })))
}

// others are the classes besides the two.
func (s *Screen) others(f *domain.Suspect, decided bool) app.UI {
	var rest []domain.Class
	for _, c := range session.Classes() {
		if c.ID != f.Given[0].ClassID && c.ID != f.Suggested[0].ClassID {
			rest = append(rest, c)
		}
	}
	return app.Div().Class("su-others").Role("group").Aria("label", i18n.T("suspects.other")).Body(
		app.Span().Class("small", "muted").Text(i18n.T("suspects.other")),
		app.Range(rest).Slice(func(i int) app.UI {
			c := rest[i]
			return app.Button().Type("button").Class("chip").Disabled(decided).OnClick(func(ctx app.Context, _ app.Event) { s.give(ctx, c.ID) }, app.EventScope(c.ID, f.Asset.ID)).
				Body(ui.ClassName(c), app.If(c.Key != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(hotkeys.Keycap(c.Key)) }))
		}))
}
