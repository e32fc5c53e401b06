package detect

import (
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

// appendTower puts a trained head behind the stem of m, whose outputs become ScoresName, BoxesName and FoundName.
func appendTower(m *onnx.Model, t *tower) {
	g := &m.Graph
	node := func(op, name string, attrs []onnx.Attr, inputs ...string) string {
		g.Nodes = append(g.Nodes, onnx.Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attrs: attrs})
		return name
	}
	tensor := func(name string, data []float32, dims ...int) {
		var d []int64
		for _, v := range dims {
			d = append(d, int64(v))
		}
		g.Initializers = append(g.Initializers, onnx.FloatTensor(name, data, d...))
	}
	point := func(name, input string, d *dense, from, to int) string {
		tensor(name+"/weights", d.columns(from, to), to-from, d.in, 1, 1)
		tensor(name+"/bias", d.bias.value[from:to], to-from)
		g.Nodes = append(g.Nodes, conv(name, input, 1, 1, 1))
		return name
	}
	hidden := node("Relu", namePrefix+"first/relu", nil, point(namePrefix+"first", featuresName, t.first, 0, t.wide))
	for i, b := range t.blocks {
		name := fmt.Sprintf("%sblock%d", namePrefix, i)
		tensor(name+"/around/weights", b.around.planes(), t.wide, 1, 3, 3)
		tensor(name+"/around/bias", b.around.bias.value, t.wide)
		g.Nodes = append(g.Nodes, conv(name+"/around", hidden, 3, b.around.spread, t.wide))
		mixed := node("Relu", name+"/relu", nil, point(name+"/mix", name+"/around", b.mix, 0, t.wide))
		hidden = node("Add", name, nil, hidden, mixed)
	}
	node("Sigmoid", ScoresName, nil, point(namePrefix+"logits", hidden, t.last, 0, t.classes))
	far := point(namePrefix+"far", hidden, t.last, t.classes, t.classes+4)
	tensor(namePrefix+"least", []float32{-farthest})
	tensor(namePrefix+"most", []float32{farthest})
	g.Initializers[len(g.Initializers)-2].Dims, g.Initializers[len(g.Initializers)-1].Dims = nil, nil
	far = node("Exp", namePrefix+"far/exp", nil, node("Clip", namePrefix+"far/clip", nil, far, namePrefix+"least", namePrefix+"most"))
	tensor(namePrefix+"steps", t.steps(), 1, 4, 1, 1)
	tensor(namePrefix+"middles", t.middles(), 1, 4, t.rows, t.cols)
	node("Add", BoxesName, nil, node("Mul", namePrefix+"edges", nil, far, namePrefix+"steps"), namePrefix+"middles")
	node("Concat", FoundName, []onnx.Attr{onnx.IntAttr("axis", 1)}, ScoresName, BoxesName)
	g.Outputs = []onnx.Value{
		{Name: ScoresName, Type: onnx.Float, Dims: []int64{1, int64(t.classes), int64(t.rows), int64(t.cols)}},
		{Name: BoxesName, Type: onnx.Float, Dims: []int64{1, 4, int64(t.rows), int64(t.cols)}},
		{Name: FoundName, Type: onnx.Float, Dims: []int64{1, int64(t.classes + 4), int64(t.rows), int64(t.cols)}},
	}
}

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
