package tune

import (
	"context"
	"time"
)

// Pace is how long one image takes, as measured.
type Pace struct {
	Learn time.Duration // drawn, and learnt from
	Test  time.Duration // as it is, through the network
	Map   time.Duration // one view through what comes before the cut
}

// Time is how long a training takes in all, if no epoch is left out: so many images to learn from and held out.
func (p Pace) Time(learn, held, epochs int) time.Duration {
	total := time.Duration(epochs)*(time.Duration(learn)*p.Learn+time.Duration(held)*p.Test) + time.Duration(held)*p.Test
	return total + time.Duration((learn+held)*views)*p.Map
}

// Measure times a few batches of a training: the first warms up, the others count. net learns by it and is to be thrown away.
func Measure(ctx context.Context, net Network, d Data, o Options, batches int) (Pace, error) {
	o.Save, o.Progress, o.Stop, o.Resume = nil, nil, nil, nil
	t, err := newTrainer(net, d, o)
	if err != nil {
		return Pace{}, err
	}
	var p Pace
	images := 0
	for k := range batches + 1 {
		from := k * o.Batch % len(t.learn)
		batch := t.learn[from:min(from+o.Batch, len(t.learn))]
		started := time.Now()
		if _, err := t.step(ctx, batch); err != nil {
			return Pace{}, err
		}
		if k > 0 {
			p.Learn += time.Since(started)
			images += len(batch)
		}
	}
	p.Learn /= time.Duration(max(images, 1))
	t.held = t.held[:min(len(t.held), o.Batch)]
	started := time.Now()
	if _, err := t.logits(ctx); err != nil {
		return Pace{}, err
	}
	p.Test = time.Since(started) / time.Duration(len(t.held))
	return p, nil
}
