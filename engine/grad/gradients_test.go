package grad

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/ref"
)

// sketch is a small model of one operator, or a few.
type sketch struct {
	graph  onnx.Graph
	random *rand.Rand
}

func newSketch(dims ...int64) *sketch {
	s := &sketch{random: rand.New(rand.NewPCG(11, 12))}
	s.graph.Inputs = []onnx.Value{{Name: "x", Type: onnx.Float, Dims: append([]int64{1}, dims...)}}
	return s
}

// weights adds a tensor of numbers between lo and hi.
func (s *sketch) weights(lo, hi float64, dims ...int64) string {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(lo + (hi-lo)*s.random.Float64())
	}
	name := fmt.Sprint("w", len(s.graph.Initializers))
	s.graph.Initializers = append(s.graph.Initializers, onnx.FloatTensor(name, data, dims...))
	return name
}

func (s *sketch) list(values ...int64) string {
	name := fmt.Sprint("w", len(s.graph.Initializers))
	s.graph.Initializers = append(s.graph.Initializers, onnx.IntTensor(name, values, int64(len(values))))
	return name
}

func (s *sketch) node(op string, inputs []string, attrs ...onnx.Attr) string {
	return s.nodes(op, inputs, 1, attrs...)[0]
}

func (s *sketch) nodes(op string, inputs []string, outputs int, attrs ...onnx.Attr) []string {
	n := onnx.Node{Op: op, Inputs: inputs, Attrs: attrs}
	for k := range outputs {
		n.Outputs = append(n.Outputs, fmt.Sprintf("v%d_%d", len(s.graph.Nodes), k))
	}
	s.graph.Nodes = append(s.graph.Nodes, n)
	return n.Outputs
}

func (s *sketch) model(output string) *onnx.Model {
	s.graph.Outputs = []onnx.Value{{Name: output, Type: onnx.Float}}
	return &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 17}}, Graph: s.graph}
}

// layered is the input after a layer with weights, so that a gradient goes through what comes next.
func layered(dims ...int64) (*sketch, string) {
	s := newSketch(dims...)
	c := dims[0]
	if len(dims) == 1 {
		return s, s.node("Gemm", []string{"x", s.weights(-0.6, 0.6, c, c), s.weights(-0.2, 0.2, c)})
	}
	return s, s.node("Conv", []string{"x", s.weights(-0.6, 0.6, c, c, 1, 1), s.weights(-0.2, 0.2, c)})
}

func ints(name string, v ...int64) onnx.Attr { return onnx.IntsAttr(name, v...) }

// operators are small models, one for each operator and way of using it.
var operators = map[string]func() *onnx.Model{
	"Conv 3x3":  func() *onnx.Model { return convolution(5, 7, 6, 4, 3, 1, ints("pads", 1, 1, 1, 1)) },
	"Conv wide": func() *onnx.Model { return convolution(5, 5, 18, 24, 3, 1, ints("pads", 1, 1, 1, 1)) },
	"Conv stride": func() *onnx.Model {
		return convolution(8, 7, 3, 10, 3, 1, ints("pads", 1, 1, 1, 1), ints("strides", 2, 2))
	},
	"Conv uneven": func() *onnx.Model {
		return convolution(7, 8, 4, 5, 3, 1, ints("pads", 0, 2, 1, 0), ints("strides", 1, 2))
	},
	"Conv dilation": func() *onnx.Model {
		return convolution(9, 8, 4, 8, 3, 1, ints("pads", 2, 2, 2, 2), ints("dilations", 2, 2))
	},
	"Conv far pads": func() *onnx.Model { return convolution(4, 4, 4, 8, 2, 1, ints("pads", 3, 3, 2, 2)) },
	"Conv same": func() *onnx.Model {
		return convolution(7, 6, 4, 8, 3, 1, onnx.StringAttr("auto_pad", "SAME_UPPER"), ints("strides", 2, 2))
	},
	"Conv same low":   func() *onnx.Model { return convolution(6, 6, 4, 8, 2, 1, onnx.StringAttr("auto_pad", "SAME_LOWER")) },
	"Conv 1x1":        func() *onnx.Model { return convolution(4, 5, 12, 20, 1, 1) },
	"Conv 1x1 steps":  func() *onnx.Model { return convolution(5, 5, 8, 16, 1, 1, ints("strides", 2, 2)) },
	"Conv groups":     func() *onnx.Model { return convolution(5, 5, 12, 8, 3, 4, ints("pads", 1, 1, 1, 1)) },
	"Conv groups 1x1": func() *onnx.Model { return convolution(5, 5, 12, 18, 1, 3) },
	"Conv depthwise":  func() *onnx.Model { return convolution(6, 7, 12, 12, 3, 12, ints("pads", 1, 1, 1, 1)) },
	"Conv depthwise steps": func() *onnx.Model {
		return convolution(7, 7, 16, 16, 5, 16, ints("pads", 2, 2, 2, 2), ints("strides", 2, 2))
	},
	"Conv depthwise odd": func() *onnx.Model {
		return convolution(6, 6, 5, 5, 3, 5, ints("pads", 1, 0, 0, 1), ints("dilations", 1, 2))
	},
	"Conv depthwise twice": func() *onnx.Model { return convolution(5, 5, 6, 12, 3, 6, ints("pads", 1, 1, 1, 1)) },
	"ConvTranspose": func() *onnx.Model {
		return deconvolution(8, 6, 3, 1, ints("strides", 2, 2), ints("pads", 1, 1, 1, 1), ints("output_padding", 1, 1))
	},
	"ConvTranspose groups": func() *onnx.Model { return deconvolution(8, 3, 2, 2, ints("strides", 2, 2)) },
	"ConvTranspose dilation": func() *onnx.Model {
		return deconvolution(4, 5, 3, 1, ints("dilations", 2, 1), ints("pads", 0, 1, 2, 0))
	},
}

func convolution(h, w, c, m, k, group int64, attrs ...onnx.Attr) *onnx.Model {
	s, x := layered(c, h, w)
	y := s.node("Conv", []string{x, s.weights(-0.4, 0.4, m, c/group, k, k), s.weights(-0.2, 0.2, m)}, append(attrs, onnx.IntAttr("group", group))...)
	return s.model(y)
}

func deconvolution(c, m, k, group int64, attrs ...onnx.Attr) *onnx.Model {
	s, x := layered(c, 5, 4)
	y := s.node("ConvTranspose", []string{x, s.weights(-0.4, 0.4, c, m, k, k), s.weights(-0.2, 0.2, m*group)}, append(attrs, onnx.IntAttr("group", group))...)
	return s.model(y)
}

// changed is the model with other numbers in one tensor, which an initializer holds or a node makes of constants.
func changed(m *onnx.Model, p *Parameter, data []float32) *onnx.Model {
	out := *m
	out.Graph.Initializers, out.Graph.Nodes = nil, nil
	for _, t := range m.Graph.Initializers {
		if t.Name != p.Name {
			out.Graph.Initializers = append(out.Graph.Initializers, t)
		}
	}
	for _, n := range m.Graph.Nodes {
		if n.Outputs[0] != p.Name {
			out.Graph.Nodes = append(out.Graph.Nodes, n)
		}
	}
	var dims []int64
	for _, d := range p.Shape {
		dims = append(dims, int64(d))
	}
	out.Graph.Initializers = append(out.Graph.Initializers, onnx.FloatTensor(p.Name, data, dims...))
	return &out
}

// reference gives the sum of dy times the output of the float64 reference over all images of x.
func reference(t *testing.T, m *onnx.Model, x, dy []float32, images int) (dot float64, values [][]float64) {
	t.Helper()
	each, at := len(x)/images, 0
	for i := range images {
		all, err := ref.Run(m, x[i*each:][:each])
		if err != nil {
			t.Fatal(err)
		}
		out := all[m.Graph.Outputs[0].Name].Data().([]float64)
		values = append(values, out)
		for _, v := range out {
			dot += v * float64(dy[at])
			at++
		}
	}
	return dot, values
}

// normal gives n numbers from -1 to 1 that keep a distance from the corners of usual functions.
func normal(r *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.Float64()*2 - 1)
	}
	return out
}

// TestGradients compares the forward values of every operator with the reference, and its gradients with central differences of
// the reference in float64. Run it with -v for the table of the largest errors, relative to the largest value and
// the largest gradient of any tensor.
func TestGradients(t *testing.T) {
	var names []string
	for name := range operators {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			m := operators[name]()
			forward, back := compare(t, m, 2, 12)
			t.Logf("%-24s forward %.1e  gradients %.1e", name, forward, back)
			if !(forward < 2e-6) {
				t.Errorf("forward values differ by %.1e of the largest", forward)
			}
			if !(back < 5e-6) {
				t.Errorf("gradients differ by %.1e of the largest", back)
			}
		})
	}
}

// compare gives the largest errors of a net over m, of at most samples numbers of each parameter.
func compare(t *testing.T, m *onnx.Model, images, samples int) (forward, back float64) {
	t.Helper()
	net, err := New(m, "", Options{Batch: images + 1, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(21, 22))
	x := normal(r, images*product(net.Input()))
	got, err := net.Forward(x, images)
	if err != nil {
		t.Fatal(err)
	}
	dy := normal(r, len(got))
	_, values := reference(t, m, x, dy, images)
	top, most, at := 0.0, 0.0, 0
	for _, list := range values {
		for _, v := range list {
			top, most = max(top, math.Abs(v)), max(most, math.Abs(v-float64(got[at])))
			at++
		}
	}
	if at != len(got) {
		t.Fatalf("%d results instead of %d", len(got), at)
	}
	if err := net.Backward(dy); err != nil {
		t.Fatal(err)
	}
	if len(net.Parameters()) == 0 {
		t.Fatal("there are no parameters")
	}
	largest := 0.0
	for _, p := range net.Parameters() {
		for _, g := range p.Grad {
			largest = max(largest, math.Abs(float64(g)))
		}
	}
	for _, p := range net.Parameters() {
		back = max(back, worst(t, m, p, x, dy, images, samples, r)/largest)
	}
	return most / top, back
}

func product(list []int) int {
	n := 1
	for _, v := range list {
		n *= v
	}
	return n
}

// worst gives the largest error of samples numbers of p's gradient against central differences.
func worst(t *testing.T, m *onnx.Model, p *Parameter, x, dy []float32, images, samples int, r *rand.Rand) (most float64) {
	t.Helper()
	const step = 1.0 / (1 << 14)
	for _, i := range r.Perm(len(p.Value))[:min(samples, len(p.Value))] {
		slope := func(step float32) float64 {
			data := slices.Clone(p.Value)
			data[i] += step
			up, _ := reference(t, changed(m, p, data), x, dy, images)
			far := float64(data[i])
			data[i] = p.Value[i] - step
			down, _ := reference(t, changed(m, p, data), x, dy, images)
			return (up - down) / (far - float64(data[i]))
		}
		// Richardson's extrapolation leaves an error of the fourth order.
		want := (4*slope(step/2) - slope(step)) / 3
		most = max(most, math.Abs(want-float64(p.Grad[i])))
	}
	return most
}
