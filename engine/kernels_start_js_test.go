package engine

import (
	"syscall/js"
	"testing"

	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/native"
)

// startKernels installs the module of kernels, where the runner shows the program's memory: Node with exec/testdata/memory.cjs, and the page of
// web/e2e.
func startKernels(t testing.TB) {
	if !native.Fastest().Portable() {
		return
	}
	shown := js.Global().Get("irum")
	if !shown.Truthy() {
		return
	}
	kind, err := exec.StartKernels(shown.Get("memory"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("kernels of %s", kind)
}
