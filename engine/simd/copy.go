package simd

import (
	"fmt"
	"slices"
	"strings"
)

// copyLoop is one loop of a copy: count turns, from and to bytes apart.
type copyLoop struct{ count, from, to int }

// maxLoops is the most nested loops of a copy: one for each dimension of a value.
const maxLoops = 8

// copySpec moves runs of neighbouring floats from one arrangement to another: transposes, slices, joins and pads are
// all of this kind.
type copySpec struct {
	loops [maxLoops]copyLoop // the outermost first; those that are not needed have no turns
	run   int                // floats
}

// newCopy gives the copy of all elements of a shape between two places in which they lie with the given strides, in
// floats. Loops that go through memory in one piece are made one.
func newCopy(shape, from, to []int) copySpec {
	var loops []copyLoop
	for i, n := range shape {
		if n != 1 {
			loops = append(loops, copyLoop{n, 4 * from[i], 4 * to[i]})
		}
	}
	slices.SortStableFunc(loops, func(a, b copyLoop) int { return b.to - a.to })
	for i := len(loops) - 2; i >= 0; i-- {
		a, b := loops[i], loops[i+1]
		if a.from == b.count*b.from && a.to == b.count*b.to {
			loops[i].count, loops[i].from, loops[i].to = a.count*b.count, b.from, b.to
			loops = slices.Delete(loops, i+1, i+2)
		}
	}
	s := copySpec{run: 1}
	if last := len(loops) - 1; last >= 0 && loops[last].from == 4 && loops[last].to == 4 {
		s.run, loops = loops[last].count, loops[:last]
	}
	copy(s.loops[:], loops)
	return s
}

func (s copySpec) name(cfg Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "f32_copy_%s", cfg.variant())
	for _, l := range s.loops {
		if l.count > 0 {
			fmt.Fprintf(&b, "_%dx(%d,%d)", l.count, l.from, l.to)
		}
	}
	return fmt.Sprintf("%s_%d", b.String(), s.run)
}

// units are turns of the outermost loop. A single loop over elements is not cut.
func (s copySpec) units() int {
	if s.loops[0].count == 0 || (s.loops[1].count == 0 && s.run == 1) {
		return 1
	}
	return s.loops[0].count
}

// copying generates a kernel of the parameters (input, output).
func copying(cfg Config, s copySpec) *function {
	f, r := ranged(s.name(cfg), 2, s.units())
	loops := slices.DeleteFunc(slices.Clone(s.loops[:]), func(l copyLoop) bool { return l.count == 0 })
	r.skip(0, s.loops[0].from)
	r.skip(1, s.loops[0].to)
	s.nest(f, loops, 0, r)
	return f
}

// nest writes the loops, of which the first does the turns r; each leaves the pointers behind its last turn.
func (s copySpec) nest(f *function, loops []copyLoop, depth int, r units) {
	if len(loops) == 0 {
		s.move(f, 0, 0)
		return
	}
	l := loops[0]
	if len(loops) == 1 && s.run == 1 { // elements one by one: several a turn
		part := func(n int) {
			for i := range n {
				s.move(f, i*l.from, i*l.to)
			}
			f.advance(0, n*l.from)
			f.advance(1, n*l.to)
		}
		if l.from < 0 {
			f.repeat("element", l.count, func() { part(1) })
			return
		}
		f.repeat("element", l.count/unroll, func() { part(unroll) })
		part(l.count % unroll)
		return
	}
	from, to := l.from, l.to
	if len(loops) > 1 {
		from -= loops[1].count * loops[1].from
		to -= loops[1].count * loops[1].to
	}
	r.each(fmt.Sprint("copy ", depth), func() {
		inner := units{}
		if len(loops) > 1 {
			inner = f.all(loops[1].count)
		}
		s.nest(f, loops[1:], depth+1, inner)
		f.advance(0, from)
		f.advance(1, to)
	})
}

// move copies one run.
func (s copySpec) move(f *function, from, to int) {
	switch {
	case s.run == 1:
		copyWord(f, 0, from, 1, to)
	case s.run > 64:
		f.get(1)
		f.get(0)
		f.number(4 * s.run)
		f.op(opBulk, bulkCopy, 0, 0)
	default:
		v := f.shared("run", typeV128)
		for at := 0; at < s.run; at += 4 {
			f.load(0, 4*at)
			f.set(v)
			f.store(1, 4*at, v, min(s.run-at, 4))
		}
	}
}

// fillSpec sets vecs vectors to one number.
type fillSpec struct {
	vecs  int
	value float32
}

// units: one, since it goes at the speed of memory.
func (s fillSpec) units() int { return 1 }

func (s fillSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_fill_%s_%d_%g", cfg.variant(), 4*s.vecs, s.value)
}

// filling generates a kernel of the parameter (output).
func filling(cfg Config, s fillSpec) *function {
	f := newFunction(s.name(cfg), 1)
	if s.value == 0 {
		f.get(0)
		f.number(0)
		f.number(16 * s.vecs)
		f.op(opBulk, bulkFill, 0)
		return f
	}
	v := f.local(typeV128)
	f.constant(s.value)
	f.set(v)
	strip(f, s.vecs, unroll, func(at int) { f.store(0, at, v, 4) }, 0)
	return f
}

// shuffleSpec interleaves the two halves of every pixel's channels.
type shuffleSpec struct{ pixels, half, pitch int } // floats

// units are pixels.
func (s shuffleSpec) units() int { return s.pixels }

func (s shuffleSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_shuffle2_%s_%dx%d", cfg.variant(), s.pixels, 2*s.half)
}

// shuffle generates a kernel of the parameters (input, output).
func shuffle(cfg Config, s shuffleSpec) *function {
	f, r := ranged(s.name(cfg), 2, s.units())
	r.skip(0, 4*s.pitch)
	r.skip(1, 4*s.pitch)
	a, b, v := f.local(typeV128), f.local(typeV128), f.local(typeV128)
	lanes := [2][]byte{{0, 4, 1, 5}, {2, 6, 3, 7}}
	interleave := func(valid int) { // channels of each half
		f.load(0, 0)
		f.set(a)
		f.load(0, 4*s.half)
		f.set(b)
		for k, order := range lanes {
			n := min(2*valid-4*k, 4)
			if n <= 0 {
				break
			}
			f.get(a)
			f.get(b)
			f.vec(vecShuffle8)
			for _, lane := range order {
				f.op(4*lane, 4*lane+1, 4*lane+2, 4*lane+3)
			}
			f.set(v)
			f.store(1, 16*k, v, n)
		}
		f.advance(0, 4*valid)
		f.advance(1, 8*valid)
	}
	r.each("pixel", func() {
		f.repeat("channel", s.half/4, func() { interleave(4) })
		if rest := s.half % 4; rest > 0 {
			interleave(rest)
		}
		f.advance(0, 4*(s.pitch-s.half))
		f.advance(1, 4*(s.pitch-2*s.half))
	})
	return f
}
