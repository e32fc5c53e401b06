//go:build !js

package exec

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/irum-app/irum/engine/simd"
)

type wazeroHost struct{}

// compiled keeps machine code, so that a second session of one network starts at once.
var compiled = wazero.NewCompilationCache()

func (wazeroHost) start(ctx context.Context, p *simd.Program) (instance, error) {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCompilationCache(compiled))
	in, err := instantiate(ctx, r, p)
	if err != nil {
		_ = r.Close(ctx)
		return nil, err
	}
	return in, nil
}

func instantiate(ctx context.Context, r wazero.Runtime, p *simd.Program) (*wazeroInstance, error) {
	// The module imports its memory, and wazero takes that only from another module.
	owner, err := r.InstantiateWithConfig(ctx, simd.MemoryOnly(p.Pages), wazero.NewModuleConfig().WithName(simd.MemoryModule))
	if err != nil {
		return nil, err
	}
	module, err := r.InstantiateWithConfig(ctx, p.Code, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, err
	}
	return &wazeroInstance{runtime: r, memory: owner.ExportedMemory(simd.MemoryName), call: module.ExportedFunction(simd.RunName)}, nil
}

type wazeroInstance struct {
	runtime wazero.Runtime
	memory  api.Memory
	call    api.Function
}

func (w *wazeroInstance) view(offset, floats int) ([]byte, error) {
	b, ok := w.memory.Read(uint32(offset), uint32(4*floats))
	if !ok {
		return nil, fmt.Errorf("%d floats at %d lie outside the memory", floats, offset)
	}
	return b, nil
}

func (w *wazeroInstance) write(offset int, data []float32) error {
	b, err := w.view(offset, len(data))
	copy(b, asBytes(data))
	return err
}

func (w *wazeroInstance) read(offset int, data []float32) error {
	b, err := w.view(offset, len(data))
	copy(asBytes(data), b)
	return err
}

func (w *wazeroInstance) run(ctx context.Context, from, to int) error {
	_, err := w.call.Call(ctx, uint64(from), uint64(to))
	return err
}

func (w *wazeroInstance) close() error { return w.runtime.Close(context.Background()) }
