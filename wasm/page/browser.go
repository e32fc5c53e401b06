//go:build js

package page

import (
	"context"
	"syscall/js"

	goapp "github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/wasm/glue"
)

// browser implements platform.Browser.
type browser struct {
	host   js.Value // the global irum
	device *port
	images *images
	notes  notes
}

var _ platform.Browser = (*browser)(nil)

// Client implements platform.Browser. It never blocks. While a place is still starting its calls wait.
func (b *browser) Client(p platform.Place) *client.Client {
	if b.Why(p) != "" {
		return nil
	}
	return client.New(b.carrier(p))
}

func (b *browser) carrier(p platform.Place) carrier {
	if p == platform.Server {
		return fetcher{}
	}
	return b.device
}

// Why implements platform.Browser: "" for a place that can be had.
func (b *browser) Why(p platform.Place) string {
	switch p {
	case platform.Device:
		return glue.Text(b.host.Get("device"), "why")
	case platform.Server:
		if glue.Text(b.host, "server") == "no" {
			b.host.Call("probe") // the next time somebody asks it may be there
			return "server_offline"
		}
		return ""
	}
	return "error.place"
}

// ImageURL implements platform.Browser.
func (b *browser) ImageURL(ctx context.Context, p platform.Place, path string) (string, func(), error) {
	if p == platform.Server {
		return path, func() {}, nil
	}
	return b.images.get(path, func() (js.Value, error) { return b.blob(ctx, p, path) })
}

// blob gets path, or the problem that the host answers.
func (b *browser) blob(ctx context.Context, p platform.Place, path string) (js.Value, error) {
	r, err := b.carrier(p).raw(ctx, client.Request{Method: "GET", Path: path})
	if err != nil {
		return js.Undefined(), err
	}
	if r.status >= 400 {
		_, _, err := client.New(answered{r}).Bytes(ctx, path)
		return js.Undefined(), err
	}
	return r.blob(), nil
}

// answered is a transport whose answer has come already; client makes the problem of it.
type answered struct{ r raw }

// Do implements client.Transport.
func (a answered) Do(ctx context.Context, _ client.Request) (client.Response, error) {
	return a.r.response(ctx)
}

// Download implements platform.Browser.
func (b *browser) Download(ctx context.Context, p platform.Place, path, filename string) error {
	href := path
	if p == platform.Device {
		data, err := b.blob(ctx, p, path)
		if err != nil {
			return err
		}
		href = js.Global().Get("URL").Call("createObjectURL", data).String()
		// The browser reads the blob after the click; when it has is not told.
		defer js.Global().Call("setTimeout", js.Global().Get("URL").Get("revokeObjectURL"), 60_000, href)
	}
	document := js.Global().Get("document")
	a := document.Call("createElement", "a")
	a.Set("href", href)
	a.Set("download", filename)
	document.Get("body").Call("append", a)
	a.Call("click")
	a.Call("remove")
	return nil
}

// Persisted implements platform.Browser.
func (b *browser) Persisted(ctx context.Context) (kept bool, used, quota int64) {
	storage := js.Global().Get("navigator").Get("storage")
	if !storage.Truthy() {
		return false, 0, 0
	}
	if v, err := glue.CallAwait(ctx, storage, "persist"); err == nil {
		kept = v.Truthy()
	}
	if v, err := glue.CallAwait(ctx, storage, "estimate"); err == nil {
		used, quota = number(v, "usage"), number(v, "quota")
	}
	return kept, used, quota
}

func number(v js.Value, key string) int64 {
	if n := v.Get(key); n.Type() == js.TypeNumber {
		return int64(n.Float())
	}
	return 0
}

// toJS gives the JavaScript value inside what the UI holds: a js.Value, or go-app's wrapper of one.
func toJS(v any) js.Value {
	w, ok := v.(goapp.Wrapper)
	if !ok {
		return js.ValueOf(v)
	}
	var out js.Value
	take := js.FuncOf(func(_ js.Value, args []js.Value) any {
		out = args[0]
		return nil
	})
	defer take.Release()
	const name = "irumTake"
	js.Global().Set(name, take)
	goapp.Window().Call(name, w)
	js.Global().Delete(name)
	return out
}
