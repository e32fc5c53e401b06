package grad

import (
	"math"

	"github.com/irum-app/irum/engine/native"
)

// batchNorm is a batch normalisation by itself: of the batch in training, or with running statistics (Ioffe and Szegedy, Batch
// normalization, 2015). x is [N, C] or an image.
type batchNorm struct {
	normalisation
	x, out  *value
	kind    Norm
	end     bounds
	average []float32 // the statistics that the last Forward used
	inverse []float32 // 1 / standard deviation
}

func (b *batchNorm) result() *value { return b.out }

// rows is how many values of each channel there are.
func (b *batchNorm) rows(n *Net) int { return n.images * b.x.size / b.x.channels() }

func (b *batchNorm) forward(n *Net) {
	channels := b.x.channels()
	if b.average == nil {
		b.average, b.inverse = make([]float32, channels), make([]float32, channels)
	}
	if b.kind == BatchNorm && n.train {
		b.measure(n)
	} else {
		for c, v := range b.variance.data[:channels] {
			b.average[c], b.inverse[c] = b.mean.data[c], float32(1/math.Sqrt(float64(v)+float64(b.epsilon)))
		}
	}
	factor, shift := make([]float32, channels), make([]float32, channels)
	for c := range factor {
		factor[c] = b.scale.data[c] * b.inverse[c]
		shift[c] = float32(float64(b.bias.data[c]) - float64(b.average[c])*float64(factor[c]))
	}
	n.bands(b.rows(n), channels, func(_, _, from, to int) {
		x, out := native.Table{Data: b.x.data[from*channels:], Step: channels}, native.Table{Data: b.out.data[from*channels:], Step: channels}
		n.kernels.Scale(out, x, factor, shift, to-from, b.end.lo, b.end.hi)
	})
}

// measure takes mean and variance of the batch: of bands that stay in the cache, joined by the formula of Chan, Golub and LeVeque
// (Updating formulae and a pairwise algorithm for computing sample variances, 1979). The running variance moves towards the
// unbiased one.
func (b *batchNorm) measure(n *Net) {
	channels, rows := b.x.channels(), b.rows(n)
	parts := make([]float32, 2*bandCount(rows, channels)*channels)
	n.bands(rows, channels, func(_, band, from, to int) {
		x := native.Table{Data: b.x.data[from*channels:], Step: channels}
		mean, squares := parts[2*band*channels:][:channels], parts[(2*band+1)*channels:][:channels]
		n.kernels.Sums(mean, x, to-from)
		n.kernels.Affine(mean, 1/float32(to-from), 0)
		n.kernels.Squares(squares, x, mean, to-from)
	})
	each := max(chunk/channels, 1)
	for c := range channels {
		mean, squares, count := 0.0, 0.0, 0.0
		for at := c; at < len(parts); at += 2 * channels {
			size := float64(min(each, rows-int(count)))
			apart := float64(parts[at]) - mean
			mean += apart * size / (count + size)
			squares += float64(parts[at+channels]) + apart*apart*count*size/(count+size)
			count += size
		}
		variance := squares / count
		b.average[c], b.inverse[c] = float32(mean), float32(1/math.Sqrt(variance+float64(b.epsilon)))
		unbiased := squares / max(count-1, 1)
		m := float64(b.momentum)
		b.mean.data[c] = float32(m*float64(b.mean.data[c]) + (1-m)*mean)
		b.variance.data[c] = float32(m*float64(b.variance.data[c]) + (1-m)*unbiased)
	}
}

func (b *batchNorm) backward(n *Net) {
	channels, rows := b.x.channels(), b.rows(n)
	dy := b.out.grad
	parts := make([]float32, 2*bandCount(rows, channels)*channels)
	n.bands(rows, channels, func(_, band, from, to int) {
		g := dy[from*channels : to*channels]
		if b.end.some() {
			n.kernels.Gate(g, g, b.out.data[from*channels:], b.end.lo, b.end.hi)
		}
		table := native.Table{Data: g, Step: channels}
		x := native.Table{Data: b.x.data[from*channels:], Step: channels}
		n.kernels.Sums(parts[2*band*channels:][:channels], table, to-from)
		n.kernels.CentredDots(parts[(2*band+1)*channels:][:channels], x, table, b.average, to-from)
	})
	sums := totals(parts, 2*channels)
	if b.bias.needs {
		g := n.adding(b.bias)
		for c := range channels {
			g[c] += float32(sums[c])
		}
	}
	if b.scale.needs {
		g := n.adding(b.scale)
		for c := range channels {
			g[c] += float32(sums[channels+c] * float64(b.inverse[c]))
		}
	}
	if b.x.needs {
		b.imageGradient(n, sums)
	}
}

// imageGradient is scale/σ * (dy - mean(dy) - x̂*mean(dy*x̂)), and with frozen statistics its first term alone.
func (b *batchNorm) imageGradient(n *Net, sums []float64) {
	channels, rows := b.x.channels(), b.rows(n)
	ofDy, ofX, shift := make([]float32, channels), make([]float32, channels), make([]float32, channels)
	for c := range channels {
		k := float64(b.scale.data[c]) * float64(b.inverse[c])
		ofDy[c] = float32(k)
		if b.kind == BatchNorm {
			slope := k * sums[channels+c] / float64(rows) * float64(b.inverse[c]) * float64(b.inverse[c])
			ofX[c] = float32(-slope)
			shift[c] = float32(slope*float64(b.average[c]) - k*sums[c]/float64(rows))
		}
	}
	n.contribute(b.x, func(g []float32) {
		n.bands(rows, channels, func(_, _, from, to int) {
			dy := native.Table{Data: b.out.grad[from*channels:], Step: channels}
			x := native.Table{Data: b.x.data[from*channels:], Step: channels}
			n.kernels.Blend(native.Table{Data: g[from*channels:], Step: channels}, dy, x, ofDy, ofX, shift, to-from)
		})
	})
}

// instanceNorm normalises every channel of every image by itself (Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016).
type instanceNorm struct {
	x, scale, bias, out *value
	epsilon             float32
	average, inverse    []float32 // of each image and channel
}

func (b *instanceNorm) result() *value { return b.out }

func (b *instanceNorm) forward(n *Net) {
	channels := b.x.channels()
	area := b.x.size / channels
	b.average, b.inverse = make([]float32, n.images*channels), make([]float32, n.images*channels)
	n.team.each(n.images, func(_, i int) {
		x := native.Table{Data: b.x.at(i), Step: channels}
		mean, inverse := b.average[i*channels:][:channels], b.inverse[i*channels:][:channels]
		n.kernels.Sums(mean, x, area)
		n.kernels.Affine(mean, 1/float32(area), 0)
		n.kernels.Squares(inverse, x, mean, area)
		factor, shift := make([]float32, channels), make([]float32, channels)
		for c, v := range inverse {
			inverse[c] = float32(1 / math.Sqrt(float64(v)/float64(area)+float64(b.epsilon)))
			factor[c] = b.scale.data[c] * inverse[c]
			shift[c] = b.bias.data[c] - mean[c]*factor[c]
		}
		n.kernels.Scale(native.Table{Data: b.out.at(i), Step: channels}, x, factor, shift, area, unbounded.lo, unbounded.hi)
	})
}

func (b *instanceNorm) backward(n *Net) {
	channels := b.x.channels()
	area := b.x.size / channels
	sums := make([]float32, 2*n.images*channels)
	n.team.each(n.images, func(_, i int) {
		x, dy := native.Table{Data: b.x.at(i), Step: channels}, native.Table{Data: b.out.part(b.out.grad, i), Step: channels}
		n.kernels.Sums(sums[2*i*channels:][:channels], dy, area)
		n.kernels.CentredDots(sums[(2*i+1)*channels:][:channels], x, dy, b.average[i*channels:][:channels], area)
	})
	for k, v := range []*value{b.bias, b.scale} {
		if !v.needs {
			continue
		}
		g := n.adding(v)
		for i := range n.images {
			for c := range channels {
				s := sums[(2*i+k)*channels+c]
				if k == 1 {
					s *= b.inverse[i*channels+c]
				}
				g[c] += s
			}
		}
	}
	if b.x.needs {
		n.contribute(b.x, func(g []float32) {
			n.team.each(n.images, func(_, i int) { b.image(n, b.x.part(g, i), i, sums[2*i*channels:][:2*channels]) })
		})
	}
}

// image is the gradient of one image, given the sums of dy and of dy*(x-mean) for each channel.
func (b *instanceNorm) image(n *Net, g []float32, i int, sums []float32) {
	channels := b.x.channels()
	area := b.x.size / channels
	ofDy, ofX, shift := make([]float32, channels), make([]float32, channels), make([]float32, channels)
	for c := range channels {
		inverse := float64(b.inverse[i*channels+c])
		k := float64(b.scale.data[c]) * inverse
		slope := k * float64(sums[channels+c]) / float64(area) * inverse * inverse
		ofDy[c], ofX[c] = float32(k), float32(-slope)
		shift[c] = float32(slope*float64(b.average[i*channels+c]) - k*float64(sums[c])/float64(area))
	}
	x, dy := native.Table{Data: b.x.at(i), Step: channels}, native.Table{Data: b.out.part(b.out.grad, i), Step: channels}
	n.kernels.Blend(native.Table{Data: g, Step: channels}, dy, x, ofDy, ofX, shift, area)
}
