package grad

import (
	"slices"

	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/native"
)

// value is a tensor of the network. A batched one has one such tensor for every image, one after another; others, which depend on
// no image, have one. Batched tensors of four dimensions [N, C, H, W] lie channels-last, all others row-major.
type value struct {
	name    string
	shape   []int
	strides []int // of the numbers as they lie
	size    int
	batched bool
	needs   bool      // whether a trained tensor comes before it
	data    []float32 // of all images, and native.Slack more
	grad    []float32 // what is known of the gradient in a backward pass, nil before that
	param   *Parameter
}

func newValue(name string, shape []int, batched bool) *value {
	v := &value{name: name, shape: shape, size: layout.Len(shape), batched: batched}
	v.strides = layout.Strides(shape)
	if batched && len(shape) == 4 {
		c, h, w := shape[1], shape[2], shape[3]
		v.strides = []int{c * h * w, 1, w * c, c}
	}
	return v
}

// axes gives the axes from the outermost to the innermost, as the numbers lie.
func (v *value) axes() []int {
	if v.batched && len(v.shape) == 4 {
		return []int{0, 2, 3, 1}
	}
	out := make([]int, len(v.shape))
	for i := range out {
		out[i] = i
	}
	return out
}

// rowMajor tells whether the numbers lie row-major.
func (v *value) rowMajor() bool {
	strides := layout.Strides(v.shape)
	for i, d := range v.shape {
		if d > 1 && strides[i] != v.strides[i] {
			return false
		}
	}
	return true
}

// rows and channels are those of an image that lies channels-last, or of a list of vectors.
func (v *value) channels() int {
	if len(v.shape) == 4 {
		return v.shape[1]
	}
	return v.shape[len(v.shape)-1]
}

// fromRows lays one image of x, row-major, out as v's.
func (v *value) fromRows(to, x []float32) {
	if v.rowMajor() {
		copy(to[:v.size], x)
		return
	}
	channels, area := v.shape[1], v.shape[2]*v.shape[3]
	for i := range v.shape[0] {
		image, source := to[i*channels*area:], x[i*channels*area:]
		for c := range channels {
			at := c
			for _, p := range source[c*area:][:area] {
				image[at] = p
				at += channels
			}
		}
	}
}

// toRows is the way back from fromRows.
func (v *value) toRows(to, x []float32) {
	layout.Copy(to[:v.size], x, v.shape, v.strides, 0)
}

// count is how many tensors v is at the moment.
func (n *Net) count(v *value) int {
	if v.batched {
		return n.images
	}
	return 1
}

// at gives image i of v's numbers, up to the end of the memory.
func (v *value) at(i int) []float32 {
	if v.batched {
		return v.data[i*v.size:]
	}
	return v.data
}

// part gives image i of a gradient of v.
func (v *value) part(g []float32, i int) []float32 {
	if v.batched {
		return g[i*v.size:]
	}
	return g
}

// pool keeps memory for gradients by its size.
type pool map[int][][]float32

func (p pool) take(size int) []float32 {
	list := p[size]
	if len(list) == 0 {
		return make([]float32, size+native.Slack)
	}
	p[size] = list[:len(list)-1]
	return list[len(list)-1]
}

func (p pool) give(size int, memory []float32) { p[size] = append(p[size], memory) }

// room is how many floats the gradient of v has memory for.
func (n *Net) room(v *value) int {
	if v.batched {
		return v.size * n.options.Batch
	}
	return v.size
}

// into gives where the gradient of v goes. add tells that part of it is there, so that more is to be added; otherwise all of it is
// to be written.
func (n *Net) into(v *value) (g []float32, add bool) {
	if v.param != nil && v.grad == nil {
		v.grad = v.param.Grad
		return v.grad, true
	}
	if v.grad != nil {
		return v.grad, true
	}
	v.grad = n.pool.take(n.room(v))
	return v.grad, false
}

// adding gives where the gradient of v goes, for an operator that can only add to it.
func (n *Net) adding(v *value) []float32 {
	g, add := n.into(v)
	if !add {
		clear(g[:n.count(v)*v.size])
	}
	return g
}

// contribute calls write for memory that becomes the gradient of v, or is added to it.
func (n *Net) contribute(v *value, write func(g []float32)) {
	g, add := n.into(v)
	if !add {
		write(g)
		return
	}
	part := n.pool.take(n.room(v))
	write(part)
	n.add(g, part, n.count(v)*v.size)
	n.pool.give(n.room(v), part)
}

// add adds size numbers of part to g.
func (n *Net) add(g, part []float32, size int) {
	n.chunks(size, func(_, from, to int) {
		lo, hi := native.Unbounded()
		n.kernels.Binary(native.Add, g[from:to], g[from:], part[from:], lo, hi)
	})
}

// release lets go of a gradient that has been used.
func (n *Net) release(v *value) {
	if v.param == nil {
		n.pool.give(n.room(v), v.grad)
	}
	v.grad = nil
}

// hand makes the gradient of from that of to, where nothing is known of to's. It tells whether it did.
func (n *Net) hand(from, to *value) bool {
	if to.grad != nil || to.param != nil || !to.needs || n.room(from) != n.room(to) || !slices.Equal(from.strides, to.strides) {
		return false
	}
	to.grad = from.grad
	from.grad = n.pool.take(n.room(from)) // to be released in its place
	return true
}
