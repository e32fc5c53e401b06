//go:build js

package page

import (
	"context"
	"syscall/js"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/wasm/glue"
)

// Stream implements client.Streamer: a GET whose answer is handed on as it comes.
func (fetcher) Stream(ctx context.Context, path, after string, each func([]byte)) (client.Response, error) {
	stop := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { stop.Call("abort") })()
	headers := glue.Object("accept", "text/event-stream")
	if after != "" {
		headers.Set("last-event-id", after)
	}
	res, err := glue.Await(ctx, js.Global().Call("fetch", path, glue.Object("headers", headers, "signal", stop.Get("signal"), "cache", "no-store")))
	if err != nil {
		return client.Response{}, unreachable(ctx)
	}
	out := client.Response{Status: res.Get("status").Int()}
	if out.Status != 200 {
		body, err := glue.CallAwait(ctx, res, "arrayBuffer")
		if err != nil {
			return out, unreachable(ctx)
		}
		out.Body = glue.Bytes(body)
		return out, nil
	}
	reader := res.Get("body").Call("getReader")
	for {
		part, err := glue.CallAwait(ctx, reader, "read")
		if err != nil {
			return out, unreachable(ctx)
		}
		if part.Get("done").Bool() {
			return out, nil
		}
		each(glue.Bytes(part.Get("value")))
	}
}
