package grad

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLosses compares every loss with its formula in float64, and its gradient with central differences of the loss itself.
func TestLosses(t *testing.T) {
	const images, classes = 5, 4
	r := rand.New(rand.NewPCG(91, 92))
	logits := normal(r, images*classes)
	for i := range logits {
		logits[i] *= 3
	}
	labels, weights := []int{2, 0, -1, 3, 3}, []float32{1, 2, 0.5, 1.5}
	targets := []float32{1, 0, 0, 1, 0, -1, 1, 0, 0.5, 0.5, 0, 1, 1, 1, 1, 1, 0, 0, 0, -1}
	shares := make([]float32, images*classes)
	for i := range shares {
		shares[i] = []float32{0.5, 0.25, 0, 0.25}[(i+i/classes)%classes]
	}
	p := func(i, c int, x []float32) float64 {
		sum := 0.0
		for _, v := range x[i*classes:][:classes] {
			sum += math.Exp(float64(v))
		}
		return math.Exp(float64(x[i*classes+c])) / sum
	}
	q := func(i int, x []float32) float64 { return 1 / (1 + math.Exp(-float64(x[i]))) }
	labelled := func(x []float32, of func(i, c int) (loss, weight float64)) float64 {
		sum, total := 0.0, 0.0
		for i, c := range labels {
			if c >= 0 {
				loss, weight := of(i, c)
				sum, total = sum+loss, total+weight
			}
		}
		return sum / total
	}
	known := func(x []float32, of func(i int, t float64) float64) float64 {
		sum, count := 0.0, 0.0
		for i, v := range targets {
			if v >= 0 {
				sum, count = sum+of(i, float64(v)), count+1
			}
		}
		return sum / count
	}
	for name, l := range map[string]struct {
		loss    func(dy, x []float32) float64
		formula func(x []float32) float64
	}{
		"softmax": {
			func(dy, x []float32) float64 { return SoftmaxLoss{}.Loss(dy, x, labels, classes) },
			func(x []float32) float64 {
				return labelled(x, func(i, c int) (float64, float64) { return -math.Log(p(i, c, x)), 1 })
			},
		},
		"softmax smoothed and weighted": {
			func(dy, x []float32) float64 {
				return SoftmaxLoss{Smoothing: 0.2, Weights: weights}.Loss(dy, x, labels, classes)
			},
			func(x []float32) float64 {
				return labelled(x, func(i, c int) (float64, float64) {
					loss := -0.8 * float64(weights[c]) * math.Log(p(i, c, x))
					for k, w := range weights {
						loss -= float64(float32(0.2)) / classes * float64(w) * math.Log(p(i, k, x))
					}
					return loss, float64(weights[c])
				})
			},
		},
		"soft targets weighted": {
			func(dy, x []float32) float64 { return SoftmaxLoss{Weights: weights}.Soft(dy, x, shares, classes) },
			func(x []float32) float64 {
				sum := 0.0
				for i := range x {
					sum -= float64(weights[i%classes]) * float64(shares[i]) * math.Log(p(i/classes, i%classes, x)) / images
				}
				return sum
			},
		},
		"soft targets": {
			func(dy, x []float32) float64 { return SoftmaxLoss{}.Soft(dy, x, shares, classes) },
			func(x []float32) float64 {
				sum := 0.0
				for i := range x {
					sum -= float64(shares[i]) * math.Log(p(i/classes, i%classes, x)) / images
				}
				return sum
			},
		},
		"sigmoid": {
			func(dy, x []float32) float64 {
				return SigmoidLoss{Positive: []float32{1, 3, 2, 1}, Weights: weights}.Loss(dy, x, targets, classes)
			},
			func(x []float32) float64 {
				return known(x, func(i int, t float64) float64 {
					positive := []float64{1, 3, 2, 1}[i%classes]
					return -float64(weights[i%classes]) * (positive*t*math.Log(q(i, x)) + (1-t)*math.Log(1-q(i, x)))
				})
			},
		},
		"focal softmax": {
			func(dy, x []float32) float64 { return FocalLoss{Gamma: 2}.Softmax(dy, x, labels, classes) },
			func(x []float32) float64 {
				return labelled(x, func(i, c int) (float64, float64) {
					return -math.Pow(1-p(i, c, x), 2) * math.Log(p(i, c, x)), 1
				})
			},
		},
		"focal sigmoid weighted": {
			func(dy, x []float32) float64 { return FocalLoss{Positive: weights}.Sigmoid(dy, x, targets) },
			func(x []float32) float64 {
				return known(x, func(i int, t float64) float64 {
					return -float64(weights[i%classes])*t*math.Log(q(i, x)) - (1-t)*math.Log(1-q(i, x))
				})
			},
		},
		"focal sigmoid": {
			func(dy, x []float32) float64 { return FocalLoss{Gamma: 1.5, Alpha: 0.25}.Sigmoid(dy, x, targets) },
			func(x []float32) float64 {
				return known(x, func(i int, t float64) float64 {
					return -0.25*t*math.Pow(1-q(i, x), 1.5)*math.Log(q(i, x)) - 0.75*(1-t)*math.Pow(q(i, x), 1.5)*math.Log(1-q(i, x))
				})
			},
		},
	} {
		dy := make([]float32, len(logits))
		if got, want := l.loss(dy, logits), l.formula(logits); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %g instead of %g", name, got, want)
		}
		for i := range logits {
			const step = 1.0 / 1024
			x := append([]float32{}, logits...)
			x[i] = logits[i] + step
			up, far := l.formula(x), float64(x[i])
			x[i] = logits[i] - step
			down := l.formula(x)
			if want := (up - down) / (far - float64(x[i])); math.Abs(want-float64(dy[i])) > 2e-6 {
				t.Errorf("%s: gradient %d is %g instead of %g", name, i, dy[i], want)
			}
		}
	}
}
