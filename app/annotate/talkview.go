package annotate

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Render implements app.Composer.
func (t *talk) Render() app.UI {
	count := t.All
	if t.list != nil {
		count = len(t.list)
	}
	return app.Section().Class("an-talk").Aria("label", i18n.T("comments.title")).Body(
		app.Button().Type("button").Class("an-talk-head").ID("an-talk-head").Aria("expanded", pressed(t.expanded)).OnClick(t.toggle).Body(
			ui.Icon("comment"), app.Span().Class("grow").Text(i18n.T("comments.title")),
			app.If(t.Open > 0, func() app.UI { return ui.Tag(i18n.N("comments.open", t.Open), "amber") }).
				ElseIf(count > 0, func() app.UI { return app.Span().Class("num", "muted").Text(i18n.Number(count)) }),
			app.If(t.Key != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(t.Key) })),
		app.If(t.expanded, t.body),
	)
}

// toggle opens the talk, with the field where nothing was said yet.
func (t *talk) toggle(ctx app.Context, _ app.Event) {
	if t.expanded {
		t.expanded = false
		return
	}
	if t.expanded = true; t.All == 0 {
		t.write(ctx, t.field)
		return
	}
	t.fill(false)
}

func (t *talk) body() app.UI {
	var threads [][]domain.Comment
	for _, c := range t.list {
		if c.First() {
			threads = append(threads, nil)
		}
		if n := len(threads); n > 0 {
			threads[n-1] = append(threads[n-1], c)
		}
	}
	return app.Div().Class("an-talk-body").Body(
		app.If(t.failure != nil, func() app.UI {
			return ui.Failed(t.failure, func(ctx app.Context) { t.load(ctx) })
		}),
		app.If(t.loading && t.list == nil, func() app.UI { return app.Span().Class("muted", "small").Text(i18n.T("loading")) }),
		app.Range(threads).Slice(func(i int) app.UI { return t.thread(threads[i]) }),
		app.If(t.field.thread == "" && t.field.edit == "" && !session.OnlyLooks(), func() app.UI {
			return t.fieldBox(i18n.T("comments.new"), i18n.T("comments.send"))
		}),
	)
}

func (t *talk) thread(list []domain.Comment) app.UI {
	first := list[0]
	class := "open"
	if first.Resolved {
		class = "resolved"
	}
	text, icon := "comments.resolve", "check"
	if first.Resolved {
		text, icon = "comments.reopen", "undo"
	}
	return app.Div().Class("an-thread", class).Role("group").Aria("label", i18n.T("comments.thread", "name", authorName(first.Author))).Body(
		app.Range(list).Slice(func(i int) app.UI { return t.comment(list[i]) }),
		app.If(first.Resolved, func() app.UI {
			return app.Span().Class("muted", "small").Text(i18n.T("comments.resolved_by", "name", authorName(*first.ResolvedBy), "when", first.ResolvedAt.Local().Format(minutes)))
		}),
		app.If(t.field.thread == first.ID, func() app.UI { return t.fieldBox(i18n.T("comments.reply"), i18n.T("comments.reply")) }).
			Else(func() app.UI {
				return app.Div().Class("row").Body(
					ui.Button(ui.ButtonSpec{Label: i18n.T("comments.reply"), Small: true, Kind: "quiet", Scope: "reply" + first.ID, On: func(ctx app.Context) {
						t.keepDraft()
						t.write(ctx, talkField{thread: first.ID})
					}}),
					ui.Button(ui.ButtonSpec{Label: i18n.T(text), Icon: icon, Small: true, Kind: "quiet", Disabled: t.busy, Scope: text + first.ID, On: func(app.Context) { t.resolve(first.ID, !first.Resolved) }}))
			}),
	)
}

// minutes is how times are written.
const minutes = "2006-01-02 15:04"

func (t *talk) comment(c domain.Comment) app.UI {
	when := c.CreatedAt.Local().Format(minutes)
	if !c.EditedAt.IsZero() {
		when += " · " + i18n.T("comments.edited")
	}
	icon := func(text, icon string, on ui.Handler) app.UI {
		return ui.Button(ui.ButtonSpec{Label: i18n.T(text), Icon: icon, IconOnly: true, Small: true, Kind: "quiet", Disabled: t.busy, Scope: text + c.ID, On: on})
	}
	return app.Div().Class("an-comment").Body(
		app.Div().Class("row").Body(
			app.B().Class("cut").Text(authorName(c.Author)), app.Span().Class("muted", "small", "num", "grow").Text(when),
			app.If(mine(c) && t.field.edit != c.ID && t.field.deleting != c.ID, func() app.UI {
				return app.Span().Class("row", "an-own").Body(
					icon("comments.edit", "edit", func(ctx app.Context) {
						t.keepDraft()
						t.write(ctx, talkField{edit: c.ID, text: c.Text})
					}),
					icon("action.delete", "trash", func(app.Context) { t.field.deleting = c.ID }))
			})),
		app.If(t.field.edit == c.ID, func() app.UI { return t.fieldBox(i18n.T("comments.edit"), i18n.T("action.save")) }).
			Else(func() app.UI { return app.P().Class("an-said").Text(c.Text) }),
		app.If(t.field.deleting == c.ID, func() app.UI { return t.askDelete(c) }),
	)
}

func (t *talk) askDelete(c domain.Comment) app.UI {
	text := i18n.T("comments.delete_ask")
	if c.First() {
		text = i18n.T("comments.delete_thread_ask")
	}
	return app.Div().Class("row", "wrap").Body(
		app.Span().Class("small", "grow").Text(text),
		ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), Small: true, Scope: "keep" + c.ID, On: func(app.Context) { t.field.deleting = "" }}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("action.delete"), Kind: "danger", Small: true, Disabled: t.busy, Scope: "delete" + c.ID, On: func(app.Context) { t.remove(c.ID) }}))
}

// fieldBox is the field with what sends it.
func (t *talk) fieldBox(label, send string) app.UI {
	return app.Div().Class("an-say").Body(
		app.Textarea().ID("an-say").Class("input").Rows(2).MaxLength(domain.MaxComment).Placeholder(label).Aria("label", label).
			OnInput(t.typed, app.EventScope(t.asset, t.field.thread, t.field.edit)).OnKeyDown(t.key, app.EventScope(t.asset, t.field.thread, t.field.edit)),
		app.If(t.field.refused != nil, func() app.UI {
			return app.Div().Class("error", "small").Role("alert").Text(ui.ErrorText(t.field.refused))
		}),
		app.Div().Class("row").Body(
			ui.Button(ui.ButtonSpec{Label: send, Kind: "primary", Small: true, Key: "Ctrl+Enter", Disabled: t.field.text == "" || t.busy, Scope: "send" + t.field.thread + t.field.edit, On: t.send}),
			app.If(t.field.thread != "" || t.field.edit != "", func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), Small: true, Kind: "quiet", Scope: "cancel", On: t.cancel})
			})),
	)
}

// talkOf is the talk about a, or about no image yet.
func (s *Screen) talkOf(a domain.Asset) app.UI {
	return &talk{Client: s.client, Project: s.project, Asset: a.ID, All: a.Comments, Open: a.OpenThreads, Key: s.keys.Key(hotkeys.Comment), On: s.talked}
}

// talked takes in how many comments an image has now.
func (s *Screen) talked(ctx app.Context, asset string, all, open int) {
	if a, known := s.desk.assets[asset]; known {
		a.Comments, a.OpenThreads = all, open
		s.desk.assets[asset] = a
	}
	s.ctx.Update()
}
