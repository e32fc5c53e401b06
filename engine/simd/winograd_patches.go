package simd

import "fmt"

// patchSpec transforms the patches of an image, B^T d B. The results lie position after position of a patch, and in each as
// pixels do: patch after patch, row by row, with all channels.
type patchSpec struct {
	m            int // side of a patch's outputs
	h, w, vecs   int // the image, and vectors of channels of a pixel
	top, left    int // padding
	across, down int // patches
}

// plane is the distance in bytes between two positions of count patches with vecs vectors of channels. Were it a multiple of a
// page of memory, all positions of a patch would fight for a few lines of the nearest cache.
func plane(count, vecs int) int {
	const page = 4096
	return roundUp(16*vecs*count, page) + 5*line
}

func (s patchSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_patches%d_%s_%dx%dx%d", s.m, cfg.variant(), s.down, s.across, 4*s.vecs)
}

// units are rows of patches.
func (s patchSpec) units() int { return s.down }

// products: a transform is about two lines of twelve products for each vector that it reads.
func (s patchSpec) products() int { return 24 * s.down * s.across * bases[s.m].side() * s.vecs }

// inside gives the range of patches of a row that reach over neither side of the image.
func (s patchSpec) inside() (from, to int) {
	n := bases[s.m].side()
	for from < s.across && from*s.m < s.left {
		from++
	}
	for to = from; to < s.across && to*s.m-s.left+n <= s.w; to++ {
	}
	return from, to
}

// patches generates a kernel of the parameters (image, patches, a row of zeros).
func patches(cfg Config, s patchSpec) *function {
	const in, out, zeros = 0, 1, 2
	f, rows := ranged(s.name(cfg), 3, s.units())
	k := &patchKernel{patchSpec: s, lines: lines{function: f, cfg: cfg}, basis: bases[s.m]}
	y, pitch := f.local(typeI32), 16*s.vecs
	k.number(-s.top)
	k.set(y)
	k.advance(in, -s.top*s.w*pitch)
	rows.skip(y, s.m)
	rows.skip(in, s.m*s.w*pitch)
	rows.skip(out, s.across*pitch)
	var from []int
	for r := range k.side() {
		from = append(from, k.shared(fmt.Sprint("from ", r), typeI32))
	}
	rows.each("row", func() {
		for r, pointer := range from { // a row above or below the image is one of zeros
			k.offset(in, r*s.w*pitch)
			k.get(zeros)
			k.offset(y, r)
			k.number(s.h)
			k.op(opI32LtU, opSelect)
			k.set(pointer)
		}
		first, last := s.inside()
		for at := 0; at < s.across; at++ {
			if at == first && last > first {
				k.repeat("patch", last-first, func() { k.patch(from, out, at, true) })
				at = last - 1
				continue
			}
			k.patch(from, out, at, false)
		}
		k.advance(y, s.m)
		k.advance(in, s.m*s.w*pitch)
	})
	k.begin()
	return f
}

type patchKernel struct {
	patchSpec
	lines
	basis
}

// patch transforms a patch, number at of its row: the rows are read from pointers to its first column in the image. It moves
// the pointers to the next one. Inside the image every patch is like the first.
func (k *patchKernel) patch(from []int, out, at int, inside bool) {
	n, pitch := k.side(), 16*k.vecs
	start := at*k.m - k.left // column of the image
	lo, hi, skipped := 0, n, k.m
	if !inside {
		lo, hi = max(-start, 0), min(k.w-start, n)
		skipped = max(start+k.m, 0) - max(start, 0)
	}
	half := k.vectors("half", n*n) // B^T d, line after line
	in, line := k.vectors("in", n), k.vectors("line", n)
	k.repeat("channel", k.vecs, func() {
		known := make([]bool, n*n)
		for j := lo; j < hi; j++ {
			column := make([]int, n)
			for i, pointer := range from {
				k.load(pointer, (j-lo)*pitch)
				k.set(in[i])
				column[i] = half[n*i+j]
			}
			for i, set := range k.input(k.basis, in, column) {
				known[n*i+j] = set
			}
		}
		for i := range n {
			row := make([]int, n)
			for j := range row {
				if row[j] = half[n*i+j]; !known[n*i+j] {
					row[j] = -1
				}
			}
			for j, set := range k.input(k.basis, row, line) {
				if !set {
					k.constant(0)
					k.set(line[j])
				}
				k.store(out, (n*i+j)*plane(k.across*k.down, k.vecs), line[j], 4)
			}
		}
		for _, pointer := range append([]int{out}, from...) {
			k.advance(pointer, 16)
		}
	})
	for _, pointer := range from {
		k.advance(pointer, (skipped-1)*pitch)
	}
}
