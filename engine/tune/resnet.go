package tune

import (
	"fmt"
	"math"
	"strconv"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
)

// ResNet gives a small residual network for small images, to be trained from scratch: a 3x3 convolution, three stages of two
// blocks of two 3x3 convolutions each at width, 2 width and 4 width channels (He et al. 2016, the form for CIFAR), the mean over the
// last maps as the embedding [1, 4 width]. Images are [1,3,side,side]; side is a multiple of 4. Weights are drawn from the seed after He
// et al. 2015; the last normalisation of each block begins at zero, so that blocks begin as identities (Goyal et al. 2017).
func ResNet(side, width int, seed int64) *onnx.Model {
	r := &resnet{seed: seed, m: &onnx.Model{IRVersion: 8, Producer: "Irum", Opsets: []onnx.Opset{{Version: 13}}}}
	g := &r.m.Graph
	g.Name = "resnet"
	g.Inputs = []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, int64(side), int64(side)}}}
	x := r.relu(r.norm(r.conv("image", 3, width, 3, 1), width, 1))
	in := width
	for stage := range 3 {
		filters := width << stage
		for block := range 2 {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			y := r.relu(r.norm(r.conv(x, in, filters, 3, stride), filters, 1))
			y = r.norm(r.conv(y, filters, filters, 3, 1), filters, 0)
			if in != filters {
				x = r.norm(r.conv(x, in, filters, 1, stride), filters, 1)
			}
			x, in = r.relu(r.node("Add", "sum", []string{y, x})), filters
		}
	}
	x = r.node("GlobalAveragePool", "mean", []string{x})
	g.Nodes = append(g.Nodes, onnx.Node{Name: "embedding", Op: "Flatten", Inputs: []string{x}, Outputs: []string{"embedding"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}})
	g.Outputs = []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, int64(in)}}}
	r.m.SetMeta("irum.name", fmt.Sprintf("Small ResNet, %d pixels", side))
	r.m.SetMeta("irum.input", strconv.Itoa(side))
	r.m.SetMeta("irum.scale", fmt.Sprint(1/127.5))
	r.m.SetMeta("irum.shift", "-1")
	return r.m
}

// resnet writes a network node by node.
type resnet struct {
	m    *onnx.Model
	seed int64
	made int
}

// node adds a node under a name of its own and gives its output.
func (r *resnet) node(op, kind string, inputs []string, attrs ...onnx.Attr) string {
	r.made++
	name := kind + strconv.Itoa(r.made)
	r.m.Graph.Nodes = append(r.m.Graph.Nodes, onnx.Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attrs: attrs})
	return name
}

// constant adds a weight.
func (r *resnet) constant(name string, data []float32, dims ...int64) string {
	r.m.Graph.Initializers = append(r.m.Graph.Initializers, onnx.FloatTensor(name, data, dims...))
	return name
}

func (r *resnet) conv(x string, in, out, kernel, stride int) string {
	rng := source(r.seed, drawWeights, r.made, 0)
	weights := make([]float32, out*in*kernel*kernel)
	scale := math.Sqrt(2 / float64(in*kernel*kernel))
	for i := range weights {
		weights[i] = float32(scale * rng.NormFloat64())
	}
	k, s, p := int64(kernel), int64(stride), int64(kernel/2)
	name := r.constant(fmt.Sprintf("conv%d.weight", r.made+1), weights, int64(out), int64(in), k, k)
	return r.node("Conv", "conv", []string{x, name}, onnx.IntsAttr("kernel_shape", k, k), onnx.IntsAttr("strides", s, s), onnx.IntsAttr("pads", p, p, p, p))
}

// norm is a batch normalisation that begins with the given scale.
func (r *resnet) norm(x string, channels int, scale float32) string {
	list := func(what string, v float32) string {
		values := make([]float32, channels)
		for i := range values {
			values[i] = v
		}
		return r.constant(fmt.Sprintf("norm%d.%s", r.made+1, what), values, int64(channels))
	}
	return r.node("BatchNormalization", "norm", []string{x, list("weight", scale), list("bias", 0), list("mean", 0), list("var", 1)}, onnx.FloatAttr("epsilon", 1e-5))
}

func (r *resnet) relu(x string) string { return r.node("Relu", "relu", []string{x}) }

// Untrained gives a head whose answers are all the same: what a network that knows nothing begins with.
func Untrained(d, classes int, multi bool) *train.Head {
	return &train.Head{W: make([]float32, d*classes), B: make([]float32, classes), D: d, Classes: classes, Multi: multi}
}
