package train

import "math"

// The head is a linear discriminant with a shrunken covariance (Friedman 1989): with class means m_a, the covariance S
// within classes and a penalty lambda, the logit of class a at z is
//
//	m_a (S+lambda)^-1 z - m_a (S+lambda)^-1 m_a / 2 + log(share of a).
//
// S of 1,280 features is never formed. (S+lambda) is the second moment of all rows, plus lambda, less a matrix of rank
// classes; so, by Woodbury's identity, (S+lambda)^-1 m follows from the ridge regression of the class indicators, which
// smoother gives, and an inverse of classes x classes (Hastie, Buja & Tibshirani 1995).

// rule turns the regression outputs of a set of classes, which part the rows, into discriminants: logit_a =
// mix[a] . outputs + constant[a], before the prior.
type rule struct {
	mix      *matrix
	constant []float64
}

// discriminant makes the rule of the classes with count[a] rows each, all positive. between[a][b] is the sum over the rows of
// class a of the output for class b.
func discriminant(between *matrix, count []float64) rule {
	n, total := len(count), 0.0
	for _, v := range count {
		total += v
	}
	rest := newMatrix(n, n) // I - Q, symmetric and positive definite
	for a := range n {
		for b := range n {
			q := (between.data[a*n+b] + between.data[b*n+a]) / 2 / math.Sqrt(count[a]*count[b])
			rest.data[a*n+b] = -q
			if a == b {
				rest.data[a*n+b] = max(1-q, 1e-9)
			}
		}
	}
	inverse := newMatrix(n, n)
	for a := range n {
		inverse.data[a*n+a] = 1
	}
	for jitter := 1e-12; ; jitter *= 100 { // rounding may cost positive definiteness when the fit is perfect
		try := newMatrix(n, n)
		copy(try.data, rest.data)
		for a := range n {
			try.data[a*n+a] += jitter
		}
		if cholesky(try, func() bool { return false }) {
			try.solve(inverse)
			break
		}
	}
	r := rule{mix: newMatrix(n, n), constant: make([]float64, n)}
	for a := range n {
		for b := range n {
			r.mix.data[a*n+b] = total / math.Sqrt(count[a]*count[b]) * inverse.data[a*n+b]
		}
		r.constant[a] = -total / count[a] * (inverse.data[a*n+a] - 1) / 2
	}
	return r
}

// linear says how the regression outputs become logits: logit_c = temperature * (mix[c] . outputs + constant[c]) + prior[c].
type linear struct {
	mix      *matrix // classes x targets
	constant []float64
	prior    []float64
	absent   []bool // single-label: no row of the class was learnt from
}

// targets are what the regression learns: a 0-1 indicator per class and, for multi-label, one that is always 1: a
// row of the matrix each.
func (d *Dataset) targets() *matrix {
	width := d.Classes
	if d.Multi {
		width++
	}
	y := newMatrix(width, d.N)
	for i, label := range d.Labels {
		for _, c := range label {
			y.row(c)[i] = 1
		}
		if d.Multi {
			y.row(d.Classes)[i] = 1
		}
	}
	return y
}

// linear makes the discriminants from the outputs that fitted holds on the rows that were learnt from.
func (d *Dataset) linear(learn []int, fitted *matrix) *linear {
	if d.Multi {
		return d.linearMulti(learn, fitted)
	}
	n := d.Classes
	count, between := make([]float64, n), newMatrix(n, n)
	for _, i := range learn {
		a := d.Labels[i][0]
		count[a]++
		axpy(between.row(a), 1, fitted.row(i))
	}
	l := discriminants(count, between)
	for a, v := range count {
		if v > 0 {
			l.prior[a] = math.Log(v / float64(len(learn)))
		}
	}
	return l
}

// discriminants are those of classes with so many rows each, maybe none, whose outputs sum to between; without a prior.
func discriminants(count []float64, between *matrix) *linear {
	n := len(count)
	l := &linear{mix: newMatrix(n, n), constant: make([]float64, n), prior: make([]float64, n), absent: make([]bool, n)}
	var present []int
	for a, v := range count {
		l.absent[a] = v == 0
		if v > 0 {
			present = append(present, a)
		}
	}
	small, counts := newMatrix(len(present), len(present)), make([]float64, len(present))
	for k, a := range present {
		counts[k] = count[a]
		for j, b := range present {
			small.row(k)[j] = between.row(a)[b]
		}
	}
	r := discriminant(small, counts)
	for k, a := range present {
		for j, b := range present {
			l.mix.row(a)[b] = r.mix.row(k)[j]
		}
		l.constant[a] = r.constant[k]
	}
	return l
}

// linearMulti sets each class against the rest: two groups, so that one regression serves all classes.
func (d *Dataset) linearMulti(learn []int, fitted *matrix) *linear {
	n, one := d.Classes, d.Classes
	l := &linear{mix: newMatrix(n, n+1), constant: make([]float64, n), prior: make([]float64, n)}
	held := make([]float64, n)
	inside, all := newMatrix(n, n+1), make([]float64, n+1)
	for _, i := range learn {
		axpy(all, 1, fitted.row(i))
		for _, c := range d.Labels[i] {
			held[c]++
			axpy(inside.row(c), 1, fitted.row(i))
		}
	}
	total := float64(len(learn))
	for c := range n {
		with, without := held[c], total-held[c]
		// half an image each way keeps the odds of a class that all or none hold finite
		l.prior[c] = math.Log((with + 0.5) / (without + 0.5))
		if with == 0 || without == 0 {
			continue
		}
		b := newMatrix(2, 2)
		b.data[0] = inside.row(c)[c]
		b.data[1] = inside.row(c)[one] - inside.row(c)[c]
		b.data[2] = all[c] - inside.row(c)[c]
		b.data[3] = all[one] - inside.row(c)[one] - b.data[2]
		r := discriminant(b, []float64{with, without})
		// output of the rest = output of one - output of c
		p, q := r.mix.data[0]-r.mix.data[2], r.mix.data[1]-r.mix.data[3]
		l.mix.row(c)[c], l.mix.row(c)[one] = p-q, q
		l.constant[c] = r.constant[0] - r.constant[1]
	}
	return l
}

// apply gives the discriminants, before temperature and prior, of one row of regression outputs.
func (l *linear) apply(outputs []float64) []float64 {
	logits := make([]float64, l.mix.rows)
	for c := range logits {
		logits[c] = l.constant[c] + dot(l.mix.row(c), outputs)
	}
	return logits
}
