package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/irum-app/irum/engine/grad"
)

// trainer is a training under way.
type trainer struct {
	net     Network
	d       Data
	o       Options
	learn   []int // images that are learnt from
	held    []int
	halves  []int // 0 or 1, of each held-out image
	steps   int   // of an epoch
	moments *moments
	average *average
	all     []*grad.Parameter // weights and running statistics
	weights []float32         // of the classes, nil for none
	x, y    []float32         // of a batch
	dy      []float32         // gradient of the loss by its logits

	at    position
	best  [][]float32 // all, at the best epoch
	kept  [3][]float32
	saved time.Time
}

// position is where a training is, beside its weights.
type position struct {
	Epoch   int // under way, from 0
	Step    int // within it
	Steps   int // of all
	Sum     float64
	History []Epoch
	Best    int
	// Least is the least loss so far, of the epochs whose logits are kept: by all held-out images, and by either half of them.
	Least [3]float64
}

func newTrainer(net Network, d Data, o Options) (*trainer, error) {
	if err := d.check(&o); err != nil {
		return nil, err
	}
	if o.Pace == nil {
		o.Pace = func(string) float64 { return 1 }
	}
	if o.SaveEvery == 0 {
		o.SaveEvery = 2 * time.Minute
	}
	t := &trainer{net: net, d: d, o: o, saved: time.Now()}
	for i, held := range o.Held {
		if held {
			t.held = append(t.held, i)
		} else {
			t.learn = append(t.learn, i)
		}
	}
	if len(t.learn) < 2 || len(t.held) < 1 {
		return nil, fmt.Errorf("tune: %d images to learn from and %d to test on are too few", len(t.learn), len(t.held))
	}
	t.halves = t.halve()
	t.steps = (len(t.learn) + o.Batch - 1) / o.Batch
	parameters := net.Parameters()
	t.moments = newMoments(o.Optimiser, parameters, o.Pace)
	t.all = append(append(t.all, parameters...), net.Buffers()...)
	if o.Average > 0 {
		t.average = newAverage(o.Average, t.all)
	}
	for _, p := range t.all {
		t.best = append(t.best, make([]float32, len(p.Value)))
	}
	for k := range t.kept {
		t.kept[k] = make([]float32, len(t.held)*d.Classes)
		t.at.Least[k] = math.MaxFloat64
	}
	t.x = make([]float32, o.Batch*d.Inputs.Size())
	t.y = make([]float32, o.Batch*d.Classes)
	if o.Balance {
		t.weights = t.balance()
	}
	return t, nil
}

// balance weighs each class by how rare it is, 1 on average, between a tenth and ten.
func (t *trainer) balance() []float32 {
	count := make([]float64, t.d.Classes)
	total := 0.0
	for _, i := range t.learn {
		for _, c := range t.d.Labels[i] {
			count[c]++
			total++
		}
	}
	out := make([]float32, t.d.Classes)
	for c := range out {
		out[c] = float32(min(max(total/(float64(t.d.Classes)*max(count[c], 1)), 0.1), 10))
	}
	return out
}

// oneEpoch goes on with the epoch under way to its end.
func (t *trainer) oneEpoch(ctx context.Context) error {
	order := append([]int(nil), t.learn...)
	rng := source(t.o.Seed, drawOrder, t.at.Epoch, 0)
	rng.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
	for t.at.Step < t.steps {
		if err := t.pause(ctx); err != nil {
			return err
		}
		// Batches of one size, as nearly as can be: a last one of few images would say much about little.
		from, to := t.at.Step*len(order)/t.steps, (t.at.Step+1)*len(order)/t.steps
		loss, err := t.step(ctx, order[from:to])
		if err != nil {
			return err
		}
		t.at.Sum += loss * float64(to-from)
		t.at.Step++
		t.at.Steps++
		t.tell()
	}
	err := t.endEpoch(ctx, t.at.Sum/float64(len(order)))
	if errors.Is(err, ErrStopped) {
		err = errors.Join(err, t.save(ctx))
	}
	if err != nil {
		return err
	}
	t.at.Epoch, t.at.Step, t.at.Sum = t.at.Epoch+1, 0, 0
	return nil
}

// pause ends the training when it is to end, and saves when it is time.
func (t *trainer) pause(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if t.asked() {
		return errors.Join(ErrStopped, t.save(ctx))
	}
	if time.Since(t.saved) < t.o.SaveEvery {
		return nil
	}
	return t.save(ctx)
}

// asked tells whether the training is to stop.
func (t *trainer) asked() bool {
	select {
	case <-t.o.Stop:
		return true
	default:
		return false
	}
}

// save keeps a checkpoint. Before the network was measured untouched there is nothing to go on from.
func (t *trainer) save(ctx context.Context) error {
	if t.o.Save == nil || len(t.at.History) == 0 {
		return nil
	}
	data, err := t.checkpoint()
	if err != nil {
		return err
	}
	if err := t.o.Save(ctx, data); err != nil {
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	t.saved = time.Now()
	return nil
}

func (t *trainer) tell() {
	if t.o.Progress != nil {
		t.o.Progress(Progress{Step: t.at.Steps, Steps: t.steps * t.o.Epochs, Epoch: t.at.Epoch, Epochs: t.o.Epochs, History: append([]Epoch(nil), t.at.History...)})
	}
}

var errDiverged = errors.New("the training ran away: its loss is not a finite number any more")

// step learns from one batch and gives its mean loss.
func (t *trainer) step(ctx context.Context, batch []int) (float64, error) {
	x, y := t.x[:len(batch)*t.d.Inputs.Size()], t.y[:len(batch)*t.d.Classes]
	if err := t.load(ctx, batch, x, true); err != nil {
		return 0, err
	}
	t.targets(batch, y)
	t.mix(x, y, len(batch))
	logits, err := t.net.Forward(x, len(batch))
	if err != nil {
		return 0, err
	}
	loss, dy := t.loss(logits, y)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, errDiverged
	}
	if err := t.net.Backward(dy); err != nil {
		return 0, err
	}
	if norm := clip(t.moments.of, t.o.Clip); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return 0, errDiverged
	}
	total := t.steps * t.o.Epochs
	t.moments.step(rate(t.o.Rate, t.at.Steps, int(t.o.Warm*float64(total)), total), t.o.Decay)
	if t.average != nil {
		t.average.step(t.moments.steps)
	}
	return loss, nil
}

// load fills x with the images of a batch, augmented or as they are.
func (t *trainer) load(ctx context.Context, batch []int, x []float32, drawn bool) error {
	size := t.d.Inputs.Size()
	return each(ctx, len(batch), max(t.o.Threads, 1), func(k int) error {
		out := x[k*size:][:size]
		if !drawn {
			return t.d.Inputs.Draw(ctx, batch[k], nil, out)
		}
		return t.d.Inputs.Draw(ctx, batch[k], source(t.o.Seed, drawImage, t.at.Epoch, batch[k]), out)
	}, nil)
}

// targets fills y with the smoothed labels of a batch.
func (t *trainer) targets(batch []int, y []float32) {
	off, on := float32(0), float32(1)
	if s := float32(t.o.Smoothing); t.d.Multi {
		off, on = s/2, 1-s/2
	} else {
		off = s / float32(t.d.Classes)
		on = 1 - s + off
	}
	for i := range y {
		y[i] = off
	}
	for k, i := range batch {
		for _, c := range t.d.Labels[i] {
			y[k*t.d.Classes+c] = on
		}
	}
}

// mix lays pairs of images and their labels over one another, in place: image k with image k+1, the last with the first.
func (t *trainer) mix(x, y []float32, images int) {
	if t.o.Mix <= 0 || images < 2 {
		return
	}
	part := float32(beta(source(t.o.Seed, drawMix, t.at.Epoch, t.at.Step), t.o.Mix))
	for _, rows := range [][]float32{x, y} {
		size := len(rows) / images
		first := append([]float32(nil), rows[:size]...)
		for k := range images {
			next := first
			if k+1 < images {
				next = rows[(k+1)*size:][:size]
			}
			for i := range size {
				own := &rows[k*size+i]
				*own = part**own + (1-part)*next[i]
			}
		}
	}
}
