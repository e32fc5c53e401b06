package grad

import (
	"slices"

	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/native"
)

// dense is a product of rows of the images with one matrix, and a bias for each column.
type dense struct {
	x, w, b, out *value // w is [depth, cols], or [cols, depth] if turned
	turned       bool
	alpha, beta  float32
	end          bounds

	weights, back native.Panels
	dw            []float32
}

func (d *dense) result() *value { return d.out }

func (d *dense) sizes() (rows, depth, cols int) {
	return d.x.shape[0], d.x.shape[1], d.out.shape[1]
}

// matrix is w as [depth, cols].
func (d *dense) matrix() native.Matrix {
	m := native.Dense(d.w.data, d.w.shape[0], d.w.shape[1])
	if d.turned {
		m = m.T()
	}
	return m
}

// scale multiplies x.
func (n *Net) scale(x []float32, by float32) {
	if by != 1 {
		n.kernels.Affine(x, by, 0)
	}
}

func (d *dense) forward(n *Net) {
	each, depth, cols := d.sizes()
	rows := n.images * each
	d.weights.Reset(depth, cols)
	d.weights.Set(0, d.matrix())
	end := native.Ending{Lo: unbounded.lo, Hi: unbounded.hi}
	if d.alpha == 1 {
		end.Lo, end.Hi = d.end.lo, d.end.hi
		d.weights.SetBias(d.bias(cols))
	}
	d.product(n, d.out.data, d.x.data, rows, depth, cols, &d.weights, end)
	if d.alpha == 1 {
		return
	}
	bias := native.Table{Data: d.bias(cols), Step: 0}
	factor := slices.Repeat([]float32{d.alpha}, cols)
	out := native.Table{Data: d.out.data, Step: cols}
	n.kernels.Scale(out, out, factor, bias.Data, rows, d.end.lo, d.end.hi)
}

// bias is beta*b for every column.
func (d *dense) bias(cols int) []float32 {
	bias := make([]float32, cols)
	for i := range bias {
		if d.b != nil {
			bias[i] = d.beta * d.b.data[i%d.b.size]
		}
	}
	return bias
}

// product shares the rows out.
func (d *dense) product(n *Net, to, x []float32, rows, depth, cols int, w *native.Panels, end native.Ending) {
	each := 8 * native.Rows
	n.team.each((rows+each-1)/each, func(_, i int) {
		from := i * each
		count := min(each, rows-from)
		a := native.Matrix{Data: x[from*depth:], Rows: count, Cols: depth, Row: depth, Col: 1}
		c := native.Matrix{Data: to[from*cols:], Rows: count, Cols: cols, Row: cols, Col: 1}
		n.kernels.Product(c, a, w, end)
	})
}

func (d *dense) backward(n *Net) {
	each, depth, cols := d.sizes()
	rows, dy := n.images*each, d.out.grad
	n.gate(d.end, d.out)
	if wanted(d.b) {
		partial := make([]float32, bandCount(rows, cols)*cols)
		n.bands(rows, cols, func(_, band, from, to int) {
			n.kernels.Sums(partial[band*cols:][:cols], native.Table{Data: dy[from*cols:], Step: cols}, to-from)
		})
		g := n.adding(d.b)
		for i, s := range totals(partial, cols) {
			g[i%d.b.size] += d.beta * float32(s)
		}
	}
	if d.w.needs {
		d.weightGradient(n, rows, depth, cols)
	}
	if d.x.needs {
		d.back.Reset(cols, depth)
		d.back.Set(0, d.matrix().T())
		n.scale(dy[:rows*cols], d.alpha)
		g, add := n.into(d.x)
		d.product(n, g, dy, rows, cols, depth, &d.back, native.Ending{Add: add, Lo: unbounded.lo, Hi: unbounded.hi})
	}
}

// weightGradient shares out the weights, so that each sum is one thread's.
func (d *dense) weightGradient(n *Net, rows, depth, cols int) {
	size := depth * cols
	if d.dw == nil {
		d.dw = make([]float32, size+native.Slack)
	}
	clear(d.dw)
	x, dy := native.Dense(d.x.data, rows, depth), native.Dense(d.out.grad, rows, cols)
	if d.turned { // the gradient lies as the weights do
		x, dy = dy, x
	}
	wide := dy.Cols
	each := max((x.Cols/(4*len(n.team.scratch))+native.Rows-1)/native.Rows, 1) * native.Rows
	n.team.each((x.Cols+each-1)/each, func(_, i int) {
		from := i * each
		count := min(each, x.Cols-from)
		a := native.Matrix{Data: x.Data[from:], Rows: rows, Cols: count, Row: x.Row, Col: 1}
		c := native.Matrix{Data: d.dw[from*wide:], Rows: count, Cols: wide, Row: wide, Col: 1}
		n.kernels.AddTransposed(c, a, dy)
	})
	n.scale(d.dw[:size], d.alpha)
	n.add(n.adding(d.w), d.dw, size)
}

// matMul is a product of matrices in the last two axes of any two tensors, image by image: attention, and products with the
// weights on the left.
type matMul struct {
	x, y, out      *value
	transX, transY bool
	alpha          float32
}

func (m *matMul) result() *value { return m.out }

// pairs calls visit for each pair of matrices of an image, copied row-major: of x and y as they are multiplied, and where in the
// result's row-major order theirs lies.
type matrices struct {
	rows, depth, cols int
	x, y              []int // where each matrix begins, by pair, in a row-major copy
}

func (m *matMul) plan() matrices {
	as := func(shape []int, front bool) []int {
		if len(shape) > 1 {
			return shape
		}
		if front {
			return []int{1, shape[0]}
		}
		return []int{shape[0], 1}
	}
	xs, ys := as(m.x.shape, true), as(m.y.shape, false)
	p := matrices{rows: xs[len(xs)-2], depth: xs[len(xs)-1], cols: ys[len(ys)-1]}
	if m.transX {
		p.rows, p.depth = p.depth, p.rows
	}
	if m.transY {
		p.cols = ys[len(ys)-2]
	}
	rank := max(len(xs), len(ys)) - 2
	batch := make([]int, rank+1)
	for i := range rank {
		batch[i] = 1
		for _, s := range [][]int{xs, ys} {
			if k := i - rank + len(s) - 2; k >= 0 {
				batch[i] = max(batch[i], s[k])
			}
		}
	}
	batch[rank] = 1
	sx := append(layout.Broadcast(xs, rank+2)[:rank], 0)
	sy := append(layout.Broadcast(ys, rank+2)[:rank], 0)
	layout.Walk(batch, [][]int{sx, sy}, func(_ int, from []int) {
		p.x, p.y = append(p.x, from[0]), append(p.y, from[1])
	})
	return p
}

// views gives pair k of an image as matrices, of row-major copies.
func (m *matMul) views(p matrices, k int, x, y, out []float32) (a, b, c native.Matrix) {
	a = native.Dense(x[p.x[k]:], p.rows, p.depth)
	if m.transX {
		a = native.Dense(x[p.x[k]:], p.depth, p.rows).T()
	}
	b = native.Dense(y[p.y[k]:], p.depth, p.cols)
	if m.transY {
		b = native.Dense(y[p.y[k]:], p.cols, p.depth).T()
	}
	return a, b, native.Dense(out[k*p.rows*p.cols:], p.rows, p.cols)
}

func (m *matMul) forward(n *Net) {
	p := m.plan()
	n.team.each(n.count(m.out), func(worker, i int) {
		x, y := n.team.memory(worker, 0, m.x.size), n.team.memory(worker, 1, m.y.size)
		out := n.team.memory(worker, 2, m.out.size)
		m.x.toRows(x, m.x.at(i))
		m.y.toRows(y, m.y.at(i))
		for k := range p.x {
			a, b, c := m.views(p, k, x, y, out)
			n.kernels.Multiply(c, a, b, false)
		}
		n.scale(out[:m.out.size], m.alpha)
		m.out.fromRows(m.out.at(i), out)
	})
}

func (m *matMul) backward(n *Net) {
	p := m.plan()
	side := func(v *value, of func(a, b, dc native.Matrix) (da, left, right native.Matrix)) {
		if !v.needs {
			return
		}
		g := n.adding(v)
		image := func(worker, i int) {
			x, y := n.team.memory(worker, 0, m.x.size), n.team.memory(worker, 1, m.y.size)
			dy, dv := n.team.memory(worker, 2, m.out.size), n.team.memory(worker, 3, v.size)
			m.x.toRows(x, m.x.at(i))
			m.y.toRows(y, m.y.at(i))
			m.out.toRows(dy, m.out.part(m.out.grad, i))
			n.scale(dy[:m.out.size], m.alpha)
			clear(dv[:v.size])
			for k := range p.x {
				var to, left, right native.Matrix
				if v == m.x {
					_, b, dc := m.views(p, k, x, y, dy)
					a, _, _ := m.views(p, k, dv, y, dy)
					to, left, right = of(a, b, dc)
				} else {
					a, _, dc := m.views(p, k, x, y, dy)
					_, b, _ := m.views(p, k, x, dv, dy)
					to, left, right = of(b, a, dc)
				}
				n.kernels.Multiply(to, left, right, true)
			}
			v.addRows(v.part(g, i), dv)
		}
		if v.batched {
			n.team.each(n.images, image)
			return
		}
		for i := range n.count(m.out) {
			image(0, i)
		}
	}
	// d(X) = dC * Y', d(Y) = X' * dC; where the operand is transposed, so is its gradient, to have rows of neighbours.
	side(m.x, func(da, b, dc native.Matrix) (to, left, right native.Matrix) {
		if m.transX {
			return da.T(), b, dc.T()
		}
		return da, dc, b.T()
	})
	side(m.y, func(db, a, dc native.Matrix) (to, left, right native.Matrix) {
		if m.transY {
			return db.T(), dc.T(), a
		}
		return db, a.T(), dc
	})
}

// addRows adds x, row-major, to one image of a gradient of v.
func (v *value) addRows(to, x []float32) {
	at := 0
	layout.Walk(v.shape, [][]int{v.strides}, func(_ int, from []int) {
		step, n := 1, 1
		if len(v.shape) > 0 {
			step, n = v.strides[len(v.shape)-1], v.shape[len(v.shape)-1]
		}
		for i := range n {
			to[from[0]+i*step] += x[at]
			at++
		}
	})
}
