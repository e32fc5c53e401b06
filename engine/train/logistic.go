package train

import "math"

// problem is an L2-regularised logistic regression over rows of Z (n x r, row-major). Parameters are V (classes x r)
// followed by one bias per class; the bias is not regularised.
type problem struct {
	z       []float64
	r       int
	rows    []int // the rows that are learnt from
	labels  [][]bool
	classes int
	multi   bool
	lambda  float64 // weight of |V|^2/2 against the mean loss
	logits  []float64
}

// objective gives mean loss + lambda/2 |V|^2 and its gradient. Single-label: multinomial cross-entropy. Multi-label: the
// sum of the classes' binary cross-entropies.
func (p *problem) objective(x, gradient []float64) float64 {
	v, bias := x[:p.classes*p.r], x[p.classes*p.r:]
	clear(gradient)
	loss, weight := 0.0, 1/float64(len(p.rows))
	for _, i := range p.rows {
		row := p.z[i*p.r:][:p.r]
		for c := range p.classes {
			p.logits[c] = bias[c] + dot(row, v[c*p.r:][:p.r])
		}
		loss += p.residual(p.labels[i]) * weight
		for c := range p.classes {
			residual := p.logits[c] * weight
			if residual == 0 {
				continue
			}
			axpy(gradient[c*p.r:][:p.r], residual, row)
			gradient[p.classes*p.r+c] += residual
		}
	}
	for i, w := range v {
		loss += p.lambda / 2 * w * w
		gradient[i] += p.lambda * w
	}
	return loss
}

// residual turns p.logits into probability minus truth and gives the loss of the row.
func (p *problem) residual(truth []bool) float64 {
	loss := rowLoss(p.logits, truth, p.multi)
	probabilities(p.logits, p.multi)
	for c, holds := range truth {
		if holds {
			p.logits[c]--
		}
	}
	return loss
}

// rowLoss is the cross-entropy of one row of logits.
func rowLoss(logits []float64, truth []bool, multi bool) float64 {
	if multi {
		loss := 0.0
		for c, z := range logits {
			loss += max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
			if truth[c] {
				loss -= z
			}
		}
		return loss
	}
	top := logits[0]
	for _, z := range logits {
		top = max(top, z)
	}
	sum, own := 0.0, 0.0
	for c, z := range logits {
		sum += math.Exp(z - top)
		if truth[c] {
			own = z
		}
	}
	return top + math.Log(sum) - own
}

// probabilities turns logits into probabilities in place: softmax, or a sigmoid each.
func probabilities(logits []float64, multi bool) {
	if multi {
		for c, z := range logits {
			logits[c] = 1 / (1 + math.Exp(-z))
		}
		return
	}
	top := logits[0]
	for _, z := range logits {
		top = max(top, z)
	}
	sum := 0.0
	for c, z := range logits {
		logits[c] = math.Exp(z - top)
		sum += logits[c]
	}
	for c := range logits {
		logits[c] /= sum
	}
}
