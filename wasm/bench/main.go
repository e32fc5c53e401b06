//go:build js

// Command bench is Irum in the worker of web/bench, which measures it beside other engines. It gives globalThis.irumReady
// an object of compile(onnx, executor, input), run(), measure(warm, times) and profile(times), each of which gives a promise.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"syscall/js"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/engine/simd"
	"github.com/irum-app/irum/wasm/glue"
)

// bench is the one network that a worker measures.
type bench struct {
	onnx    []byte
	session *engine.Session
	input   []float32
	threads int
	direct  bool         // no Winograd
	patch   int          // of a profile: see simd.Config
	int8    *engine.Int8 // nil for float32
	program *profiler    // nil before the first profile
}

func main() {
	b := &bench{}
	js.Global().Call("irumReady", glue.Object(
		"compile", promising(b.compile), "run", promising(b.run), "measure", promising(b.measure), "profile", promising(b.profile),
	))
	select {}
}

// promising makes a JavaScript function that runs f in a goroutine of its own, which may wait, and gives a promise.
func promising(f func(ctx context.Context, args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		var start js.Func
		start = js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				defer start.Release()
				v, err := f(context.Background(), args)
				if err != nil {
					settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
					return
				}
				settle[0].Invoke(v)
			}()
			return nil
		})
		return js.Global().Get("Promise").New(start)
	})
}

// compile takes the ONNX file, the executor's name ("" for the fastest), the input, the number of threads, whether convolutions are
// plain sums all, the side of Winograd's patches for a profile (0 as the engine chooses), and how to compute with 8-bit integers:
// "" not at all, "all" wherever it goes, or an engine.Int8 as JSON. It gives the stages of the start-up, as an object of milliseconds by
// name.
func (b *bench) compile(ctx context.Context, args []js.Value) (any, error) {
	start := time.Now()
	b.onnx, b.threads, b.direct, b.patch = glue.Bytes(args[0]), args[3].Int(), args[4].Bool(), args[5].Int()
	copied := time.Now()
	net, err := engine.Load(b.onnx)
	if err != nil {
		return nil, err
	}
	stages := glue.Object("copy", milliseconds(copied.Sub(start)), "load", milliseconds(time.Since(copied)))
	b.input = glue.Floats(glue.Bytes(args[2].Get("buffer")))
	if b.int8, err = b.integers(ctx, args[6].String()); err != nil {
		return nil, err
	}
	if b.session, err = engine.Compile(ctx, net, engine.Options{
		Executor: args[1].String(), Threads: b.threads, ThreadScript: "/irum-thread.js", Direct: b.direct, Int8: b.int8,
	}); err != nil {
		return nil, err
	}
	for _, s := range b.session.Info().Stages {
		stages.Set(s.Name, milliseconds(s.Took))
	}
	return stages, nil
}

// integers reads how to compute with 8-bit integers.
func (b *bench) integers(ctx context.Context, how string) (*engine.Int8, error) {
	if how == "" {
		return nil, nil
	}
	if how != "all" {
		var given engine.Int8
		err := json.Unmarshal([]byte(how), &given)
		return engine.NewInt8(given.Bytes, given.Loss), err
	}
	model, err := onnx.Read(b.onnx)
	if err != nil {
		return nil, err
	}
	list, err := quantise.Activations(ctx, model, nil, [][]float32{b.input})
	all := map[string]simd.Bytes{}
	for _, a := range list {
		all[a.Name] = a.Bytes
	}
	return engine.NewInt8(all, -1), err
}

// gather waits until all threads have joined: they start in the background.
func (b *bench) gather(ctx context.Context) error {
	for range 300 {
		if b.session.Threads() >= b.threads {
			return nil
		}
		if _, err := b.session.Run(ctx, b.input); err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("it runs on %d threads, not on %d", b.session.Threads(), b.threads)
}

// run gives the outputs as a Float32Array.
func (b *bench) run(ctx context.Context, _ []js.Value) (any, error) {
	out, err := b.session.Run(ctx, b.input)
	if err != nil {
		return nil, err
	}
	return js.Global().Get("Float32Array").New(glue.Array(glue.FloatBytes(out[0])).Get("buffer")), nil
}

// measure gives the milliseconds of each of times runs, after warm others.
func (b *bench) measure(ctx context.Context, args []js.Value) (any, error) {
	warm, times := args[0].Int(), args[1].Int()
	if err := b.gather(ctx); err != nil {
		return nil, err
	}
	list := make([]any, 0, times)
	for i := range warm + times {
		start := time.Now()
		if _, err := b.session.Run(ctx, b.input); err != nil {
			return nil, err
		}
		if i >= warm {
			list = append(list, milliseconds(time.Since(start)))
		}
	}
	return js.ValueOf(list), nil
}

// profile gives what each call of the generated code takes, the mean over times passes, as JSON.
func (b *bench) profile(ctx context.Context, args []js.Value) (any, error) {
	if b.program == nil {
		p, err := b.newProfiler(ctx)
		if err != nil {
			return nil, err
		}
		b.program = p
	}
	text, err := json.Marshal(b.program.passes(args[0].Int()))
	return string(text), err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
