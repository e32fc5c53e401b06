package train

import "math"

// scored is what cross-validation leaves of one image: the discriminants and the prior of the head that did not see it.
type scored struct {
	logits []float64
	prior  []float64
	absent []bool
}

// final gives the calibrated logits into out. A class that the fold did not know is as unlikely as the least likely one.
func (s *scored) final(out, temperature []float64) {
	least := math.Inf(1)
	for c, v := range s.logits {
		out[c] = temperature[c]*v + s.prior[c]
		if s.absent == nil || !s.absent[c] {
			least = min(least, out[c])
		}
	}
	for c := range s.absent {
		if s.absent[c] {
			out[c] = least
		}
	}
}

// calibrate finds the factors on the discriminants that minimise the log loss of the images: one for all classes, or for
// multi-label one each. The prior is left as it is, since it is known and not learnt. loss is the mean at those factors.
func (d *Dataset) calibrate(all []scored) (temperature []float64, loss float64) {
	temperature = make([]float64, d.Classes)
	var rows []scored // those that were scored
	var wanted [][]float64
	for i, w := range d.softened() {
		if all[i].logits != nil {
			rows, wanted = append(rows, all[i]), append(wanted, w)
		}
	}
	if !d.Multi {
		scratch, same := make([]float64, d.Classes), make([]float64, d.Classes)
		t, loss := leastLoss(func(t float64) float64 {
			for c := range same {
				same[c] = t
			}
			sum := 0.0
			for i := range rows {
				rows[i].final(scratch, same)
				sum += crossEntropy(scratch, wanted[i])
			}
			return sum / float64(len(rows))
		})
		for c := range temperature {
			temperature[c] = t
		}
		return temperature, loss
	}
	for c := range temperature {
		t, own := leastLoss(func(t float64) float64 {
			sum := 0.0
			for i := range rows {
				z := t*rows[i].logits[c] + rows[i].prior[c]
				sum += max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - wanted[i][c]*z
			}
			return sum / float64(len(rows))
		})
		temperature[c], loss = t, loss+own
	}
	return temperature, loss
}

// softened gives the probabilities that calibration aims at: not 0 and 1, but what the number of images behind a factor allows
// to be known (Platt 1999), so that a handful of images that are all told apart does not make a head that is never in doubt.
func (d *Dataset) softened() [][]float64 {
	count := make([]float64, d.Classes)
	for _, label := range d.Labels {
		for _, c := range label {
			count[c]++
		}
	}
	out := make([][]float64, d.N)
	for i, label := range d.Labels {
		out[i] = make([]float64, d.Classes)
		if d.Multi {
			for c := range out[i] {
				out[i][c] = 1 / (float64(d.N) - count[c] + 2)
			}
			for _, c := range label {
				out[i][c] = (count[c] + 1) / (count[c] + 2)
			}
			continue
		}
		doubt := 1 / float64(d.N+2)
		for c := range out[i] {
			out[i][c] = doubt / float64(d.Classes-1)
		}
		out[i][label[0]] = 1 - doubt
	}
	return out
}

// leastLoss finds the t in about 1e-4 to 20 of the least loss, which is convex in t, by golden-section search over log t.
func leastLoss(loss func(t float64) float64) (t, least float64) {
	const golden = 0.6180339887498949
	lo, hi := -9.0, 3.0
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	la, lb := loss(math.Exp(a)), loss(math.Exp(b))
	for range 30 {
		if la <= lb {
			hi, b, lb = b, a, la
			a = hi - golden*(hi-lo)
			la = loss(math.Exp(a))
			continue
		}
		lo, a, la = a, b, lb
		b = lo + golden*(hi-lo)
		lb = loss(math.Exp(b))
	}
	return math.Exp((lo + hi) / 2), min(la, lb)
}

// crossEntropy of the softmax of logits against the probabilities wanted.
func crossEntropy(logits, wanted []float64) float64 {
	top := logits[0]
	for _, z := range logits {
		top = max(top, z)
	}
	sum, own := 0.0, 0.0
	for c, z := range logits {
		sum += math.Exp(z - top)
		own += wanted[c] * z
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

// Calibrate finds the factors on logits, one for all classes or for multi-label one each, that minimise the log loss of labelled
// images (temperature scaling, Guo et al. 2017), and that loss. Its aims are softened as Fit's are.
func Calibrate(logits [][]float64, labels [][]int, classes int, multi bool) (temperature []float64, loss float64) {
	d := &Dataset{N: len(logits), Labels: labels, Classes: classes, Multi: multi}
	rows, none := make([]scored, len(logits)), make([]float64, classes)
	for i := range rows {
		rows[i] = scored{logits: logits[i], prior: none}
	}
	return d.calibrate(rows)
}

// Calibrated gives the probabilities of logits at a temperature that Calibrate found.
func Calibrated(logits, temperature []float64, multi bool) []float64 {
	out := make([]float64, len(logits))
	for c, z := range logits {
		out[c] = temperature[c] * z
	}
	probabilities(out, multi)
	return out
}
