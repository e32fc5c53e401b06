package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
)

// model is a network of one image [1,6,8,8] "x"; its output is the last node's.
func model(nodes []onnx.Node, initializers ...onnx.Tensor) *onnx.Model {
	for i := range nodes {
		if nodes[i].Outputs == nil {
			nodes[i].Outputs = []string{fmt.Sprint("y", i)}
		}
	}
	return &onnx.Model{IRVersion: 7, Opsets: []onnx.Opset{{Version: 13}}, Graph: onnx.Graph{
		Nodes: nodes, Initializers: initializers,
		Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{-1, 6, 8, 8}}},
		Outputs: []onnx.Value{{Name: nodes[len(nodes)-1].Outputs[0], Type: onnx.Float}},
	}}
}

func node(op string, inputs []string, attrs ...onnx.Attr) onnx.Node {
	return onnx.Node{Op: op, Name: "the " + op, Inputs: inputs, Attrs: attrs}
}

func ints(name string, values ...int64) onnx.Tensor {
	return onnx.IntTensor(name, values, int64(len(values)))
}

func floats(name string, n int, dims ...int64) onnx.Tensor {
	return onnx.FloatTensor(name, make([]float32, n), dims...)
}

var x = []string{"x"}

// TestRefused: what cannot run is refused by an error that names node and opset, without taking the memory it asks for.
func TestRefused(t *testing.T) {
	huge := int64(1) << 40
	for name, c := range map[string]struct {
		model *onnx.Model
		says  string
	}{
		"unknown operator": {model([]onnx.Node{node("NonMaxSuppression", x)}), `NonMaxSuppression of opset 13`},
		"other domain":     {model([]onnx.Node{{Op: "Fused", Domain: "com.example", Inputs: x}}), "com.example.Fused"},
		"cycle":            {model([]onnx.Node{node("Add", []string{"x", "y1"}), node("Relu", []string{"y0"})}), "cycle"},
		"made twice":       {model([]onnx.Node{{Op: "Relu", Inputs: x, Outputs: []string{"x"}}}), "twice"},
		"renamed twice":    {model([]onnx.Node{{Op: "Identity", Inputs: x, Outputs: []string{"x"}}}), "twice"},
		"no input":         {model([]onnx.Node{node("Relu", []string{""})}), "no input"},
		"transposed conv": {
			model([]onnx.Node{node("ConvTranspose", []string{"x", "w"}, onnx.IntsAttr("strides", 1<<14, 1<<14))}, floats("w", 6*4, 6, 1, 2, 2)), "too large",
		},
		"weights of another network": {model([]onnx.Node{node("ConvTranspose", []string{"x", "w"})}, floats("w", 20, 5, 1, 2, 2)), "do not fit"},
		"pads cut all":               {model([]onnx.Node{node("ConvTranspose", []string{"x", "w"}, onnx.IntsAttr("pads", 9, 9, 9, 9))}, floats("w", 24, 6, 1, 2, 2)), "leave nothing"},
		"empty kernel":               {model([]onnx.Node{node("Conv", []string{"x", "w"})}, floats("w", 0, 3, 6, 0, 0)), "constant weights"},
		"activation as weights":      {model([]onnx.Node{node("Conv", []string{"x", "x"})}), "constant weights"},
		"huge pad":                   {model([]onnx.Node{node("Pad", []string{"x", "p"})}, ints("p", 0, 0, huge, 0, 0, 0, 0, 0)), "too large"},
		"wide pad":                   {model([]onnx.Node{node("Pad", []string{"x", "p"})}, ints("p", 0, 0, 1<<20, 1<<20, 0, 0, 0, 0)), "too large"},
		"huge edge":                  {model([]onnx.Node{node("Pad", []string{"x", "p"}, onnx.StringAttr("mode", "edge"))}, ints("p", 0, 0, 1<<25, 1<<25, 0, 0, 0, 0)), "too large"},
		"negative size":              {model([]onnx.Node{node("Pad", []string{"x", "p"})}, ints("p", 0, 0, -9, 0, 0, 0, 0, 0)), "too large"},
		"pads of other rank":         {model([]onnx.Node{node("Pad", []string{"x", "p"})}, ints("p", 1, 1)), "do not fit"},
		"huge resize":                {model([]onnx.Node{node("Resize", []string{"x", "", "", "s"})}, ints("s", 1, 6, huge, huge)), "sizes"},
		"wide resize":                {model([]onnx.Node{node("Resize", []string{"x", "", "", "s"})}, ints("s", 1, 6, 1<<26, 1<<26)), "too large"},
		"scale of nothing":           {model([]onnx.Node{node("Resize", []string{"x", "", "s"})}, onnx.FloatTensor("s", []float32{1, 1, float32(math.NaN()), 1}, 4)), "scales"},
		"cubic resize":               {model([]onnx.Node{node("Resize", []string{"x", "", "", "s"}, onnx.StringAttr("mode", "cubic"))}, ints("s", 1, 6, 9, 9)), "cubic"},
		"huge expand":                {model([]onnx.Node{node("Expand", []string{"x", "s"})}, ints("s", huge, 1, 1, 1)), "too large"},
		"wide expand":                {model([]onnx.Node{node("Expand", []string{"x", "s"})}, ints("s", 1<<26, 1, 1, 1)), "too large"},
		"huge constant":              {model([]onnx.Node{node("ConstantOfShape", []string{"s"})}, ints("s", 1<<26, 1<<26)), "too large"},
		"large constants": {model([]onnx.Node{
			node("ConstantOfShape", []string{"s"}), node("ConstantOfShape", []string{"s"}), node("ConstantOfShape", []string{"s"}), node("Add", []string{"x", "y0"}),
		}, ints("s", 1<<23)), "unfold"},
		"many dimensions":   {model([]onnx.Node{node("Reshape", []string{"x", "s"})}, ints("s", 384, 1, 1, 1, 1, 1, 1, 1, 1)), "dimensions"},
		"zero in a shape":   {model([]onnx.Node{node("Reshape", []string{"x", "s"}, onnx.IntAttr("allowzero", 1))}, ints("s", 0, 384)), "cannot become"},
		"two open sizes":    {model([]onnx.Node{node("Reshape", []string{"x", "s"})}, ints("s", -1, -1)), "cannot become"},
		"shape of numbers":  {model([]onnx.Node{node("Reshape", []string{"x", "s"})}, floats("s", 2, 2)), "integers"},
		"computed shape":    {model([]onnx.Node{node("Reshape", []string{"x", "x"})}), "integers"},
		"split too large":   {model([]onnx.Node{{Op: "Split", Inputs: []string{"x", "s"}, Outputs: []string{"a", "b"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}}}, ints("s", 3, huge)), "split"},
		"split negative":    {model([]onnx.Node{{Op: "Split", Inputs: []string{"x", "s"}, Outputs: []string{"a", "b"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}}}, ints("s", -3, 9)), "split"},
		"split into five":   {model([]onnx.Node{{Op: "Split", Inputs: x, Outputs: []string{"a", "b", "c", "d", "e"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}}}), "split"},
		"step of zero":      {model([]onnx.Node{node("Slice", []string{"x", "z", "o", "o", "z"})}, ints("z", 0), ints("o", 1)), "step"},
		"axis named twice":  {model([]onnx.Node{node("Slice", []string{"x", "a", "a", "b"})}, ints("a", 0, 0), ints("b", 1, -3)), "twice"},
		"index outside":     {model([]onnx.Node{node("Gather", []string{"x", "i"}, onnx.IntAttr("axis", 1))}, ints("i", 6)), "index 6 of 6"},
		"computed indices":  {model([]onnx.Node{node("Gather", []string{"x", "x"})}), "constant"},
		"axis outside":      {model([]onnx.Node{node("Softmax", x, onnx.IntAttr("axis", 4))}), "axis 4 of rank 4"},
		"repeated axis":     {model([]onnx.Node{node("Transpose", x, onnx.IntsAttr("perm", 0, 1, 1, 3))}), "permutation"},
		"squeezed":          {model([]onnx.Node{node("Squeeze", []string{"x", "a"})}, ints("a", 1)), "length 1"},
		"norm of others":    {model([]onnx.Node{node("BatchNormalization", []string{"x", "s", "s", "s", "s"})}, floats("s", 5, 5)), "6 values"},
		"slope":             {model([]onnx.Node{node("PRelu", []string{"x", "s"})}, floats("s", 12, 2, 6, 1, 1)), "slope"},
		"matrices":          {model([]onnx.Node{node("MatMul", []string{"x", "w"})}, floats("w", 9, 3, 3)), "do not fit"},
		"pool indices":      {model([]onnx.Node{{Op: "MaxPool", Inputs: x, Outputs: []string{"y", "i"}, Attrs: []onnx.Attr{onnx.IntsAttr("kernel_shape", 2, 2)}}}), "indices"},
		"cast to integers":  {model([]onnx.Node{node("Cast", x, onnx.IntAttr("to", int64(onnx.Int64)))}), "INT64"},
		"computed scale":    {model([]onnx.Node{node("QuantizeLinear", []string{"x", "x"})}), "scales"},
		"grid of 32 bits":   {model([]onnx.Node{node("QuantizeLinear", []string{"x", "s", "z"})}, floats("s", 1), onnx.Tensor{Name: "z", Type: onnx.Int32, Raw: make([]byte, 4)}), "INT32"},
		"bound is computed": {model([]onnx.Node{node("Clip", []string{"x", "x"})}), "bound"},
	} {
		net, err := Build(c.model)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v and %v, want an error about %q", name, net, err, c.says)
			continue
		}
		var unsupported *UnsupportedError
		if errors.As(err, &unsupported) && unsupported.Opset != 13 {
			t.Errorf("%s: opset %d", name, unsupported.Opset)
		}
	}
}

// TestLiveValues: a chain of large values runs, as many at one time do not.
func TestLiveValues(t *testing.T) {
	nodes := []onnx.Node{node("Expand", []string{"x", "s"})}
	for i := range 12 {
		nodes = append(nodes, node("Sigmoid", []string{fmt.Sprint("y", i)}))
	}
	size := ints("s", 1<<16, 1, 1, 1) // 25 million values each
	if _, err := Build(model(nodes, size)); err != nil {
		t.Error(err)
	}
	all := node("Max", nil)
	for i := range nodes {
		all.Inputs = append(all.Inputs, fmt.Sprint("y", i))
	}
	slices.Reverse(all.Inputs)
	if _, err := Build(model(append(nodes, all), size)); err == nil || !strings.Contains(err.Error(), "at one time") {
		t.Errorf("got %v", err)
	}
}

// TestFoldingIsBounded: one tensor that many nodes name does not unfold without end.
func TestFoldingIsBounded(t *testing.T) {
	var nodes []onnx.Node
	for range 300 {
		nodes = append(nodes, node("Transpose", []string{"w"}))
	}
	nodes = append(nodes, node("Add", []string{"x", "y7"}))
	if _, err := Build(model(nodes, floats("w", 1<<18, 1, 1, 512, 512))); err == nil {
		t.Fatal("shapes that do not fit were taken")
	}
	nodes[len(nodes)-1] = node("MatMul", []string{"y299", "y299"})
	net, err := Build(model(nodes, floats("w", 1<<18, 512, 512)))
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for i := range net.Values {
		held += len(net.Values[i].Data)
	}
	if held > 1<<19 {
		t.Errorf("constants of %d values are kept", held)
	}
}

// TestPasses counts what is left of networks that exporters write out.
func TestPasses(t *testing.T) {
	three, six := onnx.FloatTensor("3", []float32{3}), onnx.FloatTensor("6", []float32{6})
	zero, root := onnx.FloatTensor("0", []float32{0}), onnx.FloatTensor("r", []float32{math.Sqrt2})
	one, half := onnx.FloatTensor("1", []float32{1}), onnx.FloatTensor("h", []float32{0.5})
	w := floats("w", 36, 6, 6, 1, 1)
	for name, c := range map[string]struct {
		model *onnx.Model
		want  []string
	}{
		"silu behind a convolution": {model([]onnx.Node{
			node("Conv", []string{"x", "w"}), node("Sigmoid", []string{"y0"}), node("Mul", []string{"y0", "y1"}),
		}, w), []string{"Conv Silu"}},
		"hard swish": {model([]onnx.Node{
			node("Add", []string{"x", "3"}), node("Clip", []string{"y0", "0", "6"}), node("Mul", []string{"x", "y1"}), node("Div", []string{"y2", "6"}),
		}, three, six, zero), []string{"HardSwish "}},
		"not a hard swish": {model([]onnx.Node{
			node("Add", []string{"x", "3"}), node("Clip", []string{"y0", "0", "3"}), node("Mul", []string{"x", "y1"}), node("Div", []string{"y2", "6"}),
		}, three, six, zero), []string{"Add ", "Mul ", "Div "}},
		"gelu": {model([]onnx.Node{
			node("Div", []string{"x", "r"}), node("Erf", []string{"y0"}), node("Add", []string{"y1", "1"}), node("Mul", []string{"x", "y2"}), node("Mul", []string{"y3", "h"}),
		}, root, one, half), []string{"Gelu "}},
		"sigmoid that is read twice": {model([]onnx.Node{
			node("Sigmoid", x), node("Mul", []string{"x", "y0"}), node("Add", []string{"y0", "y1"}),
		}), []string{"Sigmoid ", "Mul ", "Add "}},
		"two activations": {model([]onnx.Node{
			node("Conv", []string{"x", "w"}), node("Relu", []string{"y0"}), node("HardSwish", []string{"y1"}),
		}, w), []string{"Conv ", "HardSwish "}},
		"residual": {model([]onnx.Node{
			node("Conv", []string{"x", "w"}), node("Add", []string{"x", "y0"}), node("Relu", []string{"y1"}),
		}, w), []string{"Conv "}},
		"shuffle": {model([]onnx.Node{
			node("Reshape", []string{"x", "s"}), node("Transpose", []string{"y0"}, onnx.IntsAttr("perm", 0, 2, 1, 3, 4)), node("Reshape", []string{"y1", "t"}),
		}, ints("s", 1, 2, 3, 8, 8), ints("t", 1, 6, 8, 8)), []string{"Shuffle "}},
		"what nobody reads": {model([]onnx.Node{node("Sigmoid", x), node("Tanh", []string{"y0"}), node("Relu", x)}), []string{"Clamp "}},
		"moves that change nothing": {model([]onnx.Node{
			node("Transpose", x, onnx.IntsAttr("perm", 0, 1, 2, 3)), node("Slice", []string{"y0", "z", "e"}), node("Pad", []string{"y1", "p"}), node("Relu", []string{"y2"}),
		}, ints("z", 0), ints("e", 9), ints("p", 0, 0, 0, 0, 0, 0, 0, 0)), []string{"Clamp "}},
	} {
		net, err := Build(c.model)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, s := range net.Steps {
			got = append(got, s.Op+" "+s.Act.Op)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range [][7]int64{ // d, start, end, step, from, n
		{10, 0, 10, 1, 0, 10},
		{10, -3, 99, 1, 7, 3},
		{10, 9, 0, -1, 9, 9},
		{10, -1, math.MinInt64, -1, 9, 10},
		{10, 5, 5, 1, 0, 0},
		{10, 1, 8, 3, 1, 3},
		{10, 8, 1, -3, 8, 3},
		{10, math.MinInt64, math.MaxInt64, 4, 0, 3},
		{10, math.MaxInt64, -11, -4, 9, 3},
		{0, 0, 5, 1, 0, 0},
	} {
		if from, n := cut(c[0], c[1], c[2], c[3]); n != c[5] || (n > 0 && from != c[4]) {
			t.Errorf("%v: %d elements from %d", c, n, from)
		}
	}
}
