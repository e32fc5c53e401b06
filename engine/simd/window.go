package simd

import (
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/graph"
)

// windowKind says what a window kernel does with the values under its window.
type windowKind int

const (
	depthwise windowKind = iota // sum of value times the channel's weight, plus bias
	maximum
	average
)

// windowSpec is an operator that slides a window over each channel by itself. Loops run over rows, tiles of neighbouring
// pixels and, innermost, channels. Rows above and below the image are read from a row of neutral values; columns left and
// right of it are left out when the code is written.
type windowSpec struct {
	kind       windowKind
	vecs       int // vectors of channels of a pixel
	h, w       int
	outH, outW int
	geometry   graph.Geometry
	countPad   bool // average: padding counts
	residual   bool
	results    storing // no residual with bytes, and never both
	ending
	tile         int
	maxEdgeTiles int
}

func (s windowSpec) name(cfg Config) string {
	g := s.geometry
	n := fmt.Sprintf("f32_%s%dx%d_s%d_x%d_%s_%dx%dx%d", []string{"depthwise", "maxpool", "avgpool"}[s.kind],
		g.KernelH, g.KernelW, g.StrideW, s.tile, cfg.variant(), s.outH, s.outW, 4*s.vecs)
	if s.residual {
		n += "_add"
	}
	return n + s.suffix() + s.results.suffix()
}

func (s windowSpec) products() int {
	return s.outH * s.outW * 4 * s.vecs * s.geometry.KernelH * s.geometry.KernelW
}

// units are rows of the output.
func (s windowSpec) units() int { return s.outH }

// interior gives the range of output columns whose whole window lies inside the image.
func (s windowSpec) interior() (from, to int) {
	g := s.geometry
	from = min((g.Left+g.StrideW-1)/g.StrideW, s.outW)
	to = from
	if room := s.w - 1 - (g.KernelW-1)*g.DilationW + g.Left; room >= 0 {
		to = max(min(room/g.StrideW+1, s.outW), from)
	}
	return from, to
}

// tileRun are so many tiles of size output columns one after another, from column at on.
type tileRun struct {
	at, size, count int
	inside          bool // the windows of all lie inside the image; otherwise it is one tile
}

// runs cuts a row of the output into tiles.
func (s windowSpec) runs() (list []tileRun) {
	from, to := s.interior()
	at := 0
	for _, size := range balanced(s.outW, s.tile) {
		inside := at >= from && at+size <= to
		if n := len(list) - 1; inside && n >= 0 && list[n].inside && list[n].size == size {
			list[n].count++
		} else {
			list = append(list, tileRun{at, size, 1, inside})
		}
		at += size
	}
	return list
}

// fits tells whether the kernel's code would be of a reasonable size: its borders and its window are written out.
func (s windowSpec) fits() bool {
	edges := 0
	for _, t := range s.runs() {
		if !t.inside {
			edges++
		}
	}
	area := s.geometry.KernelH * s.geometry.KernelW
	return s.geometry.KernelH <= 32 && edges <= s.maxEdgeTiles && (edges+2)*area <= 2048
}

// window generates a kernel of the parameters (input, weights, bias, output, neutral row) and, with a residual,
// (…, residual). Pools ignore weights and bias. For results as bytes the parameters end with (…, bytes, quantum), and output is 0.
func window(cfg Config, s windowSpec) *function {
	params := 5
	if s.residual {
		params++
	}
	if !s.results.inFloats() {
		params += 2
	}
	f, rows := ranged(s.name(cfg), params, s.units())
	k := &windowKernel{windowSpec: s, cfg: cfg, function: f, in: 0, weights: 1, bias: 2, out: 3, neutral: 4}
	if s.residual {
		k.delta = k.local(typeI32)
		k.get(5)
		k.get(k.out)
		k.op(opI32Sub)
		k.set(k.delta)
	}
	k.generate(rows)
	return f
}

type windowKernel struct {
	*function
	windowSpec
	cfg                             Config
	in, weights, bias, out, neutral int   // parameters
	delta                           int   // residual - output
	lines                           []int // locals: the input rows under the window
	count                           int   // local: how many of them lie inside the image
}

func (k *windowKernel) generate(rows units) {
	g, pitch := k.geometry, 16*k.vecs
	y := k.local(typeI32)
	for range g.KernelH {
		k.lines = append(k.lines, k.local(typeI32))
	}
	k.count = k.local(typeI32)
	k.number(-g.Top)
	k.set(y)
	k.advance(k.in, -g.Top*k.w*pitch)
	rows.skip(y, g.StrideH)
	rows.skip(k.in, g.StrideH*k.w*pitch)
	rows.skip(k.out, k.outW*pitch)
	rows.each("row", func() {
		k.aim(y)
		k.columns()
		k.advance(y, g.StrideH)
		k.advance(k.in, g.StrideH*k.w*pitch)
		k.advance(k.out, k.outW*pitch)
	})
}

// aim points the lines at the rows under the window whose first row is y.
func (k *windowKernel) aim(y int) {
	g := k.geometry
	counting := k.kind == average && !k.countPad
	if counting {
		k.number(0)
		k.set(k.count)
	}
	isInside := func(r int) {
		k.offset(y, r*g.DilationH)
		k.number(k.h)
		k.op(opI32LtU)
	}
	for r, line := range k.lines {
		k.offset(k.in, r*g.DilationH*k.w*16*k.vecs)
		k.get(k.neutral)
		isInside(r)
		k.op(opSelect)
		k.set(line)
		if counting {
			isInside(r)
			k.get(k.count)
			k.op(opI32Add)
			k.set(k.count)
		}
	}
}

// columns computes a row of the output in tiles of nearly one size. Those whose windows lie inside the image are looped
// over; the others, some of whose columns lie outside, are written out.
func (k *windowKernel) columns() {
	step := 16 * k.vecs
	shift, out := k.shared("shift", typeI32), k.shared("inside out", typeI32)
	for _, t := range k.runs() {
		if !t.inside {
			k.pixels(t.at*k.geometry.StrideW-k.geometry.Left, t.size, 0, k.w, -1, t.at)
			continue
		}
		k.number((t.at*k.geometry.StrideW - k.geometry.Left) * step)
		k.set(shift)
		k.copyTo(out, k.out, t.at*step)
		k.repeat("tile", t.count, func() {
			k.pixels(0, t.size, 0, math.MaxInt, shift, out)
			k.advance(shift, t.size*k.geometry.StrideW*step)
			k.advance(out, t.size*step)
		})
	}
}

// pixels computes n neighbouring output pixels for all channels. origin is the column under the window's first column
// for the first pixel; columns outside [lo, hi) are left out. With shift (a local) the lines are read that far on and out
// is a local; otherwise out is the output column.
func (k *windowKernel) pixels(origin, n, lo, hi, shift, out int) {
	var from []int
	for r, line := range k.lines {
		p := k.shared(fmt.Sprint("from ", r), typeI32)
		from = append(from, p)
		k.get(line)
		if shift >= 0 {
			k.get(shift)
			k.op(opI32Add)
		}
		k.set(p)
	}
	to, w, b := k.shared("to", typeI32), k.shared("w", typeI32), k.shared("b", typeI32)
	if shift >= 0 {
		k.copyTo(to, out, 0)
	} else {
		k.copyTo(to, k.out, out*16*k.vecs)
	}
	k.copyTo(w, k.weights, 0)
	k.copyTo(b, k.bias, 0)
	divisors := k.divisors(origin, n, lo, hi)
	table := k.shared("bytes table", typeI32)
	if !k.results.inFloats() {
		k.copyTo(table, k.neutral+2, 0)
	}
	k.repeat("channel", k.vecs, func() {
		acc := k.start(n, b)
		for r := range from {
			k.line(from[r], w, r, origin, lo, hi, acc)
		}
		k.finish(to, table, acc, divisors)
		for _, p := range append(from, to) {
			k.advance(p, 16)
		}
		if k.kind == depthwise {
			k.advance(w, 16)
			k.advance(b, 16)
		}
	})
}

// start gives the accumulators their first values.
func (k *windowKernel) start(n, bias int) []int {
	acc := k.vectors("sum", n)
	if k.kind == maximum {
		for _, m := range k.vectors("strange", n) {
			k.constant(0)
			k.set(m)
		}
	}
	switch k.kind {
	case depthwise:
		k.load(bias, 0)
	case maximum:
		k.constant(float32(math.Inf(-1)))
	case average:
		k.constant(0)
	}
	k.set(acc[0])
	for _, a := range acc[1:] {
		k.get(acc[0])
		k.set(a)
	}
	return acc
}

// line takes in row r of the window for all pixels: each input column is read once.
func (k *windowKernel) line(from, w, r, origin, lo, hi int, acc []int) {
	g, pitch := k.geometry, 16*k.vecs
	var weights []int
	if k.kind == depthwise {
		weights = k.vectors("weight", g.KernelW)
		for i, local := range weights {
			k.load(w, (r*g.KernelW+i)*pitch)
			k.set(local)
		}
	}
	value, strange := k.shared("value", typeV128), k.shared("strange value", typeV128)
	last := origin + (len(acc)-1)*g.StrideW + (g.KernelW-1)*g.DilationW
	for column := max(origin, lo); column <= min(last, hi-1); column++ {
		loaded := false
		for t, sum := range acc {
			d := column - origin - t*g.StrideW
			if d < 0 || d%g.DilationW != 0 || d/g.DilationW >= g.KernelW {
				continue
			}
			if !loaded {
				k.load(from, column*pitch)
				k.set(value)
				if k.kind == maximum {
					k.get(value)
					k.get(value)
					k.vec(vecNe)
					k.set(strange)
				}
				loaded = true
			}
			switch k.kind {
			case depthwise:
				k.cfg.accumulate(k.function, sum, func() { k.get(value); k.get(weights[d/g.DilationW]) })
				continue
			case maximum:
				// f32x4.max takes V8 eight instructions, pmax one; but it can lose a NaN, so these are noted by themselves.
				k.get(sum)
				k.get(value)
				k.vec(vecPMax)
				k.set(sum)
				sum = k.vectors("strange", len(acc))[t]
				k.get(sum)
				k.get(strange)
				k.vec(vecOr)
			case average:
				k.get(sum)
				k.get(value)
				k.vec(vecAdd)
			}
			k.set(sum)
		}
	}
}

// divisors gives locals that hold what each pixel's sum is divided by.
func (k *windowKernel) divisors(origin, n, lo, hi int) []int {
	if k.kind != average {
		return nil
	}
	g := k.geometry
	out := k.vectors("divisor", n)
	for t, d := range out {
		columns := 0
		for i := range g.KernelW {
			if c := origin + t*g.StrideW + i*g.DilationW; c >= lo && c < hi {
				columns++
			}
		}
		if k.countPad {
			k.constant(float32(g.KernelH * g.KernelW))
			k.set(d)
			continue
		}
		// A window that lies wholly outside divides its sum of 0 by 1.
		k.get(k.count)
		k.number(max(columns, 1))
		k.op(opI32Mul)
		k.number(1)
		k.get(k.count)
		k.op(opSelect)
		k.op(opF32Convert)
		k.vec(vecSplatF32)
		k.set(d)
	}
	return out
}

func (k *windowKernel) finish(to, table int, acc, divisors []int) {
	residual := -1
	if k.residual {
		residual = k.shared("residual", typeI32)
		k.get(to)
		k.get(k.delta)
		k.op(opI32Add)
		k.set(residual)
	}
	for t, sum := range acc {
		at := t * 16 * k.vecs
		k.get(sum)
		if divisors != nil {
			k.get(divisors[t])
			k.vec(vecDiv)
		}
		if k.kind == maximum { // all bits set are a NaN
			k.get(k.vectors("strange", len(acc))[t])
			k.vec(vecOr)
		}
		if residual >= 0 {
			k.load(residual, at)
			k.vec(vecAdd)
		}
		k.end(k.function, k.cfg)
		k.set(sum)
		if k.results.inFloats() {
			k.store(to, at, sum, 4)
		}
	}
	if !k.results.inFloats() {
		k.cfg.Integers.storeWindow(k, to, table, acc)
		k.advance(table, 16)
	}
}
