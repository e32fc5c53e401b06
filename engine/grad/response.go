package grad

import "math"

// localResponse is local response normalisation over size neighbouring channels (Krizhevsky, Sutskever and Hinton, ImageNet
// classification with deep convolutional neural networks, 2012): y = x / d^beta, d = bias + alpha/size * the sum of squares.
type localResponse struct {
	x, out            *value
	size              int
	alpha, beta, bias float32
}

func (l *localResponse) result() *value { return l.out }

// reach gives the channels [from, to) whose squares count for channel c.
func (l *localResponse) reach(c, channels int) (from, to int) {
	return max(c-(l.size-1)/2, 0), min(c+l.size/2+1, channels)
}

// divisors sets d for every channel of a pixel.
func (l *localResponse) divisors(d []float64, x []float32) {
	for c := range d {
		from, to := l.reach(c, len(d))
		sum := 0.0
		for _, v := range x[from:to] {
			sum += float64(v) * float64(v)
		}
		d[c] = float64(l.bias) + float64(l.alpha)/float64(l.size)*sum
	}
}

func (l *localResponse) forward(n *Net) {
	channels := l.x.channels()
	n.team.each(n.images, func(_, i int) {
		d := make([]float64, channels)
		for at := 0; at < l.x.size; at += channels {
			x, y := l.x.at(i)[at:at+channels], l.out.at(i)[at:at+channels]
			l.divisors(d, x)
			for c, v := range x {
				y[c] = float32(float64(v) * math.Pow(d[c], -float64(l.beta)))
			}
		}
	})
}

func (l *localResponse) backward(n *Net) {
	g, channels := n.adding(l.x), l.x.channels()
	n.team.each(n.images, func(_, i int) {
		d := make([]float64, channels)
		for at := 0; at < l.x.size; at += channels {
			x, dx, dy := l.x.at(i)[at:at+channels], l.x.part(g, i)[at:at+channels], l.out.part(l.out.grad, i)[at:at+channels]
			l.divisors(d, x)
			for c, v := range x {
				power := math.Pow(d[c], -float64(l.beta))
				dx[c] += float32(float64(dy[c]) * power)
				slope := -2 * float64(l.beta) * float64(l.alpha) / float64(l.size) * power / d[c] * float64(v) * float64(dy[c])
				from, to := l.reach(c, channels)
				for k := from; k < to; k++ {
					dx[k] += float32(slope * float64(x[k]))
				}
			}
		}
	})
}
