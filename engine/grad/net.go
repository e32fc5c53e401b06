// Package grad trains convolutional networks that come as ONNX: it computes the gradient of a network's output with respect to
// its weights by going through the network backwards (reverse-mode automatic differentiation), in float32 on the processor.
//
// A Net runs a batch of images; what the model says is done to each image by itself, but for batch normalisation in training,
// which sees the whole batch. Images lie channels-last inside, so that convolutions are products of matrices, which package
// native computes. The same inputs give the same bits, for any number of threads: every sum has a fixed order.
package grad

import (
	"fmt"
	"runtime"

	"github.com/irum-app/irum/engine/native"
	"github.com/irum-app/irum/engine/onnx"
)

// Norm says what batch normalisation does in training.
type Norm int

// FrozenNorm uses the running statistics and keeps them, which suits small batches and fine-tuning; where it follows a convolution
// it costs nothing. BatchNorm uses the statistics of the batch and moves the running ones towards them.
const (
	FrozenNorm Norm = iota
	BatchNorm
)

// Options of a Net.
type Options struct {
	Batch     int                    // the most images of one call; 0 means 1
	From      string                 // a value of the model: only what comes after it is computed and trained, and it is the input; "" for the model's input
	Norm      Norm                   // of batch normalisation in training
	Threads   int                    // 0 for as many as Go runs on
	Trainable func(name string) bool // which tensors are trained, by their names in the model; nil for all
}

// Parameter is a tensor that is trained. Value and Grad lie as the model's tensor does, row-major: [M, C/group, kH, kW] for a
// convolution. Value may be changed between calls of the Net.
type Parameter struct {
	Name        string
	Shape       []int
	Value, Grad []float32
	Decay       bool // whether weight decay is usual for it: for weights, not for biases and normalisation
}

// Net is a network that can be trained. One goroutine at a time may use it; it spreads the work over threads itself.
type Net struct {
	model   *onnx.Model
	options Options
	kernels native.Kernels
	team    team
	values  []*value
	ops     []op
	input   *value
	output  *value
	params  []*Parameter
	norms   []*batchNorm // whose running statistics Write puts back
	images  int          // of the last Forward
	train   bool         // the values are those of a Forward in training
	pool    pool
	result  []float32
}

// New builds the network of m up to a value of that name ("" for m's first output). Errors name the node and the operator that
// cannot be computed or, where a trained tensor comes before it, not be differentiated.
func New(m *onnx.Model, output string, o Options) (*Net, error) {
	if o.Batch < 0 || o.Threads < 0 {
		return nil, fmt.Errorf("grad: a batch of %d images and %d threads", o.Batch, o.Threads)
	}
	o.Batch = max(o.Batch, 1)
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	n := &Net{model: m, options: o, team: newTeam(o.Threads), pool: pool{}}
	n.kernels, _ = native.AVX2()
	if err := n.build(output); err != nil {
		return nil, fmt.Errorf("grad: %w", err)
	}
	return n, nil
}

// Parameters gives what is trained, in the order in which the network reads it. The list is the net's own.
func (n *Net) Parameters() []*Parameter { return n.params }

// Buffers gives the running statistics that training moves, two for each batch normalisation with BatchNorm and none with
// FrozenNorm: what Infer and Write use. Value may be changed between calls; there is no Grad.
func (n *Net) Buffers() []*Parameter {
	var out []*Parameter
	for _, b := range n.norms {
		if b.kind != BatchNorm {
			continue
		}
		for _, v := range []*value{b.mean, b.variance} {
			out = append(out, &Parameter{Name: v.name, Shape: v.shape, Value: v.data[:v.size:v.size]})
		}
	}
	return out
}

// Input is the shape of one image of Forward's x, without the batch: [C, H, W], or [K] for a vector.
func (n *Net) Input() []int { return n.input.shape[1:] }

// Output is the shape of one image's result, without the batch.
func (n *Net) Output() []int { return n.output.shape[1:] }

// Forward computes the output for images of x, [images, C, H, W], and keeps what Backward needs. The result, [images, ...], is
// the net's until its next call.
func (n *Net) Forward(x []float32, images int) ([]float32, error) {
	n.train = true
	return n.run(x, images)
}

// Infer computes the output as the written model does: by running statistics. There is no Backward after it.
func (n *Net) Infer(x []float32, images int) ([]float32, error) {
	n.train = false
	return n.run(x, images)
}

func (n *Net) run(x []float32, images int) ([]float32, error) {
	if images < 1 || images > n.options.Batch || len(x) != images*n.input.size {
		n.train = false
		return nil, fmt.Errorf("grad: %d numbers for %d images of %v, in a net for up to %d", len(x), images, n.Input(), n.options.Batch)
	}
	n.images = images
	n.team.each(images, func(_, i int) {
		n.input.fromRows(n.input.data[i*n.input.size:], x[i*n.input.size:])
	})
	for _, o := range n.ops {
		o.forward(n)
	}
	out := n.output
	if out.rowMajor() {
		return out.data[:images*out.size], nil
	}
	if n.result == nil {
		n.result = make([]float32, n.options.Batch*out.size)
	}
	n.team.each(images, func(_, i int) {
		out.toRows(n.result[i*out.size:], out.data[i*out.size:])
	})
	return n.result[:images*out.size], nil
}

// Backward sets Grad of every parameter to the gradient of the sum of dy times the output of the last Forward, over all its
// images. dy, [images, ...], is the loss's gradient with respect to the output.
func (n *Net) Backward(dy []float32) error {
	out := n.output
	if !n.train || len(dy) != n.images*out.size {
		return fmt.Errorf("grad: a gradient of %d numbers after a forward pass of %d images of %v (training %t)", len(dy), n.images, n.Output(), n.train)
	}
	for _, p := range n.params {
		clear(p.Grad)
	}
	if !out.needs {
		return nil
	}
	g, _ := n.into(out)
	n.team.each(n.images, func(_, i int) {
		out.fromRows(g[i*out.size:], dy[i*out.size:])
	})
	for i := len(n.ops) - 1; i >= 0; i-- {
		o := n.ops[i]
		if v := o.result(); v.grad != nil {
			o.backward(n)
			n.release(v)
		}
	}
	if n.input.grad != nil {
		n.release(n.input)
	}
	return nil
}
