package exec

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/layout"
)

// Portable runs a network in Go without SIMD: the fallback of every host, and what other executors are measured against.
type Portable struct {
	net     *graph.Network
	buffers [][]float32 // by value index; constants point at their data
	peak    int         // floats of activations
}

// NewPortable plans the memory of net: activations whose lives do not overlap share a buffer.
func NewPortable(net *graph.Network) *Portable {
	s := &Portable{net: net, buffers: make([][]float32, len(net.Values))}
	last := make([]int, len(net.Values)) // the last step that reads a value
	for i, step := range net.Steps {
		for _, in := range step.In {
			last[in] = i
		}
	}
	for _, o := range net.Outputs {
		last[o] = len(net.Steps)
	}
	for i := range net.Values {
		s.buffers[i] = net.Values[i].Data
	}
	s.buffers[net.Input] = make([]float32, net.Values[net.Input].Len())
	s.peak = len(s.buffers[net.Input])
	last[net.Input] = len(net.Steps) // never lent out: Run writes into it
	var free [][]float32
	for i, step := range net.Steps {
		s.buffers[step.Out], free = take(free, net.Values[step.Out].Len(), &s.peak)
		for k, in := range step.In {
			if last[in] == i && net.Values[in].Data == nil && first(step.In, in) == k {
				free = append(free, s.buffers[in][:cap(s.buffers[in])])
			}
		}
	}
	return s
}

// first is the position at which v stands first in list.
func first(list []int, v int) int {
	for k, x := range list {
		if x == v {
			return k
		}
	}
	return -1
}

// take gives the smallest free buffer that holds n floats, or a new one.
func take(free [][]float32, n int, peak *int) ([]float32, [][]float32) {
	best := -1
	for i, b := range free {
		if len(b) >= n && (best < 0 || len(b) < len(free[best])) {
			best = i
		}
	}
	if best < 0 {
		*peak += n
		return make([]float32, n), free
	}
	b := free[best]
	free = append(free[:best], free[best+1:]...)
	return b[:n], free
}

// Peak is the memory of all activations together, in bytes.
func (s *Portable) Peak() int { return 4 * s.peak }

// Threads is 1.
func (s *Portable) Threads() int { return 1 }

// Close does nothing: the memory goes with the last reference.
func (s *Portable) Close() error { return nil }

// Run computes the outputs of input, which has the elements of the network's input in its layout (NCHW). The results are
// copies. It looks at ctx between steps.
func (s *Portable) Run(ctx context.Context, input []float32) ([][]float32, error) {
	in := s.buffers[s.net.Input]
	if len(input) != len(in) {
		return nil, fmt.Errorf("the input has %d values, the network takes %v", len(input), s.net.Values[s.net.Input].Shape)
	}
	copy(in, input)
	for i := range s.net.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.step(&s.net.Steps[i]); err != nil {
			return nil, err
		}
	}
	out := make([][]float32, len(s.net.Outputs))
	for i, o := range s.net.Outputs {
		out[i] = append([]float32(nil), s.buffers[o]...)
	}
	return out, nil
}

func (s *Portable) step(step *graph.Step) error {
	out, x := s.buffers[step.Out], s.buffers[step.In[0]]
	inShape, outShape := s.net.Values[step.In[0]].Shape, s.net.Values[step.Out].Shape
	switch step.Op {
	case "Conv":
		var bias []float32
		if len(step.In) > 2 {
			bias = s.buffers[step.In[2]]
		}
		conv(out, x, s.buffers[step.In[1]], bias, inShape, outShape, step.Geometry)
		if step.Residual {
			for i, v := range s.buffers[step.In[3]] {
				out[i] += v
			}
		}
	case "Gemm":
		s.gemm(step, out, x)
	case "Clamp":
		copy(out, x)
		clamp(out, step.Lo, step.Hi)
	case "Softmax":
		inner := layout.Len(inShape[step.Axes[1]+1:])
		softmax(out, x, layout.Len(inShape[step.Axes[0]:])/max(inner, 1), inner)
	case "MaxPool", "AveragePool":
		pool(step, out, x, inShape, outShape)
	case "BatchNormalization":
		batchNorm(out, x, inShape, step.Alpha, s.buffers[step.In[1]], s.buffers[step.In[2]], s.buffers[step.In[3]], s.buffers[step.In[4]])
	case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin":
		reduce(step.Op, out, x, inShape, step.Axes)
	case "LRN":
		localResponse(step, out, x, inShape)
	case "MatMul":
		matMul(out, x, s.buffers[step.In[1]], outShape, inShape, s.net.Values[step.In[1]].Shape)
	default:
		if !s.function(step, out, x) && !s.moving(step, out, x) {
			return fmt.Errorf("%s: operator %s cannot be run", step.Label, step.Op)
		}
	}
	if step.Act.Op != "" {
		step.Act.Apply(out, out)
	}
	if step.Clamp {
		clamp(out, step.Lo, step.Hi)
	}
	return nil
}

// function does steps that compute each number from one or two, and tells whether step is one.
func (s *Portable) function(step *graph.Step, out, x []float32) bool {
	if f := graph.Arithmetic(step.Op); f != nil {
		other := step.In[1]
		layout.Combine(out, x, s.buffers[other], s.net.Values[step.Out].Shape, s.net.Values[step.In[0]].Shape, s.net.Values[other].Shape, f)
		return true
	}
	a := graph.Activation{Op: step.Op, Alpha: step.Alpha, Beta: step.Beta}
	if !a.Known() {
		return false
	}
	a.Apply(out, x)
	return true
}

// moving does steps that only move numbers, and tells whether step is one.
func (s *Portable) moving(step *graph.Step, out, x []float32) bool {
	inShape, outShape := s.net.Values[step.In[0]].Shape, s.net.Values[step.Out].Shape
	switch step.Op {
	case "Reshape":
		copy(out, x)
	case "View":
		strides, base := step.Reading(layout.Strides(inShape))
		layout.Copy(out, x, outShape, strides, base)
	case "Gather":
		layout.Gather(out, x, outShape, inShape, step.Tables)
	case "Concat":
		s.concat(step, out)
	case "Pad":
		pad(step, out, x, inShape, outShape)
	case "Shuffle":
		shuffle(out, x, inShape, step.Geometry.Group)
	case "Interpolate":
		interpolate(step, out, x, inShape, outShape)
	default:
		return false
	}
	return true
}
