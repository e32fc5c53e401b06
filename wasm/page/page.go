//go:build js

// Package page is the window's side of Irum in the browser: it gives the UI (package app) its browser and starts it.
package page

import (
	"context"
	"runtime/debug"
	"syscall/js"
	"time"

	"github.com/irum-app/irum/app"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/wasm/glue"
)

// probePatience is how long the first screen waits for the server's answer; without it the UI starts as if offline and
// asks again later.
const probePatience = time.Second

// Main runs the UI and does not return. web/shell/boot.js left what it found out in the global irum: port (to the API
// worker), device {state, why}, texts by language, server (yes, no or unknown) and probe(), which asks the server again.
func Main() {
	host := js.Global().Get("irum")
	b := &browser{host: host, device: newPort(host.Get("port")), images: newImages()}
	js.Global().Call("addEventListener", "irum:device", js.FuncOf(func(js.Value, []js.Value) any {
		if why := b.Why(platform.Device); why != "" {
			b.device.fail()
		}
		return nil
	}))
	ctx, cancel := context.WithTimeout(context.Background(), probePatience)
	_, _ = glue.CallAwait(ctx, host, "probe")
	cancel()
	platform.Current, i18n.Source = b, texts
	// What the page keeps is a megabyte or two, and it is collected on the thread that keys and frames wait for. So it is
	// collected at 16 MB, not at every 4.
	debug.SetGCPercent(400)
	app.Start()
}
