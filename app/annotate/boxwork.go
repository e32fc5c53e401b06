package annotate

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// drawn is what boxes are drawn with. It outlives the screen, so that one goes on as before after a look at another.
var drawn struct {
	project, class string
	tool           boxes.Tool
}

// useBoxes puts the layer of boxes on the stage where labels are boxes.
func (s *Screen) useBoxes() {
	if s.desk.task != domain.TaskBoxes || s.stage.layer != nil {
		return
	}
	l := &boxLayer{
		changed: s.boxesChanged,
		chosen:  func() { s.ctx.Dispatch(s.revealRow) },
		notice:  s.boxNotice,
		haunt:   haunt{hover: -1, taking: -1},
	}
	l.suggested = s.ghostsOf
	l.edit.Tool = drawn.tool
	if drawn.project == s.project {
		l.edit.Class = drawn.class
	}
	_ = s.ctx.LocalStorage().Get("annotate.snap", &l.edit.Snap)
	s.stage.layer = l
	session.Do(s.ctx, s.client.Capabilities, func(_ app.Context, c domain.Capabilities, err error) {
		s.boxHints.elsewhere = err == nil && !slices.Contains(c.Tasks, domain.TaskBoxes)
	})
}

// showBoxes brings the boxes of the present image up to date with its label.
func (s *Screen) showBoxes() {
	if l := s.stage.layer; l != nil {
		if a, known := s.desk.asset(); known && l.asset == a.ID {
			l.show(a)
		}
	}
}

// boxesChanged makes what stands on the image its label, at once.
func (s *Screen) boxesChanged(kind string) {
	a, known := s.desk.asset()
	l := s.stage.layer
	if !known || l.asset != a.ID {
		return
	}
	change := domain.LabelChange{Action: "set", Boxes: slices.Clone(l.edit.Boxes()), Flag: a.Label.Flag.OfLabel()}
	switch {
	case len(change.Boxes) == 0:
		change = domain.LabelChange{Action: "clear"} // that there is nothing nobody has said
	case a.Label.State == domain.StateAuto:
		kind = "corrected"
	}
	s.act(kind, change)
	l.base = s.desk.assets[a.ID].Label.Boxes
	s.ctx.Dispatch(s.revealRow)
}

// boxNotice tells why something was not done.
func (s *Screen) boxNotice(n boxes.Notice) {
	s.ctx.Dispatch(func(ctx app.Context) {
		t := ui.ToastSpec{Text: i18n.T("boxes.notice_" + string(n))}
		if n == boxes.NoClass {
			t.Action, t.On = i18n.T("nav.settings"), func(ctx app.Context) { ctx.Navigate(session.At("settings", "").Path()) }
		}
		ui.Toast(ctx, t)
	})
}

// classInHand gives new boxes the first class where none was chosen, or the chosen one is gone.
func (s *Screen) classInHand() string {
	l, classes := s.stage.layer, session.Classes()
	if !slices.ContainsFunc(classes, func(c domain.Class) bool { return c.ID == l.edit.Class }) {
		l.edit.Class = ""
		if len(classes) > 0 {
			l.edit.Class = classes[0].ID
		}
	}
	return l.edit.Class
}

// useClass draws with class from now on, and gives it to what is selected.
func (s *Screen) useClass(class string) {
	l := s.stage.layer
	l.settle()
	drawn.project, drawn.class = s.project, class
	if s.takeAs(class) {
		return
	}
	l.tell(l.edit.Relabel(class), "labelled", "")
}

// box does what is about boxes; false where a is something else.
func (s *Screen) box(ctx app.Context, a hotkeys.Action) bool {
	l := s.stage.layer
	if l == nil || session.OnlyLooks() {
		return false
	}
	l.settle()
	selected := len(l.edit.Selected()) > 0
	switch a {
	case hotkeys.DrawBox:
		if l.edit.Tool == boxes.Draw {
			s.useTool(boxes.Select)
		} else {
			s.useTool(boxes.Draw)
		}
	case hotkeys.NewBox:
		if l.asset != "" {
			s.classInHand()
			changed, n := l.edit.Add(l.middle())
			l.tell(changed, "labelled", n)
		}
	case hotkeys.DupBox:
		changed, n := l.edit.Duplicate(8)
		l.tell(changed, "labelled", n)
	case hotkeys.HideBoxes:
		l.hidden = !l.hidden
		l.cancel()
	case hotkeys.SelectAll:
		l.edit.ChooseAll()
	case hotkeys.Unselect:
		s.unselect()
	case hotkeys.Clear:
		s.deleteBoxes(ctx)
	case hotkeys.Reject:
		if !selected {
			return s.refuseGhost()
		}
		s.deleteBoxes(ctx)
	default:
		return s.haunted(ctx, a)
	}
	l.later()
	return true
}

func (s *Screen) useTool(t boxes.Tool) {
	l := s.stage.layer
	l.cancel()
	l.edit.Tool, drawn.tool = t, t
	l.setCursor(map[boxes.Tool]string{boxes.Draw: "crosshair", boxes.Select: "default"}[t])
	l.later()
}

func (s *Screen) toggleSnap(ctx app.Context) {
	l := s.stage.layer
	l.edit.Snap = !l.edit.Snap
	_ = ctx.LocalStorage().Set("annotate.snap", l.edit.Snap)
}

// deleteBoxes takes away what is selected.
func (s *Screen) deleteBoxes(ctx app.Context) {
	l := s.stage.layer
	n := len(l.edit.Selected())
	s.refuseUnder()
	if !l.edit.Delete() {
		if len(l.edit.Boxes()) > 0 {
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("boxes.choose_first")})
		}
		return
	}
	l.tell(true, "labelled", "")
	s.flash(i18n.N("boxes.deleted", n), "")
}

// clearBoxes takes the whole label away.
func (s *Screen) clearBoxes(app.Context) {
	s.stage.layer.settle()
	s.act("cleared", domain.LabelChange{Action: "clear"})
	s.showBoxes()
}

// copyBoxes puts the boxes of the image before onto this one.
func (s *Screen) copyBoxes(ctx app.Context, list []domain.Box) {
	l := s.stage.layer
	usable := slices.DeleteFunc(slices.Clone(list), func(b domain.Box) bool {
		c, known := session.Class(b.ClassID)
		return !known || c.Archived
	})
	changed, n := l.edit.Append(usable)
	l.tell(changed, "labelled", n)
	switch {
	case changed:
		s.flash(i18n.N("boxes.copied", len(l.edit.Selected())), "")
	case n == "":
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("annotate.nothing_to_copy")})
	}
}

// boxHelp says how boxes are worked on without a pointer.
func (s *Screen) boxHelp() string {
	if s.stage.layer == nil {
		return ""
	}
	return i18n.T("boxes.help")
}

// boxSaid tells a screen reader what is selected.
func (s *Screen) boxSaid() string {
	l := s.stage.layer
	chosen := l.edit.Selected()
	switch len(chosen) {
	case 0:
		return s.ghostSaid()
	case 1:
		b := l.edit.Boxes()[chosen[0]]
		c, _ := session.Class(b.ClassID)
		return i18n.T("boxes.said", "n", chosen[0]+1, "total", len(l.edit.Boxes()), "class", c.Name,
			"w", pixels(b.W), "h", pixels(b.H), "x", pixels(b.X), "y", pixels(b.Y))
	}
	return i18n.N("boxes.chosen", len(chosen))
}
