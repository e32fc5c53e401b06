package annotate

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// panel is what stands beside the stage: the label, the classes, what can be done.
func (s *Screen) panel() app.UI {
	a, known := s.desk.asset()
	return app.Aside().Class("an-panel").Aria("label", i18n.T("annotate.panel")).Body(
		s.labelCard(a, known),
		app.If(session.OnlyLooks(), func() app.UI { return app.P().Class("small", "muted").Text(i18n.T("annotate.looks_only")) }).
			Else(func() app.UI { return s.suggestLine() }),
		app.If(!session.OnlyLooks(), func() app.UI { return s.classButtons(a, known) }),
		app.If(s.stage.layer != nil, s.boxList),
		app.If(!session.OnlyLooks(), func() app.UI { return s.actions(a, known) }),
		app.If(known, func() app.UI { return s.talkOf(a) }),
		app.If(s.Review && known && len(s.desk.open) > 0, s.bulkCard),
		app.If(known, func() app.UI { return s.about(a) }),
	)
}

// labelCard says what the label is and where it came from.
func (s *Screen) labelCard(a domain.Asset, known bool) app.UI {
	if !known {
		return app.Div().Class("an-label").Body(app.Span().Class("muted").Text(i18n.T("loading")))
	}
	l := a.Label
	if l.State == domain.StateAuto {
		return s.proposal(l)
	}
	look := "full"
	if s.stage.layer != nil {
		look = "flat" // the list of boxes has its room
	}
	return app.Div().Class("an-label", look, string(l.State)).Body(
		app.Div().Class("row", "between").Body(
			app.Span().Class("row").Body(
				ui.Tag(i18n.T("state."+string(l.State)), map[domain.State]string{domain.StateLabelled: "jade"}[l.State]), flagTag(l.Flag), verdictTag(l.Verdict())),
			app.Span().Class("muted", "small", "cut").Text(s.origin(l))),
		reviewNote(l.Review),
		app.If(len(l.Classes) > 0, func() app.UI { return s.names(classesOf(l)) }).
			ElseIf(l.State == domain.StateLabelled && s.desk.task == domain.TaskMulti, func() app.UI {
				return app.Span().Class("muted").Text(i18n.T("annotate.none_of_them"))
			}).
			ElseIf(l.State == domain.StateUnlabelled && s.desk.task != domain.TaskBoxes && len(session.Classes()) > 0, func() app.UI {
				return app.Span().Class("muted", "small", "only-wide").Text(i18n.T("annotate.hint_" + string(s.desk.task)))
			}),
	)
}

func (s *Screen) names(classes []string) app.UI {
	return app.Div().Class("row", "wrap").Body(app.Range(classes).Slice(func(i int) app.UI {
		c, _ := session.Class(classes[i])
		return app.B().Body(ui.ClassName(c))
	}))
}

// origin says who gave a label.
func (s *Screen) origin(l domain.Label) string {
	switch l.Source {
	case domain.SourceHuman:
		if l.Suggested != nil {
			return i18n.T("suggest.accepted", "confidence", i18n.Percent(l.Suggested.Confidence, 0))
		}
		return i18n.T("annotate.by_hand")
	case domain.SourceImport:
		return i18n.T("annotate.by_import")
	case domain.SourceModel:
		return i18n.T("annotate.by_model", "model", s.modelName(l.ModelID), "confidence", i18n.Percent(l.Confidence, 1))
	}
	return ""
}

func (s *Screen) modelName(id string) string {
	if m, known := s.models[id]; known {
		return m.Name
	}
	return i18n.T("annotate.a_model")
}

// proposal shows what a model says, in the colour of models, for as long as nobody has said yes.
func (s *Screen) proposal(l domain.Label) app.UI {
	scores := slices.Clone(l.Classes)
	slices.SortStableFunc(scores, func(a, b domain.ClassScore) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	scores = scores[:min(len(scores), 4)]
	return app.Div().Class("an-label", "auto").Body(
		app.Div().Class("row", "between").Body(
			ui.Tag(i18n.T("review.proposed"), "violet", "spark"),
			app.If(l.Spot, func() app.UI { return ui.Tag(i18n.T("review.spot"), "amber", "eye") }),
			app.Span().Class("muted", "small", "cut").Text(s.modelName(l.ModelID))),
		app.Range(scores).Slice(func(i int) app.UI {
			c, _ := session.Class(scores[i].ClassID)
			score := scores[i].Score
			if score == 0 {
				score = l.Confidence
			}
			return app.Div().Class("an-score").Body(
				app.B().Body(ui.ClassName(c)), app.Span().Class("num").Text(i18n.Percent(score, 1)),
				ui.Bar(c.Name+" "+i18n.Percent(score, 1), ui.Part{Share: score, Class: "auto"}))
		}),
		app.If(len(scores) == 0 && len(l.Boxes) == 0, func() app.UI { return app.B().Text(i18n.T("annotate.none_of_them")) }),
		app.If(len(scores) == 0, func() app.UI {
			return app.Span().Class("num", "small").Text(i18n.T("review.confidence", "confidence", i18n.Percent(l.Confidence, 1)))
		}),
	)
}

// classButtons are the classes, each a button with its key.
func (s *Screen) classButtons(a domain.Asset, known bool) app.UI {
	classes := session.Classes()
	if len(classes) == 0 {
		return ui.Notice("warn", i18n.T("annotate.no_classes"), app.A().Href(session.At("settings", "").Path()).Text(i18n.T("nav.settings")))
	}
	if s.stage.layer != nil {
		return s.boxClasses(known)
	}
	ticked := s.desk.ticked()
	all := len(classes)
	classes = shortList(classes, recent[s.project], slices.Concat(ticked, classesOf(a.Label)))
	proposed := a.Label.State == domain.StateAuto
	finder := func() app.UI { return s.findButton(all, len(classes)) }
	density := "roomy"
	switch {
	case len(classes) > 10:
		density = "dense"
	case len(classes) > 6:
		density = "usual"
	}
	var hinted []string
	if h, ok := s.hint(); ok {
		hinted = h.Take
	}
	return app.Div().Class("an-classes", density).Role("group").Aria("label", i18n.T("annotate.classes")).Body(
		app.If(all > len(classes), finder),
		app.Range(classes).Slice(func(i int) app.UI {
			c := classes[i]
			b := s.button(c, known && slices.Contains(ticked, c.ID), known)
			if density != "dense" { // there it has no room
				b.Count = session.Project.Counts.ByClass[c.ID]
			}
			if slices.Contains(hinted, c.ID) {
				b.Look = "hinted"
			}
			if b.On && proposed && holds(a.Label, c.ID) {
				b.Look += " ghost"
			}
			return b
		}),
		app.If(all > 10 && all == len(classes), finder),
	)
}

// over writes what a class is under before its name.
func over(class string) app.UI {
	text := session.Over(class)
	return app.If(text != "", func() app.UI { return app.Span().Class("over").Text(text) })
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}

// actions are what can be done besides giving a class.
func (s *Screen) actions(a domain.Asset, known bool) app.UI {
	button := func(text, icon, kind string, do hotkeys.Action, off bool) app.UI {
		return ui.Button(ui.ButtonSpec{Label: i18n.T(text), Icon: icon, Kind: kind, Key: s.keys.Key(do), Disabled: !known || off, Scope: string(do), On: func(ctx app.Context) { s.run(ctx, do) }})
	}
	if s.stage.layer != nil {
		return s.boxActions(a, known, button)
	}
	proposed := known && a.Label.State == domain.StateAuto
	confirmText := "review.accept"
	if s.desk.task == domain.TaskMulti && (!proposed || s.desk.changed()) {
		confirmText = "annotate.confirm"
		if len(s.desk.ticked()) == 0 {
			confirmText = "annotate.confirm_none"
		}
		if h, ok := s.hint(); ok && len(h.Take) > 0 { // what Enter takes then
			confirmText = "suggest.confirm"
		}
	}
	return app.Div().Class("an-actions").Body(
		app.If(proposed || s.desk.task == domain.TaskMulti, func() app.UI { return button(confirmText, "check", "primary", hotkeys.Accept, false) }),
		app.If(proposed, func() app.UI { return button("review.reject", "close", "", hotkeys.Reject, false) }),
		app.If(!s.Review, func() app.UI {
			return app.Div().Class("an-copy").Body(button("annotate.copy", "copy", "", hotkeys.Copy, s.desk.at == 0))
		}),
		app.If(!s.Review && !s.Queue, func() app.UI {
			return button("annotate.clear", "trash", "", hotkeys.Clear, known && a.Label.State == domain.StateUnlabelled)
		}),
		s.passes(a, known),
		s.verdicts(a),
	)
}

// about tells what the image is.
func (s *Screen) about(a domain.Asset) app.UI {
	size := i18n.Number(a.Width) + " × " + i18n.Number(a.Height)
	return app.Div().Class("an-about").Body(
		app.Span().Class("an-file").Title(a.Name).Text(a.Name),
		app.Span().Class("muted", "small", "num").Text(size+"  ·  "+i18n.Bytes(a.Bytes)),
		app.If(a.Split != "", func() app.UI { return ui.Tag(a.Split, "") }),
	)
}
