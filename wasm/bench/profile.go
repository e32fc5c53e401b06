//go:build js

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall/js"
	"time"

	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/simd"
	"github.com/irum-app/irum/wasm/glue"
)

// task is what one call of a program takes.
type task struct {
	Name  string  `json:"name"`
	MS    float64 `json:"ms"`
	FLOPs int     `json:"flops"` // 0 for what only moves or compares
}

// profiler is a network's program once more, outside package exec, which runs it as a whole.
type profiler struct {
	program *simd.Program
	run     js.Value // of its instance
	tasks   []task   // without times
}

func (b *bench) newProfiler(ctx context.Context) (*profiler, error) {
	executor := b.session.Info().Executor
	configs := map[string]simd.Config{exec.RelaxedSIMD: simd.Relaxed, exec.SIMD: simd.Plain}
	cfg, ok := configs[executor]
	if !ok {
		return nil, fmt.Errorf("%s has no program", executor)
	}
	cfg.Direct, cfg.Patch = b.direct, b.patch
	if b.int8 != nil {
		cfg.Integers = simd.NewIntegers(b.int8.Bytes)
	}
	model, err := onnx.Read(b.onnx)
	if err != nil {
		return nil, err
	}
	net, err := graph.Build(model)
	if err != nil {
		return nil, err
	}
	program, err := simd.Compile(net, cfg)
	if err != nil {
		return nil, err
	}
	run, err := start(ctx, program, b.input)
	if err != nil {
		return nil, err
	}
	p := &profiler{program: program, run: run, tasks: work(net, program)}
	program.Constants, program.Code = nil, nil // the instance has them
	p.passes(warm)
	return p, nil
}

// warm is the number of passes after which V8 has optimised the code.
const warm = 12

// passes times each call of the program in so many passes over the network.
func (p *profiler) passes(times int) []task {
	taken := make([][]float64, len(p.tasks))
	for range times {
		for i, t := range p.program.Tasks {
			if t.Step != nil {
				continue
			}
			begin := time.Now()
			p.run.Invoke(t.Call, t.Call+1)
			taken[i] = append(taken[i], milliseconds(time.Since(begin)))
		}
	}
	tasks := slices.Clone(p.tasks)
	for i, list := range taken {
		tasks[i].MS = calm(list)
	}
	return tasks
}

// calm is the mean without the slowest quarter, in which something else ran. The browser's clock has steps of 5 µs, so
// that a median of short calls would have too.
func calm(list []float64) float64 {
	slices.Sort(list)
	list = list[:(3*len(list)+3)/4]
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(max(len(list), 1))
}

// start makes an instance of the program with its constants and input in place, and gives its run function.
func start(ctx context.Context, p *simd.Program, input []float32) (js.Value, error) {
	wasm := js.Global().Get("WebAssembly")
	memory := wasm.Get("Memory").New(glue.Object("initial", p.Pages))
	imports := glue.Object(simd.MemoryModule, glue.Object(simd.MemoryName, memory))
	result, err := glue.CallAwait(ctx, wasm, "instantiate", glue.Array(p.Code), imports)
	if err != nil {
		return js.Undefined(), err
	}
	write := func(offset int, data []float32) {
		view := js.Global().Get("Uint8Array").New(memory.Get("buffer"), offset, 4*len(data))
		js.CopyBytesToJS(view, glue.FloatBytes(data))
	}
	run := result.Get("instance").Get("exports").Get(simd.RunName)
	for _, c := range p.Constants {
		write(c.Offset, c.Data)
		if c.Call >= 0 {
			run.Invoke(c.Call, c.Call+1)
		}
	}
	write(p.Input.Offset, input)
	return run, nil
}

// work names the tasks of a program and says how much each computes. Convolutions and dense layers keep their order; a
// program that has other calls for them than steps is left without.
func work(net *graph.Network, p *simd.Program) []task {
	var flops []int
	for _, s := range net.Steps {
		if s.Op == "Conv" || s.Op == "Gemm" {
			weights, out := &net.Values[s.In[1]], &net.Values[s.Out]
			flops = append(flops, 2*weights.Len()*out.Len()/out.Shape[1])
		}
	}
	tasks := make([]task, len(p.Tasks))
	var computing []int
	for i, t := range p.Tasks {
		tasks[i].Name = t.Name
		for _, kind := range []string{"conv", "depthwise", "gemm", "winograd"} {
			if strings.HasPrefix(t.Name, "f32_"+kind) || strings.HasPrefix(t.Name, "i8_"+kind) {
				computing = append(computing, i)
			}
		}
	}
	if len(computing) == len(flops) {
		for k, i := range computing {
			tasks[i].FLOPs = flops[k]
		}
	}
	return tasks
}
