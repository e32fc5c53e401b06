package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Key is a pressed key. Name is KeyboardEvent.key, letters in lower case; Code is the position on the keyboard (KeyQ,
// Digit1), which stays the same on AZERTY and on a Korean layout.
type Key struct {
	Name  string
	Code  string
	Shift bool
	Ctrl  bool // or Cmd
	Alt   bool
	// Repeat tells that the key is being held down.
	Repeat bool
}

// Hotkeys listens for keys on the whole page while it is rendered. Keys that are typed into a field, composed by an input
// method, or pressed while a dialog is open are left alone. On tells whether it took the key.
type Hotkeys struct {
	app.Compo

	On func(ctx app.Context, k Key) bool
	Up func(ctx app.Context, code string) // a key was let go; "" when the window is left, and with it all keys
	// Shown, where it is set, tells whether what the key does is in the page already, past rendering. Then that frame is painted
	// before anything is rendered.
	Shown func() bool

	listener, up, left app.Func
}

// OnMount starts listening.
func (h *Hotkeys) OnMount(ctx app.Context) {
	if !app.IsClient {
		return
	}
	h.listener = app.FuncOf(func(_ app.Value, args []app.Value) any {
		e := args[0]
		if e.Get("isComposing").Bool() || e.Get("defaultPrevented").Bool() || typing(e.Get("target")) || dialogOpen() {
			return nil
		}
		k := KeyOf(e)
		// Whether the key is taken must be known before the event ends, so On runs here: the page has one thread, and
		// this callback runs between two events of it.
		if h.On != nil && h.On(ctx, k) {
			e.Call("preventDefault")
			if h.Shown != nil && h.Shown() {
				AfterPaint(func() { ctx.Dispatch(nil) })
			} else {
				ctx.Dispatch(nil)
			}
		}
		return nil
	})
	app.Window().Call("addEventListener", "keydown", h.listener)
	if h.Up != nil {
		h.listenUp(ctx)
	}
}

func (h *Hotkeys) listenUp(ctx app.Context) {
	h.up = app.FuncOf(func(_ app.Value, args []app.Value) any {
		if code := args[0].Get("code"); code.Truthy() {
			h.Up(ctx, code.String())
		}
		return nil
	})
	h.left = app.FuncOf(func(app.Value, []app.Value) any {
		h.Up(ctx, "")
		return nil
	})
	app.Window().Call("addEventListener", "keyup", h.up)
	app.Window().Call("addEventListener", "blur", h.left)
}

// KeyOf reads the key of a keydown event.
func KeyOf(e app.Value) Key {
	text := func(name string) string {
		if v := e.Get(name); v.Truthy() {
			return v.String()
		}
		return ""
	}
	k := Key{Name: text("key"), Code: text("code"), Shift: e.Get("shiftKey").Bool(), Ctrl: e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool(), Alt: e.Get("altKey").Bool(), Repeat: e.Get("repeat").Bool()}
	if len(k.Name) == 1 && k.Name[0] >= 'A' && k.Name[0] <= 'Z' {
		k.Name = string(k.Name[0] + 'a' - 'A')
	}
	return k
}

// OnDismount stops listening.
func (h *Hotkeys) OnDismount() {
	if h.listener != nil {
		app.Window().Call("removeEventListener", "keydown", h.listener)
		h.listener.Release()
	}
	if h.up != nil {
		app.Window().Call("removeEventListener", "keyup", h.up)
		app.Window().Call("removeEventListener", "blur", h.left)
		h.up.Release()
		h.left.Release()
	}
}

// Render implements app.Composer.
func (h *Hotkeys) Render() app.UI { return app.Span().Hidden(true) }

func typing(target app.Value) bool {
	if !target.Truthy() || !target.Get("matches").Truthy() {
		return false
	}
	return target.Call("matches", "input:not([type=checkbox]):not([type=range]):not([type=radio]),textarea,select,[contenteditable=true]").Bool()
}

func dialogOpen() bool {
	return app.Window().Get("document").Call("querySelector", "dialog[open]").Truthy()
}

// Unshifted gives the Latin letter or digit of the key's position, whether Shift is held or not.
func (k Key) Unshifted() string {
	k.Shift, k.Name = false, strings.ToLower(k.Name)
	if len(k.Code) == 6 && k.Code[:5] == "Digit" {
		return k.Code[5:]
	}
	return k.Letter()
}

// Letter gives the Latin letter or digit of the key's position where the layout gives something else (Hangul, AZERTY's
// digits), else Name: hotkeys work on every layout.
func (k Key) Letter() string {
	if len(k.Name) == 1 && k.Name[0] < 0x80 && (k.Name[0] < '!' || k.Name[0] > '/') {
		return k.Name
	}
	switch {
	case len(k.Code) == 4 && k.Code[:3] == "Key":
		return string(k.Code[3] + 'a' - 'A')
	case len(k.Code) == 6 && k.Code[:5] == "Digit" && !k.Shift:
		return k.Code[5:]
	}
	return k.Name
}
