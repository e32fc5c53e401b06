package detect

import (
	"math"
	"math/rand/v2"
)

// tower is the head: places [rows*cols, in] to a logit for each class and four distances for each place. A 1x1 convolution, then blocks of
// a 3x3 one by channel, each over places twice as far apart as the one before, and a 1x1 one whose result is added to what it began with, then the 1x1 one that gives the answers.
type tower struct {
	in, wide, classes int
	rows, cols        int
	first             *dense
	blocks            []block
	last              *dense
}

type block struct {
	around *depthwise
	mix    *dense
}

// prior is the score that every place has at first (Lin et al. 2017, Focal Loss, 4.1).
const prior = 0.01

// newTower begins with boxes of a size, in places.
func newTower(in, wide, depth, classes, rows, cols int, size [4]float64, rng *rand.Rand) *tower {
	t := &tower{in: in, wide: wide, classes: classes, rows: rows, cols: cols, first: newDense(in, wide, math.Sqrt2, rng)}
	for i := range depth {
		t.blocks = append(t.blocks, block{newDepthwise(wide, 1<<i, rng), newDense(wide, wide, math.Sqrt2, rng)})
	}
	t.last = newDense(wide, classes+4, 0.1, rng)
	for i := range t.last.bias.value {
		t.last.bias.value[i] = float32(-log((1 - prior) / prior))
		if i >= classes {
			t.last.bias.value[i] = float32(log(size[i-classes]))
		}
	}
	return t
}

func (t *tower) params() []*param {
	out := []*param{t.first.weights, t.first.bias}
	for _, b := range t.blocks {
		out = append(out, b.around.weights, b.around.bias, b.mix.weights, b.mix.bias)
	}
	return append(out, t.last.weights, t.last.bias)
}

// pass is the memory of one image on its way through a tower and back.
type pass struct {
	input   []float32   // [places, in]
	hidden  [][]float32 // [places, wide], after the first layer and after each block
	around  [][]float32 // of each block
	mixed   [][]float32 // of each block, after its Relu
	out     []float32   // [places, classes+4]
	dOut    []float32
	dHidden []float32
	dMixed  []float32
	dAround []float32
	grads   [][]float32 // in the order of params
}

// roomy makes n numbers behind which may be read.
func roomy(n int) []float32 { return make([]float32, n+slack)[:n] }

func (t *tower) newPass() *pass {
	places := t.rows * t.cols
	maps := func(n int) [][]float32 {
		out := make([][]float32, n)
		for i := range out {
			out[i] = roomy(places * t.wide)
		}
		return out
	}
	p := &pass{
		input: roomy(places * t.in), hidden: maps(len(t.blocks) + 1), around: maps(len(t.blocks)), mixed: maps(len(t.blocks)),
		out: roomy(places * (t.classes + 4)), dOut: roomy(places * (t.classes + 4)),
	}
	rest := maps(3)
	p.dHidden, p.dMixed, p.dAround = rest[0], rest[1], rest[2]
	for _, q := range t.params() {
		p.grads = append(p.grads, make([]float32, len(q.value)))
	}
	return p
}

// forward computes out of input.
func (t *tower) forward(p *pass) {
	t.first.forward(p.hidden[0], p.input)
	relu(p.hidden[0])
	for i, b := range t.blocks {
		b.around.forward(p.around[i], p.hidden[i], t.rows, t.cols)
		b.mix.forward(p.mixed[i], p.around[i])
		relu(p.mixed[i])
		add(p.hidden[i+1], p.hidden[i], p.mixed[i])
	}
	t.last.forward(p.out, p.hidden[len(t.blocks)])
}

// backward computes the gradients of dOut.
func (t *tower) backward(p *pass) {
	for _, g := range p.grads {
		clear(g)
	}
	n := len(p.grads)
	t.last.backward(p.grads[n-2], p.grads[n-1], p.dHidden, p.dOut, p.hidden[len(t.blocks)])
	for i := len(t.blocks) - 1; i >= 0; i-- {
		b, g := t.blocks[i], p.grads[2+4*i:]
		copy(p.dMixed, p.dHidden)
		reluBack(p.dMixed, p.mixed[i])
		b.mix.backward(g[2], g[3], p.dAround, p.dMixed, p.around[i])
		b.around.backward(g[0], g[1], p.dMixed, p.dAround, p.hidden[i], t.rows, t.cols)
		add(p.dHidden, p.dHidden, p.dMixed)
	}
	reluBack(p.dHidden, p.hidden[0])
	t.first.backward(p.grads[0], p.grads[1], nil, p.dHidden, p.input)
}
