// Package exec runs a graph.Network: in portable Go, by the kernels of package native as package simd plans them, or as the
// module that package simd generates for it, in the WebAssembly engine of the browser (or Node) or, natively, in wazero.
package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/simd"
)

// Names of executors.
const (
	RelaxedSIMD = "relaxed-simd" // generated code with fused multiply-add, in a JavaScript host
	SIMD        = "simd"         // generated code, in a JavaScript host
	Scalar      = "scalar"       // portable Go, in a JavaScript host
	AVX2        = "avx2"         // kernels in assembly, natively on processors with AVX2 and FMA
	Wazero      = "wazero"       // generated code, natively
	Go          = "go"           // portable Go, natively
)

// Runner runs one network, one Run at a time.
type Runner interface {
	// Run computes the outputs of input, which has the elements of the network's input in its layout (NCHW). The results
	// are copies. It looks at ctx between steps.
	Run(ctx context.Context, input []float32) ([][]float32, error)
	// Peak is the memory of all activations together, in bytes.
	Peak() int
	// Threads is the number of threads that a run uses.
	Threads() int
	// Close gives back memory outside Go's. The Runner must not be used afterwards.
	Close() error
}

// host runs modules. Each platform has one.
type host interface {
	// start makes an instance of the module with a memory of the program's pages, all zero: a team if the program is for several
	// threads, whose helpers run the script in JavaScript hosts.
	start(ctx context.Context, p *simd.Program, script string) (instance, error)
	// threads tells how many threads can run one program, and, if it is one, why.
	threads() (n int, reason string)
}

// instance is a module with its memory. Offsets are in bytes.
type instance interface {
	write(offset int, data []float32) error
	read(offset int, data []float32) error
	run(ctx context.Context, from, to int) error
	close() error
}

// way is one executor of this platform: portable Go if it has no host.
type way struct {
	name   string
	host   host
	config simd.Config
	script string // of helper threads
}

// Options choose how a network is run.
type Options struct {
	Executor string // its name; empty for the fastest of this host that can take the network
	// Threads is the number of threads that run the network together, if the executor has generated code and the host can
	// share memory; otherwise, and for 0, it is one.
	Threads int
	// Integers says how activations are bytes for convolutions that compute with 8-bit integers. Only generated code for
	// relaxed SIMD, where they are faster, and for wazero does so.
	Integers simd.Integers
	// Script is for JavaScript hosts: the URL of ThreadScript, which helper threads run. Node needs none.
	Script string
	Direct bool // no convolution by Winograd's filtering
}

// Integers is the number of r's convolutions that compute with 8-bit integers.
func Integers(r Runner) int {
	if g, ok := r.(*generated); ok {
		return g.program.Integers
	}
	return 0
}

// Executors names what this host has, the fastest first.
func Executors(ctx context.Context) []string {
	var names []string
	for _, w := range ways(ctx) {
		names = append(names, w.name)
	}
	return names
}

// New compiles net and says by which executor.
func New(ctx context.Context, net *graph.Network, o Options) (Runner, string, error) {
	list, name := ways(ctx), o.Executor
	if name != "" && !slices.ContainsFunc(list, func(w way) bool { return w.name == name }) {
		return nil, "", fmt.Errorf("this host has no executor %q, only %s", name, strings.Join(Executors(ctx), ", "))
	}
	for _, w := range list {
		if name != "" && w.name != name {
			continue
		}
		if w.host == nil {
			return NewPortable(net), w.name, nil
		}
		if most, _ := w.host.threads(); most > 1 {
			w.config.Threads, w.script = o.Threads, o.Script
		}
		w.config.Direct = o.Direct
		if w.name == RelaxedSIMD || w.name == Wazero {
			w.config.Integers = o.Integers
		}
		r, err := newGenerated(ctx, net, w)
		if err == nil {
			return r, w.name, nil
		}
		if name != "" || !errors.Is(err, simd.ErrUnsuited) {
			return nil, "", err
		}
	}
	return nil, "", errors.New("this host has no executor for the network")
}
