//go:build !js

package exec

import (
	"context"
	"fmt"
	"runtime"

	"github.com/irum-app/irum/engine/native"
	"github.com/irum-app/irum/engine/simd"
)

// ways gives the native executors. wazero compiles for two processors only; elsewhere it would interpret.
func ways(context.Context) []way {
	var list []way
	if kernels, ok := native.AVX2(); ok {
		list = append(list, way{name: AVX2, host: nativeHost{kernels}, config: simd.Native})
	}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		list = append(list, way{name: Wazero, host: wazeroHost{}, config: simd.Wazero})
	}
	return append(list, way{name: Go})
}

// nativeHost runs the plan itself, by kernels for this processor.
type nativeHost struct{ kernels native.Kernels }

// nativeInstance has a program's memory, and the work of its kernels.
type nativeInstance struct {
	memory []float32
	work   []simd.Work
	names  []string
}

// threads: native kernels run in the caller's.
func (nativeHost) threads() (n int, reason string) { return 1, OneExecutor }

func (h nativeHost) start(_ context.Context, p *simd.Program, _ string) (instance, error) {
	in := &nativeInstance{memory: make([]float32, p.Pages<<14+native.Slack)}
	for _, k := range p.Kernels {
		work, ok := k.Bind(h.kernels)
		if !ok {
			return nil, fmt.Errorf("%w: no native kernel for %s", simd.ErrUnsuited, k.Name)
		}
		in.work, in.names = append(in.work, work), append(in.names, k.Name)
	}
	return in, nil
}

func (in *nativeInstance) write(offset int, data []float32) error {
	copy(in.memory[offset/4:], data)
	return nil
}

func (in *nativeInstance) read(offset int, data []float32) error {
	copy(data, in.memory[offset/4:])
	return nil
}

// run gives an error where a kernel would leave the memory, as a WebAssembly host does: kernels check before they begin.
func (in *nativeInstance) run(_ context.Context, from, to int) (err error) {
	at := from
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("native kernel %s: %v", in.names[at], r)
		}
	}()
	for ; at < to; at++ {
		in.work[at](in.memory)
	}
	return nil
}

func (in *nativeInstance) close() error { return nil }
