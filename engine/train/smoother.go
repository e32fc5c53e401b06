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

// fit learns targets y (targets x n; what is outside learn is not read) with penalty c on the squared weights. fitted
// (n x targets) holds what comes out on every row, and weights (targets x d), when wanted, the coefficients. ok is false when it was
// stopped.
func (s *smoother) fit(learn []int, y *matrix, c float64, wantWeights bool, stop func() bool) (fitted, weights *matrix, ok bool) {
	if s.inner == nil {
		return s.fitColumns(learn, y, c, stop)
	}
	m := len(learn)
	k, alpha := newMatrix(m, m), newMatrix(y.rows, m)
	for a, i := range learn {
		from, to := s.inner.row(i), k.row(a)
		for b, j := range learn[:a+1] {
			to[b] = from[j]
		}
		to[a] += c
		for t := range y.rows {
			alpha.row(t)[a] = y.row(t)[i]
		}
	}
	if !cholesky(k, stop) {
		return nil, nil, false
	}
	k.solve(alpha)
	fitted = newMatrix(s.rows.rows, y.rows)
	for a, i := range learn { // K alpha = y - c alpha
		for t := range y.rows {
			fitted.row(i)[t] = y.row(t)[i] - c*alpha.row(t)[a]
		}
	}
	products := make([]float64, m)
	for _, i := range outside(learn, s.rows.rows) {
		from := s.inner.row(i)
		for a, j := range learn {
			products[a] = from[j]
		}
		alpha.along(products, fitted.row(i))
	}
	if wantWeights {
		weights = newMatrix(y.rows, s.rows.cols)
		for a, i := range learn {
			for t := range y.rows {
				axpy(weights.row(t), alpha.row(t)[a], s.rows.row(i))
			}
		}
	}
	return fitted, weights, true
}

// outside gives what of 0..n-1 is not in learn, which ascends.
func outside(learn []int, n int) (out []int) {
	for i := range n {
		if len(learn) > 0 && learn[0] == i {
			learn = learn[1:]
			continue
		}
		out = append(out, i)
	}
	return out
}

func (s *smoother) fitColumns(learn []int, y *matrix, c float64, stop func() bool) (fitted, weights *matrix, ok bool) {
	n, d := s.rows.rows, s.rows.cols
	k := newMatrix(d, d)
	copy(k.data, s.outer.data)
	// the rows outside learn are fewer: they are taken away again
	if left := outside(learn, n); len(left) > 0 {
		away := newMatrix(d, len(left))
		for r := range d {
			from, to := s.columns.row(r), away.row(r)
			for b, i := range left {
				to[b] = from[i]
			}
		}
		products(away, away, 0, d, 0, d, len(left), true, func(i, j int, v float64) { k.data[i*d+j] -= v })
	}
	weights = newMatrix(y.rows, d)
	for t := range y.rows {
		for _, i := range learn {
			if v := y.row(t)[i]; v != 0 {
				axpy(weights.row(t), v, s.rows.row(i))
			}
		}
	}
	for r := range d {
		k.data[r*d+r] += c
	}
	if stop() || !cholesky(k, stop) {
		return nil, nil, false
	}
	k.solve(weights)
	fitted = newMatrix(n, y.rows)
	for i := range n {
		weights.along(s.rows.row(i), fitted.row(i))
	}
	return fitted, weights, true
}
