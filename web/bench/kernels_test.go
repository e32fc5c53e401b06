package main

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/exec"
)

// TestKernelsTable: each shape is paired with its own call, and calls that do something else are refused.
func TestKernelsTable(t *testing.T) {
	small, large := bench.Kernel{Size: 1, Stride: 1, Side: 7, In: 8, Out: 8}, bench.Kernel{Size: 3, Stride: 1, Side: 28, In: 64, Out: 64}
	k := &kernels{shapes: []bench.Kernel{small, large}}
	k.peaks, k.profiles = []float64{50}, map[string][][]task{}
	for _, variant := range []string{exec.RelaxedSIMD, exec.SIMD} {
		k.profiles[variant] = [][]task{{
			{"input", 1, 100}, {"small", 1, small.FLOPs()}, {"mean", 1, 0}, {"input", 1, 200}, {"large", float64(large.FLOPs()) / 48e6, large.FLOPs()},
		}}
	}
	var b strings.Builder
	if err := k.write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "| 57.8 | 1.204 | 48.0 | 96 |"; !strings.Contains(b.String(), want) || !strings.Contains(b.String(), "1 of 1 reach it, the lowest has 96.0 %") {
		t.Errorf("no %s in %s", want, b.String())
	}
	k.profiles[exec.SIMD][0][1].FLOPs++
	if err := k.write(&b); err == nil {
		t.Error("a call of another size was taken")
	}
	k.profiles[exec.SIMD][0] = k.profiles[exec.SIMD][0][1:]
	if err := k.write(&b); err == nil {
		t.Error("a missing call was not noticed")
	}
}
