package simd

import "fmt"

// moveSpec copies an image between layouts and into a border of zeros. Plain is the network's own layout, channel after
// channel; otherwise pixel after pixel, pitch floats apart. A plain result has no border.
type moveSpec struct {
	channels, h, w           int
	fromPlain, toPlain       bool
	fill                     byte // of the border
	fromPitch, toPitch       int  // floats between pixels, where not plain
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

// units are lines of the image.
func (s moveSpec) units() int { return s.h }

// move generates a kernel of the parameters (input, output). Each line clears the border at its sides, the first the
// one above it and the last the one below.
func move(cfg Config, s moveSpec) *function {
	f, r := ranged(s.name(cfg), 2, s.units())
	pitch, width := 4*s.toPitch, s.left+s.w+s.right
	from, to := 4*s.w*s.fromPitch, width*pitch // between lines
	if s.fromPlain {
		from = 4 * s.w
	}
	if s.toPlain {
		to = 4 * s.w
	}
	r.first(func() { f.fill(1, 0, s.top*width*pitch, s.fill) })
	f.advance(1, (s.top*width+s.left)*pitch)
	r.skip(0, from)
	r.skip(1, to)
	r.each("line", func() {
		f.fill(1, -s.left*pitch, s.left*pitch, s.fill)
		switch {
		case s.fromPlain || s.toPlain:
			s.transpose(f)
		case s.fromPitch == s.toPitch:
			f.get(1)
			f.get(0)
			f.number(4 * s.w * s.fromPitch)
			f.op(opBulk, bulkCopy, 0, 0)
		default:
			s.pixels(f)
		}
		f.fill(1, s.w*pitch, s.right*pitch, s.fill)
		f.advance(0, from)
		f.advance(1, to)
	})
	r.last(func() { f.fill(1, -s.left*pitch, s.bottom*width*pitch, s.fill) })
	return f
}

// fill sets n bytes at address local + offset to value.
func (f *function) fill(local, offset, n int, value byte) {
	if n == 0 {
		return
	}
	f.offset(local, offset)
	f.number(int(value))
	f.number(n)
	f.op(opBulk, bulkFill, 0)
}

// pixels copies the pixels of one line between different pitches.
func (s moveSpec) pixels(f *function) {
	from, to := f.shared("from", typeI32), f.shared("to", typeI32)
	f.copyTo(from, 0, 0)
	f.copyTo(to, 1, 0)
	f.repeat("pixel", s.w, func() {
		if s.channels > 16 {
			f.get(to)
			f.get(from)
			f.number(4 * s.channels)
			f.op(opBulk, bulkCopy, 0, 0)
		} else {
			for c := range s.channels {
				copyWord(f, from, 4*c, to, 4*c)
			}
		}
		f.advance(from, 4*s.fromPitch)
		f.advance(to, 4*s.toPitch)
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

// transpose takes one line between the layouts, up to 4 channels at a time.
func (s moveSpec) transpose(f *function) {
	area := s.h * s.w
	stepFrom, stepTo, planeFrom, planeTo := 1, s.toPitch, area, 1
	if s.toPlain {
		stepFrom, stepTo, planeFrom, planeTo = s.fromPitch, 1, 1, area
	}
	from, to := f.shared("from", typeI32), f.shared("to", typeI32)
	planesFrom, planesTo := f.shared("planes from", typeI32), f.shared("planes to", typeI32)
	f.copyTo(planesFrom, 0, 0)
	f.copyTo(planesTo, 1, 0)
	part := func(channels int) {
		f.copyTo(from, planesFrom, 0)
		f.copyTo(to, planesTo, 0)
		f.repeat("pixel", s.w, func() {
			for c := range channels {
				copyWord(f, from, 4*c*planeFrom, to, 4*c*planeTo)
			}
			f.advance(from, 4*stepFrom)
			f.advance(to, 4*stepTo)
		})
		f.advance(planesFrom, 4*channels*planeFrom)
		f.advance(planesTo, 4*channels*planeTo)
	}
	f.repeat("channels", s.channels/4, func() { part(4) })
	if rest := s.channels % 4; rest > 0 {
		part(rest)
	}
}

// meanSpec averages every channel over the image.
type meanSpec struct{ vecs, h, w int }

// units are vectors of channels.
func (s meanSpec) units() int { return s.vecs }

func (s meanSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_mean_%s_%dx%dx%d", cfg.variant(), s.h, s.w, 4*s.vecs)
}

// mean generates a kernel of the parameters (input, output). It sums rows by themselves: sums of like size lose less.
func mean(cfg Config, s meanSpec) *function {
	f, r := ranged(s.name(cfg), 2, s.units())
	r.skip(0, 16)
	r.skip(1, 16)
	from, row, total := f.local(typeI32), f.local(typeV128), f.local(typeV128)
	r.each("channel", func() {
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
