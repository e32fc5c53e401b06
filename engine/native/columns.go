package native

// Table is a view of rows of neighbouring numbers, Step floats apart: pixels of channels.
type Table struct {
	Data []float32
	Step int
}

// check panics where rows of cols would leave the table, and gives its first number.
func (t Table) check(rows, cols int) *float32 {
	if rows > 0 {
		_ = t.Data[(rows-1)*t.Step+cols-1]
	}
	return &t.Data[0]
}

// vectors is how many of cols the assembly takes.
func (k Kernels) vectors(rows, cols int) int {
	if !k.assembly || rows == 0 {
		return 0
	}
	return cols &^ 7
}

// columns is vectors of what a module has too.
func (k Kernels) columns(rows, cols int) int {
	return Kernels{assembly: !k.Portable()}.vectors(rows, cols)
}

// Sums adds to each sum its column of x, over rows, in their order.
func (k Kernels) Sums(sum []float32, x Table, rows int) {
	n := k.columns(rows, len(sum))
	switch {
	case n > 0 && k.module:
		moduleSums(&sum[0], x.check(rows, n), x.Step, rows, n)
	case n > 0:
		columnSums(&sum[0], x.check(rows, n), x.Step, rows, n)
	}
	for c := n; c < len(sum); c++ {
		v := sum[c]
		for r := range rows {
			v += x.Data[r*x.Step+c]
		}
		sum[c] = v
	}
}

// Dots adds to each sum its column of x*y.
func (k Kernels) Dots(sum []float32, x, y Table, rows int) {
	k.DotsOfPlanes(sum, x, y, Planes{Rows: rows, Count: 1})
}

// Planes are Count planes of Rows rows of two tables. A plane begins so many numbers behind the one before: A in the first
// table, B in the second.
type Planes struct{ Rows, Count, A, B int }

// at gives the tables from the i-th plane on.
func (p Planes) at(i int, a, b Table) (Table, Table) {
	return Table{a.Data[i*p.A:], a.Step}, Table{b.Data[i*p.B:], b.Step}
}

// whole panics where a plane would leave its table.
func (p Planes) whole(a, b Table, cols int) {
	x, y := p.at(p.Count-1, a, b)
	x.check(p.Rows, cols)
	y.check(p.Rows, cols)
}

// DotsOfPlanes is Dots for one plane after another.
func (k Kernels) DotsOfPlanes(sum []float32, x, y Table, p Planes) {
	n := k.columns(p.Rows*p.Count, len(sum))
	if n > 0 && k.module {
		p.whole(x, y, n)
		moduleDots(&sum[0], &x.Data[0], x.Step, &y.Data[0], y.Step, p, n)
	}
	for i := range p.Count {
		x, y := p.at(i, x, y)
		if n > 0 && k.assembly {
			columnDots(&sum[0], x.check(p.Rows, n), x.Step, y.check(p.Rows, n), y.Step, p.Rows, n)
		}
		for c := n; c < len(sum); c++ {
			v := sum[c]
			for r := range p.Rows {
				v += x.Data[r*x.Step+c] * y.Data[r*y.Step+c]
			}
			sum[c] = v
		}
	}
}

// CentredDots adds to each sum its column of (x-mean)*y.
func (k Kernels) CentredDots(sum []float32, x, y Table, mean []float32, rows int) {
	n := k.vectors(rows, len(sum))
	if n > 0 {
		_ = mean[n-1]
		columnCentredDots(&sum[0], x.check(rows, n), x.Step, y.check(rows, n), y.Step, &mean[0], rows, n)
	}
	for c := n; c < len(sum); c++ {
		v := sum[c]
		for r := range rows {
			v += (x.Data[r*x.Step+c] - mean[c]) * y.Data[r*y.Step+c]
		}
		sum[c] = v
	}
}

// Squares adds to each sum its column of (x-mean)².
func (k Kernels) Squares(sum []float32, x Table, mean []float32, rows int) {
	n := k.vectors(rows, len(sum))
	if n > 0 {
		_ = mean[n-1]
		columnSquares(&sum[0], x.check(rows, n), x.Step, &mean[0], rows, n)
	}
	for c := n; c < len(sum); c++ {
		v := sum[c]
		for r := range rows {
			d := x.Data[r*x.Step+c] - mean[c]
			v += d * d
		}
		sum[c] = v
	}
}

// Scale sets to to x*factor + shift by columns, bounded. to may be x.
func (k Kernels) Scale(to, x Table, factor, shift []float32, rows int, lo, hi float32) {
	cols := len(factor)
	n := k.vectors(rows, cols)
	if n > 0 {
		_ = shift[n-1]
		rowsScale(to.check(rows, n), to.Step, x.check(rows, n), x.Step, &factor[0], &shift[0], rows, n, lo, hi)
	}
	for r := 0; n < cols && r < rows; r++ {
		for c := n; c < cols; c++ {
			to.Data[r*to.Step+c] = bounded(x.Data[r*x.Step+c]*factor[c]+shift[c], lo, hi)
		}
	}
}

// Blend sets to to x*a + y*b + shift by columns. to may be x or y.
func (k Kernels) Blend(to, x, y Table, a, b, shift []float32, rows int) {
	cols := len(a)
	n := k.vectors(rows, cols)
	if n > 0 {
		_, _ = b[n-1], shift[n-1]
		rowsBlend(to.check(rows, n), to.Step, x.check(rows, n), x.Step, y.check(rows, n), y.Step, &a[0], &b[0], &shift[0], rows, n)
	}
	for r := 0; n < cols && r < rows; r++ {
		for c := n; c < cols; c++ {
			to.Data[r*to.Step+c] = x.Data[r*x.Step+c]*a[c] + (y.Data[r*y.Step+c]*b[c] + shift[c])
		}
	}
}

// AddScaled adds x*factor, by columns, to to.
func (k Kernels) AddScaled(to, x Table, factor []float32, rows int) {
	k.AddScaledOfPlanes(to, x, factor, Planes{Rows: rows, Count: 1})
}

// AddScaledOfPlanes is AddScaled for one plane after another.
func (k Kernels) AddScaledOfPlanes(to, x Table, factor []float32, p Planes) {
	cols := len(factor)
	n := k.columns(p.Rows*p.Count, cols)
	if n > 0 && k.module {
		p.whole(to, x, n)
		moduleAddScaled(&to.Data[0], to.Step, &x.Data[0], x.Step, &factor[0], p, n)
	}
	for i := range p.Count {
		to, x := p.at(i, to, x)
		if n > 0 && k.assembly {
			rowsAddScaled(to.check(p.Rows, n), to.Step, x.check(p.Rows, n), x.Step, &factor[0], p.Rows, n)
		}
		for r := 0; n < cols && r < p.Rows; r++ {
			for c := n; c < cols; c++ {
				to.Data[r*to.Step+c] += x.Data[r*x.Step+c] * factor[c]
			}
		}
	}
}

// Claim moves what is left of a gradient to where a maximum came from: where x and y are the same, left is added to to and
// becomes 0.
func (k Kernels) Claim(to, x, y, left Table, rows, cols int) {
	n := k.vectors(rows, cols)
	if n > 0 {
		rowsClaim(to.check(rows, n), to.Step, x.check(rows, n), x.Step, y.check(rows, n), y.Step, left.check(rows, n), left.Step, rows, n)
	}
	for r := 0; n < cols && r < rows; r++ {
		for c := n; c < cols; c++ {
			if x.Data[r*x.Step+c] == y.Data[r*y.Step+c] {
				to.Data[r*to.Step+c] += left.Data[r*left.Step+c]
				left.Data[r*left.Step+c] = 0
			}
		}
	}
}

// Gate sets to to x where y lies between lo and hi and is neither, and to 0 elsewhere: the gradient of a bounded number. All are
// of to's length or longer, and may be the same.
func (k Kernels) Gate(to, x, y []float32, lo, hi float32) {
	n := 0
	if !k.Portable() {
		n = len(to) &^ 7
	}
	if n > 0 {
		_, _ = x[n-1], y[n-1]
		if k.module {
			moduleGate(&to[0], &x[0], &y[0], n, lo, hi)
		} else {
			vectorGate(&to[0], &x[0], &y[0], n, lo, hi)
		}
	}
	for i := n; i < len(to); i++ {
		v := float32(0)
		if y[i] > lo && y[i] < hi {
			v = x[i]
		}
		to[i] = v
	}
}

// Unpack sets to to the integers x times factor. x is of to's length or longer.
func (k Kernels) Unpack(to []float32, x []int8, factor float32) {
	x = x[:len(to)]
	n := 0
	if k.module && len(to) >= 4 {
		n = len(to) &^ 3
		moduleUnpack(&to[0], &x[0], n, factor)
	}
	for i := n; i < len(to); i++ {
		to[i] = float32(x[i]) * factor
	}
}
