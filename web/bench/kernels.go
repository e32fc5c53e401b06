package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/exec"
)

// kernelGoal is the share of the peak that relaxed SIMD wants to reach in kernels of kernelSize operations or more, in percent.
const (
	kernelGoal = 93
	kernelSize = 10_000_000
)

// kernels are the single convolutions of bench.Kernels, measured in one thread.
type kernels struct {
	phase
	shapes []bench.Kernel
}

// ways are the ways of computing that are compared, by the names of their profiles.
var ways = []struct {
	name string
	spec
}{
	{exec.RelaxedSIMD, spec{Variant: exec.RelaxedSIMD, Direct: true}},
	{exec.SIMD, spec{Variant: exec.SIMD, Direct: true}},
	{"2x2", spec{Variant: exec.RelaxedSIMD, Patch: 2}},
	{"4x4", spec{Variant: exec.RelaxedSIMD, Patch: 4}},
	{"chosen", spec{Variant: exec.RelaxedSIMD}},
}

// runKernels profiles all shapes, one after another in each pass, in a browser of its own.
func runKernels(ctx context.Context, s *site, o options) (*kernels, error) {
	const name = "kernels"
	k := &kernels{phase: phase{profiles: map[string][][]task{}, threads: 1}, shapes: bench.Kernels()}
	var input bytes.Buffer
	for _, v := range (&bench.Network{Size: bench.KernelsSide}).Noise() {
		_ = binary.Write(&input, binary.LittleEndian, v)
	}
	s.mu.Lock()
	s.made["/nets/"+name+".onnx"], s.made["/nets/"+name+".input"] = bench.KernelsONNX(), input.Bytes()
	s.mu.Unlock()
	b, err := open(ctx, s.url)
	if err != nil {
		return nil, err
	}
	defer b.stop()
	const peak = -1
	if _, err := call[opened](b, "open", peak, spec{Engine: "peak", Workers: 1, Net: name, Size: peakRounds}); err != nil {
		return nil, err
	}
	for i, v := range ways {
		v.Engine, v.Threads, v.Workers, v.Net, v.Size = "irum", 1, 1, name, bench.KernelsSide
		if _, err := call[opened](b, "open", i, v.spec); err != nil {
			return nil, err
		}
	}
	for range o.rounds {
		k.wait(o.quiet)
		list, err := call[[]float64](b, "measure", peak, 3, 9)
		if err != nil {
			return nil, err
		}
		k.peaks = append(k.peaks, peakFLOPs/slices.Min(list)/1e6)
		for i, v := range ways {
			k.wait(o.quiet)
			text, err := call[string](b, "ask", i, "profile", 12)
			if err != nil {
				return nil, err
			}
			var tasks []task
			if err := json.Unmarshal([]byte(text), &tasks); err != nil {
				return nil, err
			}
			k.profiles[v.name] = append(k.profiles[v.name], tasks)
		}
	}
	return k, nil
}

// calls are the kernels' own calls of a variant. The other computing calls are those before each, which make its input.
func (k *kernels) calls(variant string) ([]task, error) {
	list := slices.DeleteFunc(k.tasks(variant), func(t task) bool { return t.FLOPs == 0 })
	if len(list) != 2*len(k.shapes) {
		return nil, fmt.Errorf("%s: %d calls that compute for %d kernels", variant, len(list), len(k.shapes))
	}
	var own []task
	for i, shape := range k.shapes {
		t := list[2*i+1]
		if t.FLOPs != shape.FLOPs() {
			return nil, fmt.Errorf("%s: %s does %d operations, %v takes %d", variant, t.Name, t.FLOPs, shape, shape.FLOPs())
		}
		own = append(own, t)
	}
	return own, nil
}

// goals is the share of the peak of the large kernels: the lowest of each size of window.
func (k *kernels) goals() []goal {
	lowest := map[int]float64{1: math.NaN(), 3: math.NaN()}
	if list, err := k.calls(exec.RelaxedSIMD); err == nil {
		for i, t := range list {
			if size := k.shapes[i].Size; t.FLOPs >= kernelSize {
				share := 100 * float64(t.FLOPs) / t.MS / 1e6 / k.onePeak()
				if !(lowest[size] < share) {
					lowest[size] = share
				}
			}
		}
	}
	var out []goal
	for _, size := range []int{1, 3} {
		what := fmt.Sprintf("%dx%d of %d million operations or more, lowest share of the peak", size, size, kernelSize/1_000_000)
		out = append(out, goal{"kernels", what, kernelGoal, lowest[size], " %", false})
	}
	return out
}

// write writes the table of all shapes.
func (k *kernels) write(w io.Writer) error {
	relaxed, err := k.calls(exec.RelaxedSIMD)
	if err != nil {
		return err
	}
	plain, err := k.calls(exec.SIMD)
	if err != nil {
		return err
	}
	share := func(t task) float64 { return 100 * float64(t.FLOPs) / t.MS / 1e6 / k.onePeak() }
	fmt.Fprintln(w, "\n| kernel | million operations | relaxed ms | GFLOP/s | % of peak | simd ms | GFLOP/s | % of peak |\n|---|---|---|---|---|---|---|---|")
	large, reached, lowest := 0, 0, 100.0
	for i, shape := range k.shapes {
		r, p := relaxed[i], plain[i]
		fmt.Fprintf(w, "| %v | %.1f | %.3f | %.1f | %.0f | %.3f | %.1f | %.0f |\n", shape, float64(r.FLOPs)/1e6,
			r.MS, float64(r.FLOPs)/r.MS/1e6, share(r), p.MS, float64(p.FLOPs)/p.MS/1e6, share(p))
		if r.FLOPs < kernelSize {
			continue
		}
		large++
		lowest = min(lowest, share(r))
		if share(r) >= kernelGoal {
			reached++
		}
	}
	fmt.Fprintf(w, "\nGoal for relaxed SIMD in kernels of %d million operations or more: %d %% of the peak. %d of %d reach it, the lowest has %.1f %%.\n",
		kernelSize/1_000_000, kernelGoal, reached, large, lowest)
	fmt.Fprintf(w, "Peak of f32x4.relaxed_madd: %.1f GFLOP/s (rounds: %s). Measurements begun while the machine was busy: %d.\n", k.onePeak(), list(k.peaks), k.noisy)
	k.writeWinograd(w, relaxed)
	return nil
}
