package engine

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/quantise"
)

// TestCalibrate: a network in 8-bit integers, calibrated on drawn pictures, gives nearly the same on others, tells so, and is the same
// after its calibration was kept as JSON.
func TestCalibrate(t *testing.T) {
	ctx := context.Background()
	executor := ""
	for _, name := range []string{"wazero", "relaxed-simd"} {
		if slices.Contains(Executors(ctx), name) {
			executor = name
		}
	}
	if executor == "" {
		t.Skip("no executor of this host computes with integers")
	}
	n, err := Load(onnx.Write(enginetest.SqueezeNet(64)))
	if err != nil {
		t.Fatal(err)
	}
	pictures := quantise.Pictures(11, 64, 64, 1.0/64, -2)
	if _, err := Calibrate(ctx, n, Options{}, pictures[:3]); err == nil {
		t.Error("three pictures were enough")
	}
	found, err := Calibrate(ctx, n, Options{Executor: executor}, pictures[:8])
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Bytes) < 8 || !(found.Loss > 0 && found.Loss < 2*mostMoved) {
		t.Errorf("%d activations, a loss of %g", len(found.Bytes), found.Loss)
	}
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	var kept Int8
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	run := func(i *Int8) ([][]float32, Info) {
		s, err := Compile(ctx, n, Options{Executor: executor, Int8: i})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		var list [][]float32
		for _, p := range pictures[8:] {
			out, err := s.Run(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, out[0])
		}
		return list, s.Info()
	}
	whole, plain := run(nil)
	rounded, info := run(NewInt8(kept.Bytes, kept.Loss))
	again, _ := run(found)
	if plain.Int8 != 0 || info.Int8 < 8 || info.Int8Loss != found.Loss {
		t.Errorf("%d convolutions in integers without, %d with, a loss of %g", plain.Int8, info.Int8, info.Int8Loss)
	}
	moved := quantise.Moved(whole, rounded)
	if !(moved < 3*mostMoved) {
		t.Errorf("other pictures are moved by %g", moved)
	}
	for i := range again {
		if !slices.Equal(again[i], rounded[i]) {
			t.Error("kept as JSON it computes something else")
		}
	}
	t.Logf("%d convolutions of %d activations, loss %.3f, other pictures %.3f", info.Int8, len(found.Bytes), found.Loss, moved)
	if math.IsNaN(moved) {
		t.Error("the pictures are all the same to the network")
	}
}
