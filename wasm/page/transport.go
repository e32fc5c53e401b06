//go:build js

package page

import (
	"context"
	"sync"
	"syscall/js"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/wasm/glue"
)

// raw is an answer whose body stays in JavaScript: an ArrayBuffer or a Blob.
type raw struct {
	status      int
	contentType string
	body        js.Value
}

// carrier is a client.Transport that can also leave the body where it is.
type carrier interface {
	client.Transport
	raw(ctx context.Context, req client.Request) (raw, error)
}

func (r raw) response(ctx context.Context) (client.Response, error) {
	body := r.body
	if body.InstanceOf(js.Global().Get("Blob")) {
		var err error
		if body, err = glue.CallAwait(ctx, body, "arrayBuffer"); err != nil {
			return client.Response{}, err
		}
	}
	return client.Response{Status: r.status, ContentType: r.contentType, Body: glue.Bytes(body)}, nil
}

// blob gives the body as a Blob of the answer's type.
func (r raw) blob() js.Value {
	return js.Global().Get("Blob").New(glue.List(r.body), glue.Object("type", r.contentType))
}

// port is the way to the API worker on this device.
type port struct {
	v js.Value // MessagePort

	mu      sync.Mutex
	next    int
	waiting map[int]chan raw
}

func newPort(v js.Value) *port {
	p := &port{v: v, waiting: map[int]chan raw{}}
	if !v.Truthy() {
		return p
	}
	v.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		m := args[0].Get("data")
		p.settle(m.Get("id").Int(), raw{status: m.Get("status").Int(), contentType: glue.Text(m, "contentType"), body: m.Get("body")})
		return nil
	}))
	return p
}

func (p *port) settle(id int, r raw) {
	p.mu.Lock()
	ch := p.waiting[id]
	delete(p.waiting, id)
	p.mu.Unlock()
	if ch != nil {
		ch <- r // has room
	}
}

// fail ends all that wait: the worker will not answer any more.
func (p *port) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, ch := range p.waiting {
		delete(p.waiting, id)
		close(ch)
	}
}

// Do implements client.Transport.
func (p *port) Do(ctx context.Context, req client.Request) (client.Response, error) {
	r, err := p.raw(ctx, req)
	if err != nil {
		return client.Response{}, err
	}
	return r.response(ctx)
}

func (p *port) raw(ctx context.Context, req client.Request) (raw, error) {
	ch := make(chan raw, 1)
	p.mu.Lock()
	p.next++
	id := p.next
	p.waiting[id] = ch
	p.mu.Unlock()
	m := glue.Object("id", id, "method", req.Method, "path", req.Path)
	transfer := glue.List()
	switch {
	case req.File != nil:
		m.Set("file", toJS(req.File))
	case req.Body != nil:
		body := glue.Array(req.Body).Get("buffer")
		m.Set("body", body)
		transfer = glue.List(body)
	}
	if _, err := glue.Call(p.v, "postMessage", m, transfer); err != nil {
		p.settle(id, raw{})
		return raw{}, err
	}
	select {
	case r, ok := <-ch:
		if !ok {
			return raw{}, domain.Errorf(domain.CodeUnavailable, "The data on this device cannot be reached any more. Reload the page.")
		}
		return r, nil
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.waiting, id)
		p.mu.Unlock()
		p.v.Call("postMessage", glue.Object("id", id, "cancel", true))
		return raw{}, ctx.Err()
	}
}

// fetcher is the way to the server that the page came from.
type fetcher struct{}

// Do implements client.Transport.
func (f fetcher) Do(ctx context.Context, req client.Request) (client.Response, error) {
	r, err := f.raw(ctx, req)
	if err != nil {
		return client.Response{}, err
	}
	return r.response(ctx)
}

// csrf is what shows the server that a request comes from this page. It comes with answers; the first request that needs it
// is refused with it, and sent again.
var csrf string

const csrfHeader = "X-Csrf-Token"

func (f fetcher) raw(ctx context.Context, req client.Request) (raw, error) {
	sent := csrf
	r, refused, err := f.once(ctx, req)
	if err == nil && refused && csrf != sent {
		r, _, err = f.once(ctx, req)
	}
	return r, err
}

// once sends a request; refused tells that the server would not answer it for lack of the right token.
func (fetcher) once(ctx context.Context, req client.Request) (out raw, refused bool, err error) {
	stop := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { stop.Call("abort") })()
	headers := glue.Object()
	options := glue.Object("method", req.Method, "signal", stop.Get("signal"), "headers", headers)
	switch {
	case req.File != nil:
		options.Set("body", toJS(req.File))
		headers.Set("content-type", "application/octet-stream")
	case req.Body != nil:
		options.Set("body", glue.Array(req.Body))
		headers.Set("content-type", "application/json")
	}
	if req.Key != "" {
		headers.Set("idempotency-key", req.Key)
	}
	if req.Method != "GET" && csrf != "" {
		headers.Set(csrfHeader, csrf)
	}
	res, err := glue.Await(ctx, js.Global().Call("fetch", req.Path, options))
	var body js.Value
	if err == nil {
		body, err = glue.CallAwait(ctx, res, "arrayBuffer")
	}
	if err != nil {
		return raw{}, false, unreachable(ctx)
	}
	if token := res.Get("headers").Call("get", csrfHeader); token.Type() == js.TypeString {
		csrf = token.String()
	}
	kind := res.Get("headers").Call("get", "content-type")
	r := raw{status: res.Get("status").Int(), body: body}
	if kind.Type() == js.TypeString {
		r.contentType = kind.String()
	}
	return r, r.status == 403, nil
}

// unreachable is the error of a request that got no answer.
func unreachable(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return domain.Errorf(domain.CodeUnavailable, "The server cannot be reached. Check that it is running and that this device is online.")
}
