package tune

import "math"

// loss gives the mean loss of a batch and its gradient by the logits: cross-entropy with the softmax of the logits against
// smoothed, maybe mixed labels y; multi-label the sum of a binary one for each class. Weights of classes multiply the part of
// their label.
func (t *trainer) loss(logits, y []float32) (float64, []float32) {
	classes := t.d.Classes
	images := len(y) / classes
	if t.dy == nil {
		t.dy = make([]float32, t.o.Batch*classes)
	}
	dy, sum := t.dy[:len(y)], 0.0
	for k := range images {
		row, want, out := logits[k*classes:][:classes], y[k*classes:][:classes], dy[k*classes:][:classes]
		if t.d.Multi {
			sum += t.binary(row, want, out)
		} else {
			sum += t.softmax(row, want, out)
		}
	}
	for i := range dy {
		dy[i] /= float32(images)
	}
	return sum / float64(images), dy
}

func (t *trainer) weight(c int) float64 {
	if t.weights == nil {
		return 1
	}
	return float64(t.weights[c])
}

// softmax gives -sum over classes of weight y log p, and its gradient.
func (t *trainer) softmax(row, want, out []float32) float64 {
	top := float64(row[0])
	for _, z := range row {
		top = max(top, float64(z))
	}
	sum := 0.0
	for _, z := range row {
		sum += math.Exp(float64(z) - top)
	}
	log, mass, loss := top+math.Log(sum), 0.0, 0.0
	for c, y := range want {
		w := t.weight(c) * float64(y)
		mass += w
		loss += w * (log - float64(row[c]))
	}
	for c, z := range row {
		out[c] = float32(mass*math.Exp(float64(z)-log) - t.weight(c)*float64(want[c]))
	}
	return loss
}

// binary gives the sum over classes of the binary cross-entropy, focused by (1 - p of the truth)^gamma (Lin et al. 2017), and its gradient.
func (t *trainer) binary(row, want, out []float32) float64 {
	loss := 0.0
	for c, z := range row {
		yes, gradYes := focused(float64(z), t.o.Focus)
		no, gradNo := focused(-float64(z), t.o.Focus)
		y := float64(want[c])
		w := t.weight(c) * y
		loss += w*yes + (1-y)*no
		out[c] = float32(w*gradYes - (1-y)*gradNo)
	}
	return loss
}

// focused gives -(1-p)^gamma log p of p = sigmoid(z), and its derivative by z.
func focused(z, gamma float64) (loss, slope float64) {
	log := -max(-z, 0) - math.Log1p(math.Exp(-math.Abs(z))) // log p
	p := math.Exp(log)
	if gamma == 0 {
		return -log, p - 1
	}
	far := math.Pow(1-p, gamma)
	return -far * log, far * (gamma*p*log + p - 1)
}
