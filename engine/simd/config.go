package simd

import (
	"fmt"
	"strings"

	"github.com/irum-app/irum/engine/graph"
)

// Config is all that can be tuned. Tile sizes are bounded by the registers of x86-64: 15 usable vectors hold the
// accumulators, the row of B, one value of A and, without fused multiply-add, one product.
type Config struct {
	Relaxed    bool // use f32x4.relaxed_madd
	Native     bool // generate no code: the kernels are those of package native
	Direct     bool // compute all convolutions as plain sums, none by Winograd's filtering
	TileRows   int  // rows of a tile
	TileVecs   int  // vectors of 4 columns of a tile
	Unroll     int  // steps of the inner dimension that are written out
	DepthTile  int  // most output pixels of a tile of a depthwise convolution or pool
	DenseEdges int  // most tiles that a depthwise kernel may write out for its borders
	Threads    int  // above 1, several threads may run the program together, in a shared memory
	Patch      int  // side of the outputs of a patch in all of Winograd's filtering, 2 or 4; 0 chooses by the layer
	Patience   int  // milliseconds in which a thread must do what it took; 0 for 10 seconds

	Integers Integers // nil, or what dense convolutions compute with 8-bit integers by
}

// Configurations of the hosts, as measured on 2 cores of an AVX-512 AMD EPYC.
var (
	// Relaxed is for browsers with relaxed SIMD.
	Relaxed = Config{Relaxed: true, TileRows: 6, TileVecs: 2, Unroll: 4, DepthTile: 7, DenseEdges: 64}
	// Plain is for browsers without.
	Plain = Config{TileRows: 5, TileVecs: 2, Unroll: 4, DepthTile: 7, DenseEdges: 64}
	// Wazero is for wazero, which has plain SIMD only and takes 7 cycles to splat a float: with wide tiles it does so less often.
	Wazero = Config{TileRows: 3, TileVecs: 4, Unroll: 4, DepthTile: 4, DenseEdges: 64}
	// Native is for package native, whose tiles these are.
	Native = Config{Native: true, TileRows: 6, TileVecs: 4, DepthTile: 4, DenseEdges: 64}
)

// variant ends the names of kernels.
func (c Config) variant() string {
	switch {
	case c.Native:
		return "native"
	case c.Relaxed:
		return "relaxed"
	}
	return "plain"
}

// multiplyAdd takes a, b and c from the stack and leaves a*b+c.
func (c Config) multiplyAdd(f *function) {
	if c.Relaxed {
		f.vec(vecRelaxedMadd)
		return
	}
	// c is on top: a*b is not reachable, so it is kept aside while the product is made.
	keep := f.shared("madd", typeV128)
	f.set(keep)
	f.vec(vecMul)
	f.get(keep)
	f.vec(vecAdd)
}

// accumulate sets acc to acc + a*b, where operands puts a and b on the stack.
func (c Config) accumulate(f *function, acc int, operands func()) {
	if c.Relaxed {
		operands()
		f.get(acc)
		f.vec(vecRelaxedMadd)
	} else {
		f.get(acc)
		operands()
		f.vec(vecMul)
		f.vec(vecAdd)
	}
	f.set(acc)
}

// tileFor gives the rows and vectors of the tiles of a product of m rows: with few rows, tiles are wider, so that there
// are still about 8 independent sums to hide the latency of an addition.
func (c Config) tileFor(m int) (rows, vecs int) {
	switch {
	case c.Native:
		return min(m, c.TileRows), c.TileVecs
	case m == 1:
		return 1, 8
	case m == 2:
		return 2, 4
	}
	return c.TileRows, c.TileVecs
}

// windowTile gives the output pixels of a tile of a window kernel, such that registers hold a sum for each, a row of weights
// or, for pools, a second vector for each, the value, and one more.
func (c Config) windowTile(kind windowKind, width int) int {
	if kind == depthwise {
		return max(min(c.DepthTile, 13-width), 2)
	}
	return min(c.DepthTile, 6)
}

func clampName(lo, hi float32) string {
	switch {
	case noBound(lo, -1) && noBound(hi, 1):
		return ""
	case lo == 0 && noBound(hi, 1):
		return "_relu"
	case lo == 0 && hi == 6:
		return "_relu6"
	}
	return fmt.Sprintf("_clamp(%g,%g)", lo, hi)
}

// ending is what a kernel does with its results before it stores them: an activation, then bounds.
type ending struct {
	act    graph.Activation
	lo, hi float32
}

// end applies e to the vector on the stack.
func (e ending) end(f *function, cfg Config) {
	if e.act.Op != "" {
		unary(f, cfg, e.act)
	}
	f.clamp(e.lo, e.hi)
}

func (e ending) suffix() string {
	s := clampName(e.lo, e.hi)
	if e.act.Op != "" {
		s = "_" + strings.ToLower(e.act.Op) + s
	}
	return s
}
