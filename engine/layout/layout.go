// Package layout does the index arithmetic of row-major tensors: what package graph folds constants with and the portable
// executor runs.
package layout

// Len is the number of elements of a shape.
func Len(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Strides gives the distance between neighbours along each axis, in elements.
func Strides(shape []int) []int {
	out := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = step
		step *= shape[i]
	}
	return out
}

// Broadcast gives the strides of shape seen as an operand of rank dimensions: 0 along an axis that is repeated.
func Broadcast(shape []int, rank int) []int {
	out := make([]int, rank)
	for i, s := range Strides(shape) {
		if shape[i] != 1 {
			out[i+rank-len(shape)] = s
		}
	}
	return out
}

// Walk visits every run along the last axis of shape: at is where the run begins in row-major order, and from where it
// begins in each of the tensors that are read, by their strides. A shape without axes is one run of one element.
func Walk(shape []int, strides [][]int, visit func(at int, from []int)) {
	if Len(shape) == 0 {
		return
	}
	from := make([]int, len(strides))
	if len(shape) == 0 {
		visit(0, from)
		return
	}
	last := len(shape) - 1
	counter := make([]int, last)
	for at := 0; ; at += shape[last] {
		visit(at, from)
		axis := last - 1
		for ; axis >= 0; axis-- {
			counter[axis]++
			for k, s := range strides {
				from[k] += s[axis]
			}
			if counter[axis] < shape[axis] {
				break
			}
			for k, s := range strides {
				from[k] -= s[axis] * shape[axis]
			}
			counter[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}

// run is the length of a run and the step along it.
func run(shape, strides []int) (n, step int) {
	if len(shape) == 0 {
		return 1, 0
	}
	return shape[len(shape)-1], strides[len(shape)-1]
}

// Copy fills out, which has the given shape, from in: element (i, j, ...) comes from base + i*strides[0] + j*strides[1] + ...
func Copy[T any](out, in []T, shape, strides []int, base int) {
	n, step := run(shape, strides)
	Walk(shape, [][]int{strides}, func(at int, from []int) {
		line, source := out[at:at+n], base+from[0]
		if step == 1 {
			copy(line, in[source:])
			return
		}
		for i := range line {
			line[i] = in[source]
			source += step
		}
	})
}

// Scatter writes in, which has the given shape, into out at the places that Copy would read.
func Scatter[T any](out, in []T, shape, strides []int, base int) {
	n, step := run(shape, strides)
	Walk(shape, [][]int{strides}, func(at int, to []int) {
		line, target := in[at:at+n], base+to[0]
		if step == 1 {
			copy(out[target:], line)
			return
		}
		for _, v := range line {
			out[target] = v
			target += step
		}
	})
}

// Combine sets out, which has the given shape, to f of x and y, repeated where their shapes ask for it.
func Combine[T any](out, x, y []T, shape, xShape, yShape []int, f func(a, b T) T) {
	sx, sy := Broadcast(xShape, len(shape)), Broadcast(yShape, len(shape))
	n, stepX := run(shape, sx)
	_, stepY := run(shape, sy)
	Walk(shape, [][]int{sx, sy}, func(at int, from []int) {
		a, b := from[0], from[1]
		for i := range n {
			out[at+i] = f(x[a], y[b])
			a, b = a+stepX, b+stepY
		}
	})
}

// Concat joins parts along an axis; partShapes differ in that axis alone.
func Concat[T any](out []T, shape []int, axis int, parts [][]T, partShapes [][]int) {
	inner := Len(shape[axis+1:])
	row, at := shape[axis]*inner, 0
	for k, part := range parts {
		n := partShapes[k][axis] * inner
		for i := 0; n > 0 && i*row < len(out); i++ {
			copy(out[i*row+at:i*row+at+n], part[i*n:])
		}
		at += n
	}
}

// Gather fills out, which has the given shape, from in of inShape: index i along an axis comes from table[i] where the
// axis has a table, and from i where it has none.
func Gather[T any](out, in []T, shape, inShape []int, tables [][]int) {
	strides := Strides(inShape)
	counter := make([]int, len(shape))
	at := func(axis, i int) int {
		if tables[axis] != nil {
			i = tables[axis][i]
		}
		return i * strides[axis]
	}
	if len(out) == 0 {
		return
	}
	last := len(shape) - 1
	for done := 0; done < len(out); done += shape[last] {
		base := 0
		for axis := range last {
			base += at(axis, counter[axis])
		}
		for i := range shape[last] {
			out[done+i] = in[base+at(last, i)]
		}
		for axis := last - 1; axis >= 0; axis-- {
			counter[axis]++
			if counter[axis] < shape[axis] {
				break
			}
			counter[axis] = 0
		}
	}
}
