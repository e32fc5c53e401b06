package grad

import (
	"github.com/irum-app/irum/engine/native"
)

// blockFloats is how large a gathered block of rows may be, in floats: it stays in the second cache beside what is made of it.
const blockFloats = 48 << 10

// blockRows is how many results are computed together: whole tiles.
func (f *frame) blockRows() int {
	return min(max(blockFloats/f.depth()/native.Rows, 1), 32) * native.Rows
}

// blocks calls run for parts of the results of all images.
func (n *Net) blocks(f *frame, run func(worker, from, rows int)) {
	total, each := n.images*f.area(), f.blockRows()
	n.team.each((total+each-1)/each, func(worker, i int) {
		run(worker, i*each, min(each, total-i*each))
	})
}

// convolve sets to to the convolution of x by weights, panels of one group after another.
func (n *Net) convolve(f *frame, to, x []float32, weights []native.Panels, end native.Ending) {
	depth, outs := f.depth(), f.outs()
	n.blocks(f, func(worker, from, rows int) {
		for g := range f.group {
			a := native.Matrix{Rows: rows, Cols: depth, Row: depth, Col: 1}
			if f.direct() {
				a.Data, a.Row = x[from*f.inC+g*depth:], f.inC
			} else {
				a.Data = n.team.memory(worker, 0, rows*depth)
				f.gather(a.Data, x, g, 0, f.taps(), from, rows)
			}
			c := native.Matrix{Data: to[from*f.outC+g*outs:], Rows: rows, Cols: outs, Row: f.outC, Col: 1}
			n.kernels.Product(c, a, &weights[g], end)
		}
	})
}

// spread adds to dx, the gradient of the image, what that of the result, dy, gives it. weights are the transposed ones.
func (n *Net) spread(f *frame, dx, dy []float32, weights []native.Panels) {
	depth, outs := f.depth(), f.outs()
	size, each := f.inH*f.inW*f.inC, f.blockRows()
	lo, hi := native.Unbounded()
	end := native.Ending{Lo: lo, Hi: hi}
	add := func(to, x []float32) { n.kernels.Binary(native.Add, to, to, x, lo, hi) }
	n.team.each(n.images, func(worker, i int) {
		rows := native.Matrix{Data: n.team.memory(worker, 0, each*depth), Cols: depth, Row: depth, Col: 1}
		for from := 0; from < f.area(); from += each {
			rows.Rows = min(each, f.area()-from)
			for g := range f.group {
				a := native.Matrix{Data: dy[(i*f.area()+from)*f.outC+g*outs:], Rows: rows.Rows, Cols: outs, Row: f.outC, Col: 1}
				n.kernels.Product(rows, a, &weights[g], end)
				f.scatter(dx[i*size:][:size], rows.Data, g, from, rows.Rows, add)
			}
		}
	})
}

// correlate adds to dw, [group][taps*ins][outs], the gradient of the weights: for each of them the sum of the products of what it
// was multiplied with and the gradient of what it went into.
func (n *Net) correlate(f *frame, dw, x, dy []float32) {
	ins, outs, depth := f.ins(), f.outs(), f.depth()
	// Threads share out the weights, so that each sum is one thread's and its order always the same.
	unit, units := depth, 1
	if len(n.team.scratch) > 1 {
		switch {
		case f.taps() > 1 && ins >= 16:
			unit = ins
		case f.taps() > 1:
			unit = f.kW * ins
		case f.direct():
			unit = max((ins/(2*len(n.team.scratch))+native.Rows-1)/native.Rows, 1) * native.Rows
		}
		units = (depth + unit - 1) / unit
	}
	total, each := n.images*f.area(), f.blockRows()
	n.team.each(f.group*units, func(worker, i int) {
		g, first := i/units, i%units*unit
		width := min(unit, depth-first)
		for from := 0; from < total; from += each {
			rows := min(each, total-from)
			a := native.Matrix{Rows: rows, Cols: width, Row: width, Col: 1}
			if f.direct() {
				a.Data, a.Row = x[from*f.inC+g*ins+first:], f.inC
			} else {
				a.Data = n.team.memory(worker, 0, rows*width)
				f.gather(a.Data, x, g, first/ins, (first+width)/ins, from, rows)
			}
			b := native.Matrix{Data: dy[from*f.outC+g*outs:], Rows: rows, Cols: outs, Row: f.outC, Col: 1}
			c := native.Matrix{Data: dw[(g*depth+first)*outs:], Rows: width, Cols: outs, Row: outs, Col: 1}
			n.kernels.AddTransposed(c, a, b)
		}
	})
}

// The four ways to lay out weights w, [M, C/group, kH, kW], for products. Those of a transposed convolution, [C, M/group, kH, kW],
// are the weights of the convolution that goes the other way.

// forwardPanels are [taps*ins][outs] of each group.
func (f *frame) forwardPanels(p []native.Panels, w []float32) {
	taps, ins, outs := f.taps(), f.ins(), f.outs()
	for g := range p {
		p[g].Reset(taps*ins, outs)
		for t := range taps {
			p[g].Set(t*ins, native.Matrix{Data: w[g*outs*ins*taps+t:], Rows: ins, Cols: outs, Row: taps, Col: ins * taps})
		}
	}
}

// turnedPanels are [taps*outs][ins] of each group, the last tap first: the weights of the turned frame.
func (f *frame) turnedPanels(p []native.Panels, w []float32) {
	taps, ins, outs := f.taps(), f.ins(), f.outs()
	for g := range p {
		p[g].Reset(taps*outs, ins)
		for t := range taps {
			p[g].Set((taps-1-t)*outs, native.Matrix{Data: w[g*outs*ins*taps+t:], Rows: outs, Cols: ins, Row: ins * taps, Col: taps})
		}
	}
}

// spreadPanels are [outs][taps*ins] of each group.
func (f *frame) spreadPanels(p []native.Panels, w, scratch []float32) {
	taps, ins, outs := f.taps(), f.ins(), f.outs()
	for g := range p {
		p[g].Reset(outs, taps*ins)
		lines := scratch[:outs*taps*ins]
		for o := range outs {
			from := w[(g*outs+o)*ins*taps:]
			for t := range taps {
				to := lines[(o*taps+t)*ins:][:ins]
				for i := range to {
					to[i] = from[i*taps+t]
				}
			}
		}
		p[g].Set(0, native.Dense(lines, outs, taps*ins))
	}
}

// collect adds dw, as correlate made it, times factor (one for each output, nil for 1) to the gradient of weights
// [M, C/group, kH, kW].
func (f *frame) collect(grad, dw, factor []float32) {
	taps, ins, outs := f.taps(), f.ins(), f.outs()
	for m := range f.outC {
		g, o := m/outs, m%outs
		k := float32(1)
		if factor != nil {
			k = factor[m]
		}
		to := grad[m*ins*taps:][:ins*taps]
		for t := range taps {
			at := (g*taps*ins+t*ins)*outs + o
			for i := t; i < len(to); i += taps {
				to[i] += dw[at] * k
				at += outs
			}
		}
	}
}
