// Package bench holds the networks on which Irum is measured against other engines: MobileNetV2 and ResNet-18 with
// seeded weights, batch norm folded, every window padded as TensorFlow's SAME does, so that all engines compute the same.
// Each is written as ONNX, as TensorFlow Lite and as a layer list for TensorFlow.js. web/bench runs them; RESULTS.md
// beside this file is what it measured.
package bench

import (
	"math"
	"math/rand/v2"
)

// Op is the kind of a layer.
type Op string

// The kinds of layers.
const (
	Conv          Op = "conv"
	Depthwise     Op = "depthwise"
	Dense         Op = "dense"
	Add           Op = "add"
	MaxPool       Op = "maxpool"
	GlobalAverage Op = "average"
)

// Activation follows a layer.
type Activation string

// The activations.
const (
	Linear Activation = ""
	ReLU   Activation = "relu"
	ReLU6  Activation = "relu6"
)

// Input stands for the network's input where a layer's index is expected.
const Input = -1

// Layer is one operator over an image of Side x Side pixels (after it) and Channels channels; GlobalAverage and Dense give
// a vector of Channels values. Windows are Kernel x Kernel, padded as SAME.
type Layer struct {
	Op             Op
	In, With       int // indices of layers or Input; With is Add's second operand
	Kernel, Stride int
	Side, Channels int
	Act            Activation
	Weights        []float32 // Conv: [out][kernel][kernel][in], Depthwise: [kernel][kernel][channel], Dense: [out][in]
	Bias           []float32 // one for each channel
}

// Network is a list of layers; the output is the last layer's.
type Network struct {
	Name   string
	Size   int // side of the RGB input in pixels
	Layers []Layer

	random *rand.Rand
}

// Classes is the number of outputs of both networks.
const Classes = 1000

// Build makes the network of that name, mobilenetv2 or resnet18, over size x size pixels. The same name and size always
// give the same weights. It returns nil for another name.
func Build(name string, size int) *Network {
	n := &Network{Name: name, Size: size, random: rand.New(rand.NewPCG(1, uint64(len(name))))}
	switch name {
	case "mobilenetv2":
		n.mobileNetV2()
	case "resnet18":
		n.resNet18()
	default:
		return nil
	}
	return n
}

// Names are the networks that Build knows.
func Names() []string { return []string{"mobilenetv2", "resnet18"} }

// mobileNetV2 is the network of width 1.0 of Sandler et al., 2018, table 2.
func (n *Network) mobileNetV2() {
	x := n.conv(Input, 32, 3, 2, ReLU6)
	for _, group := range []struct{ expand, channels, times, stride int }{
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		stride := group.stride
		for range group.times {
			from := x
			if group.expand > 1 {
				x = n.conv(x, n.Layers[x].Channels*group.expand, 1, 1, ReLU6)
			}
			x = n.depthwise(x, 3, stride, ReLU6)
			x = n.conv(x, group.channels, 1, 1, Linear)
			if stride == 1 && n.Layers[from].Channels == group.channels {
				x = n.add(from, x, Linear)
			}
			stride = 1
		}
	}
	n.head(n.conv(x, 1280, 1, 1, ReLU6))
}

// resNet18 is the network of He et al., 2015, table 1, with projections where the shape changes.
func (n *Network) resNet18() {
	x := n.conv(Input, 64, 7, 2, ReLU)
	x = n.maxPool(x, 3, 2)
	for stage, channels := range []int{64, 128, 256, 512} {
		for block := range 2 {
			stride, shortcut := 1, x
			if stage > 0 && block == 0 {
				stride = 2
				shortcut = n.conv(x, channels, 1, 2, Linear)
			}
			y := n.conv(x, channels, 3, stride, ReLU)
			y = n.conv(y, channels, 3, 1, Linear)
			x = n.add(y, shortcut, ReLU)
		}
	}
	n.head(x)
}

// head ends a network: the average over all pixels and one dense layer.
func (n *Network) head(x int) {
	c := n.Layers[x].Channels
	x = n.append(Layer{Op: GlobalAverage, In: x, Side: 1, Channels: c})
	n.append(Layer{Op: Dense, In: x, Side: 1, Channels: Classes, Weights: n.weights(Classes*c, float64(c)), Bias: n.bias(Classes)})
}

// shape gives side and channels of layer i or of the input.
func (n *Network) shape(i int) (side, channels int) {
	if i == Input {
		return n.Size, 3
	}
	return n.Layers[i].Side, n.Layers[i].Channels
}

func (n *Network) append(l Layer) int {
	n.Layers = append(n.Layers, l)
	return len(n.Layers) - 1
}

func (n *Network) conv(in, channels, kernel, stride int, act Activation) int {
	side, from := n.shape(in)
	fan := kernel * kernel * from
	return n.append(Layer{
		Op: Conv, In: in, Kernel: kernel, Stride: stride, Side: (side + stride - 1) / stride, Channels: channels, Act: act,
		Weights: n.weights(channels*fan, n.fan(in, fan)), Bias: n.bias(channels),
	})
}

func (n *Network) depthwise(in, kernel, stride int, act Activation) int {
	side, channels := n.shape(in)
	return n.append(Layer{
		Op: Depthwise, In: in, Kernel: kernel, Stride: stride, Side: (side + stride - 1) / stride, Channels: channels, Act: act,
		Weights: n.weights(kernel*kernel*channels, n.fan(in, kernel*kernel)), Bias: n.bias(channels),
	})
}

func (n *Network) maxPool(in, kernel, stride int) int {
	side, channels := n.shape(in)
	return n.append(Layer{Op: MaxPool, In: in, Kernel: kernel, Stride: stride, Side: (side + stride - 1) / stride, Channels: channels})
}

func (n *Network) add(a, b int, act Activation) int {
	side, channels := n.shape(a)
	return n.append(Layer{Op: Add, In: a, With: b, Side: side, Channels: channels, Act: act})
}

// fan is the fan-in for He's rule: half of what a ReLU lets through counts.
func (n *Network) fan(in, count int) float64 {
	if in != Input && n.Layers[in].Act != Linear {
		return float64(count) / 2
	}
	return float64(count)
}

func (n *Network) weights(count int, fan float64) []float32 {
	w, scale := make([]float32, count), 1/math.Sqrt(fan)
	for i := range w {
		w[i] = float32(n.random.NormFloat64() * scale)
	}
	return w
}

func (n *Network) bias(count int) []float32 { return n.weights(count, 400) }

// FLOPs is the number of floating-point operations of one run, of convolutions and dense layers only, a multiplication
// and an addition counting as two.
func (n *Network) FLOPs() int {
	sum := 0
	for i := range n.Layers {
		sum += n.Layers[i].flops()
	}
	return sum
}

// flops counts for each output value the weights that go into it.
func (l *Layer) flops() int { return 2 * l.Side * l.Side * len(l.Weights) }

// Params is the number of weights and biases.
func (n *Network) Params() int {
	sum := 0
	for _, l := range n.Layers {
		sum += len(l.Weights) + len(l.Bias)
	}
	return sum
}

// Noise gives an input of the network, fixed pseudo-random numbers in [-1, 1) in the order [height][width][channel].
func (n *Network) Noise() []float32 {
	out, state := make([]float32, n.Size*n.Size*3), uint32(1)
	for i := range out {
		state = state*1664525 + 1013904223
		out[i] = float32(state>>8)/float32(1<<23) - 1
	}
	return out
}

// Planes reorders an image of side x side pixels from [height][width][channel] to [channel][height][width].
func Planes(image []float32, side int) []float32 {
	out, area := make([]float32, len(image)), side*side
	channels := len(image) / area
	for i, v := range image {
		out[i%channels*area+i/channels] = v
	}
	return out
}

// same gives the padding of SAME before and after one axis.
func same(in, out, kernel, stride int) (before, after int) {
	total := max((out-1)*stride+kernel-in, 0)
	return total / 2, total - total/2
}
