package grad

import (
	"slices"

	"github.com/irum-app/irum/engine/native"
)

// pooling takes the largest or the average under a window.
type pooling struct {
	frame
	x, out   *value
	largest  bool
	countPad bool // padding counts for the average
	lines    []line
}

func (p *pooling) result() *value { return p.out }

// divisor is what a sum under the window of result (oy, ox) is divided by.
func (p *pooling) divisor(oy, ox, taps int) float32 {
	if !p.countPad {
		return float32(max(taps, 1))
	}
	reach := func(at, n, dilation, end int) int { return max(min(n, (end-at+dilation-1)/dilation), 0) }
	return float32(reach(oy*p.sH-p.top, p.kH, p.dH, p.inH+p.bottom) * reach(ox*p.sW-p.left, p.kW, p.dW, p.inW+p.right))
}

// spans calls visit for every run of neighbouring results that one window describes.
func (p *pooling) spans(visit func(oy int, s *span)) {
	if p.lines == nil {
		p.lines = slide(&p.frame)
		for i, l := range p.lines { // behind the last padding the divisors differ
			if !p.countPad {
				continue
			}
			var single line
			for _, s := range l {
				for k := range s.count {
					single = append(single, span{from: s.from + k, count: 1, taps: s.taps})
				}
			}
			p.lines[i] = single
		}
	}
	for oy, l := range p.lines {
		for i := range l {
			visit(oy, &l[i])
		}
	}
}

func (p *pooling) forward(n *Net) {
	k := n.windows(p.inC)
	p.spans(func(int, *span) {})
	n.team.each(n.images, func(_, i int) {
		x, out := p.x.at(i)[:p.x.size], p.out.at(i)[:p.out.size]
		var taps []native.Tap
		p.spans(func(oy int, s *span) {
			var w native.Window
			w, taps = p.window(s, taps)
			row := out[(oy*p.outW+s.from)*p.outC:]
			if p.largest {
				k.Maximum(&w, x, p.at(oy, s.from), row, nil)
				return
			}
			w.Divisor = p.divisor(oy, s.from, len(s.taps))
			k.Average(&w, x, p.at(oy, s.from), row, nil)
		})
	})
}

func (p *pooling) backward(n *Net) {
	g, c := n.adding(p.x), p.inC
	p.spans(func(int, *span) {})
	n.team.each(n.images, func(worker, i int) {
		x, dx := p.x.at(i)[:p.x.size], p.x.part(g, i)[:p.x.size]
		out, dy := p.out.at(i)[:p.out.size], p.out.part(p.out.grad, i)[:p.out.size]
		factor := slices.Repeat([]float32{1}, c)
		p.spans(func(oy int, s *span) {
			at, first := (oy*p.outW+s.from)*c, p.at(oy, s.from)
			left := native.Table{Data: dy[at:], Step: c}
			if !p.largest {
				each := 1 / p.divisor(oy, s.from, len(s.taps))
				for k := range factor {
					factor[k] = each
				}
			}
			for _, t := range s.taps {
				under := first + (t/p.kW*p.dH*p.inW+t%p.kW*p.dW)*c
				to := native.Table{Data: dx[under:], Step: p.sW * c}
				if p.largest { // the first of equal numbers gets it all
					n.kernels.Claim(to, native.Table{Data: x[under:], Step: p.sW * c}, native.Table{Data: out[at:], Step: c}, left, s.count, c)
					continue
				}
				n.kernels.AddScaled(to, left, factor, s.count)
			}
		})
	})
}
