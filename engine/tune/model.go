package tune

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/grad"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
)

// The values that train.AppendHead adds.
const (
	headLogits  = "irum/head/logits"
	headWeights = "irum/head/weights"
	headBias    = "irum/head/bias"
)

// Model is a network to be trained with its images: a backbone with a head behind it.
type Model struct {
	Depth    Depth
	Backbone []byte      // ONNX whose first output is an embedding
	Head     *train.Head // fitted on those of the images that are not held out (Last, Whole), or Untrained
	Names    []string    // of the classes, for the model's metadata
	Pixels   *Pixels     // Image, Count and Augment; the rest is as the backbone takes it
	Labels   [][]int     // class indices of each image
	Groups   []int       // near-duplicates; nil where there are none
	Threads  int         // 0 for one
	// Memory bounds the maps of Last, in bytes; 0 for 1 GiB. Images get fewer views where there is less, and an error says when there is
	// not even room for one.
	Memory int
	// Mapped is told how many of the images' maps are computed; may be nil.
	Mapped func(done, total int)

	data Data
	net  *grad.Net
}

// views is how many maps an image has where there is room.
const views = 4

// Tuned is a trained model: the complete network, image in and probabilities out, whose calibrated head is Head.
type Tuned struct {
	*Result
	Network *onnx.Model
	Head    *train.Head
}

// Train trains the model as o says. Where o has a Stop, the end of ctx, which may be what closes it, only ends what comes before
// the training.
func (m *Model) Train(ctx context.Context, o Options) (*Tuned, error) {
	if err := m.open(ctx, o, len(m.Labels)); err != nil {
		return nil, err
	}
	if o.Stop != nil {
		ctx = context.WithoutCancel(ctx)
	}
	r, err := Run(ctx, m.net, m.data, o)
	if err != nil {
		return nil, err
	}
	head, err := m.calibrate(r.Temperature)
	if err != nil {
		return nil, err
	}
	network, err := m.net.Write()
	if err != nil {
		return nil, err
	}
	return &Tuned{r, network, head}, nil
}

// Measure times a few batches of such a training on its first images. The model is to be thrown away afterwards.
func (m *Model) Measure(ctx context.Context, o Options, batches int) (Pace, error) {
	n := min(len(m.Labels), o.Batch)
	if m.Depth == Last {
		n = min(n, 4) // maps are dear, and what is learnt from them does not matter
	}
	o.Held = make([]bool, 2*o.Batch)
	started := time.Now()
	if err := m.open(ctx, o, n); err != nil {
		return Pace{}, err
	}
	opened := time.Since(started)
	d := m.data
	d.Inputs, d.Groups, d.Labels = again{d.Inputs, n, 2 * o.Batch}, nil, nil
	for i := range o.Held {
		d.Labels = append(d.Labels, m.Labels[i%n])
		o.Held[i] = i%2 == 1
	}
	pace, err := Measure(ctx, m.net, d, o, batches)
	if maps, ok := m.data.Inputs.(*Maps); ok {
		pace.Map = opened / time.Duration(n*maps.Views())
	}
	return pace, err
}

// again is the first images over and over.
type again struct {
	Inputs
	first, n int
}

func (a again) Len() int { return a.n }

func (a again) Draw(ctx context.Context, i int, rng *rand.Rand, out []float32) error {
	return a.Inputs.Draw(ctx, i%a.first, rng, out)
}

// open makes the network that is trained and what it takes, of the first n images.
func (m *Model) open(ctx context.Context, o Options, n int) error {
	file, err := train.AppendHead(m.Backbone, m.Head, m.Names)
	if err != nil {
		return err
	}
	network, err := onnx.Read(file)
	if err != nil {
		return err
	}
	m.Pixels.takenBy(network)
	m.data = Data{Inputs: m.Pixels, Labels: m.Labels, Classes: m.Head.Classes, Multi: m.Head.Multi, Groups: m.Groups}
	g := grad.Options{Batch: o.Batch, Threads: m.Threads}
	if m.Depth == Scratch {
		g.Norm = grad.BatchNorm
	}
	if m.Depth == Last {
		if g.From, err = m.maps(ctx, o, n); err != nil {
			return err
		}
	}
	m.net, err = grad.New(network, headLogits, g)
	return err
}

// maps computes the maps at the cut and gives its name.
func (m *Model) maps(ctx context.Context, o Options, n int) (cut string, err error) {
	backbone, err := onnx.Read(m.Backbone)
	if err != nil {
		return "", err
	}
	cut, size, err := Cut(backbone)
	if err != nil {
		return "", err
	}
	memory := m.Memory
	if memory == 0 {
		memory = 1 << 30
	}
	room := memory / (4 * size * max(n, 1))
	if room < 1 {
		return "", fmt.Errorf("the maps of %d images take %d MB, more than the %d MB that there are for them; train the whole network, or on fewer images", n, n*size>>18, memory>>20)
	}
	sessions, end, err := compile(ctx, m.Backbone, engine.Options{Outputs: []string{cut}}, m.Threads)
	if err != nil {
		return "", err
	}
	defer end()
	pixels := *m.Pixels
	pixels.Count = n
	told := m.Mapped
	if told == nil {
		told = func(int, int) {}
	}
	m.data.Inputs, err = ComputeMaps(ctx, sessions, &pixels, min(room, views), o.Held, o.Seed, func(done int) { told(done, n) })
	return cut, err
}

// calibrate multiplies the head of the trained network by the temperature of each class, and gives it.
func (m *Model) calibrate(temperature []float64) (*train.Head, error) {
	h := &train.Head{D: m.Head.D, Classes: m.Head.Classes, Multi: m.Head.Multi}
	for _, p := range m.net.Parameters() {
		switch p.Name {
		case headWeights:
			for i := range p.Value {
				p.Value[i] *= float32(temperature[i/h.D])
			}
			h.W = append(h.W, p.Value...)
		case headBias:
			for i := range p.Value {
				p.Value[i] *= float32(temperature[i])
			}
			h.B = append(h.B, p.Value...)
		}
	}
	if len(h.W) != h.D*h.Classes || len(h.B) != h.Classes {
		return nil, errors.New("the trained network has no head")
	}
	return h, nil
}
