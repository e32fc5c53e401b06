package tune

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/layout"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tune/augment"
	"github.com/irum-app/irum/engine/vision"
)

// Inputs gives what the trained part of a network takes. Its methods may be called at the same time from many goroutines.
type Inputs interface {
	// Len is the number of images.
	Len() int
	// Size is the number of values of one of them.
	Size() int
	// Draw writes image i as rng draws it into out, of Size values, or as it is when rng is nil.
	Draw(ctx context.Context, i int, rng *rand.Rand, out []float32) error
}

// Pixels are images as a whole network takes them: [3,Side,Side], RGB, pixel*Scale + Shift, as vision.Tensor gives them.
type Pixels struct {
	// Image gives image i, decoded. It is called again in every epoch, from many goroutines.
	Image        func(ctx context.Context, i int) (*vision.Image, error)
	Count        int
	Side         int // pixels
	Scale, Shift float32
	Augment      augment.Options
}

// takenBy reads from a network's input and metadata how it takes images.
func (p *Pixels) takenBy(m *onnx.Model) {
	for _, in := range m.Graph.Inputs {
		if len(in.Dims) == 4 {
			p.Side = int(in.Dims[3])
		}
	}
	p.Scale, p.Shift = 1/127.5, -1
	scale, errA := strconv.ParseFloat(m.Meta("irum.scale"), 32)
	shift, errB := strconv.ParseFloat(m.Meta("irum.shift"), 32)
	if errA == nil && errB == nil {
		p.Scale, p.Shift = float32(scale), float32(shift)
	}
}

// Len implements Inputs.
func (p *Pixels) Len() int { return p.Count }

// Size implements Inputs.
func (p *Pixels) Size() int { return 3 * p.Side * p.Side }

// Draw implements Inputs.
func (p *Pixels) Draw(ctx context.Context, i int, rng *rand.Rand, out []float32) error {
	img, err := p.Image(ctx, i)
	if err != nil {
		return fmt.Errorf("image %d: %w", i+1, err)
	}
	if rng != nil {
		img = augment.Apply(img, p.Side, p.Augment, rng)
	}
	copy(out, vision.Tensor(img, p.Side, p.Scale, p.Shift))
	return nil
}

// Maps are values inside a network, of each image a few views: the image as it is, then augmented ones. A training of what comes
// after them draws one of the views, and costs nothing of what comes before.
type Maps struct {
	size, views int
	values      []float32 // by image, then view
}

// Len implements Inputs.
func (m *Maps) Len() int { return len(m.values) / (m.size * m.views) }

// Size implements Inputs.
func (m *Maps) Size() int { return m.size }

// Views is how many there are of each image.
func (m *Maps) Views() int { return m.views }

// Draw implements Inputs.
func (m *Maps) Draw(_ context.Context, i int, rng *rand.Rand, out []float32) error {
	v := 0
	if rng != nil {
		v = rng.IntN(m.views)
	}
	copy(out, m.values[(i*m.views+v)*m.size:][:m.size])
	return nil
}

// ComputeMaps runs the first output of sessions over views of every image of p: view 0 as it is, the others as seed draws
// them, but of images that are held there is view 0 only. Every session computes on a goroutine of its own; progress is told
// after each image. The result takes p.Len() * views * values of the output, 4 bytes each.
func ComputeMaps(ctx context.Context, sessions []*engine.Session, p *Pixels, views int, held []bool, seed int64, progress func(done int)) (*Maps, error) {
	if len(sessions) == 0 || views < 1 || len(sessions[0].Info().Outputs) != 1 {
		return nil, fmt.Errorf("maps need a session of one output, and a view")
	}
	m := &Maps{views: views}
	for _, shape := range sessions[0].Info().Outputs {
		m.size = layout.Len(shape)
	}
	m.values = make([]float32, p.Len()*views*m.size)
	free := make(chan *engine.Session, len(sessions))
	for _, s := range sessions {
		free <- s
	}
	err := each(ctx, p.Len(), len(sessions), func(i int) error {
		s := <-free
		defer func() { free <- s }()
		in := make([]float32, p.Size())
		for v := range views {
			var rng *rand.Rand
			if v > 0 && held[i] {
				break
			}
			if v > 0 {
				rng = source(seed, drawView, v, i)
			}
			if err := p.Draw(ctx, i, rng, in); err != nil {
				return err
			}
			out, err := s.Run(ctx, in)
			if err != nil {
				return fmt.Errorf("image %d: %w", i+1, err)
			}
			copy(m.values[(i*views+v)*m.size:][:m.size], out[0])
		}
		return nil
	}, progress)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// What a source is for, so that no two draw the same numbers.
const (
	drawOrder = iota
	drawImage
	drawMix
	drawView
	drawWeights
)

// source gives the generator of one draw. It depends on nothing but its arguments, so that draws may be made in any order, and again.
func source(seed int64, what, a, b int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed)^uint64(what)<<60, uint64(a)<<32^uint64(b)))
}
