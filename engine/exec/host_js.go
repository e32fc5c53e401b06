//go:build js

package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall/js"
	"time"

	"github.com/irum-app/irum/engine/simd"
)

// ways gives the executors of this JavaScript host, as far as it validates their instructions.
func ways(context.Context) []way {
	var list []way
	if validates(simd.Probe(true)) {
		list = append(list, way{name: RelaxedSIMD, host: jsHost{}, config: simd.Relaxed})
	}
	if validates(simd.Probe(false)) {
		list = append(list, way{name: SIMD, host: jsHost{}, config: simd.Plain})
	}
	return append(list, way{name: Scalar})
}

func validates(module []byte) bool {
	wasm := js.Global().Get("WebAssembly")
	return wasm.Truthy() && wasm.Call("validate", array(module)).Bool()
}

func array(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

type jsHost struct{}

// start compiles in the background: it must not be called from an event's callback, which it would wait for.
func (jsHost) start(ctx context.Context, p *simd.Program, script string) (in instance, err error) {
	defer catch(&err)
	size := map[string]any{"initial": p.Pages}
	if p.Threads > 1 {
		size["maximum"], size["shared"] = p.Pages, true
	}
	memory, err := reserve(size)
	if err != nil {
		return nil, err
	}
	result, err := await(ctx, js.Global().Get("WebAssembly").Call("instantiate", array(p.Code), imports(memory)))
	if err != nil {
		return nil, err
	}
	// The memory never grows, so its buffer stays the same.
	bytes := js.Global().Get("Uint8Array").New(memory.Get("buffer"))
	exports := result.Get("instance").Get("exports")
	one := jsInstance{bytes: bytes, call: exports.Get(simd.RunName)}
	if err := one.run(ctx, p.Warm, p.Warm+1); err != nil {
		return nil, err
	}
	if p.Threads == 1 {
		return &one, nil
	}
	return newTeam(one, memory, result.Get("module"), exports, p.Threads-1, script), nil
}

// reserve makes a memory. Browsers set aside gigabytes of addresses for each and give them back when nothing in JavaScript refers
// to it any more, which for memories of closed sessions is only after Go has collected its garbage.
func reserve(size map[string]any) (memory js.Value, err error) {
	try := func() (err error) {
		defer catch(&err)
		memory = js.Global().Get("WebAssembly").Get("Memory").New(size)
		return nil
	}
	for range 3 {
		if err = try(); err == nil {
			return memory, nil
		}
		runtime.GC()
		time.Sleep(time.Millisecond) // finalizers run
	}
	return memory, fmt.Errorf("set %v pages of memory aside: %w", size["initial"], err)
}

func imports(memory js.Value) map[string]any {
	return map[string]any{simd.MemoryModule: map[string]any{simd.MemoryName: memory}}
}

// await waits for a promise.
func await(ctx context.Context, promise js.Value) (js.Value, error) {
	type answer struct {
		value js.Value
		err   error
	}
	done := make(chan answer, 1)
	resolved := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- answer{value: args[0]}
		return nil
	})
	rejected := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- answer{err: js.Error{Value: args[0]}}
		return nil
	})
	promise.Call("then", resolved, rejected)
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
		// The promise may still settle: the functions are released when it has.
		go func() {
			<-done
			resolved.Release()
			rejected.Release()
		}()
		return js.Undefined(), ctx.Err()
	}
	resolved.Release()
	rejected.Release()
	return a.value, a.err
}

// catch turns a JavaScript exception, which syscall/js raises as a panic, into an error.
func catch(err *error) {
	r := recover()
	if r == nil {
		return
	}
	thrown, ok := r.(js.Error)
	if !ok {
		panic(r)
	}
	*err = fmt.Errorf("JavaScript: %w", thrown)
}

type jsInstance struct {
	bytes js.Value // Uint8Array of the whole memory
	call  js.Value
}

// view is a part of the memory.
func (j *jsInstance) view(offset, floats int) js.Value {
	return j.bytes.Call("subarray", offset, offset+4*floats)
}

var errOutside = errors.New("the place lies outside the memory")

func (j *jsInstance) write(offset int, data []float32) (err error) {
	defer catch(&err)
	if js.CopyBytesToJS(j.view(offset, len(data)), asBytes(data)) != 4*len(data) {
		return errOutside
	}
	return nil
}

func (j *jsInstance) read(offset int, data []float32) (err error) {
	defer catch(&err)
	if js.CopyBytesToGo(asBytes(data), j.view(offset, len(data))) != 4*len(data) {
		return errOutside
	}
	return nil
}

func (j *jsInstance) run(_ context.Context, from, to int) (err error) {
	defer catch(&err)
	j.call.Invoke(from, to)
	return nil
}

func (j *jsInstance) close() error {
	j.bytes, j.call = js.Undefined(), js.Undefined()
	return nil
}
