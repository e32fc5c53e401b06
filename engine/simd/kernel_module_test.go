package simd

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/irum-app/irum/engine/native"
)

// hosted is the module of kernels in wazero, over a memory in which a test lays out operands between fences.
type hosted struct {
	t      *testing.T
	r      *rand.Rand
	memory api.Memory
	module api.Module
	end    int // of what was laid out
}

const (
	callAt = 64
	fence  = math.MaxUint32 - 0xff // a NaN
)

func newHosted(t *testing.T) *hosted {
	t.Helper()
	ctx := context.Background()
	host := wazero.NewRuntime(ctx)
	t.Cleanup(func() { _ = host.Close(ctx) })
	owner, err := host.InstantiateWithConfig(ctx, MemoryOnly(8, false), wazero.NewModuleConfig().WithName(MemoryModule))
	if err != nil {
		t.Fatal(err)
	}
	module, err := host.InstantiateWithConfig(ctx, KernelModule(Plain, callAt), wazero.NewModuleConfig().WithName("kernels"))
	if err != nil {
		t.Fatal(err)
	}
	return &hosted{t: t, r: rand.New(rand.NewPCG(4, 4)), memory: owner.ExportedMemory(MemoryName), module: module}
}

// clear begins anew with nothing laid out.
func (h *hosted) clear() {
	h.end = 1024
	for at := uint32(0); at < h.memory.Size(); at += 4 {
		h.memory.WriteUint32Le(at, fence)
	}
}

// laidOut is an operand: a piece of memory with what it held at first.
type laidOut struct {
	at    int
	first []float32
}

func (h *hosted) random(n int) laidOut {
	o := laidOut{h.end, make([]float32, n)}
	for i := range o.first {
		o.first[i] = h.r.Float32()*2 - 1
		h.memory.WriteFloat32Le(uint32(o.at+4*i), o.first[i])
	}
	h.end += 4*n + 64
	return o
}

// call runs a kernel and gives what laidOut o holds afterwards. Nothing outside of it may change.
func (h *hosted) call(name string, o laidOut, lo, hi float32, pointers []laidOut, numbers ...int) []float32 {
	h.t.Helper()
	for i := range native.CallPointers {
		at := 0
		if i < len(pointers) {
			at = pointers[i].at
		}
		h.memory.WriteUint64Le(uint32(callAt+8*i), uint64(at))
	}
	for i, v := range numbers {
		h.memory.WriteUint64Le(uint32(callAt+8*(native.CallPointers+i)), uint64(v))
	}
	bounds := uint32(callAt + 8*(native.CallPointers+native.CallNumbers))
	h.memory.WriteFloat32Le(bounds, lo)
	h.memory.WriteFloat32Le(bounds+4, hi)
	before, _ := h.memory.Read(0, h.memory.Size())
	kept := append([]byte(nil), before...)
	if _, err := h.module.ExportedFunction(name).Call(context.Background()); err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	after, _ := h.memory.Read(0, h.memory.Size())
	out := make([]float32, len(o.first))
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(after[o.at+4*i:]))
	}
	for i := range kept {
		if (i < o.at || i >= o.at+4*len(out)) && kept[i] != after[i] {
			h.t.Fatalf("%s wrote to byte %d, outside of its result", name, i)
		}
	}
	return out
}

// equal fails unless all bits are the same.
func (h *hosted) equal(what string, got, want []float32) {
	h.t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			h.t.Fatalf("%s: number %d is %g, portable Go gives %g", what, i, got[i], want[i])
		}
	}
}

// TestKernelModule: the kernels of the plain module give the bits of native's portable kernels, whose sums round each product too, and
// write nothing else, over all sizes of tiles.
func TestKernelModule(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("Go fuses products and sums on other processors")
	}
	h := newHosted(t)
	t.Run("tile", func(*testing.T) { h.tiles() })
	t.Run("outer", func(*testing.T) { h.outers() })
	t.Run("columns", func(*testing.T) { h.columns() })
	t.Run("vectors", func(*testing.T) { h.vectors() })
}

func (h *hosted) tiles() {
	for turn := range 240 {
		h.clear()
		rows, wide := 1+turn%native.Rows, turn/native.Rows%2 == 0
		columns, halves := native.Columns, 2
		if !wide {
			columns, halves = columns/2, 1
		}
		inner := 1 + h.r.IntN(13)
		tile := native.Tile{
			ColA: inner + h.r.IntN(3), ColC: columns + h.r.IntN(3), Outer: 1, Middle: 1, Inner: inner, StrideB: native.Columns,
			Count: 1 + h.r.IntN(3), Lo: -0.5, Hi: 0.75,
		}
		if turn%3 == 0 {
			tile.Lo, tile.Hi = native.Unbounded()
		}
		last := rows*tile.Count - 1
		a, b, bias := h.random(last*tile.ColA+inner), h.random((inner-1)*native.Columns+columns), h.random(columns)
		c := h.random(last*tile.ColC + columns)
		pointers := []laidOut{a, b, bias, c}
		var residual []float32
		if turn%4 < 2 {
			r := h.random(len(c.first))
			residual = r.first
			pointers = append(pointers, r)
		}
		got := h.call(fmt.Sprint(native.TileName, rows), c, tile.Lo, tile.Hi, pointers, 4*tile.ColA, 4*tile.ColC, inner, tile.Count, halves)
		native.Portable().Tiles(&tile, rows, wide, a.first, b.first, bias.first, c.first, residual)
		h.equal(fmt.Sprintf("%d rows, wide %v, %+v", rows, wide, tile), got, c.first)
	}
}

func (h *hosted) outers() {
	for turn := range 120 {
		h.clear()
		rows, columns, halves := 1+turn%native.Rows, native.Columns, 2
		if turn/native.Rows%2 == 0 {
			columns, halves = columns/2, 1
		}
		count, rowA, rowB, rowC := 1+h.r.IntN(9), rows+h.r.IntN(3), columns+h.r.IntN(3), columns+h.r.IntN(3)
		a, b, c := h.random((count-1)*rowA+rows), h.random((count-1)*rowB+columns), h.random((rows-1)*rowC+columns)
		got := h.call(fmt.Sprint(native.OuterName, rows), c, 0, 0, []laidOut{a, b, c}, 4*rowA, 4*rowB, 4*rowC, count, halves)
		matrix := func(o laidOut, rows, cols, step int) native.Matrix {
			return native.Matrix{Data: append(o.first, make([]float32, native.Slack)...), Rows: rows, Cols: cols, Row: step, Col: 1}
		}
		to := matrix(c, rows, columns, rowC)
		native.Portable().AddTransposed(to, matrix(a, count, rows, rowA), matrix(b, count, columns, rowB))
		h.equal(fmt.Sprintf("%d rows of %d columns, %d turns", rows, columns, count), got, to.Data[:len(c.first)])
	}
}

func (h *hosted) columns() {
	k := native.Portable()
	for turn := range 60 {
		h.clear()
		cols, rows, count := 8*(1+h.r.IntN(9)), 1+h.r.IntN(7), 1+h.r.IntN(3)
		stepX, stepY := cols+h.r.IntN(3), cols+h.r.IntN(3)
		p := native.Planes{Rows: rows, Count: count, A: rows*stepX + h.r.IntN(5), B: rows*stepY + h.r.IntN(5)}
		x, y, sum := h.random(count*p.A+rows*stepX), h.random(count*p.B+rows*stepY), h.random(cols)
		tables := func() (native.Table, native.Table) {
			return native.Table{Data: x.first, Step: stepX}, native.Table{Data: y.first, Step: stepY}
		}
		tx, ty := tables()
		what := fmt.Sprintf("turn %d: %d columns, %+v", turn, cols, p)
		switch turn % 3 {
		case 0:
			got := h.call(native.SumsName, sum, 0, 0, []laidOut{sum, x}, 4*stepX, rows, 4*cols)
			k.Sums(sum.first, tx, rows)
			h.equal("sums, "+what, got, sum.first)
		case 1:
			got := h.call(native.DotsName, sum, 0, 0, []laidOut{sum, x, y}, 4*stepX, 4*stepY, rows, 4*cols, count, 4*p.A, 4*p.B)
			k.DotsOfPlanes(sum.first, tx, ty, p)
			h.equal("dots, "+what, got, sum.first)
		case 2:
			got := h.call(native.AddScaledName, x, 0, 0, []laidOut{x, y, sum}, 4*stepX, 4*stepY, rows, 4*cols, count, 4*p.A, 4*p.B)
			k.AddScaledOfPlanes(tx, ty, sum.first, p)
			h.equal("add scaled, "+what, got, x.first)
		}
	}
}

func (h *hosted) vectors() {
	k, nan := native.Portable(), float32(math.NaN())
	for turn := range 40 {
		h.clear()
		n := 4 * (1 + h.r.IntN(9))
		to, x, y := h.random(n), h.random(n), h.random(n)
		lo, hi := float32(-0.5), float32(0.25)
		switch turn % 4 {
		case 0:
			got := h.call(native.AddName, to, lo, hi, []laidOut{to, x, y}, 4*n)
			k.Binary(native.Add, to.first, x.first, y.first, lo, hi)
			h.equal("add", got, to.first)
		case 1:
			to.first[1] = nan
			h.memory.WriteFloat32Le(uint32(to.at+4), nan)
			got := h.call(native.ClampName, to, lo, hi, []laidOut{to}, 4*n)
			k.Clamp(to.first, lo, hi)
			if got[1] == got[1] {
				h.t.Error("clamp made a number of NaN")
			}
			got[1], to.first[1] = 0, 0
			h.equal("clamp", got, to.first)
		case 2:
			got := h.call(native.GateName, to, lo, hi, []laidOut{to, x, y}, 4*n)
			k.Gate(to.first, x.first, y.first, lo, hi)
			h.equal("gate", got, to.first)
		case 3:
			bytes := make([]int8, n)
			for i := range bytes {
				bytes[i] = int8(h.r.IntN(256) - 128)
				h.memory.WriteByte(uint32(x.at+i), byte(bytes[i]))
			}
			got := h.call(native.UnpackName, to, 0.05, 0, []laidOut{to, x}, 4*n)
			k.Unpack(to.first, bytes, 0.05)
			h.equal("unpack", got, to.first)
		}
	}
}
