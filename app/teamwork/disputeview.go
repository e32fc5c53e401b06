package teamwork

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Render implements app.Composer.
func (s *Disputes) Render() app.UI {
	d := &s.docket
	return app.Div().Class("page", "suspects").Body(
		&hotkeys.Listener{Map: s.keys(), On: s.onKey},
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("disputes.title")), app.P().Text(i18n.T("disputes.lead"))),
			ui.LinkButton(i18n.T("nav.work"), "team", "quiet", session.At("work", "").Path())),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(!s.loaded, ui.Loading).
			ElseIf(len(d.list) == 0 || d.done(), func() app.UI {
				return app.Div().Class("card").Body(ui.Empty("check", i18n.T("disputes.none"), i18n.T("disputes.none_text"),
					ui.LinkButton(i18n.T("nav.work"), "team", "primary", session.At("work", "").Path()), app.If(len(d.history) > 0, s.undoButton)))
			}).
			Else(func() app.UI {
				text := i18n.T("disputes.progress", "n", len(d.decided), "total", len(d.list))
				return app.Div().Class("stack").Body(
					app.Div().Class("su-progress").Body(app.Div().Class("row").Body(app.B().Role("status").Text(text)), ui.Bar(text, ui.Part{Share: float64(len(d.decided)) / float64(len(d.list)), Class: "done"})),
					app.Div().Class("su-body").Body(s.index(), s.desk()))
			}),
	)
}

func (s *Disputes) undoButton() app.UI {
	return ui.Button(ui.ButtonSpec{Label: i18n.T("action.undo"), Icon: "undo", Kind: "quiet", Key: s.keys().Key(hotkeys.Undo), On: s.undo})
}

// index lists the images, the most disagreed on first.
func (s *Disputes) index() app.UI {
	d := &s.docket
	return app.Ol().Class("su-list").Aria("label", i18n.T("disputes.list")).Body(app.Range(d.list).Slice(func(i int) app.UI {
		x := d.list[i]
		state, name := "", x.Asset.Name+", "+i18n.T("disputes.agreed", "share", i18n.Percent(x.Agreement, 0))
		if d.decided[x.Asset.ID] != nil {
			state, name = "fixed", x.Asset.Name+", "+i18n.T("disputes.decided")
		}
		return app.Li().Body(app.Button().Type("button").Class("su-line").Class(state).Aria("current", boolText(i == d.at)).Title(x.Asset.Name).
			OnClick(func(ctx app.Context, _ app.Event) {
				s.move(ctx, i)
				ctx.JSSrc().Call("blur") // Enter is the answer's
			}, app.EventScope(x.Asset.ID, i)).Body(
			&ui.Thumb{ID: x.Asset.ID}, app.Span().Class("visually-hidden").Text(name),
			app.Span().Class("su-words").Aria("hidden", "true").Body(app.Range(x.Votes[:min(len(x.Votes), 3)]).Slice(func(k int) app.UI { return app.Span().Class("cut").Text(words(x.Votes[k].Label)) })),
			app.Span().Class("su-mark").Aria("hidden", "true").Body(app.If(state != "", func() app.UI { return ui.Icon("check") }).
				Else(func() app.UI { return app.Span().Class("num", "small").Text(i18n.Percent(x.Agreement, 0)) })),
		))
	}))
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// desk shows the current image with all votes about it.
func (s *Disputes) desk() app.UI {
	x := s.docket.current()
	over := s.docket.decided[x.Asset.ID] != nil
	keys := s.keys()
	return app.Section().Class("su-desk", "card").Aria("label", x.Asset.Name).Body(
		app.Div().Class("row", "between", "su-file").Body(
			app.B().Class("cut").Title(x.Asset.Name).Text(x.Asset.Name),
			app.If(over, func() app.UI { return ui.Tag(i18n.T("disputes.decided"), "jade") }).
				Else(func() app.UI {
					return app.Span().Class("small", "muted", "num").Text(i18n.T("disputes.agreed", "share", i18n.Percent(x.Agreement, 0)))
				})),
		app.Div().Class("su-picture").Body(&ui.Thumb{ID: x.Asset.ID, Whole: true}),
		app.Ul().Class("tw-votes").Aria("label", i18n.T("work.votes")).Body(app.Range(x.Votes).Slice(func(i int) app.UI { return s.vote(x.Votes[i], i, over) })),
		app.If(session.Project.Task == domain.TaskSingle, func() app.UI { return s.classButtons(over) }),
		app.Div().Class("row", "wrap").Body(
			ui.Button(ui.ButtonSpec{Label: i18n.T("disputes.skip"), Icon: "skip", Kind: "quiet", Key: keys.Key(hotkeys.Skip), Disabled: over, On: func(app.Context) { s.decide(domain.LabelChange{Action: "skip"}) }}),
			s.undoButton(),
			app.Span().Class("grow"),
			ui.LinkButton(i18n.T("suspects.edit"), "edit", "quiet", session.At("annotate", x.Asset.ID).Path()),
		),
	)
}

// vote is what one person said, when, and the button that makes it the label.
func (s *Disputes) vote(v domain.Vote, i int, over bool) app.UI {
	on, key := s.docket.vote == i, ""
	class := "tw-vote"
	if on && !over {
		class, key = "tw-vote on", s.keys().Key(hotkeys.Accept)
	}
	return app.Li().Class("row").Class(class).Body(
		app.Div().Class("grow", "tw-who").Body(
			app.B().Body(said(v.Label)),
			app.Span().Class("muted", "small").Text(nameOf(v.By)+" · "+v.At.Local().Format("2006-01-02 15:04"))),
		ui.Button(ui.ButtonSpec{Label: i18n.T("disputes.take"), Small: true, Key: key, Disabled: over, Scope: s.docket.current().Asset.ID + v.By.ID, On: func(app.Context) { s.takeVote(i) }}))
}

// said shows a vote with the colours of its classes.
func said(l domain.Label) app.UI {
	if l.State == domain.StateSkipped || len(l.Classes) == 0 {
		return app.Span().Text(words(l))
	}
	return app.Span().Class("row", "wrap").Body(app.Range(l.Classes).Slice(func(i int) app.UI { return className(l.Classes[i].ClassID) }))
}

// classButtons are all classes: the decision need be none of the votes.
func (s *Disputes) classButtons(over bool) app.UI {
	list := session.Classes()
	return app.Div().Class("su-others").Role("group").Aria("label", i18n.T("disputes.classes")).Body(app.Range(list).Slice(func(i int) app.UI {
		c := list[i]
		return app.Button().Type("button").Class("chip").Disabled(over).OnClick(func(app.Context, app.Event) {
			s.decide(domain.LabelChange{Action: "set", Classes: []string{c.ID}})
		}, app.EventScope(c.ID, s.docket.current().Asset.ID)).Body(ui.ClassName(c), app.If(c.Key != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(hotkeys.Keycap(c.Key)) }))
	}))
}
