package native

// Panels is the right side of products, laid out once for many left sides: panels of Columns columns, whose depth is cut into
// blocks. The zero value is empty.
type Panels struct {
	rows, cols int
	data, bias []float32
}

// depthBlock is how deep a block of panels of that depth is: as near to blockDepth as equal blocks allow.
func depthBlock(rows int) int {
	blocks := max((rows+blockDepth/2)/blockDepth, 1)
	return max((rows+blocks-1)/blocks, 1)
}

// padded is n rounded up to whole panels.
func padded(n int) int { return (n + Columns - 1) / Columns * Columns }

// Reset makes p a matrix of rows x cols without bias, whose numbers Set is to write.
func (p *Panels) Reset(rows, cols int) {
	p.rows, p.cols = rows, cols
	size := rows*padded(cols) + Slack
	if cap(p.data) < size {
		p.data = make([]float32, size)
	}
	p.data = p.data[:size]
	if cap(p.bias) < padded(cols) {
		p.bias = make([]float32, padded(cols))
	}
	p.bias = p.bias[:padded(cols)]
	clear(p.bias)
}

// SetBias makes every product begin with bias, one number for each column.
func (p *Panels) SetBias(bias []float32) { copy(p.bias[:p.cols], bias) }

// Set writes m as the rows [row, row+m.Rows). It panics if m is not as wide as p.
func (p *Panels) Set(row int, m Matrix) {
	if m.Cols != p.cols || row+m.Rows > p.rows {
		panic("native: a matrix that does not fit the panels")
	}
	block := depthBlock(p.rows)
	for done := 0; done < m.Rows; {
		from := (row + done) / block * block
		depth := min(block, p.rows-from)
		n := min(m.Rows-done, from+depth-row-done)
		for col := 0; col < m.Cols; col += Columns {
			to := p.data[from*padded(p.cols)+col*depth+(row+done-from)*Columns:][:n*Columns]
			panel(to, m, done, col)
		}
		done += n
	}
}

// panel writes rows of m from one row on, the columns from col on, filled up with zeros.
func panel(to []float32, m Matrix, row, col int) {
	n := min(Columns, m.Cols-col)
	for at := 0; at < len(to); at += Columns {
		line, source := to[at:][:Columns], m.Data[row*m.Row+col*m.Col:]
		if m.Col == 1 {
			copy(line, source[:n])
		} else {
			for j := range n {
				line[j] = source[j*m.Col]
			}
		}
		clear(line[n:])
		row++
	}
}

// Ending is what Product does with its sums: they are added to what the result held, and bounded.
type Ending struct {
	Add    bool
	Lo, Hi float32
}

// Product sets c to a*b plus b's bias, as o says; with o.Add the bias is left out. c and a have rows of neighbouring numbers
// (Col 1), and c shares none with the others. a's memory is read up to Slack floats behind its end. Calls may run side by side on
// other rows of one c. The sums do not depend on which rows are computed together.
func (k Kernels) Product(c, a Matrix, b *Panels, o Ending) {
	if a.Cols != b.rows || c.Rows != a.Rows || c.Cols != b.cols {
		panic("native: matrices of shapes that do not go together")
	}
	if b.rows == 0 {
		k.empty(c, b, o)
		return
	}
	block := depthBlock(b.rows)
	var scratch [Rows * Columns]float32
	for row := 0; row < c.Rows; row += blockRows {
		rows := min(blockRows, c.Rows-row)
		for from := 0; from < b.rows; from += block {
			depth := min(block, b.rows-from)
			t := Tile{ColA: a.Row, ColC: c.Row, Outer: 1, Middle: 1, Inner: depth, StrideB: Columns}
			t.Lo, t.Hi = Unbounded()
			if from+depth == b.rows {
				t.Lo, t.Hi = o.Lo, o.Hi
			}
			left := a.Data[row*a.Row+from:]
			for col := 0; col < c.Cols; col += Columns {
				right := b.data[from*padded(b.cols)+col*depth:]
				bias := b.bias[col:]
				if o.Add || from > 0 {
					bias = none[:]
				}
				k.strip(t, c, row, col, rows, left, right, bias, o.Add || from > 0, &scratch)
			}
		}
	}
}

// empty is a product of no depth.
func (k Kernels) empty(c Matrix, b *Panels, o Ending) {
	for i := range c.Rows {
		for j, v := range b.bias[:c.Cols] {
			if o.Add {
				v = c.Data[i*c.Row+j]
			}
			c.Data[i*c.Row+j] = bounded(v, o.Lo, o.Hi)
		}
	}
}

// strip computes rows of one panel of c.
func (k Kernels) strip(t Tile, c Matrix, row, col, rows int, a, b, bias []float32, add bool, scratch *[Rows * Columns]float32) {
	width := c.Cols - col
	wide := width > Columns/2
	whole := width >= Columns || width == Columns/2
	for done := 0; done < rows; {
		size := min(Rows, rows-done)
		t.Count = (rows - done) / size
		from, to := a[done*t.ColA:], c.Data[(row+done)*c.Row+col:]
		if whole {
			var residual []float32
			if add {
				residual = to
			}
			k.Tiles(&t, size, wide, from, b, bias, to, residual)
		} else {
			k.partial(t, size, wide, width, from, b, bias, to, add, scratch)
		}
		done += size * t.Count
	}
}

// partial computes tiles of which only width columns count.
func (k Kernels) partial(t Tile, size int, wide bool, width int, a, b, bias, to []float32, add bool, scratch *[Rows * Columns]float32) {
	count, stride := t.Count, t.ColC
	t.Count, t.ColC = 1, Columns
	for i := range count {
		at := to[i*size*stride:]
		var residual []float32
		if add {
			for r := range size {
				copy(scratch[r*Columns:][:width], at[r*stride:])
			}
			residual = scratch[:]
		}
		k.Tiles(&t, size, wide, a[i*size*t.ColA:], b, bias, scratch[:], residual)
		for r := range size {
			copy(at[r*stride:][:width], scratch[r*Columns:])
		}
	}
}

// AddTransposed adds the product of a transposed and b to c: element (i, j) gets the sum over r of a(r, i)*b(r, j), in the order
// of r. All three have rows of neighbouring numbers (Col 1). a and b are read up to Slack floats behind their ends. Calls may run
// side by side on other parts of one c; the sums do not depend on how it is divided.
func (k Kernels) AddTransposed(c, a, b Matrix) {
	if c.Rows != a.Cols || c.Cols != b.Cols || a.Rows != b.Rows {
		panic("native: matrices of shapes that do not go together")
	}
	if a.Rows == 0 {
		return
	}
	o := outer{RowA: a.Row, RowB: b.Row, RowC: c.Row, Count: a.Rows}
	part := o
	part.RowC = Columns
	var scratch [Rows * Columns]float32
	for col := 0; col < c.Cols; col += Columns {
		width := min(Columns, c.Cols-col)
		wide := width > Columns/2
		for row := 0; row < c.Rows; row += Rows {
			size := min(Rows, c.Rows-row)
			left, right, to := a.Data[row:], b.Data[col:], c.Data[row*c.Row+col:]
			if width == Columns || width == Columns/2 {
				k.outer(&o, size, wide, left, right, to)
				continue
			}
			for r := range size {
				copy(scratch[r*Columns:][:width], to[r*c.Row:])
			}
			k.outer(&part, size, wide, left, right, scratch[:])
			for r := range size {
				copy(to[r*c.Row:][:width], scratch[r*Columns:])
			}
		}
	}
}

// outer describes a tile of AddTransposed: the steps between rows, in floats, and how many rows of a and b there are.
type outer struct{ RowA, RowB, RowC, Count int }

func (k Kernels) outer(o *outer, rows int, wide bool, a, b, c []float32) {
	columns := Columns
	if !wide {
		columns /= 2
	}
	if !k.Portable() {
		_, _, _ = a[(o.Count-1)*o.RowA+rows-1], b[(o.Count-1)*o.RowB+columns-1], c[(rows-1)*o.RowC+columns-1]
		if k.module {
			moduleOuter(o, rows, wide, &a[0], &b[0], &c[0])
			return
		}
		assemblyOuter(o, rows, wide, &a[0], &b[0], &c[0])
		return
	}
	for r := range o.Count {
		line := b[r*o.RowB:][:columns]
		for i, v := range a[r*o.RowA:][:rows] {
			to := c[i*o.RowC:][:columns]
			for j, w := range line {
				to[j] += v * w
			}
		}
	}
}
