package grad

import (
	"github.com/irum-app/irum/engine/native"
)

// depthwise are the loops of a convolution whose channels have a kernel each, and of pooling.
type depthwise struct {
	lines   []line // by row of the result
	weights []float32
}

// line says which taps lie inside the image for a row of results.
type line []span

// span is a run of neighbouring results with the same taps.
type span struct {
	from, count int
	taps        []int
}

// slide gives the lines of f.
func slide(f *frame) []line {
	var columns line
	last := -1
	for ox := range f.outW {
		first, end := covered(ox*f.sW-f.left, f.kW, f.dW, f.inW)
		key := first*(f.kW+1) + end
		if key != last {
			columns = append(columns, span{from: ox})
			last = key
		}
		s := &columns[len(columns)-1]
		if s.count++; s.count == 1 {
			for k := first; k < end; k++ {
				s.taps = append(s.taps, k)
			}
		}
	}
	known := map[int]line{}
	lines := make([]line, f.outH)
	for oy := range lines {
		first, end := covered(oy*f.sH-f.top, f.kH, f.dH, f.inH)
		key := first*(f.kH+1) + end
		if known[key] == nil {
			for _, c := range columns {
				s := span{from: c.from, count: c.count}
				for kh := first; kh < end; kh++ {
					for _, kw := range c.taps {
						s.taps = append(s.taps, kh*f.kW+kw)
					}
				}
				known[key] = append(known[key], s)
			}
		}
		lines[oy] = known[key]
	}
	return lines
}

// covered are the places [first, end) of a window of n that lie inside an axis, when its first lies at index at.
func covered(at, n, dilation, size int) (first, end int) {
	for first < n && at+first*dilation < 0 {
		first++
	}
	end = first
	for end < n && at+end*dilation < size {
		end++
	}
	return first, end
}

// window is the part of a native.Window that all spans share; at is the pixel under the first tap, taps are those of s.
func (f *frame) window(s *span, taps []native.Tap) (w native.Window, list []native.Tap) {
	taps = taps[:0]
	for _, t := range s.taps {
		taps = append(taps, native.Tap{X: (t/f.kW*f.dH*f.inW + t%f.kW*f.dW) * f.inC, W: t * f.inC})
	}
	return native.Window{Taps: taps, Channels: f.inC, Count: s.count, StepX: f.sW * f.inC, StepTo: f.inC, Lo: unbounded.lo, Hi: unbounded.hi}, taps
}

// at is the float of an image under the first tap of result (oy, ox), which may lie outside.
func (f *frame) at(oy, ox int) int {
	return ((oy*f.sH-f.top)*f.inW + ox*f.sW - f.left) * f.inC
}

// windows gives the kernels for windows over so many channels.
func (n *Net) windows(channels int) native.Kernels {
	if channels%4 != 0 {
		return native.Portable()
	}
	return n.kernels
}

// byTap lays weights [C, 1, kH, kW] out tap by tap; turned gives the last tap first.
func (d *depthwise) byTap(w []float32, channels, taps int, turned bool) []float32 {
	if d.weights == nil {
		d.weights = make([]float32, channels*taps)
	}
	for c := range channels {
		for t, v := range w[c*taps:][:taps] {
			if turned {
				t = taps - 1 - t
			}
			d.weights[t*channels+c] = v
		}
	}
	return d.weights
}

// slideOver sets the results of all images.
func (n *Net) slideOver(f *frame, lines []line, to, x, weights, bias []float32, end bounds, add bool) {
	k := n.windows(f.inC)
	in, out := f.inH*f.inW*f.inC, f.area()*f.outC
	n.team.each(n.images, func(_, i int) {
		image, result := x[i*in:][:in], to[i*out:][:out]
		var taps []native.Tap
		for oy, l := range lines {
			for s := range l {
				var w native.Window
				w, taps = f.window(&l[s], taps)
				w.Lo, w.Hi = end.lo, end.hi
				row := result[(oy*f.outW+l[s].from)*f.outC:]
				var residual []float32
				if add {
					residual = row
				}
				k.Depthwise(&w, image, f.at(oy, l[s].from), weights, bias, row, residual)
			}
		}
	})
}

func (d *depthwise) forward(n *Net, c *conv, weights, bias []float32) {
	if d.lines == nil {
		d.lines = slide(&c.frame)
	}
	n.slideOver(&c.frame, d.lines, c.out.data, c.x.data, d.byTap(weights, c.inC, c.taps(), false), bias, c.end, false)
}

// correlate sets c.dw, [channel][tap]: every image's part by itself, then their sum.
func (d *depthwise) correlate(n *Net, c *conv) {
	taps, channels := c.taps(), c.inC
	in, out, each := c.inH*c.inW*channels, c.area()*channels, taps*channels
	partial := make([]float32, n.images*each)
	n.team.each(n.images, func(_, i int) {
		x, dy, sum := c.x.data[i*in:][:in], c.out.grad[i*out:][:out], partial[i*each:][:each]
		for oy, l := range d.lines {
			for _, s := range l {
				at := c.at(oy, s.from)
				y := native.Table{Data: dy[(oy*c.outW+s.from)*channels:], Step: channels}
				for _, t := range s.taps {
					under := native.Table{Data: x[at+(t/c.kW*c.dH*c.inW+t%c.kW*c.dW)*channels:], Step: c.sW * channels}
					n.kernels.Dots(sum[t*channels:][:channels], under, y, s.count)
				}
			}
		}
	})
	for i, s := range totals(partial, each) {
		c.dw[i%channels*taps+i/channels] = float32(s)
	}
}

// spread gives the image its gradient: a convolution with the turned kernel, or for a stride what each result gives back.
func (d *depthwise) spread(n *Net, c *conv, weights []float32) {
	taps, channels := c.taps(), c.inC
	if c.sH == 1 && c.sW == 1 {
		turned := c.turned()
		g, add := n.into(c.x)
		n.slideOver(&turned, slide(&turned), g, c.out.grad, d.byTap(weights, channels, taps, true), make([]float32, channels), unbounded, add)
		return
	}
	w, g := d.byTap(weights, channels, taps, false), n.adding(c.x)
	in, out := c.inH*c.inW*channels, c.area()*channels
	n.team.each(n.images, func(_, i int) {
		dx, dy := g[i*in:][:in], c.out.grad[i*out:][:out]
		for oy, l := range d.lines {
			for _, s := range l {
				at := c.at(oy, s.from)
				y := native.Table{Data: dy[(oy*c.outW+s.from)*channels:], Step: channels}
				for _, t := range s.taps {
					to := native.Table{Data: dx[at+(t/c.kW*c.dH*c.inW+t%c.kW*c.dW)*channels:], Step: c.sW * channels}
					n.kernels.AddScaled(to, y, w[t*channels:][:channels], s.count)
				}
			}
		}
	})
}
