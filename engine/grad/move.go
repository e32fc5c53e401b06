package grad

import (
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
)

// move copies numbers from one or several tensors: Reshape, Transpose, Slice, Split, Expand, Gather, Pad, Concat, Shuffle.
type move struct {
	parts []part
	out   *value
	fill  float32
	holes bool // some numbers of the result are fill
}

// part is what comes from one tensor.
type part struct {
	from *value
	runs []run
}

// run is a list of neighbours that stay neighbours.
type run struct{ to, from, count int32 }

func (m *move) result() *value { return m.out }

// origin says where the number at index of a result comes from: a part, and the place in it; part -1 is the fill.
type origin func(index []int) (part, at int)

// newMove finds the runs of a move.
func newMove(out *value, from []*value, where origin, fill float32) *move {
	m := &move{out: out, fill: fill}
	for _, v := range from {
		m.parts = append(m.parts, part{from: v})
	}
	index, axes := make([]int, len(out.shape)), out.axes()
	for to := range out.size {
		k, at := where(index)
		if k < 0 {
			m.holes = true
		} else {
			p := &m.parts[k]
			if last := len(p.runs) - 1; last >= 0 && p.runs[last].to+p.runs[last].count == int32(to) && p.runs[last].from+p.runs[last].count == int32(at) {
				p.runs[last].count++
			} else {
				p.runs = append(p.runs, run{int32(to), int32(at), 1})
			}
		}
		for i := len(axes) - 1; i >= 0; i-- {
			a := axes[i]
			if index[a]++; index[a] < out.shape[a] {
				break
			}
			index[a] = 0
		}
	}
	return m
}

func dot(index, strides []int) int {
	sum := 0
	for i, v := range index {
		sum += v * strides[i]
	}
	return sum
}

// moving gives the origin of each number of a step that only moves, nil for another step.
func moving(s *graph.Step, out *value, from []*value) origin {
	x := from[0]
	switch s.Op {
	case "Reshape":
		rows := layout.Strides(out.shape)
		return func(index []int) (int, int) {
			at, rest := 0, dot(index, rows)
			for i := len(x.shape) - 1; i >= 0; i-- {
				at += rest % x.shape[i] * x.strides[i]
				rest /= x.shape[i]
			}
			return 0, at
		}
	case "View":
		strides, base := s.Reading(x.strides)
		return func(index []int) (int, int) { return 0, base + dot(index, strides) }
	case "Gather":
		return func(index []int) (int, int) {
			at := 0
			for i, v := range index {
				if s.Tables[i] != nil {
					v = s.Tables[i][v]
				}
				at += v * x.strides[i]
			}
			return 0, at
		}
	case "Shuffle":
		each := x.shape[1] / s.Geometry.Group // channel i*each+j goes to j*group+i
		return func(index []int) (int, int) {
			c := index[1]
			return 0, dot(index, x.strides) + (c%s.Geometry.Group*each+c/s.Geometry.Group-c)*x.strides[1]
		}
	case "Concat":
		return func(index []int) (int, int) {
			axis := s.Axes[0]
			k, at := 0, index[axis]
			for ; at >= from[k].shape[axis]; k++ {
				at -= from[k].shape[axis]
			}
			return k, dot(index, from[k].strides) + (at-index[axis])*from[k].strides[axis]
		}
	case "Pad":
		return func(index []int) (int, int) {
			at := 0
			for i, v := range index {
				v -= s.Starts[i]
				if v < 0 || v%s.Strides[i] != 0 || v/s.Strides[i] >= x.shape[i] {
					return -1, 0
				}
				at += v / s.Strides[i] * x.strides[i]
			}
			return 0, at
		}
	}
	return nil
}

func (m *move) forward(n *Net) {
	n.team.each(n.count(m.out), func(_, i int) {
		out := m.out.at(i)[:m.out.size]
		if m.holes {
			for k := range out {
				out[k] = m.fill
			}
		}
		for _, p := range m.parts {
			x := p.from.at(i)
			for _, r := range p.runs {
				if r.count == 1 {
					out[r.to] = x[r.from]
					continue
				}
				copy(out[r.to:r.to+r.count], x[r.from:])
			}
		}
	})
}

func (m *move) backward(n *Net) {
	for _, p := range m.parts {
		if !p.from.needs {
			continue
		}
		g := n.adding(p.from)
		image := func(_, i int) {
			dy, to := m.out.part(m.out.grad, i), p.from.part(g, i)
			for _, r := range p.runs {
				line := to[r.from : r.from+r.count]
				for k, v := range dy[r.to : r.to+r.count] {
					line[k] += v
				}
			}
		}
		if p.from.batched {
			n.team.each(n.images, image)
			continue
		}
		for i := range n.count(m.out) {
			image(0, i)
		}
	}
}
