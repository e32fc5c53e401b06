package simd

import "fmt"

// moveSpec copies an image between layouts and into a border of zeros. Plain is the network's own layout, channel after
// channel; otherwise pixel after pixel, pitch floats apart. A plain result has no border.
type moveSpec struct {
	channels, h, w           int
	fromPlain, toPlain       bool
	fromPitch, toPitch       int // floats between pixels, where not plain
	top, left, bottom, right int
}

func (s moveSpec) name(cfg Config) string {
	layout := map[bool]string{true: "nchw", false: "nhwc"}
	return fmt.Sprintf("f32_move_%s_%s_%s_%dx%dx%d", layout[s.fromPlain], layout[s.toPlain], cfg.variant(),
		s.top+s.h+s.bottom, s.left+s.w+s.right, s.channels)
}

// floats is the size of the result.
func (s moveSpec) floats() int {
	pitch := s.toPitch
	if s.toPlain {
		pitch = s.channels
	}
	return (s.top + s.h + s.bottom) * (s.left + s.w + s.right) * pitch
}

func (s moveSpec) bordered() bool { return s.top+s.left+s.bottom+s.right > 0 }

// move generates a kernel of the parameters (input, output).
func move(cfg Config, s moveSpec) *function {
	f := newFunction(s.name(cfg), 2)
	if s.bordered() {
		f.get(1)
		f.number(0)
		f.number(4 * s.floats())
		f.op(opBulk, bulkFill, 0)
	}
	width := s.left + s.w + s.right
	f.advance(1, 4*(s.top*width+s.left)*s.toPitch)
	switch {
	case s.fromPlain || s.toPlain:
		s.transpose(f, width)
	case s.fromPitch == s.toPitch:
		s.lines(f, s.h, s.w*s.fromPitch, width*s.toPitch)
	default:
		f.repeat("line", s.h, func() {
			s.pixels(f)
			f.advance(1, 4*(width-s.w)*s.toPitch)
		})
	}
	return f
}

// lines copies n runs of floats, which lie close together in the source.
func (s moveSpec) lines(f *function, n, floats, step int) {
	f.repeat("line", n, func() {
		f.get(1)
		f.get(0)
		f.number(4 * floats)
		f.op(opBulk, bulkCopy, 0, 0)
		f.advance(0, 4*floats)
		f.advance(1, 4*step)
	})
}

// pixels copies the pixels of one line between different pitches.
func (s moveSpec) pixels(f *function) {
	f.repeat("pixel", s.w, func() {
		if s.channels > 16 {
			f.get(1)
			f.get(0)
			f.number(4 * s.channels)
			f.op(opBulk, bulkCopy, 0, 0)
		} else {
			for c := range s.channels {
				copyWord(f, 0, 4*c, 1, 4*c)
			}
		}
		f.advance(0, 4*s.fromPitch)
		f.advance(1, 4*s.toPitch)
	})
}

// copyWord copies 4 bytes.
func copyWord(f *function, from, fromAt, to, toAt int) {
	f.get(to)
	f.get(from)
	f.op(opI32Load)
	f.memory(2, fromAt)
	f.op(opI32Store)
	f.memory(2, toAt)
}

// transpose goes between the layouts, up to 4 channels at a time.
func (s moveSpec) transpose(f *function, width int) {
	area := s.h * s.w
	from, to := f.local(typeI32), f.local(typeI32)
	part := func(channels int) {
		f.copyTo(from, 0, 0)
		f.copyTo(to, 1, 0)
		stepFrom, stepTo, skip, planeFrom, planeTo := 1, s.toPitch, (width-s.w)*s.toPitch, area, 1
		if s.toPlain {
			stepFrom, stepTo, skip, planeFrom, planeTo = s.fromPitch, 1, 0, 1, area
		}
		f.repeat("line", s.h, func() {
			f.repeat("pixel", s.w, func() {
				for c := range channels {
					copyWord(f, from, 4*c*planeFrom, to, 4*c*planeTo)
				}
				f.advance(from, 4*stepFrom)
				f.advance(to, 4*stepTo)
			})
			f.advance(to, 4*skip)
		})
		f.advance(0, 4*channels*planeFrom)
		f.advance(1, 4*channels*planeTo)
	}
	f.repeat("channels", s.channels/4, func() { part(4) })
	if rest := s.channels % 4; rest > 0 {
		part(rest)
	}
}

// meanSpec averages every channel over the image.
type meanSpec struct{ vecs, h, w int }

func (s meanSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_mean_%s_%dx%dx%d", cfg.variant(), s.h, s.w, 4*s.vecs)
}

// mean generates a kernel of the parameters (input, output). It sums rows by themselves: sums of like size lose less.
func mean(cfg Config, s meanSpec) *function {
	f := newFunction(s.name(cfg), 2)
	from, row, total := f.local(typeI32), f.local(typeV128), f.local(typeV128)
	f.repeat("channel", s.vecs, func() {
		f.copyTo(from, 0, 0)
		f.constant(0)
		f.set(total)
		f.repeat("row", s.h, func() {
			f.load(from, 0)
			f.set(row)
			f.advance(from, 16*s.vecs)
			f.repeat("pixel", s.w-1, func() {
				f.get(row)
				f.load(from, 0)
				f.vec(vecAdd)
				f.set(row)
				f.advance(from, 16*s.vecs)
			})
			f.get(total)
			f.get(row)
			f.vec(vecAdd)
			f.set(total)
		})
		f.get(total)
		f.constant(float32(s.h * s.w))
		f.vec(vecDiv)
		f.set(total)
		f.store(1, 0, total, 4)
		f.advance(0, 16)
		f.advance(1, 16)
	})
	return f
}
