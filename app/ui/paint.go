package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// painting holds what waits for the next frame. It is the UI goroutine's, like the callbacks of the page.
var painting struct {
	waiting []func()
	channel app.Value
	frame   app.Func
	done    app.Func
	timer   app.Value
}

// lateFrame is how many milliseconds a frame is waited for: a page that is put out of sight paints none.
const lateFrame = 250

// AfterPaint calls f when the next frame has been painted: in a task of its own, since a frame is painted after its callbacks.
// Without a page that is seen it calls f at once.
func AfterPaint(f func()) {
	if !app.IsClient || app.Window().Get("document").Get("hidden").Bool() {
		f()
		return
	}
	if painting.channel == nil {
		painting.channel = app.Window().Get("MessageChannel").New()
		painting.done = app.FuncOf(func(app.Value, []app.Value) any {
			app.Window().Call("clearTimeout", painting.timer)
			all := painting.waiting
			painting.waiting = nil
			for _, f := range all {
				f()
			}
			return nil
		})
		painting.channel.Get("port1").Set("onmessage", painting.done)
		painting.frame = app.FuncOf(func(app.Value, []app.Value) any {
			painting.channel.Get("port2").Call("postMessage", 0)
			return nil
		})
	}
	if painting.waiting = append(painting.waiting, f); len(painting.waiting) == 1 {
		app.Window().Call("requestAnimationFrame", painting.frame)
		painting.timer = app.Window().Call("setTimeout", painting.done, lateFrame)
	}
}
