package simd

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

// TestNumbers has the examples of the WebAssembly and DWARF specifications.
func TestNumbers(t *testing.T) {
	for v, want := range map[int64][]byte{
		0: {0}, 2: {2}, -2: {0x7e}, 127: {0xff, 0}, -127: {0x81, 0x7f}, 128: {0x80, 1}, -128: {0x80, 0x7f}, 129: {0x81, 1}, -129: {0xff, 0x7e},
		-123456: {0xc0, 0xbb, 0x78}, 63: {63}, 64: {0xc0, 0}, -64: {0x40}, -65: {0xbf, 0x7f},
	} {
		if got := appendSigned(nil, v); !bytes.Equal(got, want) {
			t.Errorf("%d: %x, want %x", v, got, want)
		}
	}
	for v, want := range map[uint64][]byte{0: {0}, 127: {127}, 128: {0x80, 1}, 624485: {0xe5, 0x8e, 0x26}} {
		if got := appendUnsigned(nil, v); !bytes.Equal(got, want) {
			t.Errorf("%d: %x, want %x", v, got, want)
		}
	}
}

// TestFunction runs loops, conditions and partial stores of the assembler: memory[0:] becomes 1, 2, 3, …, by threes.
func TestFunction(t *testing.T) {
	f := newFunction(RunName, 2)
	f.exported = true
	at, v := f.local(typeI32), f.local(typeV128)
	f.constant(1)
	f.set(v)
	f.repeat("outer", 3, func() {
		f.repeat("inner", 2, func() {
			f.repeat("none", 0, func() { t.Error("a loop of no turns was written") })
			f.store(at, 8, v, 3)
			f.advance(at, 12)
			f.get(v)
			f.constant(1)
			f.vec(vecAdd)
			f.set(v)
		})
	})
	f.get(0)
	f.get(1)
	f.op(opI32LtU)
	f.when(func() { f.store(at, 8, v, 1) })

	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	owner, err := r.InstantiateWithConfig(ctx, MemoryOnly(1, false), wazero.NewModuleConfig().WithName(MemoryModule))
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, encode([]*function{newFunction("unused", 0), f}, 1, false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.ExportedFunction(RunName).Call(ctx, 4, 5); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 0} {
		if got, _ := owner.ExportedMemory(MemoryName).ReadFloat32Le(uint32(4 * i)); got != want {
			t.Errorf("float %d is %g, want %g", i, got, want)
		}
	}
}

// TestProbes: wazero has plain SIMD and not the relaxed kind, so it tells the probes apart.
func TestProbes(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	if _, err := r.CompileModule(ctx, Probe(false)); err != nil {
		t.Error(err)
	}
	if _, err := r.CompileModule(ctx, Probe(true)); err == nil {
		t.Error("relaxed_madd compiled: use it in wazero")
	}
}

// TestArrange: buffers that are in use together lie apart, and those that are not share.
func TestArrange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		buffers := make([]buffer, 1+r.IntN(30))
		sum := 0
		for i := range buffers {
			first := r.IntN(20)
			buffers[i] = buffer{bytes: line * (1 + r.IntN(9)), first: first, last: first + r.IntN(4)}
			sum += buffers[i].bytes
		}
		end := arrange(buffers, 128)
		for i, a := range buffers {
			if a.offset < 128 || a.offset+a.bytes > end || end > 128+sum {
				t.Fatalf("%+v lies outside 128 to %d", a, end)
			}
			for _, b := range buffers[:i] {
				if a.first <= b.last && b.first <= a.last && a.offset < b.offset+b.bytes && b.offset < a.offset+a.bytes {
					t.Fatalf("%+v and %+v overlap", a, b)
				}
			}
		}
	}
	chain := []buffer{{bytes: 640, first: 0, last: 1}, {bytes: 640, first: 1, last: 2}, {bytes: 640, first: 2, last: 3}}
	if end := arrange(chain, 0); end != 1280 {
		t.Errorf("a chain of three takes %d bytes, two buffers are enough", end)
	}
}

func TestPack(t *testing.T) {
	w := make([]float32, 18)
	for i := range w {
		w[i] = float32(i/2*10 + i%2) // output, position
	}
	m := matrix{outputs: 9, outer: 2, inner: 1, stepOutput: 2, stepOuter: 1}
	got := make([]float32, m.size())
	m.pack(got, w, 1)
	want := []float32{0, 10, 20, 30, 1, 11, 21, 31, 40, 50, 60, 70, 41, 51, 61, 71, 80, 0, 0, 0, 81, 0, 0, 0}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// TestSharedWeights: many layers that name one tensor keep it once, and what is repeated for sums stays within bounds.
func TestSharedWeights(t *testing.T) {
	g := onnx.Graph{
		Inputs:       []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 64, 32, 32}}},
		Initializers: []onnx.Tensor{onnx.FloatTensor("w", make([]float32, 64*64), 64, 64, 1, 1), onnx.FloatTensor("row", make([]float32, 32), 32)},
	}
	last := "x"
	for i := range 300 {
		sum, y := fmt.Sprint("sum", i), fmt.Sprint("y", i)
		g.Nodes = append(
			g.Nodes,
			onnx.Node{Op: "Conv", Inputs: []string{last, "w"}, Outputs: []string{y}},
			onnx.Node{Op: "Sub", Inputs: []string{y, "row"}, Outputs: []string{sum}},
		)
		last = sum
	}
	g.Outputs = []onnx.Value{{Name: last, Type: onnx.Float}}
	net, err := graph.Build(&onnx.Model{Opsets: []onnx.Opset{{Version: 13}}, Graph: g})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(net, Plain)
	if err != nil {
		t.Fatal(err)
	}
	if p.Activations > 18<<20 {
		t.Errorf("constants of %d KiB for weights of 16 KiB", p.Activations>>10)
	}
}
