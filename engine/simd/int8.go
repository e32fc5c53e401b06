package simd

import (
	"fmt"
	"slices"
)

// Arithmetic on 8-bit integers. Four neighbouring channels of a pixel are the bytes of one word, and so are the weights of four
// input channels for one output: a convolution of such words is a convolution of floats in everything but its products and what
// it does with its sums. convSpec generates both.
//
// Activations are 0 to 127 (7 bits), weights -127 to 127: then a relaxed dot product means the same on every processor, and the
// sum of two products fits into 16 bits. i32x4.relaxed_dot_i8x16_i7x16_add_s would do all at once, but where the processor has no
// such instruction V8 makes five of it, one of them to have a vector of ones at hand: it reaches 1.5 times the peak of float32. Its
// two halves, with the ones in a local, are three, and reach 2.0 times: two multiplications for 32 operations, of which the
// processor starts two in a cycle. 1x1 convolutions of MobileNetV2 come to 1.5 to 2.0 times as fast so, least where few channels are
// read and the end of a sum counts most. Depthwise convolutions stay in float32: they have no channels to sum over, and store bytes
// for what turning them into bytes costs, a tenth of their time.

// word is the number of channels in 32 bits.
const word = 4

// topByte is the largest activation.
const topByte = 127

// Bytes says what the bytes of an activation mean, channel by channel: Step*(byte - Zero). Mean is the mean of the channel's values; by
// it sums are made up for what rounding the weights changes. All three have the length of the channels.
type Bytes struct {
	Step []float32
	Zero []uint8
	Mean []float32
}

// fits tells whether b is for so many channels and each of its numbers is one.
func (b Bytes) fits(channels int) bool {
	if len(b.Step) != channels || len(b.Zero) != channels || len(b.Mean) != channels {
		return false
	}
	for c, s := range b.Step {
		if !(s > 1e-30 && s < 1e30) || b.Zero[c] > topByte || !(b.Mean[c] > -1e30 && b.Mean[c] < 1e30) {
			return false
		}
	}
	return true
}

// oneZero tells whether all channels have the same zero, as a border of zeros needs.
func (b Bytes) oneZero() bool {
	return !slices.ContainsFunc(b.Zero, func(z uint8) bool { return z != b.Zero[0] })
}

// within tells whether lo bounds none of the values that bytes are for.
func (b Bytes) within(lo float32) bool {
	for c, z := range b.Zero {
		if lo > -float32(z)*b.Step[c] {
			return false
		}
	}
	return true
}

// table is what kernels read of the bytes of a result that hi bounds: for every channel the factor to steps, what is added before
// the rest is cut off, and the bound after that, each in whole vectors.
func (b Bytes) table(hi float32) []float32 {
	n := roundUp(len(b.Step), 4)
	out := make([]float32, 3*n)
	for c, step := range b.Step {
		zero := float32(b.Zero[c])
		out[c], out[n+c], out[2*n+c] = 1/step, zero+0.5, min(topByte+0.5, hi/step+zero+0.5)
	}
	return out
}

// storing says how a kernel stores its results.
type storing uint8

const (
	asFloats storing = iota
	asBytes          // in the same order of pixels and channels, a quarter as far apart
	asSteps          // as bytes, and the sums are bytes already but for the bound above and the rounding down
	asBoth
)

func (s storing) suffix() string { return []string{"", "_bytes", "_steps", "_both"}[s] }

// inFloats tells whether results are stored as floats too.
func (s storing) inFloats() bool { return s == asFloats || s == asBoth }

// byteCode writes what kernels of integers or bytes have and others have not. It is an interface so that programs that never calibrate
// a network are not linked with it.
type byteCode interface {
	prepare(g *convKernel, params int)
	multiply(g *convKernel, acc, value int, weight func())
	dequantise(g *convKernel, p pointers, v int)
	store(g *convKernel, p pointers, acc []int, tile []spot, vecs int)
	storeWindow(k *windowKernel, to, table int, acc []int)
}

// code is the byteCode.
type code struct{}

// prepare sets the locals of a kernel of integers or of bytes, the last two of whose params are for the latter.
func (code) prepare(g *convKernel, params int) {
	if g.integer {
		g.vec(vecConst)
		for range 8 {
			g.op(1, 0)
		}
		g.set(g.shared("ones", typeV128))
	}
	if g.results == asFloats {
		return
	}
	g.target, g.quantum = g.local(typeI32), params-1
	g.get(params - 2)
	g.get(g.c)
	g.number(2)
	g.op(opI32ShrU, opI32Sub)
	g.set(g.target)
}

// accumulate adds to acc the products of value and the vector that weight pushes.
func (g *convKernel) accumulate(acc, value int, weight func()) {
	if !g.integer {
		g.cfg.accumulate(g.function, acc, func() { g.get(value); weight() })
		return
	}
	g.cfg.Integers.multiply(g, acc, value, weight)
}

// multiply is accumulate for integers.
func (code) multiply(g *convKernel, acc, value int, weight func()) {
	weight()
	if g.cfg.Relaxed {
		g.get(value)
		g.vec(vecRelaxedDot)
	} else {
		w := g.shared("weight bytes", typeV128)
		g.set(w)
		for _, half := range []uint64{vecExtMulLow, vecExtMulHigh} {
			g.get(w)
			g.get(value)
			g.vec(half)
			g.vec(vecExtAddI32)
		}
		g.vec(vecNarrowI16)
	}
	g.get(g.shared("ones", typeV128))
	g.vec(vecDotI16)
	g.get(acc)
	g.vec(vecAddI32)
	g.set(acc)
}

// dequantise makes the sums on the stack, of vector v of a block, floats. The scales follow all biases.
func (code) dequantise(g *convKernel, p pointers, v int) {
	g.vec(vecConvertI32)
	g.load(p.bias, 16*(g.vecs()+v))
	g.vec(vecMul)
}

// store stores a tile's results, which are in acc, as bytes.
func (code) store(g *convKernel, p pointers, acc []int, tile []spot, vecs int) {
	to, table := g.shared("bytes to", typeI32), g.shared("bytes table", typeI32)
	g.get(p.c)
	g.number(2)
	g.op(opI32ShrU)
	g.get(g.target)
	g.op(opI32Add)
	g.set(to)
	g.get(g.quantum) // which goes along with the biases
	g.get(p.bias)
	g.op(opI32Add)
	g.get(g.bias)
	g.op(opI32Sub)
	g.set(table)
	for r, pixel := range tile {
		for v := 0; v < vecs; v += 2 {
			two := acc[r*vecs+v:][:min(2, vecs-v)]
			for i, sum := range two {
				g.quantise(g.cfg, g.results, sum, table, 16*(v+i), 16*g.vecs())
			}
			g.pack(two, two[0])
			g.store(to, pixel.c/word+4*v, two[0], len(two))
		}
	}
}

// quantise sets the vector v of floats to integers up to 127; at table and offset, and each step bytes further, are its factors, what is
// added, and the bounds. Packing makes 0 of what is less. Not a number becomes the bound.
func (f *function) quantise(cfg Config, results storing, v, table, offset, step int) {
	f.load(table, offset+2*step)
	f.get(v)
	if results != asSteps {
		f.load(table, offset)
		f.load(table, offset+step)
		cfg.multiplyAdd(f)
	}
	f.vec(vecPMin)
	if cfg.Relaxed {
		f.vec(vecRelaxedTrunc)
	} else {
		f.vec(vecTruncI32)
	}
	f.set(v)
}

// pack sets packed to the bytes of up to four vectors of integers.
func (f *function) pack(list []int, packed int) {
	at := func(i int) int { return list[min(i, len(list)-1)] }
	f.get(at(0))
	f.get(at(1))
	f.vec(vecNarrowI16)
	if len(list) > 2 {
		f.get(at(2))
		f.get(at(3))
		f.vec(vecNarrowI16)
	} else {
		f.tee(packed)
		f.get(packed)
	}
	f.vec(vecNarrowU8)
	f.set(packed)
}

// storeWindow stores the results of neighbouring pixels, which are in acc, as bytes; table is where their vectors' table is. to
// counts from 0 what the floats would take.
func (code) storeWindow(k *windowKernel, to, table int, acc []int) {
	target, bytes := k.shared("bytes to", typeI32), k.neutral+1
	k.get(to)
	k.number(2)
	k.op(opI32ShrU)
	k.get(bytes)
	k.op(opI32Add)
	k.set(target)
	for _, v := range acc {
		k.quantise(k.cfg, k.results, v, table, 0, 16*k.vecs)
	}
	packed := k.shared("packed", typeV128)
	for first := 0; first < len(acc); first += 4 {
		four := acc[first:min(first+4, len(acc))]
		k.pack(four, packed)
		for lane := range four {
			k.get(target)
			k.get(packed)
			k.vec(vecStoreLane32)
			k.memory(2, (first+lane)*4*k.vecs)
			k.op(byte(lane))
		}
	}
}

// bytesSpec turns an image's floats into bytes.
type bytesSpec struct{ pixels, vecs int }

func (s bytesSpec) name(cfg Config) string {
	return fmt.Sprintf("i8_quantise_%s_%dx%d", cfg.variant(), s.pixels, 4*s.vecs)
}

// units are pixels.
func (s bytesSpec) units() int { return s.pixels }

// build generates a kernel of the parameters (input, bytes, table).
func (s bytesSpec) build(cfg Config) *function {
	f, r := ranged(s.name(cfg), 3, s.units())
	r.skip(0, 16*s.vecs)
	r.skip(1, 4*s.vecs)
	table, values, packed := f.local(typeI32), f.vectors("value", 4), f.local(typeV128)
	part := func(n int) {
		for i, v := range values[:n] {
			f.load(0, 16*i)
			f.set(v)
			f.quantise(cfg, asBytes, v, table, 16*i, 16*s.vecs)
		}
		f.pack(values[:n], packed)
		f.store(1, 0, packed, n)
		f.advance(0, 16*n)
		f.advance(1, 4*n)
		f.advance(table, 16*n)
	}
	r.each("pixel", func() {
		f.copyTo(table, 2, 0)
		f.repeat("four", s.vecs/4, func() { part(4) })
		if rest := s.vecs % 4; rest > 0 {
			part(rest)
		}
	})
	return f
}
