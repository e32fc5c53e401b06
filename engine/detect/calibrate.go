package detect

import "math"

// calibrate finds scale and shift such that the sigmoid of scale*logit(score) + shift is the probability that what was found is right, at an
// IoU of 0.5 (Platt 1999), by Newton's steps. Both are those of no change where too little was found.
func calibrate(truth, found [][]Object, classes int) (scale, shift float64) {
	var z []float64
	var right []bool
	for i := range truth {
		for c := range classes {
			for _, m := range take(ofClass(truth[i], c), ofClass(found[i], c)) {
				z, right = append(z, logit(m.score)), append(right, m.right[0])
			}
		}
	}
	hits := 0
	for _, r := range right {
		if r {
			hits++
		}
	}
	scale, shift = 1, 0
	if hits < 5 || len(z)-hits < 5 {
		return scale, shift
	}
	const prior = 1.0 // of the scale around 1 and the shift around 0, so that few boxes move little
	for range 30 {
		g0, g1, h00, h01, h11 := prior*(scale-1), prior*shift, prior, 0.0, prior
		for i, v := range z {
			p := 1 / (1 + exp(-(scale*v + shift)))
			off, w := p, p*(1-p)
			if right[i] {
				off--
			}
			g0, g1 = g0+off*v, g1+off
			h00, h01, h11 = h00+w*v*v, h01+w*v, h11+w
		}
		det := h00*h11 - h01*h01
		a, b := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		step := 1 / max(1, math.Abs(a), math.Abs(b))
		scale, shift = scale-step*a, shift-step*b
	}
	if !(scale > 0.05) || math.IsInf(scale, 0) || math.IsNaN(shift) { // the order of scores would turn round
		return 1, 0
	}
	return scale, shift
}

func logit(s float64) float64 {
	s = min(max(s, 1e-6), 1-1e-6)
	return log(s / (1 - s))
}

// calibrated gives the probability of a score.
func calibrated(score, scale, shift float64) float64 {
	return 1 / (1 + exp(-(scale*logit(score) + shift)))
}

// calibrate puts a calibration into the layer of each tower that gives the scores: what holds for all of them holds for their mean.
func (h *Head) calibrate(scale, shift float64) {
	out, each := h.Classes+4, len(h.Weights)/h.Towers
	for k := range h.Towers {
		from := (k+1)*each - (h.Wide+1)*out
		for row := range h.Wide + 1 { // the last one is the bias
			for c := range h.Classes {
				v := &h.Weights[from+row*out+c]
				*v = float32(float64(*v) * scale)
				if row == h.Wide {
					*v = float32(float64(*v) + shift)
				}
			}
		}
	}
}
