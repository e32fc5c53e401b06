package simd

import (
	"fmt"
	"math"
)

// softmaxSpec normalises n numbers at a time. With inner 1 they lie together, and a row begins every pitch floats;
// otherwise they lie inner floats apart, and the inner sequences side by side make a block of pitch floats.
type softmaxSpec struct{ rows, n, pitch, inner int }

func (s softmaxSpec) name(cfg Config) string {
	return fmt.Sprintf("f32_softmax_%s_%dx%d_%d", cfg.variant(), s.rows, s.n, s.inner)
}

// softmax generates a kernel of the parameters (input, output).
func softmax(cfg Config, s softmaxSpec) *function {
	f := newFunction(s.name(cfg), 2)
	k := &softmaxKernel{function: f, softmaxSpec: s, cfg: cfg, from: f.local(typeI32), to: f.local(typeI32), v: f.local(typeV128)}
	k.top, k.sum = f.local(typeV128), f.local(typeV128)
	if s.inner == 1 {
		k.mask = f.local(typeV128)
		k.maskOf(s.n % 4)
		f.repeat("row", s.rows, func() {
			k.row()
			f.advance(0, 4*s.pitch)
			f.advance(1, 4*s.pitch)
		})
		return f
	}
	f.repeat("row", s.rows, func() {
		columns := func(lanes int) {
			k.columns(lanes)
			f.advance(0, 4*lanes)
			f.advance(1, 4*lanes)
		}
		f.repeat("columns", s.inner/4, func() { columns(4) })
		if rest := s.inner % 4; rest > 0 {
			columns(rest)
		}
		f.advance(0, 4*(s.pitch-s.inner))
		f.advance(1, 4*(s.pitch-s.inner))
	})
	return f
}

type softmaxKernel struct {
	*function
	softmaxSpec
	cfg               Config
	from, to          int // locals: where the sequence is read and written
	v, top, sum, mask int // locals; mask is all ones in the lanes of a last, incomplete vector
}

func (k *softmaxKernel) maskOf(lanes int) {
	k.vec(vecConst)
	for i := range 4 {
		word := float32(0)
		if i < lanes {
			word = math.Float32frombits(math.MaxUint32)
		}
		k.code = appendFloat(k.code, word)
	}
	k.set(k.mask)
}

// each runs body for the vectors of a row, and at last for the lanes that are left.
func (k *softmaxKernel) each(body func(lanes int)) {
	k.copyTo(k.from, 0, 0)
	k.copyTo(k.to, 1, 0)
	part := func(lanes int) {
		body(lanes)
		k.advance(k.from, 16)
		k.advance(k.to, 16)
	}
	k.repeat("vector", k.n/4, func() { part(4) })
	if rest := k.n % 4; rest > 0 {
		part(rest)
	}
}

// masked pushes v, with other in the lanes that lie beyond the row.
func (k *softmaxKernel) masked(lanes int, other float32) {
	k.get(k.v)
	if lanes < 4 {
		k.constant(other)
		k.get(k.mask)
		k.vec(vecBitselect)
	}
}

func (k *softmaxKernel) row() {
	k.constant(float32(math.Inf(-1)))
	k.set(k.top)
	k.each(func(lanes int) {
		k.load(k.from, 0)
		k.set(k.v)
		k.masked(lanes, float32(math.Inf(-1)))
		k.get(k.top)
		k.vec(vecPMax)
		k.set(k.top)
	})
	k.across(k.top, vecPMax)
	k.constant(0)
	k.set(k.sum)
	k.each(func(lanes int) {
		k.load(k.from, 0)
		k.get(k.top)
		k.vec(vecSub)
		exp(k.function, k.cfg)
		k.set(k.v)
		k.store(k.to, 0, k.v, lanes)
		k.masked(lanes, 0)
		k.get(k.sum)
		k.vec(vecAdd)
		k.set(k.sum)
	})
	k.across(k.sum, vecAdd)
	k.each(func(lanes int) {
		k.load(k.to, 0)
		k.get(k.sum)
		k.vec(vecDiv)
		k.set(k.v)
		k.store(k.to, 0, k.v, lanes)
	})
}

// across sets every lane of a vector to the combination of all four.
func (k *softmaxKernel) across(v int, op uint64) {
	for _, order := range [][]byte{{2, 3, 0, 1}, {1, 0, 3, 2}} {
		k.get(v)
		k.get(v)
		k.get(v)
		k.vec(vecShuffle8)
		for _, lane := range order {
			k.op(4*lane, 4*lane+1, 4*lane+2, 4*lane+3)
		}
		k.vec(op)
		k.set(v)
	}
}

// columns normalises up to 4 sequences side by side. Lanes beyond them hold whatever lies there and are not stored.
func (k *softmaxKernel) columns(lanes int) {
	each := func(body func()) {
		k.copyTo(k.from, 0, 0)
		k.copyTo(k.to, 1, 0)
		k.repeat("element", k.n, func() {
			body()
			k.advance(k.from, 4*k.inner)
			k.advance(k.to, 4*k.inner)
		})
	}
	k.constant(float32(math.Inf(-1)))
	k.set(k.top)
	each(func() {
		k.load(k.from, 0)
		k.get(k.top)
		k.vec(vecPMax)
		k.set(k.top)
	})
	k.constant(0)
	k.set(k.sum)
	each(func() {
		k.load(k.from, 0)
		k.get(k.top)
		k.vec(vecSub)
		exp(k.function, k.cfg)
		k.set(k.v)
		k.store(k.to, 0, k.v, lanes)
		k.get(k.v)
		k.get(k.sum)
		k.vec(vecAdd)
		k.set(k.sum)
	})
	each(func() {
		k.load(k.to, 0)
		k.get(k.sum)
		k.vec(vecDiv)
		k.set(k.v)
		k.store(k.to, 0, k.v, lanes)
	})
}
