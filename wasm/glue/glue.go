//go:build js

// Package glue carries promises, bytes and errors between Go and the browser. The rest of wasm builds on it, so that
// syscall/js' panics and callbacks that must be released are handled in one place.
package glue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall/js"
	"unsafe"
)

var (
	uint8Array  = js.Global().Get("Uint8Array")
	arrayBuffer = js.Global().Get("ArrayBuffer")
	object      = js.Global().Get("Object")
)

// Error is what JavaScript threw. Name is its class or DOMException name, "NotFoundError" for one.
type Error struct{ Name, Message string }

// Error implements error.
func (e *Error) Error() string {
	if e.Name == "" || e.Name == "Error" {
		return e.Message
	}
	return e.Name + ": " + e.Message
}

// Named tells whether err came from JavaScript under name.
func Named(err error, name string) bool {
	var e *Error
	return errors.As(err, &e) && e.Name == name
}

// AsError makes an error of a thrown value.
func AsError(v js.Value) error {
	if v.Type() != js.TypeObject {
		return &Error{Message: v.String()}
	}
	e := &Error{}
	if name := v.Get("name"); name.Type() == js.TypeString {
		e.Name = name.String()
	}
	if text := v.Get("message"); text.Type() == js.TypeString {
		e.Message = text.String()
	}
	return e
}

// Try calls f and turns what JavaScript throws in it into an error.
func Try(f func() js.Value) (v js.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			thrown, ok := p.(js.Error)
			if !ok {
				panic(p)
			}
			err = AsError(thrown.Value)
		}
	}()
	return f(), nil
}

// Call is v.Call(method, args...) with an error where JavaScript throws.
func Call(v js.Value, method string, args ...any) (js.Value, error) {
	return Try(func() js.Value { return v.Call(method, args...) })
}

// Await blocks this goroutine until promise settles or ctx ends. It must not be called inside a JavaScript callback.
func Await(ctx context.Context, promise js.Value) (js.Value, error) {
	type settled struct {
		v   js.Value
		err error
	}
	done := make(chan settled, 1)
	var resolve, reject js.Func
	release := func() { resolve.Release(); reject.Release() }
	resolve = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		v := js.Undefined()
		if len(args) > 0 {
			v = args[0]
		}
		done <- settled{v: v}
		return nil
	})
	reject = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		done <- settled{err: AsError(args[0])}
		return nil
	})
	promise.Call("then", resolve, reject)
	select {
	case s := <-done:
		return s.v, s.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

// CallAwait calls an asynchronous method and waits for it.
func CallAwait(ctx context.Context, v js.Value, method string, args ...any) (js.Value, error) {
	promise, err := Call(v, method, args...)
	if err != nil {
		return js.Undefined(), err
	}
	return Await(ctx, promise)
}

// Bytes copies an ArrayBuffer or Uint8Array into Go.
func Bytes(v js.Value) []byte {
	if v.InstanceOf(arrayBuffer) {
		v = uint8Array.New(v)
	}
	data := make([]byte, v.Get("byteLength").Int())
	js.CopyBytesToGo(data, v)
	return data
}

// SignedBytes shows v as bytes, without copying.
func SignedBytes(v []int8) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v))
}

// Array copies data into a new Uint8Array, which owns all of its ArrayBuffer.
func Array(data []byte) js.Value {
	v := uint8Array.New(len(data))
	if len(data) > 0 {
		js.CopyBytesToJS(v, data)
	}
	return v
}

// FloatBytes shows v as bytes, without copying. WebAssembly is little-endian everywhere.
func FloatBytes(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}

// Floats is FloatBytes' inverse on a copy; the odd bytes at the end, if any, are dropped.
func Floats(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	copy(FloatBytes(v), b)
	return v
}

// Object makes a plain JavaScript object of pairs of key and value.
func Object(pairs ...any) js.Value {
	o := object.New()
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// List makes a JavaScript array, of ports and buffers to transfer for one.
func List(values ...any) js.Value { return js.ValueOf(values) }

// Text gives a string property, "" where there is none.
func Text(v js.Value, key string) string {
	if s := v.Get(key); s.Type() == js.TypeString {
		return s.String()
	}
	return ""
}

// Fetch gets a file of our own origin.
func Fetch(ctx context.Context, path string) ([]byte, error) {
	res, err := Await(ctx, js.Global().Call("fetch", path))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", path, err)
	}
	if !res.Get("ok").Bool() {
		return nil, fmt.Errorf("fetch %s: status %d", path, res.Get("status").Int())
	}
	buf, err := CallAwait(ctx, res, "arrayBuffer")
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", path, err)
	}
	return Bytes(buf), nil
}

// Blob reads a JavaScript Blob or File piece by piece, without taking all of it into memory.
type Blob struct {
	ctx   context.Context
	v     js.Value
	size  int64
	at    int64
	piece []byte // bytes from pieceAt on
	from  int64
}

// pieceSize is how much of a Blob is read at once.
const pieceSize = 1 << 20

// NewBlob reads v until ctx ends.
func NewBlob(ctx context.Context, v js.Value) *Blob {
	return &Blob{ctx: ctx, v: v, size: int64(v.Get("size").Float())}
}

// Size in bytes.
func (b *Blob) Size() int64 { return b.size }

// Read implements io.Reader.
func (b *Blob) Read(p []byte) (int, error) {
	if b.at >= b.size {
		return 0, io.EOF
	}
	if b.at < b.from || b.at >= b.from+int64(len(b.piece)) {
		piece, err := b.slice(b.at, min(b.at+pieceSize, b.size))
		if err != nil {
			return 0, err
		}
		b.piece, b.from = piece, b.at
	}
	n := copy(p, b.piece[b.at-b.from:])
	b.at += int64(n)
	return n, nil
}

// ReadAt implements io.ReaderAt.
func (b *Blob) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= b.size {
		return 0, io.EOF
	}
	data, err := b.slice(off, min(off+int64(len(p)), b.size))
	if err != nil {
		return 0, err
	}
	n := copy(p, data)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Seek implements io.Seeker.
func (b *Blob) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		off += b.at
	case io.SeekEnd:
		off += b.size
	}
	if off < 0 {
		return 0, errors.New("seek before the start")
	}
	b.at = off
	return off, nil
}

// Close implements io.Closer.
func (b *Blob) Close() error {
	b.piece = nil
	return nil
}

func (b *Blob) slice(from, to int64) ([]byte, error) {
	buf, err := CallAwait(b.ctx, b.v.Call("slice", float64(from), float64(to)), "arrayBuffer")
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return Bytes(buf), nil
}
