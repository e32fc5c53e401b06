package exec

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/irum-app/irum/engine/native"
	"github.com/irum-app/irum/engine/simd"
)

// StartKernels makes native.Fastest the kernels of a module that is generated over memory, the WebAssembly.Memory of this very program, and
// says by which instructions: RelaxedSIMD or SIMD. A host has no SIMD, or does not show its memory, where it fails: portable Go goes on.
func StartKernels(memory js.Value) (kind string, err error) {
	defer catch(&err)
	if !memory.Truthy() {
		return "", errors.New("the host does not show this program's memory")
	}
	for _, w := range ways(context.Background()) {
		if w.host == nil {
			continue
		}
		wasm := js.Global().Get("WebAssembly")
		module := wasm.Get("Module").New(array(simd.KernelModule(w.config, native.CallAddress())))
		exports := wasm.Get("Instance").New(module, imports(memory)).Get("exports")
		kernels := map[string]func(){}
		for _, name := range native.KernelNames() {
			kernel := exports.Get(name)
			kernels[name] = func() { kernel.Invoke() }
		}
		return w.name, native.Install(kernels)
	}
	return "", errors.New("the host has no SIMD")
}
