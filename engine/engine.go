// Package engine runs convolutional neural networks: it loads ONNX, compiles it for the host, and turns images into
// embeddings and class scores. It does no I/O of its own.
package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/onnx"
)

// Network is a loaded model, ready to be compiled. It is not changed afterwards and may be shared.
type Network struct{ model *onnx.Model }

// Load reads an ONNX model. data must not be changed while the Network is in use.
func Load(data []byte) (*Network, error) {
	m, err := onnx.Read(data)
	if err != nil {
		return nil, fmt.Errorf("load network: %w", err)
	}
	return &Network{m}, nil
}

// Executors names what Options.Executor may ask for on this host, the fastest first.
func Executors(ctx context.Context) []string { return exec.Executors(ctx) }

// Threads tells how many threads can run one network by an executor, or by the fastest of this host if its name is empty: the
// machine's cores, or one and the reason, one of package exec's words.
func Threads(ctx context.Context, executor string) (n int, reason string) {
	return exec.Threads(ctx, executor)
}

// ThreadScript is the JavaScript of the workers that are threads of a network in a browser. A page serves it as a file,
// with the headers of cross-origin isolation, and names it in Options.
func ThreadScript() []byte { return exec.ThreadScript() }

// Operators names the ONNX operators that Compile takes, in alphabetical order. Networks have one input and any number of
// outputs; weights may be quantized, and are unfolded to float32.
func Operators() []string { return graph.Operators() }

// Info tells what a network takes and gives.
type Info struct {
	Input    []int            // NCHW
	Outputs  map[string][]int // shape by name
	Metadata map[string]string
	Params   int     // number of weights
	Stages   []Stage // what Compile did, in order, with the time that each part took
	Int8     int     // convolutions that compute with 8-bit integers
	Int8Loss float64 // Int8.Loss of Options
	Executor string  // what a session runs on: relaxed-simd, simd or scalar in JavaScript hosts, avx2, wazero or go natively; empty before
}

// Options choose how a network is compiled.
type Options struct {
	Outputs  []string // names of the values to compute; nil for the model's outputs
	Executor string   // one of Info.Executor's words; empty for the fastest that this host has
	// Int8 makes convolutions compute with 8-bit integers where the executor is faster with them: relaxed-simd, and wazero so
	// that it can be tested. Calibrate gives it. Nil for float32.
	Int8 *Int8
	// Threads is the number of threads that run one image together, the caller's included; 0 for one. The others start in
	// the background and join when they are ready. Where a host cannot share memory, or a core is busy with something
	// else, there are fewer; results are the same, bit for bit. Threads tells how many a host can use.
	Threads int
	// Direct keeps to plain sums where Winograd's filtering would be faster: for measurements, and where a convolution's last bits
	// matter more than its time.
	Direct bool
	// ThreadScript is for browsers: the URL, of the page's origin, that serves ThreadScript().
	ThreadScript string
}

// Session runs one network, one Run at a time. Several sessions of one Network may run side by side.
type Session struct {
	info Info
	run  exec.Runner
}

// Stage is a part of Compile: checking and folding the graph, then those of package exec.
type Stage = exec.Stage

// Compile plans n for this host. In JavaScript hosts it waits for a promise, so it must run in a goroutine of its own and
// not in an event's callback.
func Compile(ctx context.Context, n *Network, o Options) (*Session, error) {
	start := time.Now()
	net, err := graph.Build(n.model, o.Outputs...)
	if err != nil {
		return nil, fmt.Errorf("compile network: %w", err)
	}
	info := Info{Input: net.Values[net.Input].Shape, Outputs: map[string][]int{}, Metadata: net.Meta, Params: net.Params}
	info.Stages = []Stage{{Name: "graph", Took: time.Since(start)}}
	for _, o := range net.Outputs {
		info.Outputs[net.Values[o].Name] = net.Values[o].Shape
	}
	run, name, err := exec.New(ctx, net, exec.Options{
		Executor: o.Executor, Threads: o.Threads, Integers: o.Int8.plan(), Script: o.ThreadScript, Direct: o.Direct,
	})
	if err != nil {
		return nil, fmt.Errorf("compile network: %w", err)
	}
	info.Executor = name
	if info.Int8 = exec.Integers(run); info.Int8 > 0 {
		info.Int8Loss = o.Int8.Loss
	}
	info.Stages = append(info.Stages, exec.Stages(run)...)
	return &Session{info: info, run: run}, nil
}

// Info tells what the session takes and gives.
func (s *Session) Info() Info { return s.info }

// Peak is the memory of all activations, in bytes.
func (s *Session) Peak() int { return s.run.Peak() }

// Threads is the number of threads that a run uses now, 1 at least.
func (s *Session) Threads() int { return s.run.Threads() }

// Run computes the outputs of a batch: input holds one or more images of shape Info().Input, row-major, one after another.
// Each output, in the order of the options' or model's outputs, holds as many results, in the same order. Images are computed one
// by one, so a batch takes no more memory than its inputs and results, and gives the same bits as runs of single images. Run
// stops with ctx's error soon after ctx ends, and with an error if input holds no whole number of images.
func (s *Session) Run(ctx context.Context, input []float32) ([][]float32, error) {
	each := layout.Len(s.info.Input)
	n := len(input) / each
	if n < 2 || len(input)%each != 0 {
		return s.run.Run(ctx, input)
	}
	var all [][]float32
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := s.run.Run(ctx, input[i*each:][:each])
		if err != nil {
			return nil, fmt.Errorf("image %d of %d: %w", i+1, n, err)
		}
		if all == nil {
			all = make([][]float32, len(out))
		}
		for k := range out {
			if all[k] == nil {
				all[k] = make([]float32, 0, n*len(out[k]))
			}
			all[k] = append(all[k], out[k]...)
		}
	}
	return all, nil
}

// Close gives back the memory of the session, which must not be used afterwards. A second Close does nothing.
func (s *Session) Close() error { return s.run.Close() }
