package tune

import (
	"math"

	"github.com/irum-app/irum/engine/grad"
)

// Optimiser names the rule by which weights move.
type Optimiser string

const (
	// SGD is stochastic gradient descent with Nesterov's momentum (Sutskever et al. 2013, On the importance of initialization and
	// momentum in deep learning): v = momentum v + g, w -= rate (g + momentum v).
	SGD Optimiser = "sgd"
	// AdamW is Adam (Kingma and Ba 2015) with decoupled decay (Loshchilov and Hutter 2019): decay pulls on the weights
	// themselves, not on the gradient that is divided by its size.
	AdamW Optimiser = "adamw"
)

// The constants of AdamW are those of its papers; momentum is what image networks are trained with (He et al. 2016).
const (
	momentum = 0.9
	beta1    = 0.9
	beta2    = 0.999
	epsilon  = 1e-8
)

// moments is what an optimiser remembers of each parameter: the velocity of SGD, or both moments of AdamW.
type moments struct {
	kind   Optimiser
	of     []*grad.Parameter
	pace   []float64 // factor on the rate of each parameter
	first  [][]float32
	second [][]float32 // nil for SGD
	steps  int
}

func newMoments(kind Optimiser, of []*grad.Parameter, pace func(name string) float64) *moments {
	m := &moments{kind: kind, of: of}
	for _, p := range of {
		m.pace = append(m.pace, pace(p.Name))
		m.first = append(m.first, make([]float32, len(p.Value)))
		if kind == AdamW {
			m.second = append(m.second, make([]float32, len(p.Value)))
		}
	}
	return m
}

// step moves every parameter by its gradient.
func (m *moments) step(rate, decay float64) {
	m.steps++
	for i, p := range m.of {
		own, pull := rate*m.pace[i], decay
		if !p.Decay {
			pull = 0
		}
		if m.kind == AdamW {
			m.adamW(i, own, pull)
		} else {
			nesterov(p, m.first[i], float32(own), float32(pull))
		}
	}
}

// nesterov adds decay to the gradient, as SGD with L2 regularisation does.
func nesterov(p *grad.Parameter, velocity []float32, rate, decay float32) {
	for k, g := range p.Grad {
		g += decay * p.Value[k]
		v := momentum*velocity[k] + g
		velocity[k] = v
		p.Value[k] -= rate * (g + momentum*v)
	}
}

func (m *moments) adamW(i int, rate, decay float64) {
	p, first, second := m.of[i], m.first[i], m.second[i]
	t := float64(m.steps)
	// The corrections for moments that began at zero, folded into rate and epsilon.
	root := math.Sqrt(1 - math.Pow(beta2, t))
	size := float32(rate * root / (1 - math.Pow(beta1, t)))
	keep, small := float32(1-rate*decay), float32(epsilon*root)
	for k, g := range p.Grad {
		a := beta1*first[k] + (1-beta1)*g
		b := beta2*second[k] + (1-beta2)*g*g
		first[k], second[k] = a, b
		p.Value[k] = keep*p.Value[k] - size*a/(float32(math.Sqrt(float64(b)))+small)
	}
}

// clip scales all gradients together so that their norm is at most limit (Pascanu et al. 2013), and gives the norm before. A
// norm that is not finite is given as it is, and nothing is scaled.
func clip(of []*grad.Parameter, limit float64) float64 {
	sum := 0.0
	for _, p := range of {
		for _, g := range p.Grad {
			sum += float64(g) * float64(g)
		}
	}
	norm := math.Sqrt(sum)
	if limit <= 0 || !(norm > limit) || math.IsInf(norm, 0) {
		return norm
	}
	scale := float32(limit / norm)
	for _, p := range of {
		for k := range p.Grad {
			p.Grad[k] *= scale
		}
	}
	return norm
}

// rate is the learning rate of a step: a linear warm-up over the first steps (Goyal et al. 2017), then half a cosine down to
// nearly nothing at the last one (Loshchilov and Hutter 2017, SGDR). It is never 0, so that no step is for nothing.
func rate(peak float64, step, warm, total int) float64 {
	if step < warm {
		return peak * float64(step+1) / float64(warm+1)
	}
	left := float64(step-warm) / float64(max(total-warm, 1))
	return peak * max(0.5*(1+math.Cos(math.Pi*min(left, 1))), 1e-3)
}

// average keeps an exponential moving average of all weights and running statistics (Polyak and Juditsky 1992), which at the end of a training is
// better than the last weights. In the first steps it forgets faster, so that it does not hold on to where it began.
type average struct {
	decay float64
	of    []*grad.Parameter
	mean  [][]float32
}

func newAverage(decay float64, of []*grad.Parameter) *average {
	a := &average{decay: decay, of: of}
	for _, p := range of {
		a.mean = append(a.mean, append([]float32(nil), p.Value...))
	}
	return a
}

// step takes in the weights after a number of steps.
func (a *average) step(steps int) {
	d := min(a.decay, float64(1+steps)/float64(10+steps))
	part := float32(1 - d)
	for i, p := range a.of {
		mean := a.mean[i]
		for k, v := range p.Value {
			mean[k] += part * (v - mean[k])
		}
	}
}

// swap exchanges weights and averages; a second call puts them back.
func (a *average) swap() {
	for i, p := range a.of {
		mean := a.mean[i]
		for k, v := range p.Value {
			p.Value[k], mean[k] = mean[k], v
		}
	}
}
