package simd

import "fmt"

// stride is one loop of the inner dimension: count positions, step bytes apart.
type stride struct{ count, step int }

// convSpec is a convolution or matrix product: for every output pixel and every channel the sum over the inner dimension
// (loops around a run of inner neighbouring floats) of input times weight, plus bias, plus residual, clamped.
// Distances are in bytes. The weights are packed by matrix.pack.
type convSpec struct {
	kind       string // in the kernel's name
	rows, cols int    // output pixels
	rowA, colA int    // between the inputs of two output rows, of two output pixels of a row
	rowC, colC int    // between two output rows, two output pixels
	loops      [2]stride
	inner      int
	outputs    int // channels of one group
	groups     int
	groupA     int // between the input channels of two groups
	groupC     int // between the outputs of two groups
	unbiased   bool
	exact      bool
	residual   bool
	results    storing // see int8.go
	integer    bool
	ending
	tileRows int
	tileVecs int
}

// depth is the number of products in one sum.
func (s convSpec) depth() int { return s.loops[0].count * s.loops[1].count * s.inner }

func (s convSpec) name(cfg Config) string {
	numbers, depth := "f32", s.depth()
	if s.integer {
		numbers, depth = "i8", depth*word
	}
	n := fmt.Sprintf("%s_%s_%dx%d_%s_m%dx%d_k%d_n%d", numbers, s.kind, s.tileRows, 4*s.tileVecs, cfg.variant(), s.rows, s.cols, depth, s.outputs)
	if s.groups > 1 {
		n += fmt.Sprintf("_g%d", s.groups)
	}
	if s.residual {
		n += "_add"
	}
	return n + s.suffix() + s.results.suffix()
}

// vecs is the number of vectors that hold one group's output channels.
func (s convSpec) vecs() int { return (s.outputs + 3) / 4 }

// panels is the size of one group's weights in bytes.
func (s convSpec) panels() int { return 4 * s.depth() * 4 * s.vecs() }

// weightsOutside tells which loop is the outer one. The operand that is read again and again should be the smaller one: it
// stays in a nearer cache. Of an input between whose pixels some are left out only those that are read count.
func (s convSpec) weightsOutside() bool {
	return min(s.rows*s.rowA, 4*s.rows*s.cols*s.depth()) <= s.panels()
}

// blocks gives the number of whole blocks of output channels and the vectors of the last, different one.
func (s convSpec) blocks() (full, tail int) {
	full, tail = s.vecs()/s.tileVecs, s.vecs()%s.tileVecs
	if tail == 0 && s.exact && s.outputs%4 != 0 { // it is stored differently
		return full - 1, s.tileVecs
	}
	return full, tail
}

// tiles is the number of tiles of a row of pixels.
func (s convSpec) tiles() int { return (s.cols + s.tileRows - 1) / s.tileRows }

func (s convSpec) products() int { return s.rows * s.cols * s.outputs * s.groups * s.depth() }

// units are groups, or else turns of the outer loop: blocks of output channels, rows of pixels or, in a single row, tiles.
func (s convSpec) units() int {
	switch {
	case s.groups > 1:
		return s.groups
	case s.weightsOutside():
		full, tail := s.blocks()
		return full + min(tail, 1)
	case s.rows > 1:
		return s.rows
	}
	return s.tiles()
}

// conv generates a kernel of the parameters (input, weights, bias, output), with a residual (…, residual), and for results as
// bytes (…, bytes, quantum).
func conv(cfg Config, s convSpec) *function {
	g := &convKernel{convSpec: s, cfg: cfg, a: 0, b: 1, bias: 2, c: 3}
	params := 4
	if s.residual {
		params++
	}
	if s.results != asFloats {
		params += 2
	}
	f, r := ranged(s.name(cfg), params, s.units())
	g.function = f
	if s.integer || s.results != asFloats {
		cfg.Integers.prepare(g, params)
	}
	if s.residual {
		g.delta = g.local(typeI32)
		g.get(4)
		g.get(g.c)
		g.op(opI32Sub)
		g.set(g.delta)
	}
	outside := g.pixelsOutside
	if s.weightsOutside() {
		outside = g.blocksOutside
	}
	if s.groups == 1 {
		outside(r)
		return f
	}
	steps := []struct{ pointer, step int }{{g.a, s.groupA}, {g.b, s.panels()}, {g.bias, 16 * s.vecs()}, {g.c, s.groupC}}
	for _, p := range steps {
		r.skip(p.pointer, p.step)
	}
	each := s
	each.groups = 1
	r.each("group", func() {
		outside(f.all(each.units()))
		for _, p := range steps {
			g.advance(p.pointer, p.step)
		}
	})
	return f
}

type convKernel struct {
	*function
	convSpec
	cfg             Config
	a, b, bias, c   int // locals: the group's input, weights, bias and output
	delta           int // residual - output
	target, quantum int // locals: the bytes of the results less a quarter of the output; what they mean
	touchStep       int // bytes between the weights that touch reads; 0 if it reads none
	touchLead       int // from a block of weights to where touch begins
}

// pointers are locals: the input, weights, bias and output of a tile.
type pointers struct{ a, b, bias, c int }

func (g *convKernel) at() pointers {
	return pointers{
		a: g.shared("tile a", typeI32), b: g.shared("tile b", typeI32),
		bias: g.shared("tile bias", typeI32), c: g.shared("tile c", typeI32),
	}
}

// blocksOutside runs over all pixels for one block of output channels at a time.
func (g *convKernel) blocksOutside(r units) {
	p := g.at()
	start := g.shared("block c", typeI32)
	g.copyTo(p.b, g.b, 0)
	g.copyTo(p.bias, g.bias, 0)
	g.copyTo(start, g.c, 0)
	steps := []struct{ pointer, step int }{{p.b, 16 * g.tileVecs * g.depth()}, {p.bias, 16 * g.tileVecs}, {start, 16 * g.tileVecs}}
	for _, s := range steps {
		r.skip(s.pointer, s.step)
	}
	full, tail := g.blocks()
	g.prepareTouch()
	sweep := func(vecs int, last bool) {
		g.pixels(p, start, g.pixelUnits(), func(tile []spot) { g.tile(p, tile, vecs, last) })
	}
	r.part("block", 0, full, func() {
		g.aimTouch(p.b)
		sweep(g.tileVecs, false)
		for _, s := range steps {
			g.advance(s.pointer, s.step)
		}
	})
	g.touchStep = 0
	if tail > 0 {
		r.part("block", full, full+1, func() { sweep(tail, true) })
	}
}

// pixelUnits are all units of pixels.
func (g *convKernel) pixelUnits() units {
	if g.rows > 1 {
		return g.all(g.rows)
	}
	return g.all(g.tiles())
}

// pixelsOutside runs over all blocks of output channels for one tile of pixels at a time.
func (g *convKernel) pixelsOutside(r units) {
	p := g.at()
	tc := g.shared("pixel c", typeI32)
	full, tail := g.blocks()
	outer := p
	outer.c = tc
	g.pixels(outer, g.c, r, func(tile []spot) {
		g.copyTo(p.b, g.b, 0)
		g.copyTo(p.bias, g.bias, 0)
		g.copyTo(p.c, tc, 0)
		g.repeat("block", full, func() {
			g.tile(p, tile, g.tileVecs, false)
			g.advance(p.b, 16*g.tileVecs*g.depth())
			g.advance(p.bias, 16*g.tileVecs)
			g.advance(p.c, 16*g.tileVecs)
		})
		if tail > 0 {
			g.tile(p, tile, tail, true)
		}
	})
}

// pixels sets p.a and p.c to every tile of pixels of r in turn; the first of all are at the group's input and the output
// start. r counts rows or, in a single row, tiles. Tiles of a row differ by at most one pixel, since a last tile of one or
// two pixels could not hide the latency of its sums.
func (g *convKernel) pixels(p pointers, start int, r units, body func(tile []spot)) {
	if g.flat() {
		g.flatPixels(p, start, body)
		return
	}
	if g.rows == 1 {
		g.copyTo(p.a, g.a, 0)
		g.copyTo(p.c, start, 0)
		g.row(p, r, body)
		return
	}
	a, c := g.shared("row a", typeI32), g.shared("row c", typeI32)
	g.copyTo(a, g.a, 0)
	g.copyTo(c, start, 0)
	r.skip(a, g.rowA)
	r.skip(c, g.rowC)
	r.each("row", func() {
		g.copyTo(p.a, a, 0)
		g.copyTo(p.c, c, 0)
		g.row(p, g.all(g.tiles()), body)
		g.advance(a, g.rowA)
		g.advance(c, g.rowC)
	})
}

// row runs over the tiles r of a row whose first pixel is at p.a and p.c: larger ones, then those of a pixel less.
func (g *convKernel) row(p pointers, r units, body func(tile []spot)) {
	size, larger := g.cols/g.tiles(), g.cols%g.tiles()
	if r.from >= 0 {
		first := g.shared("first pixel", typeI32)
		g.get(r.from)
		g.number(size)
		g.op(opI32Mul)
		g.least(r.from, larger, r.count)
		g.op(opI32Add)
		g.set(first)
		pixel := units{g.function, g.cols, first, -1}
		pixel.skip(p.a, g.colA)
		pixel.skip(p.c, g.colC)
	}
	for _, part := range []struct{ low, high, rows int }{{0, larger, size + 1}, {larger, g.tiles(), size}} {
		r.part("tile", part.low, part.high, func() {
			body(g.spots(0, part.rows))
			g.advance(p.a, part.rows*g.colA)
			g.advance(p.c, part.rows*g.colC)
		})
	}
}

// tile computes a tile of pixels by vecs vectors of channels; in the last block of an exact output only true lanes are written.
func (g *convKernel) tile(p pointers, tile []spot, vecs int, last bool) {
	rows := len(tile)
	acc := g.vectors("sum", rows*vecs)
	for v := range vecs {
		if g.unbiased {
			g.constant(0)
		} else {
			g.load(p.bias, 16*v)
		}
		g.set(acc[v])
		for r := 1; r < rows; r++ {
			g.get(acc[v])
			g.set(acc[r*vecs+v])
		}
	}
	b := g.shared("inner b", typeI32)
	g.copyTo(b, p.b, 0)
	outer, middle := g.loops[0], g.loops[1]
	x, y := p.a, p.a
	if outer.count > 1 {
		x = g.shared("outer a", typeI32)
		g.copyTo(x, p.a, 0)
	}
	g.repeat("outer", outer.count, func() {
		y = x
		if middle.count > 1 {
			y = g.shared("middle a", typeI32)
			g.copyTo(y, x, 0)
		}
		g.repeat("middle", middle.count, func() {
			g.run(y, b, acc, tile, vecs)
			if middle.count > 1 {
				g.advance(y, middle.step)
			}
		})
		if outer.count > 1 {
			g.advance(x, outer.step)
		}
	})
	g.finish(p, acc, tile, vecs, last)
}

// run adds the products of one run of neighbouring inputs, leaving b behind the run's weights.
func (g *convKernel) run(from, b int, acc []int, tile []spot, vecs int) {
	a := g.shared("inner a", typeI32)
	g.copyTo(a, from, 0)
	unroll := g.cfg.Unroll
	g.repeat("inner", g.inner/unroll, func() {
		g.touch()
		for k := range unroll {
			g.products(a, 4*k, b, 16*vecs*k, acc, tile, vecs)
		}
		g.advance(a, 4*unroll)
		g.advance(b, 16*vecs*unroll)
	})
	rest := g.inner % unroll
	for k := range rest {
		g.products(a, 4*k, b, 16*vecs*k, acc, tile, vecs)
	}
	g.advance(b, 16*vecs*rest)
}

// products adds one row of B times one value of each row of A.
func (g *convKernel) products(a, atA, b, atB int, acc []int, tile []spot, vecs int) {
	value := g.shared("value", typeV128)
	if len(tile) == 1 { // every vector of B is used once
		g.splat(a, atA)
		g.set(value)
		for v := range vecs {
			g.accumulate(acc[v], value, func() { g.load(b, atB+16*v) })
		}
		return
	}
	weights := g.vectors("weight", vecs)
	for v := range vecs {
		g.load(b, atB+16*v)
		g.set(weights[v])
	}
	for r, pixel := range tile {
		g.splat(a, atA+pixel.a)
		g.set(value)
		for v := range vecs {
			g.accumulate(acc[r*vecs+v], value, func() { g.get(weights[v]) })
		}
	}
}

// finish adds the residual, clamps and stores.
func (g *convKernel) finish(p pointers, acc []int, tile []spot, vecs int, last bool) {
	residual, c := -1, p.c
	if g.residual {
		residual = g.shared("residual", typeI32)
		g.get(c)
		g.get(g.delta)
		g.op(opI32Add)
		g.set(residual)
	}
	for r, pixel := range tile {
		for v := range vecs {
			sum := acc[r*vecs+v]
			at := pixel.c + 16*v
			g.get(sum)
			if g.integer {
				g.cfg.Integers.dequantise(g, p, v)
			}
			if residual >= 0 {
				g.load(residual, at)
				g.vec(vecAdd)
			}
			g.end(g.function, g.cfg)
			g.set(sum)
			if !g.results.inFloats() {
				continue
			}
			lanes := 4
			if g.exact && last && v == vecs-1 && g.outputs%4 != 0 {
				lanes = g.outputs % 4
			}
			g.store(c, at, sum, lanes)
		}
	}
	if g.results != asFloats {
		g.cfg.Integers.store(g, p, acc, tile, vecs)
	}
}
