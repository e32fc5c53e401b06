//go:build js

package exec

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/irum-app/irum/engine/simd"
)

// isNode tells Node from browsers.
func isNode() bool {
	return js.Global().Get("WorkerGlobalScope").IsUndefined() && js.Global().Get("require").Type() == js.TypeFunction
}

func (jsHost) threads() (n int, reason string) {
	global := js.Global()
	if global.Get("crossOriginIsolated").Type() == js.TypeBoolean && !global.Get("crossOriginIsolated").Bool() {
		return 1, NotIsolated
	}
	if global.Get("SharedArrayBuffer").IsUndefined() || global.Get("Worker").IsUndefined() && !isNode() {
		return 1, NoShared
	}
	if !mayWait() {
		return 1, NoWaiting
	}
	n = 1
	if navigator := global.Get("navigator"); navigator.Truthy() {
		n = navigator.Get("hardwareConcurrency").Int()
	} else if isNode() {
		n = global.Call("require", "node:os").Call("availableParallelism").Int()
	}
	if n < 2 {
		return 1, OneCore
	}
	return n, ""
}

// mayWait tries whether this thread is allowed to wait.
func mayWait() (ok bool) {
	defer func() { ok = ok && recover() == nil }()
	cell := js.Global().Get("Int32Array").New(js.Global().Get("SharedArrayBuffer").New(4))
	js.Global().Get("Atomics").Call("wait", cell, 0, 0, 0)
	return true
}

// jsTeam has a worker for each helper.
type jsTeam struct {
	jsInstance
	memory, module js.Value
	exports        js.Value
	workers        []js.Value
}

// newTeam starts n workers. What goes wrong with one leaves it out.
func newTeam(in jsInstance, memory, module, exports js.Value, n int, script string) *jsTeam {
	t := &jsTeam{jsInstance: in, memory: memory, module: module, exports: exports}
	for range n {
		if w, err := startWorker(script); err == nil {
			t.workers = append(t.workers, w)
			w.Call("postMessage", map[string]any{"module": module, "memory": memory})
		}
	}
	return t
}

func startWorker(script string) (w js.Value, err error) {
	defer catch(&err)
	if isNode() {
		w = js.Global().Call("require", "node:worker_threads").Get("Worker").New(threadScript, map[string]any{"eval": true})
		w.Call("unref")
		w.Call("on", "error", js.Global().Get("Function").Get("prototype")) // which does nothing: otherwise Node would end
		return w, nil
	}
	if script == "" {
		return w, errors.New("no thread script was named")
	}
	return js.Global().Get("Worker").New(script, map[string]any{"name": "irum-thread"}), nil
}

func (t *jsTeam) ready() (n int, err error) {
	defer catch(&err)
	return t.exports.Call(simd.ReadyName).Int(), nil
}

func (t *jsTeam) share(_ context.Context, from, to int) (err error) {
	defer catch(&err)
	if t.exports.Call(simd.ShareName, from, to).Int() != 0 {
		return errStalled
	}
	return nil
}

func (t *jsTeam) alone(ctx context.Context) (in instance, err error) {
	defer catch(&err)
	t.dismiss()
	// A helper may still write for a moment: not into the copy.
	buffer := t.memory.Get("buffer")
	pages := buffer.Get("byteLength").Int() >> 16
	memory, err := reserve(map[string]any{"initial": pages, "maximum": pages, "shared": true})
	if err != nil {
		return nil, err
	}
	bytes := js.Global().Get("Uint8Array").New(memory.Get("buffer"))
	bytes.Call("set", js.Global().Get("Uint8Array").New(buffer))
	made, err := await(ctx, js.Global().Get("WebAssembly").Call("instantiate", t.module, imports(memory)))
	if err != nil {
		return nil, err
	}
	return &jsInstance{bytes: bytes, call: made.Get("exports").Get(simd.RunName)}, nil
}

// dismiss ends the workers, wherever they are.
func (t *jsTeam) dismiss() {
	for _, w := range t.workers {
		w.Call("terminate")
	}
	t.workers = nil
}

func (t *jsTeam) close() (err error) {
	defer catch(&err)
	t.exports.Call(simd.StopName)
	t.dismiss()
	t.memory, t.module, t.exports = js.Undefined(), js.Undefined(), js.Undefined()
	return t.jsInstance.close()
}
