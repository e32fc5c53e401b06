package simd

import (
	"fmt"
	"math"
)

// rows walks over sequences of n numbers: one that lies together, or up to 4 side by side whose numbers lie inner apart.
type rows struct {
	*function
	n, inner int
	from, v  int   // locals: where the sequence is read, a vector of it
	others   []int // pointers that go along with from
	mask     int   // local: all ones in the lanes of a last, incomplete vector
}

func newRows(f *function, n, inner int) rows {
	r := rows{function: f, n: n, inner: inner, from: f.local(typeI32), v: f.local(typeV128), mask: -1}
	if inner > 1 || n%4 == 0 {
		return r
	}
	r.mask = f.local(typeV128)
	r.vec(vecConst)
	for i := range 4 {
		lane := float32(0)
		if i < n%4 {
			lane = math.Float32frombits(math.MaxUint32)
		}
		r.code = appendFloat(r.code, lane)
	}
	r.set(r.mask)
	return r
}

// each runs body with v set to every vector of a sequence; in a last one only the first lanes belong to it.
func (r *rows) each(start int, body func(lanes int)) {
	r.copyTo(r.from, start, 0)
	part := func(lanes, step int) {
		r.load(r.from, 0)
		r.set(r.v)
		body(lanes)
		for _, p := range append([]int{r.from}, r.others...) {
			r.advance(p, step)
		}
	}
	if r.inner > 1 {
		r.repeat("element", r.n, func() { part(4, 4*r.inner) })
		return
	}
	r.repeat("vector", r.n/4, func() { part(4, 16) })
	if rest := r.n % 4; rest > 0 {
		part(rest, 16)
	}
}

// masked pushes v, with other in the lanes that do not belong to the sequence.
func (r *rows) masked(lanes int, other float32) {
	r.get(r.v)
	if lanes < 4 {
		r.constant(other)
		r.get(r.mask)
		r.vec(vecBitselect)
	}
}

// gather sets sum to the combination of all numbers by op, whose neutral number is given: in every lane, or in each lane
// of its own sequence.
func (r *rows) gather(start, sum int, op uint64, neutral float32) {
	r.constant(neutral)
	r.set(sum)
	r.each(start, func(lanes int) {
		r.masked(lanes, neutral)
		r.get(sum)
		r.vec(op)
		r.set(sum)
	})
	r.across(sum, op)
}

// across combines the lanes of a sequence that lies together.
func (r *rows) across(v int, op uint64) {
	if r.inner > 1 {
		return
	}
	for _, order := range [][]byte{{2, 3, 0, 1}, {1, 0, 3, 2}} {
		r.get(v)
		r.get(v)
		r.get(v)
		r.vec(vecShuffle8)
		for _, lane := range order {
			r.op(4*lane, 4*lane+1, 4*lane+2, 4*lane+3)
		}
		r.vec(op)
		r.set(v)
	}
}

// blocks runs body for every sequence of the blocks u of pitch floats, moving the pointers behind it: lanes of them at a time.
// The results are n floats for one of the input where whole is set, and one otherwise.
func (r *rows) blocks(u units, pitch int, whole bool, body func(lanes int)) {
	const in, out = 0, 1
	u.skip(in, 4*pitch)
	if whole {
		u.skip(out, 4*pitch)
	} else {
		u.skip(out, 4*r.inner)
	}
	u.each("block", func() {
		if r.inner == 1 {
			body(1)
			r.advance(in, 4*pitch)
			if whole {
				r.advance(out, 4*pitch)
			} else {
				r.advance(out, 4)
			}
			return
		}
		part := func(lanes int) {
			body(lanes)
			r.advance(in, 4*lanes)
			r.advance(out, 4*lanes)
		}
		r.repeat("columns", r.inner/4, func() { part(4) })
		if rest := r.inner % 4; rest > 0 {
			part(rest)
		}
		r.advance(in, 4*(pitch-r.inner))
		if whole {
			r.advance(out, 4*(pitch-r.inner))
		}
	})
}

// softmaxSpec normalises n numbers at a time. With inner 1 they lie together, and a row begins every pitch floats;
// otherwise they lie inner floats apart, and the inner sequences side by side make a block of pitch floats.
type softmaxSpec struct{ rows, n, pitch, inner int }

// units are blocks.
func (s softmaxSpec) units() int { return s.rows }

func (s softmaxSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_softmax_%s_%dx%d_%d", cfg.variant(), s.rows, s.n, s.inner)
}

// softmax generates a kernel of the parameters (input, output).
func softmax(cfg Config, s softmaxSpec) *function {
	f, blocks := ranged(s.name(cfg), 2, s.units())
	r := newRows(f, s.n, s.inner)
	to, top, sum := f.local(typeI32), f.local(typeV128), f.local(typeV128)
	r.blocks(blocks, s.pitch, true, func(columns int) {
		stored := func(lanes int) int { // of a vector of the result
			if s.inner > 1 {
				return columns
			}
			return lanes
		}
		r.others = nil
		r.gather(0, top, vecPMax, float32(math.Inf(-1)))
		r.others = []int{to}
		f.copyTo(to, 1, 0)
		f.constant(0)
		f.set(sum)
		r.each(0, func(lanes int) {
			f.get(r.v)
			f.get(top)
			f.vec(vecSub)
			exp(f, cfg)
			f.set(r.v)
			f.store(to, 0, r.v, stored(lanes))
			r.masked(lanes, 0)
			f.get(sum)
			f.vec(vecAdd)
			f.set(sum)
		})
		r.across(sum, vecAdd)
		f.copyTo(to, 1, 0)
		r.each(1, func(lanes int) {
			f.get(r.v)
			f.get(sum)
			f.vec(vecDiv)
			f.set(r.v)
			f.store(to, 0, r.v, stored(lanes))
		})
	})
	return f
}

// reduceSpec makes one number of n: their mean, sum or extreme. The numbers lie as those of a softmax do; the results lie
// together.
type reduceSpec struct {
	op                    string
	rows, n, pitch, inner int
}

// units are blocks.
func (s reduceSpec) units() int { return s.rows }

func (s reduceSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_%s_%s_%dx%d_%d", s.op, cfg.variant(), s.rows, s.n, s.inner)
}

// reduce generates a kernel of the parameters (input, output).
func reduce(cfg Config, s reduceSpec) *function {
	f, blocks := ranged(s.name(cfg), 2, s.units())
	r := newRows(f, s.n, s.inner)
	sum := f.local(typeV128)
	op, neutral := uint64(vecAdd), float32(0)
	switch s.op {
	case "ReduceMax":
		op, neutral = vecMax, float32(math.Inf(-1))
	case "ReduceMin":
		op, neutral = vecMin, float32(math.Inf(1))
	}
	r.blocks(blocks, s.pitch, false, func(columns int) {
		r.gather(0, sum, op, neutral)
		if s.op == "ReduceMean" {
			f.get(sum)
			f.constant(float32(s.n))
			f.vec(vecDiv)
			f.set(sum)
		}
		f.store(1, 0, sum, columns)
	})
	return f
}
