//go:build !js

package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/irum-app/irum/engine/simd"
)

type wazeroHost struct{}

// compiled keeps machine code, so that a second session of one network starts at once.
var compiled = wazero.NewCompilationCache()

func (wazeroHost) threads() (n int, reason string) {
	if n = runtime.GOMAXPROCS(0); n == 1 {
		return 1, OneCore
	}
	return n, ""
}

func (wazeroHost) start(ctx context.Context, p *simd.Program, _ string) (instance, error) {
	features := api.CoreFeaturesV2
	if p.Threads > 1 {
		features |= experimental.CoreFeaturesThreads
	}
	config := wazero.NewRuntimeConfigCompiler().WithCompilationCache(compiled).WithCoreFeatures(features)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	in, err := instantiate(ctx, r, p)
	if err != nil {
		_ = r.Close(ctx)
		return nil, err
	}
	return in, nil
}

func instantiate(ctx context.Context, r wazero.Runtime, p *simd.Program) (instance, error) {
	// The module imports its memory, and wazero takes that only from another module.
	owner, err := r.InstantiateWithConfig(ctx, simd.MemoryOnly(p.Pages, p.Threads > 1), wazero.NewModuleConfig().WithName(simd.MemoryModule))
	if err != nil {
		return nil, err
	}
	code, err := r.CompileModule(ctx, p.Code)
	if err != nil {
		return nil, err
	}
	module, err := r.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, err
	}
	in := wazeroInstance{runtime: r, memory: owner.ExportedMemory(simd.MemoryName), call: module.ExportedFunction(simd.RunName)}
	if p.Threads == 1 {
		return &in, nil
	}
	t := &wazeroTeam{wazeroInstance: in, module: module}
	for range p.Threads - 1 {
		helper, err := r.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			_ = t.close()
			return nil, err
		}
		t.helpers.Go(func() { _, _ = helper.ExportedFunction(simd.HelpName).Call(context.Background()) })
	}
	return t, nil
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

// wazeroTeam has a goroutine for each helper.
type wazeroTeam struct {
	wazeroInstance
	module  api.Module
	helpers sync.WaitGroup
}

func (w *wazeroTeam) ready() (int, error) {
	n, err := w.module.ExportedFunction(simd.ReadyName).Call(context.Background())
	if err != nil {
		return 0, err
	}
	return int(n[0]), nil
}

func (w *wazeroTeam) share(ctx context.Context, from, to int) error {
	stalled, err := w.module.ExportedFunction(simd.ShareName).Call(ctx, uint64(from), uint64(to))
	if err == nil && stalled[0] != 0 {
		err = errStalled
	}
	return err
}

// alone is never needed: goroutines do not vanish.
func (w *wazeroTeam) alone(context.Context) (instance, error) { return nil, errStalled }

func (w *wazeroTeam) close() error {
	_, err := w.module.ExportedFunction(simd.StopName).Call(context.Background())
	w.helpers.Wait()
	return errors.Join(err, w.wazeroInstance.close())
}
