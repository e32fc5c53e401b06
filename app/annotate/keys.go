package annotate

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// page is how many images Ahead and Back go.
const page = 10

// keysInForce are the keys of the screen: in a project with boxes the keys of classes choose what is drawn and what is selected.
func keysInForce() hotkeys.Map {
	if session.Project.Task == domain.TaskBoxes {
		return hotkeys.For(hotkeys.Boxes, session.Classes())
	}
	return hotkeys.For(hotkeys.Annotate, session.Classes())
}

// keyed is the project, as of a rev, whose classes have keys.
type keyed struct {
	project string
	rev     int64
}

// listener takes the keys of the screen.
func (s *Screen) listener() app.UI {
	note := i18n.T("annotate.keys_mouse")
	if s.desk.task == domain.TaskBoxes {
		note = i18n.T("boxes.keys")
	}
	return &hotkeys.Listener{Map: s.keys, Note: note, On: s.key, Shown: s.turned}
}

// turned tells whether the key has brought another image, which is on the stage without being rendered.
func (s *Screen) turned() bool { return s.following }

// key is called for every key of the page that means something here.
func (s *Screen) key(ctx app.Context, p hotkeys.Press) bool {
	switch {
	case s.desk == nil || s.dialog != "":
		return false
	case p.Class != "":
		if s.desk.current() != "" && !session.OnlyLooks() {
			s.give(ctx, p.Class, p.Unsure)
		}
	case p.Action == hotkeys.Accept && onControl():
		return false // Enter and Space press the control that has the focus
	default:
		s.run(ctx, p.Action)
	}
	return true
}

// onControl tells whether a control was reached by keyboard.
func onControl() bool {
	active := app.Window().Get("document").Get("activeElement")
	return active.Truthy() && active.Call("matches", "button,a[href],summary,input,[role=option]").Bool()
}
