package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/engine/simd"
)

// Int8 is what arithmetic on 8-bit integers needs to know of a network, and what it costs. Activations have 7 bits with a
// scale for every channel, weights 8 with one for every output channel; sums are exact. Its exported fields can be kept
// as JSON and given to NewInt8 again.
type Int8 struct {
	Bytes map[string]simd.Bytes // of the activations that convolutions read, by their names in the model
	// Loss is how far the outputs are from those of float32 on images that the scales were not taken from: the root of the sum
	// of squared differences over the sum of squares of what differs between the images. Less than 0 if it was not measured.
	Loss float64

	integers simd.Integers // of Bytes; a program without NewInt8 or Calibrate is not linked with them
}

// NewInt8 is for activations that were calibrated before, with the loss that was measured then.
func NewInt8(bytes map[string]simd.Bytes, loss float64) *Int8 {
	return &Int8{Bytes: bytes, Loss: loss, integers: simd.NewIntegers(bytes)}
}

// plan is nil for nil.
func (i *Int8) plan() simd.Integers {
	if i == nil {
		return nil
	}
	return i.integers
}

// mostMoved bounds, in the unit of Loss, what the activations that become integers move the outputs by, each by itself, together. Those
// that move them most for what they save stay in float32: in MobileNetV2 some of the first, whose errors all later layers carry on.
const mostMoved = 0.15

// judges is the number of images on which each activation is judged by itself.
const judges = 4

// Calibrate finds how the activations of n are best made integers, on the first half of the images, and on the others how far that
// moves its outputs. Each image is one input of the network; there must be four at least, and more kinds of images make it better. o
// says what is to be computed, as for Compile. It compiles and runs the network once for every convolution.
func Calibrate(ctx context.Context, n *Network, o Options, images [][]float32) (*Int8, error) {
	if len(images) < 4 {
		return nil, errors.New("calibrate: give four images or more")
	}
	found, err := calibrate(ctx, n, o, images[:len(images)/2], images[len(images)/2:])
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	return found, nil
}

func calibrate(ctx context.Context, n *Network, o Options, images, rest [][]float32) (*Int8, error) {
	list, err := quantise.Activations(ctx, n.model, o.Outputs, images)
	if err != nil {
		return nil, err
	}
	o.Int8 = nil
	whole, _, err := outputs(ctx, n, o, rest)
	if err != nil {
		return nil, err
	}
	if o.Executor == "" && slices.Contains(Executors(ctx), exec.Wazero) { // the fastest native one has no integers
		o.Executor = exec.Wazero
	}
	moved := func(bytes map[string]simd.Bytes, images int) (float64, error) {
		o.Int8 = NewInt8(bytes, 0)
		rounded, layers, err := outputs(ctx, n, o, rest[:images])
		if err != nil || layers == 0 {
			return math.NaN(), err
		}
		return quantise.Moved(whole[:images], rounded), nil
	}
	price := map[string]float64{} // the square of what an activation moves
	for _, a := range list {
		by, err := moved(map[string]simd.Bytes{a.Name: a.Bytes}, min(judges, len(rest)))
		if err != nil {
			return nil, err
		}
		price[a.Name] = by * by // not a number for what stays in float32 anyway
	}
	slices.SortFunc(list, func(a, b quantise.Activation) int {
		return cmp.Compare(price[a.Name]/float64(a.Work), price[b.Name]/float64(b.Work))
	})
	result, sum := NewInt8(map[string]simd.Bytes{}, 0), 0.0
	for _, a := range list {
		if p := price[a.Name]; sum+p <= mostMoved*mostMoved {
			result.Bytes[a.Name], sum = a.Bytes, sum+p
		}
	}
	if result.Loss, err = moved(result.Bytes, len(rest)); math.IsNaN(result.Loss) {
		result.Loss = -1
	}
	return result, err
}

// outputs are the first output for every image, and the number of convolutions in integers.
func outputs(ctx context.Context, n *Network, o Options, images [][]float32) (list [][]float32, layers int, err error) {
	s, err := Compile(ctx, n, o)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = s.Close() }()
	for _, image := range images {
		out, err := s.Run(ctx, image)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, out[0])
	}
	return list, s.Info().Int8, nil
}
