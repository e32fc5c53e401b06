package simd

import "math"

// topWeight is the largest size of a weight.
const topWeight = 127

// byteWeights are the weights [outputs, channels, area] of a convolution as bytes, with a scale for every output.
type byteWeights struct {
	outputs, channels, area int
	words                   int    // of four channels of a pixel
	packed                  []int8 // [outputs][area][4*words]
	scale                   []float32
	first                   []int32 // what a sum begins with: the bias, and what the input's zero takes away
}

// roomForFirst bounds what a sum begins with, in each of its parts, so that it has room in 32 bits.
const roomForFirst = 1 << 28

// newByteWeights rounds weights and bias to what an input of bytes from makes of them. With steps, the sums are steps of those
// bytes, and begin with what makes rounding down one to the nearest.
func newByteWeights(w, bias []float32, outputs, area int, from Bytes, steps *Bytes) *byteWeights {
	channels := len(from.Step)
	b := &byteWeights{
		outputs: outputs, channels: channels, area: area, words: (channels + word - 1) / word,
		scale: make([]float32, outputs), first: make([]int32, outputs),
	}
	b.packed = make([]int8, outputs*area*word*b.words)
	own := make([]float32, channels*area)
	for o := range outputs {
		for i := range own { // what a step of the input adds
			own[i] = w[o*len(own)+i] * from.Step[i/area]
		}
		b.output(o, own, bias, from, steps)
	}
	return b
}

// output rounds what belongs to one output; own are its weights, for steps of the input.
func (b *byteWeights) output(o int, own, bias []float32, from Bytes, steps *Bytes) {
	scale := weightStep(own)
	if bias != nil {
		scale = max(scale, float32(math.Abs(float64(bias[o])))/roomForFirst)
	}
	if steps != nil {
		scale = max(scale, (float32(steps.Zero[o])+0.5)*steps.Step[o]/roomForFirst)
	}
	zeros, lost := 0, 0.0
	for c := range b.channels {
		for k := range b.area {
			exact := float64(own[c*b.area+k] / scale)
			v := min(max(int(math.RoundToEven(exact)), -topWeight), topWeight)
			b.packed[(o*b.area+k)*word*b.words+c] = int8(v)
			zeros += v * int(from.Zero[c])
			lost += (exact - float64(v)) * float64(from.Mean[c]/from.Step[c])
		}
	}
	first := -zeros + int(math.RoundToEven(min(max(lost, -roomForFirst), roomForFirst)))
	if bias != nil {
		first += int(math.RoundToEven(float64(bias[o] / scale)))
	}
	if steps != nil {
		scale /= steps.Step[o]
		first += int(math.RoundToEven(float64((float32(steps.Zero[o]) + 0.5) / scale)))
	}
	b.scale[o], b.first[o] = scale, int32(first)
}

// weightStep is the largest weight over topWeight.
func weightStep(w []float32) float32 {
	largest := float32(1e-20) // of an output that is always the same
	for _, v := range w {
		largest = max(largest, v, -v)
	}
	return largest / topWeight
}

// pack lays out the weights as matrix.pack does, of words: blocks of vecs vectors of outputs, in each block one line for every
// word of the window.
func (b *byteWeights) pack(vecs int) []float32 {
	depth := b.area * b.words
	m := matrix{outputs: b.outputs, outer: 1, inner: depth, stepOutput: depth, stepInner: 1}
	list := make([]float32, b.outputs*depth)
	for i := range list {
		four := b.packed[4*i:][:4]
		list[i] = math.Float32frombits(uint32(uint8(four[0])) | uint32(uint8(four[1]))<<8 | uint32(uint8(four[2]))<<16 | uint32(uint8(four[3]))<<24)
	}
	out := make([]float32, m.size())
	m.pack(out, list, vecs)
	return out
}

// sums are what the sums of all outputs begin with, as integers, and their scales, both in whole vectors.
func (b *byteWeights) sums() []float32 {
	n := roundUp(b.outputs, 4)
	out := make([]float32, 2*n)
	for i := range b.outputs {
		out[i], out[n+i] = math.Float32frombits(uint32(b.first[i])), b.scale[i]
	}
	return out
}
