package train

import "math"

// groupStats are the discriminants of some groups of rows, in terms of what a ridge regression of their indicators gives
// (discriminant.go): with G the inverse of the scatter within groups plus the penalty, and m_a the mean of group a,
//
//	m_a G x   = sum_b F_ab f_b(x) / sqrt(n_a n_b)
//	m_a G m_b = F_ab / sqrt(n_a n_b), less 1 / n_a where a is b
//	x G x     = h(x) + sum_ab f_a(x) F_ab f_b(x) / sqrt(n_a n_b)
//
// where f are the outputs of the regression, h the leverage and F = (I - Q)^-1.
type groupStats struct {
	count []float64 // of each group; 0 where no row is in it
	total float64
	mean  *matrix // m_a G m_b; rows of absent groups are 0
	mix   *matrix // F_ab / sqrt(n_a n_b)
}

// newGroupStats makes them of between[a][b], the sum over the rows of group a of the output for b.
func newGroupStats(between *matrix, count []float64) *groupStats {
	g := &groupStats{count: count}
	var present []int
	for a, n := range count {
		g.total += n
		if n > 0 {
			present = append(present, a)
		}
	}
	small, counts := newMatrix(len(present), len(present)), make([]float64, len(present))
	for i, a := range present {
		counts[i] = count[a]
		for j, b := range present {
			small.row(i)[j] = between.row(a)[b]
		}
	}
	r := discriminant(small, counts) // mix = total * F / sqrt
	n := len(count)
	g.mean, g.mix = newMatrix(n, n), newMatrix(n, n)
	for i, a := range present {
		for j, b := range present {
			v := r.mix.row(i)[j] / g.total
			g.mix.row(a)[b], g.mean.row(a)[b] = v, v
		}
		g.mean.row(a)[a] -= 1 / count[a]
	}
	return g
}

// project gives m_a G x for every group, from the outputs for x.
func (g *groupStats) project(outputs, out []float64) { g.mix.along(outputs, out) }

// logits gives the discriminants, without prior, of what project gave.
func (g *groupStats) logits(projected, out []float64) {
	for a, v := range projected {
		out[a] = g.total * (v - g.mean.row(a)[a]/2)
	}
}

// without gives the discriminants and the prior of a row of group own with leverage h, by the rule of all other rows: the
// scatter within groups loses a matrix of rank one, and the mean of own moves. It answers false where nothing of own is left.
func (g *groupStats) without(outputs, projected []float64, h float64, own int, logits, prior []float64) bool {
	n := g.count[own]
	if n < 2 {
		return false
	}
	xx := h + dot(outputs, projected)
	mm, mx := g.mean.row(own)[own], projected[own]
	dx, dd := xx-mx, xx-2*mx+mm // d = x - m_own
	k, e := n/(n-1), 1/(n-1)
	tau := k / max(1-k*dd, 1e-9)
	for b, v := range projected {
		if g.count[b] == 0 {
			logits[b], prior[b] = 0, 0
			continue
		}
		bx, bd, bb, left := v, v-g.mean.row(b)[own], g.mean.row(b)[b], g.count[b]
		if b == own {
			bx, bd, bb, left = mx-e*dx, mx-mm-e*dd, mm-2*e*(mx-mm)+e*e*dd, n-1
		}
		logits[b] = (g.total - 1) * (bx + tau*bd*dx - (bb+tau*bd*bd)/2)
		prior[b] = math.Log(left / (g.total - 1))
	}
	return true
}
