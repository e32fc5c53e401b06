package native

import "sync"

// Matrix is a view of numbers: element (i, j) is Data[i*Row + j*Col]. A transposed matrix has its steps exchanged.
type Matrix struct {
	Data       []float32
	Rows, Cols int
	Row, Col   int // steps in floats
}

// Dense gives the view of a matrix whose rows lie one after another.
func Dense(data []float32, rows, cols int) Matrix {
	return Matrix{data, rows, cols, cols, 1}
}

// T gives m transposed, of the same numbers.
func (m Matrix) T() Matrix { return Matrix{m.Data, m.Cols, m.Rows, m.Col, m.Row} }

// Blocks of a product: so much of the sum goes over a panel of B that stays in the first cache and rows of A that stay in the
// second.
const (
	blockDepth = 256
	blockRows  = 32 * Rows
)

// packed is the scratch memory of a product.
type packed struct {
	a, b []float32
	tile [Rows * Columns]float32
}

var packs = sync.Pool{New: func() any { return new(packed) }}

// Multiply sets c to a*b, or adds a*b to c. c has rows of neighbouring numbers (Col 1), and shares none with a and b. It panics
// if the shapes do not go together. Calls may run side by side on other rows of one c.
func (k Kernels) Multiply(c, a, b Matrix, add bool) {
	if a.Cols != b.Rows || c.Rows != a.Rows || c.Cols != b.Cols || (c.Col != 1 && c.Cols > 1) {
		panic("native: matrices of shapes that do not go together")
	}
	if c.Rows == 0 || c.Cols == 0 {
		return
	}
	if a.Cols == 0 {
		for i := 0; !add && i < c.Rows; i++ {
			clear(c.Data[i*c.Row:][:c.Cols])
		}
		return
	}
	p := packs.Get().(*packed)
	defer packs.Put(p)
	for from := 0; from < a.Cols; from += blockDepth {
		depth := min(blockDepth, a.Cols-from)
		p.b = b.panels(p.b, from, depth)
		for row := 0; row < a.Rows; row += blockRows {
			rows := min(blockRows, a.Rows-row)
			left, step := a.block(p, row, from, rows, depth)
			for col := 0; col < c.Cols; col += Columns {
				k.panel(p, c, row, col, rows, depth, left, step, add || from > 0)
			}
		}
	}
}

// panels lays out the rows [from, from+depth) of m in panels of Columns columns, the last filled up with zeros.
func (m Matrix) panels(to []float32, from, depth int) []float32 {
	size := (m.Cols+Columns-1)/Columns*Columns*depth + Slack
	if cap(to) < size {
		to = make([]float32, size)
	}
	to = to[:size]
	at := 0
	for col := 0; col < m.Cols; col += Columns {
		n := min(Columns, m.Cols-col)
		for i := range depth {
			line, source := to[at:][:Columns], m.Data[(from+i)*m.Row+col*m.Col:]
			if m.Col == 1 {
				copy(line, source[:n])
			} else {
				for j := range n {
					line[j] = source[j*m.Col]
				}
			}
			clear(line[n:])
			at += Columns
		}
	}
	return to
}

// block gives a part of m in rows of neighbouring numbers step apart: as it is, if it lies so.
func (m Matrix) block(p *packed, row, col, rows, cols int) (data []float32, step int) {
	if m.Col == 1 || cols == 1 {
		return m.Data[row*m.Row+col*m.Col:], m.Row
	}
	if size := blockRows * blockDepth; len(p.a) < size {
		p.a = make([]float32, size)
	}
	for i := range cols {
		source := m.Data[row*m.Row+(col+i)*m.Col:]
		for r := range rows {
			p.a[r*cols+i] = source[r*m.Row]
		}
	}
	return p.a, cols
}

var none [Columns]float32

// panel computes rows of one panel of c.
func (k Kernels) panel(p *packed, c Matrix, row, col, rows, depth int, left []float32, step int, add bool) {
	t := Tile{ColA: step, ColC: c.Row, Outer: 1, Middle: 1, Inner: depth, StrideB: Columns}
	t.Lo, t.Hi = Unbounded()
	b := p.b[col*depth:]
	whole := c.Cols-col >= Columns
	for done := 0; done < rows; {
		size := min(Rows, rows-done)
		t.Count = 1
		if whole {
			t.Count = (rows - done) / size
		}
		a, to := left[done*step:], c.Data[(row+done)*c.Row+col:]
		switch {
		case whole && add:
			k.Tiles(&t, size, true, a, b, none[:], to, to)
		case whole:
			k.Tiles(&t, size, true, a, b, none[:], to, nil)
		default:
			part := t
			part.ColC = Columns
			k.Tiles(&part, size, true, a, b, none[:], p.tile[:], nil)
			for r := range size {
				line := to[r*c.Row:][:c.Cols-col]
				for i, v := range p.tile[r*Columns:][:len(line)] {
					if add {
						v += line[i]
					}
					line[i] = v
				}
			}
		}
		done += size * t.Count
	}
}
