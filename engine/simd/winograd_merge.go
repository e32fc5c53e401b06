package simd

import "fmt"

// mergeSpec makes an image of the patches of products, A^T y A, in the order in which patchSpec leaves them, and adds what ends
// a convolution.
type mergeSpec struct {
	m        int // side of a patch's outputs
	h, w     int // the image
	vecs     int // of channels of a pixel
	residual bool
	ending
}

// across and down are the numbers of patches; the last ones may be cut.
func (s mergeSpec) across() int { return (s.w + s.m - 1) / s.m }
func (s mergeSpec) down() int   { return (s.h + s.m - 1) / s.m }

func (s mergeSpec) name(cfg Config) string {
	n := fmt.Sprintf("f32_merge%d_%s_%dx%dx%d", s.m, cfg.variant(), s.h, s.w, 4*s.vecs)
	if s.residual {
		n += "_add"
	}
	return n + s.suffix()
}

// units are rows of patches.
func (s mergeSpec) units() int { return s.down() }

// products: see patchSpec's.
func (s mergeSpec) products() int { return 24 * s.down() * s.across() * bases[s.m].side() * s.vecs }

// merge generates a kernel of the parameters (patches, bias, image) and, with a residual, (…, residual).
func merge(cfg Config, s mergeSpec) *function {
	params := 3
	if s.residual {
		params++
	}
	f, rows := ranged(s.name(cfg), params, s.units())
	k := &mergeKernel{mergeSpec: s, lines: lines{function: f, cfg: cfg}, basis: bases[s.m], in: 0, bias: 1, out: 2}
	if s.residual {
		k.delta = k.local(typeI32)
		k.get(3)
		k.get(k.out)
		k.op(opI32Sub)
		k.set(k.delta)
	}
	pitch := 16 * s.vecs
	rows.skip(k.in, s.across()*pitch)
	rows.skip(k.out, s.m*s.w*pitch)
	whole := s.h / s.m
	rows.part("row", 0, whole, func() { k.row(s.m) })
	if rest := s.h % s.m; rest > 0 {
		rows.part("row", whole, whole+1, func() { k.row(rest) })
	}
	k.begin()
	return f
}

type mergeKernel struct {
	mergeSpec
	lines
	basis
	in, bias, out int // parameters
	delta         int // residual - output
}

// row makes height rows of the image of a row of patches.
func (k *mergeKernel) row(height int) {
	pitch := 16 * k.vecs
	to := k.shared("to", typeI32)
	k.copyTo(to, k.out, 0)
	k.repeat("patch", k.w/k.m, func() {
		k.patch(to, height, k.m)
		k.advance(to, (k.m-1)*pitch)
	})
	if rest := k.w % k.m; rest > 0 {
		k.patch(to, height, rest)
	}
	k.advance(k.out, k.m*k.w*pitch)
}

// patch makes height by width pixels of one patch, and moves in and to behind the first of them.
func (k *mergeKernel) patch(to, height, width int) {
	n, pitch := k.side(), 16*k.vecs
	half := k.vectors("half", height*n) // A^T y, line after line
	in, line := k.vectors("in", n), k.vectors("line", width)
	bias, at := k.shared("bias", typeV128), k.shared("bias at", typeI32)
	k.copyTo(at, k.bias, 0)
	k.repeat("channel", k.vecs, func() {
		column := make([]int, height)
		for j := range n {
			for i, v := range in {
				k.load(k.in, (n*i+j)*plane(k.across()*k.down(), k.vecs))
				k.set(v)
			}
			for i := range column {
				column[i] = half[n*i+j]
			}
			k.output(k.basis, in, column)
		}
		k.load(at, 0)
		k.set(bias)
		for i := range height {
			k.output(k.basis, half[n*i:n*(i+1)], line)
			for j, v := range line {
				k.pixel(to, (i*k.w+j)*pitch, v, bias)
			}
		}
		for _, pointer := range []int{k.in, to, at} {
			k.advance(pointer, 16)
		}
	})
}

// pixel finishes and stores four channels of a pixel.
func (k *mergeKernel) pixel(to, offset, v, bias int) {
	k.get(v)
	k.get(bias)
	k.vec(vecAdd)
	if k.residual {
		residual := k.shared("residual", typeI32)
		k.get(to)
		k.get(k.delta)
		k.op(opI32Add)
		k.set(residual)
		k.load(residual, offset)
		k.vec(vecAdd)
	}
	k.end(k.function, k.cfg)
	k.set(v)
	k.store(to, offset, v, 4)
}
