package simd

import "fmt"

// winogradPack transforms the weights [outputs, inputs, 3, 3] of a convolution, G g G^T, and lays them out as conv reads
// them: one matrix of inputs by outputs for each position of a patch.
type winogradPack struct {
	m               int
	inputs, outputs int
	vecs            int // of a block of outputs
}

func (s winogradPack) matrix() matrix { return matrix{outputs: s.outputs, outer: 1, inner: s.inputs} }

func (s winogradPack) floats() int {
	n := bases[s.m].side()
	return n * n * s.matrix().size()
}

func (s winogradPack) name() string {
	return fmt.Sprintf("f32_pack_winograd%d_x%d_k%d_n%d", s.m, 4*s.vecs, s.inputs, s.outputs)
}

// build generates a kernel of the parameters (weights, packed weights).
func (s winogradPack) build() *function {
	const in, out = 0, 1
	f := newFunction(s.name(), 2)
	k := &winogradPacking{winogradPack: s, lines: lines{function: f}}
	width := 4 * s.vecs
	f.repeat("block", s.outputs/width, func() { k.block(in, out, width) })
	if rest := s.outputs % width; rest > 0 {
		k.block(in, out, rest)
	}
	k.begin()
	return f
}

type winogradPacking struct {
	winogradPack
	lines
}

// block packs n outputs, and moves in and out behind them.
func (k *winogradPacking) block(in, out, n int) {
	const tap = 4 // bytes
	filter := 9 * tap * k.inputs
	from, vecs := k.shared("from", typeI32), (n+3)/4
	k.copyTo(from, in, 0)
	k.repeat("input", k.inputs, func() {
		for v := range vecs {
			taps := k.vectors("tap", 9)
			for t, local := range taps {
				for lane := range min(4, n-4*v) {
					gatherLane(k.function, from, local, (4*v+lane)*filter+t*tap, lane)
				}
			}
			k.transform(taps, out, 16*v)
		}
		k.advance(out, 16*vecs)
		k.advance(from, 9*tap)
	})
	k.advance(in, n*filter)
}

// transform stores G g G^T of nine vectors, each to its position's matrix.
func (k *winogradPacking) transform(taps []int, out, at int) {
	b := bases[k.m]
	n, plane := b.side(), 4*k.matrix().size()
	half := k.vectors("half", 3*n) // G g, line after line
	column, line := make([]int, n), k.vectors("line", n)
	for j := range 3 {
		for i := range column {
			column[i] = half[3*i+j]
		}
		k.weights(b, []int{taps[j], taps[3+j], taps[6+j]}, column)
	}
	for i := range n {
		k.weights(b, half[3*i:3*i+3], line)
		for j, v := range line {
			k.store(out, at+(n*i+j)*plane, v, 4)
		}
	}
}
