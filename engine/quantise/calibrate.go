package quantise

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

// pictures is how many are drawn: with four times as many the embeddings of photos come no nearer.
const pictures = 8

// observation is what a network makes of the pictures.
type observation struct {
	means   map[string][]float64 // of every channel, by value
	outputs [][]float32          // the first output of every picture
}

// observe runs m on the pictures and takes the averages of the channels of values, which are images.
func observe(ctx context.Context, m *onnx.Model, values []string) (*observation, error) {
	if len(m.Graph.Outputs) == 0 {
		return nil, errors.New("the network has no output")
	}
	net, err := graph.Build(m, append([]string{m.Graph.Outputs[0].Name}, values...)...)
	if err != nil {
		return nil, err
	}
	shape := net.Values[net.Input].Shape
	if len(shape) != 4 || shape[1] != 3 {
		return nil, fmt.Errorf("the input has shape %v, an image [1 3 H W] is expected", shape)
	}
	scale, err := strconv.ParseFloat(m.Meta("irum.scale"), 32)
	if err != nil {
		return nil, fmt.Errorf("the metadata irum.scale: %w", err)
	}
	shift, err := strconv.ParseFloat(m.Meta("irum.shift"), 32)
	if err != nil {
		return nil, fmt.Errorf("the metadata irum.shift: %w", err)
	}
	run, _, err := exec.New(ctx, net, exec.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = run.Close() }()
	o := &observation{means: map[string][]float64{}}
	for i := range pictures {
		out, err := run.Run(ctx, leaves(uint32(i), shape[2], shape[3], float32(scale), float32(shift)))
		if err != nil {
			return nil, err
		}
		o.outputs = append(o.outputs, out[0])
		for k, name := range values {
			o.add(name, out[1+k], net.Values[net.Outputs[1+k]].Shape[1])
		}
	}
	return o, nil
}

// add takes one picture's channels into the averages.
func (o *observation) add(name string, planes []float32, channels int) {
	if o.means[name] == nil {
		o.means[name] = make([]float64, channels)
	}
	area := len(planes) / channels
	for c := range channels {
		sum := 0.0
		for _, v := range planes[c*area : (c+1)*area] {
			sum += float64(v)
		}
		o.means[name][c] += sum / float64(area*pictures)
	}
}

// moved is how far the outputs are from those of before: the root of the sum of squared differences over the sum of squares of
// what differs between before's pictures.
func (o *observation) moved(before *observation) float64 {
	return Moved(before.outputs, o.outputs)
}

// Pictures draws n pictures of h x w pixels that have the contrasts and edges of photos, as planes of pixel*scale + shift. They are
// always the same.
func Pictures(n, h, w int, scale, shift float32) (list [][]float32) {
	for i := range n {
		list = append(list, leaves(uint32(i), h, w, scale, shift))
	}
	return list
}

// leaves draws picture number seed of h x w pixels, planes one after the other: discs that cover each other, of sizes by a power
// law. They have the contrasts and edges of photos without being any (the "dead leaves" of Lee, Mumford and Huang, Occlusion
// models for natural images, 2001).
func leaves(seed uint32, h, w int, scale, shift float32) []float32 {
	state := seed*2654435761 + 1
	random := func(n int) int {
		state = state*1664525 + 1013904223
		return int(uint64(state>>8) * uint64(n) >> 24)
	}
	size := max(h, w)
	out := make([]float32, 3*h*w)
	for i := range out {
		out[i] = 128*scale + shift
	}
	for range 2000 {
		// the chance of a radius over r falls as 1/r^2, from half of the picture to a hundredth
		radius := int(float64(size) / 2 / math.Sqrt(float64(1+random(2500))))
		cx, cy := random(w), random(h)
		base := random(256)
		var color [3]float32
		for c := range color {
			color[c] = float32(min(max(base+random(121)-60, 0), 255))*scale + shift
		}
		for y := max(cy-radius, 0); y < min(cy+radius+1, h); y++ {
			for x := max(cx-radius, 0); x < min(cx+radius+1, w); x++ {
				if (x-cx)*(x-cx)+(y-cy)*(y-cy) > radius*radius {
					continue
				}
				for c, v := range color {
					out[(c*h+y)*w+x] = v
				}
			}
		}
	}
	return out
}
