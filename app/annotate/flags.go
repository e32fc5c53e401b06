package annotate

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// flag notes something about the image, or takes the note back where it is there already. What has no label is done with
// then, and so is a bad image; one that is labelled stays on the stage.
func (s *Screen) flag(ctx app.Context, a domain.Asset, flag domain.Flag) {
	if flag == domain.FlagUnsure && s.desk.task == domain.TaskMulti && s.desk.changed() && len(s.desk.draft) > 0 {
		s.set(a, slices.Clone(s.desk.draft), flag) // what is ticked is meant, but not for sure
		s.flash(i18n.T("flag.unsure"), "")
		s.advance(ctx, s.wasOpen(a))
		return
	}
	s.desk.settled()
	if a.Label.Flag == flag {
		if s.Queue && a.Label.State == domain.StateSkipped {
			return // undo takes an answer back
		}
		s.act("flagged", domain.LabelChange{Action: "flag"})
		s.flash(i18n.T("annotate.unflagged_"+string(flag)), "")
		return
	}
	open := s.wasOpen(a)
	s.act("flagged", domain.LabelChange{Action: "flag", Flag: flag})
	s.flash(i18n.T("flag."+string(flag)), "")
	if a.Label.State != domain.StateLabelled || flag == domain.FlagBad {
		s.advance(ctx, open)
	}
}

func flagOf(unsure bool) domain.Flag {
	if unsure {
		return domain.FlagUnsure
	}
	return domain.FlagNone
}

func unsureText(unsure bool) string {
	if unsure {
		return " · " + i18n.T("flag.unsure")
	}
	return ""
}

// flagTones are the colours of flags, as tags have them.
var flagTones = map[domain.Flag]string{domain.FlagUnsure: "amber", domain.FlagBad: "red"}

func flagTag(flag domain.Flag) app.UI {
	return app.If(flag != domain.FlagNone, func() app.UI {
		return ui.Tag(i18n.T("flag."+string(flag)), flagTones[flag], ui.FlagIcons[flag])
	})
}

// passes are the ways to be done with an image without a label.
func (s *Screen) passes(a domain.Asset, known bool) app.UI {
	button := func(text, icon string, do hotkeys.Action, on bool) app.UI {
		return ui.Button(ui.ButtonSpec{Label: i18n.T(text), Icon: icon, Key: s.keys.Key(do), Disabled: !known, Pressed: &on, Scope: string(do), On: func(ctx app.Context) { s.run(ctx, do) }})
	}
	l := a.Label
	return app.Div().Class("an-passes").Role("group").Aria("label", i18n.T("annotate.passes")).Body(
		button("annotate.skip", "skip", hotkeys.Skip, known && l.State == domain.StateSkipped && l.Flag == domain.FlagNone),
		button("flag.unsure", ui.FlagIcons[domain.FlagUnsure], hotkeys.Unsure, known && l.Flag == domain.FlagUnsure),
		button("flag.bad", ui.FlagIcons[domain.FlagBad], hotkeys.BadImage, known && l.Flag == domain.FlagBad),
	)
}
