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
}

func (h nativeHost) start(_ context.Context, p *simd.Program) (instance, error) {
	in := &nativeInstance{memory: make([]float32, p.Pages<<14+native.Slack)}
	for _, k := range p.Kernels {
		work, ok := k.Bind(h.kernels)
		if !ok {
			return nil, fmt.Errorf("%w: no native kernel for %s", simd.ErrUnsuited, k.Name)
		}
		in.work = append(in.work, work)
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

func (in *nativeInstance) run(_ context.Context, from, to int) error {
	for _, work := range in.work[from:to] {
		work(in.memory)
	}
	return nil
}

func (in *nativeInstance) close() error { return nil }
