package tune

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

// Resized gives a backbone that takes images of side x side pixels instead of its own, with the same weights: what its
// convolutions cost goes with the square of the side. An error says why it cannot be: its embedding would be of another
// length, or some step of it knows the size.
func Resized(backbone []byte, side int) ([]byte, error) {
	m, err := onnx.Read(backbone)
	if err != nil {
		return nil, err
	}
	if len(m.Graph.Outputs) == 0 {
		return nil, errors.New("the network has no output")
	}
	m.Graph.Outputs = m.Graph.Outputs[:1]
	for i := range m.Graph.Inputs {
		if in := &m.Graph.Inputs[i]; len(in.Dims) == 4 {
			in.Dims = []int64{in.Dims[0], in.Dims[1], int64(side), int64(side)}
		}
	}
	net, err := graph.Build(m)
	if err != nil {
		return nil, fmt.Errorf("take images of %d pixels: %w", side, err)
	}
	var want []int
	for _, v := range m.Graph.Outputs[0].Dims {
		want = append(want, int(v))
	}
	if got := net.Values[net.Outputs[0]].Shape; !slices.Equal(got, want) {
		return nil, fmt.Errorf("take images of %d pixels: the embedding would be %v instead of %v", side, got, want)
	}
	m.SetMeta("irum.input", strconv.Itoa(side))
	return onnx.Write(m), nil
}

const (
	// enlarged is how many times larger than they are images are shown to a network at most: beyond it only costs grow.
	enlarged = 3
	// leastSide leaves networks that halve their maps five times maps of 4 x 4.
	leastSide = 128
	sideStep  = 32
)

// Side is the size at which to train a network that takes images of own pixels, on images whose longer sides are given: its own, or
// less where most images are small.
func Side(own int, images []int) int {
	if len(images) == 0 {
		return own
	}
	sorted := slices.Sorted(slices.Values(images))
	side := enlarged * sorted[len(sorted)/2]
	side = max((side+sideStep-1)/sideStep*sideStep, leastSide)
	if side >= own {
		return own
	}
	return side
}

// Vectors are the embeddings of all images of p, as they are, by a backbone. progress may be nil.
func Vectors(ctx context.Context, backbone []byte, p *Pixels, threads int, progress func(done int)) ([][]float32, error) {
	m, err := onnx.Read(backbone)
	if err != nil {
		return nil, err
	}
	taken := *p
	taken.takenBy(m)
	sessions, end, err := compile(ctx, backbone, engine.Options{}, threads)
	if err != nil {
		return nil, err
	}
	defer end()
	maps, err := ComputeMaps(ctx, sessions, &taken, 1, make([]bool, p.Count), 0, progress)
	if err != nil {
		return nil, err
	}
	out := make([][]float32, p.Count)
	for i := range out {
		out[i] = maps.values[i*maps.size:][:maps.size]
	}
	return out, nil
}

// compile makes a session of a network for each thread.
func compile(ctx context.Context, file []byte, o engine.Options, threads int) (sessions []*engine.Session, end func(), err error) {
	end = func() {
		for _, s := range sessions {
			_ = s.Close()
		}
	}
	net, err := engine.Load(file)
	if err != nil {
		return nil, nil, err
	}
	for range max(threads, 1) {
		s, err := engine.Compile(ctx, net, o)
		if err != nil {
			end()
			return nil, nil, err
		}
		sessions = append(sessions, s)
	}
	return sessions, end, nil
}
