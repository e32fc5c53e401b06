package graph

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/layout"
)

func gemmNode(c *call) error {
	if err := c.exactly(2); err != nil {
		return err
	}
	x, w := c.value(0).Shape, c.value(1).Shape
	if len(x) != 2 || len(w) != 2 {
		return fmt.Errorf("it multiplies %v and %v, which are not two matrices", x, w)
	}
	s := Step{Op: "Gemm", In: c.in[:2], Alpha: c.Float("alpha", 1), Beta: c.Float("beta", 1)}
	s.TransA, s.TransB = c.Int("transA", 0) != 0, c.Int("transB", 0) != 0
	rows, k, k2, cols := x[0], x[1], w[0], w[1]
	if s.TransA {
		rows, k = k, rows
	}
	if s.TransB {
		k2, cols = cols, k2
	}
	if k != k2 {
		return fmt.Errorf("matrices %v and %v do not fit", x, w)
	}
	if bias := c.value(2); bias != nil {
		if out, err := broadcast(bias.Shape, []int{rows, cols}); err != nil || !slices.Equal(out, []int{rows, cols}) {
			return fmt.Errorf("the bias %v does not fit [%d %d]", bias.Shape, rows, cols)
		}
		s.In = c.in[:3]
	}
	return c.emit(s, []int{rows, cols})
}

// matMulNode multiplies matrices in the last two axes; the axes before are repeated like those of a sum. With one matrix
// on the right it is a Gemm over all rows of the left.
func matMulNode(c *call) error {
	if err := c.exactly(2); err != nil {
		return err
	}
	x, w := c.value(0).Shape, c.value(1).Shape
	if len(x) == 0 || len(w) == 0 {
		return fmt.Errorf("it multiplies %v and %v: matrices are expected", x, w)
	}
	left, right := x, w // as matrices
	if len(x) == 1 {
		left = []int{1, x[0]}
	}
	if len(w) == 1 {
		right = []int{w[0], 1}
	}
	rows, depth, cols := left[len(left)-2], left[len(left)-1], right[len(right)-1]
	if right[len(right)-2] != depth {
		return fmt.Errorf("matrices %v and %v do not fit", x, w)
	}
	batch, err := broadcast(left[:len(left)-2], right[:len(right)-2])
	if err != nil {
		return err
	}
	shape := slices.Clone(batch)
	if len(x) > 1 {
		shape = append(shape, rows)
	}
	if len(w) > 1 {
		shape = append(shape, cols)
	}
	s := Step{Op: "MatMul", In: c.in[:2], Alpha: 1, Beta: 1}
	if len(right) != 2 {
		return c.emit(s, shape)
	}
	s.Op = "Gemm"
	// The executors see two matrices.
	if total := product(x[:len(x)-1]...); len(left) > 2 || len(x) == 1 {
		if s.In[0], err = c.reshaped(c.in[0], []int{total, depth}); err != nil {
			return err
		}
		rows = total
	}
	if len(w) == 1 {
		if s.In[1], err = c.reshaped(c.in[1], right); err != nil {
			return err
		}
	}
	if slices.Equal(shape, []int{rows, cols}) {
		return c.emit(s, shape)
	}
	out, err := c.inner(s, []int{rows, cols})
	if err != nil {
		return err
	}
	return c.emit(Step{Op: "Reshape", In: []int{out}}, shape)
}

// reshaped gives value i in another shape of as many elements.
func (c *call) reshaped(i int, shape []int) (int, error) {
	if slices.Equal(c.b.net.Values[i].Shape, shape) {
		return i, nil
	}
	if product(shape...) != layout.Len(c.b.net.Values[i].Shape) {
		return 0, fmt.Errorf("%v cannot become %v", c.b.net.Values[i].Shape, shape)
	}
	return c.inner(Step{Op: "Reshape", In: []int{i}}, shape)
}
