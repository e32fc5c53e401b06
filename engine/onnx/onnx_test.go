package onnx

import (
	"math"
	"reflect"
	"testing"
)

func sample() *Model {
	m := &Model{
		IRVersion: 7, Producer: "irum", Opsets: []Opset{{Version: 13}},
		Graph: Graph{
			Name:         "g",
			Inputs:       []Value{{Name: "x", Type: Float, Dims: []int64{-1, 3, 8, 8}}},
			Outputs:      []Value{{Name: "y", Type: Float, Dims: []int64{-1, 4, 8, 8}}},
			Initializers: []Tensor{FloatTensor("w", []float32{1, -2, 3, 0.5}, 4, 1, 1, 1), IntTensor("s", []int64{-1, 1 << 40}, 2)},
			Nodes: []Node{{
				Name: "conv", Op: "Conv", Inputs: []string{"x", "w", ""}, Outputs: []string{"y"},
				Attrs: []Attr{
					IntAttr("group", 1), IntsAttr("pads", 0, 1, -2, 3), FloatAttr("alpha", 0.25), StringAttr("auto_pad", "NOTSET"),
					{Name: "list", Type: AttrFloats, Floats: []float32{1, 2}},
					{Name: "words", Type: AttrStrings, Strings: []string{"a", ""}},
				},
			}},
		},
	}
	m.SetMeta("irum.name", "이름")
	return m
}

func TestWriteThenRead(t *testing.T) {
	want := sample()
	data := Write(want)
	got, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if again := Write(got); !reflect.DeepEqual(again, data) {
		t.Error("the second trip gave other bytes")
	}
}

func TestHostileModelsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Model){
		"old opset":       func(m *Model) { m.Opsets[0].Version = 6 },
		"no nodes":        func(m *Model) { m.Graph.Nodes = nil },
		"huge shape":      func(m *Model) { m.Graph.Initializers[0].Dims = []int64{1 << 40, 1 << 40} },
		"negative shape":  func(m *Model) { m.Graph.Initializers[0].Dims = []int64{-4} },
		"missing data":    func(m *Model) { m.Graph.Initializers[0].Raw = nil },
		"unknown type":    func(m *Model) { m.Graph.Initializers[0].Type = 99 },
		"too many ranks":  func(m *Model) { m.Graph.Initializers[0].Dims = []int64{1, 1, 1, 1, 1, 1, 1, 1, 4} },
		"wrong data size": func(m *Model) { m.Graph.Initializers[0].Raw = make([]byte, 15) },
	} {
		m := sample()
		change(m)
		if _, err := Read(Write(m)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	external := message(nil).sub(7, message(nil).sub(5, message(nil).varint(2, 1).str(8, "w").varint(14, 1)))
	if _, err := Read(external); err == nil {
		t.Error("external data: taken")
	}
}

func TestHalfPrecision(t *testing.T) {
	for h := range 1 << 16 {
		f := HalfToFloat(uint16(h))
		if math.IsNaN(float64(f)) {
			continue
		}
		if back := FloatToHalf(f); back != uint16(h) {
			t.Fatalf("%04x -> %v -> %04x", h, f, back)
		}
	}
	for _, c := range []struct {
		in   float32
		want uint16
	}{{65519.9, 0x7bff}, {65520, 0x7c00}, {1.00048828125, 0x3c00}, {1.00146484375, 0x3c02}, {-1e-8, 0x8000}} {
		if got := FloatToHalf(c.in); got != c.want {
			t.Errorf("FloatToHalf(%v) = %04x, want %04x", c.in, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(Write(sample()))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(data)
		if err != nil {
			return
		}
		if _, err := Read(Write(m)); err != nil {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}
