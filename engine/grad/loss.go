package grad

import "math"

// SoftmaxLoss is the cross-entropy of a softmax over classes, for images that belong to one class each.
type SoftmaxLoss struct {
	Smoothing float32   // share of the target that goes to all classes alike, 0 to 1 (Szegedy and others, Rethinking the Inception architecture, 2016)
	Weights   []float32 // of each class; nil for 1. The mean is then weighted by the labels' weights
}

// Loss gives the mean loss over images and writes its gradient with respect to logits, [images, classes], to dy of the same
// shape. labels holds one class for each image; a negative one leaves the image out.
func (l SoftmaxLoss) Loss(dy, logits []float32, labels []int, classes int) float64 {
	total, sum := 0.0, 0.0
	for _, c := range labels {
		if c >= 0 {
			total += l.weight(c)
		}
	}
	p, smooth := make([]float64, classes), float64(l.Smoothing)
	for i, label := range labels {
		row, out := logits[i*classes:][:classes], dy[i*classes:][:classes]
		if label < 0 || total == 0 {
			clear(out)
			continue
		}
		logSum := softmaxOf(p, row)
		all := 0.0 // of the targets, each times its class's weight
		for c := range classes {
			target := smooth / float64(classes)
			if c == label {
				target += 1 - smooth
			}
			target *= l.weight(c)
			sum += target * (logSum - float64(row[c]))
			all += target
			out[c] = float32(-target / total)
		}
		for c, v := range p {
			out[c] += float32(all * v / total)
		}
	}
	return sum / max(total, math.SmallestNonzeroFloat64)
}

// softmaxOf sets p to the softmax of x and gives the logarithm of the sum of x's exponentials.
func softmaxOf(p []float64, x []float32) (logSum float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	sum := 0.0
	for c, v := range x {
		p[c] = math.Exp(float64(v) - top)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return top + math.Log(sum)
}

// Soft gives the mean cross-entropy over images of targets, [images, classes] of probabilities, as smoothing, mixing of images and
// distillation make them, and writes its gradient with respect to logits to dy. Weights multiply the part of their class; the mean is
// that of the images. Smoothing is left to the targets.
func (l SoftmaxLoss) Soft(dy, logits, targets []float32, classes int) float64 {
	images, sum := len(logits)/classes, 0.0
	p := make([]float64, classes)
	for i := range images {
		row, out, want := logits[i*classes:][:classes], dy[i*classes:][:classes], targets[i*classes:][:classes]
		logSum, all := softmaxOf(p, row), 0.0
		for c, t := range want {
			t := l.weight(c) * float64(t)
			sum += t * (logSum - float64(row[c]))
			all += t
		}
		for c, t := range want {
			out[c] = float32((all*p[c] - l.weight(c)*float64(t)) / float64(images))
		}
	}
	return sum / float64(max(images, 1))
}

func (l SoftmaxLoss) weight(class int) float64 {
	if l.Weights == nil {
		return 1
	}
	return float64(l.Weights[class])
}

// SigmoidLoss is the binary cross-entropy of a sigmoid for every class, for images that may belong to several.
type SigmoidLoss struct {
	Positive []float32 // weight of the images that belong to a class, by class; nil for 1
	Weights  []float32 // of each class; nil for 1
}

// Loss gives the mean loss over all images and classes whose target is known, and writes its gradient with respect to logits to
// dy. targets, [images, classes], are 0 to 1, and negative where nothing is known.
func (l SigmoidLoss) Loss(dy, logits, targets []float32, classes int) float64 {
	return eachKnown(dy, targets, func(i int, t float64) (loss, slope float64) {
		x, positive, weight := float64(logits[i]), 1.0, 1.0
		if l.Positive != nil {
			positive = float64(l.Positive[i%classes])
		}
		if l.Weights != nil {
			weight = float64(l.Weights[i%classes])
		}
		yes, no := positive*t*weight, (1-t)*weight
		p := logistic(x)
		return yes*softplus(-x) + no*softplus(x), no*p - yes*(1-p)
	})
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// eachKnown averages what of gives for every known target.
func eachKnown(dy, targets []float32, of func(i int, target float64) (loss, slope float64)) float64 {
	known, sum := 0, 0.0
	for _, t := range targets {
		if t >= 0 {
			known++
		}
	}
	for i, t := range targets {
		dy[i] = 0
		if t >= 0 {
			loss, slope := of(i, float64(t))
			sum += loss
			dy[i] = float32(slope / float64(known))
		}
	}
	return sum / float64(max(known, 1))
}

// FocalLoss is a cross-entropy that counts less the surer the network is already: -(1-p)^Gamma log p of the probability p of the
// right answer (Lin and others, Focal loss for dense object detection, 2017).
type FocalLoss struct {
	Gamma float32 // 2 is usual; 0 is plain cross-entropy
	Alpha float32 // weight of the images that belong to a class against 1-Alpha for the others, in Sigmoid; 0 for no weights
	// Positive is the weight of the images that belong to a class, by class, in Sigmoid; nil for 1.
	Positive []float32
}

// Softmax gives the mean over images that belong to one class each; arguments are those of SoftmaxLoss.Loss.
func (l FocalLoss) Softmax(dy, logits []float32, labels []int, classes int) float64 {
	known, sum := 0, 0.0
	for _, c := range labels {
		if c >= 0 {
			known++
		}
	}
	p := make([]float64, classes)
	for i, label := range labels {
		row, out := logits[i*classes:][:classes], dy[i*classes:][:classes]
		clear(out)
		if label < 0 {
			continue
		}
		logP := float64(row[label]) - softmaxOf(p, row)
		loss, slope := l.of(p[label], logP)
		sum += loss
		for c, q := range p { // d log p_label / d x_c is (c = label) - p_c
			d := -q
			if c == label {
				d++
			}
			out[c] = float32(slope * d / float64(known))
		}
	}
	return sum / float64(max(known, 1))
}

// of gives the loss of probability p, whose logarithm is logP, and its derivative with respect to logP.
func (l FocalLoss) of(p, logP float64) (loss, slope float64) {
	gamma, rest := float64(l.Gamma), max(1-p, 0)
	power := math.Pow(rest, gamma)
	slope = -power
	if gamma != 0 && rest > 0 {
		slope += gamma * p * logP * power / rest
	}
	return -power * logP, slope
}

// Sigmoid gives the mean over all images and classes with a known target; arguments are those of SigmoidLoss.Loss.
func (l FocalLoss) Sigmoid(dy, logits, targets []float32) float64 {
	yes, no := 1.0, 1.0
	if l.Alpha > 0 {
		yes, no = float64(l.Alpha), 1-float64(l.Alpha)
	}
	return eachKnown(dy, targets, func(i int, t float64) (loss, slope float64) {
		x := float64(logits[i])
		p, q := logistic(x), logistic(-x)
		a, da := l.of(p, -softplus(-x))
		b, db := l.of(q, -softplus(x))
		yes := yes
		if l.Positive != nil {
			yes *= float64(l.Positive[i%len(l.Positive)])
		}
		// d log p / dx = 1-p, and of log(1-p) it is -p.
		return yes*t*a + no*(1-t)*b, yes*t*da*q - no*(1-t)*db*p
	})
}
