package train

// smoother is ridge regression on the rows: it can say, for any set of rows that is learnt from and targets on them, what
// the regression gives on every row. With fewer rows than columns it works on the inner products of rows, else on those of
// columns; both give the same numbers.
type smoother struct {
	rows    *matrix // n x d
	inner   *matrix // n x n: rows times their transpose; nil when there are more rows than columns
	outer   *matrix // d x d: transpose of rows times rows; nil otherwise
	columns *matrix // d x n, with outer
}

func newSmoother(rows *matrix) *smoother {
	s := &smoother{rows: rows}
	if rows.rows <= rows.cols {
		s.inner = gram(rows)
		return s
	}
	s.columns = transpose(rows)
	s.outer = gram(s.columns)
	return s
}

// fit learns targets y (one row per row of the data; rows outside learn are not read) with penalty c on the squared
// weights. fitted (n x targets) holds what comes out on every row, and weights (d x targets), when wanted, the
// coefficients. ok is false when it was stopped.
func (s *smoother) fit(learn []int, y *matrix, c float64, wantWeights bool, stop func() bool) (fitted, weights *matrix, ok bool) {
	if s.inner == nil {
		return s.fitColumns(learn, y, c, stop)
	}
	m := len(learn)
	k, alpha := newMatrix(m, m), newMatrix(m, y.cols)
	for a, i := range learn {
		from, to := s.inner.row(i), k.row(a)
		for b, j := range learn[:a+1] {
			to[b] = from[j]
		}
		to[a] += c
		copy(alpha.row(a), y.row(i))
	}
	if !cholesky(k, stop) {
		return nil, nil, false
	}
	k.solve(alpha)
	fitted = newMatrix(s.rows.rows, y.cols)
	for i := range s.rows.rows {
		from, to := s.inner.row(i), fitted.row(i)
		for a, j := range learn {
			axpy(to, from[j], alpha.row(a))
		}
	}
	if wantWeights {
		weights = newMatrix(s.rows.cols, y.cols)
		for a, i := range learn {
			for d, v := range s.rows.row(i) {
				axpy(weights.row(d), v, alpha.row(a))
			}
		}
	}
	return fitted, weights, true
}

func (s *smoother) fitColumns(learn []int, y *matrix, c float64, stop func() bool) (fitted, weights *matrix, ok bool) {
	n, d := s.rows.rows, s.rows.cols
	k := newMatrix(d, d)
	copy(k.data, s.outer.data)
	learnt := make([]bool, n)
	for _, i := range learn {
		learnt[i] = true
	}
	var left []int // the rows outside learn are fewer: they are taken away again
	for i := range n {
		if !learnt[i] {
			left = append(left, i)
		}
	}
	if len(left) > 0 {
		away := newMatrix(d, len(left))
		for r := range d {
			from, to := s.columns.row(r), away.row(r)
			for b, i := range left {
				to[b] = from[i]
			}
		}
		products(away, away, 0, d, 0, d, len(left), true, func(i, j int, v float64) { k.data[i*d+j] -= v })
	}
	weights = newMatrix(d, y.cols)
	for r := range d {
		k.data[r*d+r] += c
		from, to := s.columns.row(r), weights.row(r)
		for _, i := range learn {
			axpy(to, from[i], y.row(i))
		}
	}
	if stop() || !cholesky(k, stop) {
		return nil, nil, false
	}
	k.solve(weights)
	fitted = newMatrix(n, y.cols)
	for i := range n {
		to := fitted.row(i)
		for r, v := range s.rows.row(i) {
			axpy(to, v, weights.row(r))
		}
	}
	return fitted, weights, true
}
