package detect

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// writer appends nodes to a graph, each named like its one result.
type writer struct{ g *onnx.Graph }

func (w writer) node(op, name string, attrs []onnx.Attr, inputs ...string) string {
	w.g.Nodes = append(w.g.Nodes, onnx.Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attrs: attrs})
	return name
}

func (w writer) tensor(name string, data []float32, dims ...int) {
	d := make([]int64, len(dims))
	for i, v := range dims {
		d[i] = int64(v)
	}
	w.g.Initializers = append(w.g.Initializers, onnx.FloatTensor(name, data, d...))
}

// point is a 1x1 convolution that gives some of the outputs of d, times factor.
func (w writer) point(name, input string, d *dense, from, to int, factor float32) string {
	bias := slices.Clone(d.bias.value[from:to])
	weights := d.columns(from, to)
	for _, list := range [][]float32{bias, weights} {
		for i := range list {
			list[i] *= factor
		}
	}
	w.tensor(name+"/weights", weights, to-from, d.in, 1, 1)
	w.tensor(name+"/bias", bias, to-from)
	w.g.Nodes = append(w.g.Nodes, conv(name, input, 1, 1, 1))
	return name
}

// hidden appends all of t but its last layer.
func (w writer) hidden(prefix string, t *tower) string {
	hidden := w.node("Relu", prefix+"first/relu", nil, w.point(prefix+"first", featuresName, t.first, 0, t.wide, 1))
	for i, b := range t.blocks {
		name := fmt.Sprintf("%sblock%d", prefix, i)
		w.tensor(name+"/around/weights", b.around.planes(), t.wide, 1, 3, 3)
		w.tensor(name+"/around/bias", b.around.bias.value, t.wide)
		w.g.Nodes = append(w.g.Nodes, conv(name+"/around", hidden, 3, b.around.spread, t.wide))
		mixed := w.node("Relu", name+"/relu", nil, w.point(name+"/mix", name+"/around", b.mix, 0, t.wide, 1))
		hidden = w.node("Add", name, nil, hidden, mixed)
	}
	return hidden
}

// appendTowers puts trained towers behind the stem of m, whose outputs become ScoresName, BoxesName and FoundName.
func appendTowers(m *onnx.Model, c crowd) {
	g, w, t := &m.Graph, writer{&m.Graph}, c[0]
	logits, far := "", ""
	for k, t := range c {
		prefix := towerPrefix(k)
		hidden, part := w.hidden(prefix, t), 1/float32(len(c))
		z, f := w.point(prefix+"logits", hidden, t.last, 0, t.classes, part), w.point(prefix+"far", hidden, t.last, t.classes, t.classes+4, part)
		if k > 0 {
			z, f = w.node("Add", prefix+"logits/sum", nil, logits, z), w.node("Add", prefix+"far/sum", nil, far, f)
		}
		logits, far = z, f
	}
	w.node("Sigmoid", ScoresName, nil, logits)
	w.tensor(namePrefix+"least", []float32{-farthest})
	w.tensor(namePrefix+"most", []float32{farthest})
	far = w.node("Exp", namePrefix+"far/exp", nil, w.node("Clip", namePrefix+"far/clip", nil, far, namePrefix+"least", namePrefix+"most"))
	w.tensor(namePrefix+"steps", t.steps(), 1, 4, 1, 1)
	w.tensor(namePrefix+"middles", t.middles(), 1, 4, t.rows, t.cols)
	w.node("Add", BoxesName, nil, w.node("Mul", namePrefix+"edges", nil, far, namePrefix+"steps"), namePrefix+"middles")
	w.node("Concat", FoundName, []onnx.Attr{onnx.IntAttr("axis", 1)}, ScoresName, BoxesName)
	g.Outputs = []onnx.Value{
		{Name: ScoresName, Type: onnx.Float, Dims: []int64{1, int64(t.classes), int64(t.rows), int64(t.cols)}},
		{Name: BoxesName, Type: onnx.Float, Dims: []int64{1, 4, int64(t.rows), int64(t.cols)}},
		{Name: FoundName, Type: onnx.Float, Dims: []int64{1, int64(t.classes + 4), int64(t.rows), int64(t.cols)}},
	}
}

func towerPrefix(k int) string { return fmt.Sprintf("%stower%d/", namePrefix, k) }

// columns gives the weights of some outputs as ONNX has them: [outputs, in].
func (d *dense) columns(from, to int) []float32 {
	out := make([]float32, 0, (to-from)*d.in)
	for c := from; c < to; c++ {
		for k := range d.in {
			out = append(out, d.weights.value[k*d.out+c])
		}
	}
	return out
}

// planes gives the weights as ONNX has them: [channels, 1, 3, 3].
func (d *depthwise) planes() []float32 {
	out := make([]float32, 0, 9*d.channels)
	for c := range d.channels {
		for tap := range 9 {
			out = append(out, d.weights.value[tap*d.channels+c])
		}
	}
	return out
}

// steps from one place to the next as shares of the image, by edge and its direction: [4].
func (t *tower) steps() []float32 {
	x, y := 1/float32(t.cols), 1/float32(t.rows)
	return []float32{-x, -y, x, y}
}

// middles of the places as shares of the image, for each edge: [4, rows, cols].
func (t *tower) middles() []float32 {
	var out []float32
	for edge := range 4 {
		for y := range t.rows {
			for x := range t.cols {
				if edge%2 == 0 {
					out = append(out, (float32(x)+0.5)/float32(t.cols))
				} else {
					out = append(out, (float32(y)+0.5)/float32(t.rows))
				}
			}
		}
	}
	return out
}
