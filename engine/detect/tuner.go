//go:build !js

package detect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/grad"
	"github.com/irum-app/irum/engine/parallel"
	"github.com/irum-app/irum/engine/vision"
)

// both stands for all held-out images; 0 and 1 for their halves.
const both = 2

// choice is the check at which a part of the held-out images was found best, and what was found in all of them then.
type choice struct {
	score float64
	step  int
	found [][]Object
}

// tuner is one training of a whole detector.
type tuner struct {
	stem         *Stem
	head         *Head
	d            TuneData
	o            TuneOptions
	net          *grad.Net
	shape        *tower // whose sizes all towers have
	scale, shift float32
	learnt, held []int // images
	half         []int // by place in held
	params       []*param
	pace         []float64   // factor on the rate, by parameter
	mean         [][]float32 // of the weights over the last steps
	best         [][]float32
	kept         [both + 1]choice
	checks       []Check
	order        []int // images that are learnt from next
	rng          *rand.Rand
	x, dy        []float32
}

func newTuner(stem *Stem, head *Head, d TuneData, o TuneOptions) (*tuner, error) {
	if err := d.verify(head); err != nil {
		return nil, err
	}
	c, err := head.towers()
	if err != nil {
		return nil, err
	}
	t := &tuner{stem: stem, head: head, d: d, shape: c[0], rng: rand.New(rand.NewPCG(uint64(o.Seed), 8))}
	if t.net, t.scale, t.shift, err = trainable(stem, c, o.Threads); err != nil {
		return nil, err
	}
	var groups []int
	for i, held := range d.Held {
		switch {
		case !held:
			t.learnt = append(t.learnt, i)
			continue
		case d.Groups != nil:
			groups = append(groups, d.Groups[i])
		}
		t.held = append(t.held, i)
	}
	t.half = spread(len(t.held), groups, 2, o.Seed)
	if len(t.part(make([][]Object, len(t.held)), 1)) == 0 {
		return nil, errors.New("tune a detector: at least two images that are not alike have to be held out")
	}
	t.o = o.filled(len(d.Objects))
	for _, p := range t.net.Parameters() {
		q := newParam(0, p.Decay)
		q.value, q.mean, q.square = p.Value, make([]float32, len(p.Value)), make([]float32, len(p.Value))
		pace := 1.0
		if isOurs(p.Name) {
			pace = headPace
		}
		t.params, t.pace = append(t.params, q), append(t.pace, pace)
		t.mean, t.best = append(t.mean, append([]float32(nil), p.Value...)), append(t.best, make([]float32, len(p.Value)))
	}
	t.x = make([]float32, batchViews*3*stem.Size*stem.Size)
	t.dy = make([]float32, batchViews*head.Towers*(head.Classes+4)*head.Rows*head.Cols)
	return t, nil
}

// filled sets what is not given.
func (o TuneOptions) filled(images int) TuneOptions {
	if o.Steps <= 0 {
		o.Steps = TuneSteps(images)
	}
	if o.Rate <= 0 {
		o.Rate = tuneRate
	}
	if o.Checks <= 0 {
		o.Checks = 8
	}
	o.Checks = min(o.Checks, o.Steps)
	return o
}

// isOurs tells weights of projections and towers from those of the backbone.
func isOurs(name string) bool {
	return len(name) > len(namePrefix) && name[:len(namePrefix)] == namePrefix
}

// load writes a view of each of a batch of images into x, and gives the objects in them in units of a place, and the images' widths and heights.
func (t *tuner) load(ctx context.Context, images []int, view func(k, width, height int) window) (objects [][]Object, sizes [][2]int, err error) {
	objects, sizes = make([][]Object, len(images)), make([][2]int, len(images))
	errs, each := make([]error, len(images)), 3*t.stem.Size*t.stem.Size
	parallel.Each(len(images), func(k int) {
		img, err := t.d.Image(ctx, images[k])
		if err != nil {
			errs[k] = fmt.Errorf("image %d: %w", images[k], err)
			return
		}
		w := view(k, img.Width, img.Height)
		copy(t.x[k*each:][:each], vision.Tensor(w.cut(img), t.stem.Size, t.scale, t.shift))
		objects[k], sizes[k] = w.objects(t.d.Objects[images[k]], t.head.Rows, t.head.Cols), [2]int{img.Width, img.Height}
	})
	return objects, sizes, errors.Join(append(errs, ctx.Err())...)
}

// step learns from one batch of views and gives its loss.
func (t *tuner) step(ctx context.Context, step int) (float64, error) {
	var batch []int
	for range batchViews {
		if len(t.order) == 0 {
			t.order = t.rng.Perm(len(t.learnt))
		}
		batch, t.order = append(batch, t.learnt[t.order[0]]), t.order[1:]
	}
	objects, _, err := t.load(ctx, batch, func(k, width, height int) window {
		rng := rand.New(rand.NewPCG(uint64(t.o.Seed)^9<<56, uint64(step*batchViews+k)))
		return draw(rng.IntN(tuneViews), width, height, rng)
	})
	if err != nil {
		return 0, err
	}
	raw, err := t.net.Forward(t.x, len(batch))
	if err != nil {
		return 0, err
	}
	clear(t.dy)
	sum := t.loss(raw, objects, t.dy)
	if !finite(sum) {
		return 0, errDiverged
	}
	if err := t.net.Backward(t.dy); err != nil {
		return 0, err
	}
	return sum, t.move(step)
}

// loss is that of the towers' answers to some views, [views, towers*(classes+4), rows, cols], in mean over the towers; its gradient is added to dy unless that is nil.
func (t *tuner) loss(raw []float32, objects [][]Object, dy []float32) float64 {
	h := t.head
	places, n := h.Rows*h.Cols, h.Classes+4
	targets, found := assignAll(objects, h.Rows, h.Cols)
	losses := make([]float64, len(objects))
	parallel.Each(len(objects), func(i int) {
		out, dOut := make([]float32, n*places), make([]float32, n*places)
		for k := range h.Towers {
			at := (i*h.Towers + k) * n * places
			placesFirst(out, raw[at:][:n*places], places)
			losses[i] += loss(dOut, out, targets[i], h.Classes, max(found, 1)) / float64(h.Towers)
			if dy != nil {
				addChannelsFirst(dy[at:][:n*places], dOut, places, 1/float32(h.Towers))
			}
		}
	})
	sum := 0.0
	for _, l := range losses {
		sum += l
	}
	return sum
}

// move changes the weights by their gradients, and their mean.
func (t *tuner) move(step int) error {
	list, square := t.net.Parameters(), 0.0
	squares := make([]float64, len(list))
	parallel.Each(len(list), func(i int) {
		for _, g := range list[i].Grad {
			squares[i] += float64(g) * float64(g)
		}
	})
	for _, v := range squares {
		square += v
	}
	if !finite(square) {
		return errDiverged
	}
	factor := float32(min(1, tuneNorm/max(math.Sqrt(square), 1e-12)))
	part := float32(1 - min(tuneAverage, float64(2+step)/float64(11+step)))
	parallel.Each(len(list), func(i int) {
		for k := range list[i].Grad {
			list[i].Grad[k] *= factor
		}
		t.params[i].update(list[i].Grad, step, course{steps: t.o.Steps, rate: t.o.Rate * t.pace[i], decay: tuneDecay})
		mean := t.mean[i]
		for k, v := range t.params[i].value {
			mean[k] += part * (v - mean[k])
		}
	})
	return nil
}

// swap exchanges weights and their means; a second call puts them back.
func (t *tuner) swap() {
	for i, p := range t.params {
		mean := t.mean[i]
		for k, v := range p.value {
			p.value[k], mean[k] = mean[k], v
		}
	}
}

// check measures the mean weights on the held-out images, and keeps them where they are the best so far.
func (t *tuner) check(ctx context.Context, step int, learnt float64) error {
	t.swap()
	defer t.swap()
	found, loss, err := t.look(ctx)
	if err != nil {
		return err
	}
	c := Check{Step: step, Learnt: learnt, Loss: loss}
	for half := range t.kept {
		r, err := Evaluate(t.truth(half), t.part(found, half), t.head.Classes)
		if err != nil {
			return err
		}
		if half == both {
			c.MAP50, c.MAP = r.MAP50, r.MAP
		}
		// the precision at high overlaps moves less from check to check than the one at 0.5 alone
		if score := r.MAP50 + r.MAP; step == 0 || score > t.kept[half].score {
			t.kept[half] = choice{score, step, found}
			for i, p := range t.params {
				if half == both {
					copy(t.best[i], p.value)
				}
			}
		}
	}
	t.checks = append(t.checks, c)
	return nil
}

// look runs the network on all held-out images, as they are. Objects are in pixels; the loss is the mean of batches.
func (t *tuner) look(ctx context.Context) (found [][]Object, mean float64, err error) {
	h := t.head
	places, n, batches := h.Rows*h.Cols, h.Classes+4, 0.0
	for from := 0; from < len(t.held); from += batchViews {
		batch := t.held[from:min(from+batchViews, len(t.held))]
		objects, sizes, err := t.load(ctx, batch, func(_, width, height int) window { return window{0, 0, width, height, false} })
		if err != nil {
			return nil, 0, err
		}
		raw, err := t.net.Infer(t.x[:len(batch)*3*t.stem.Size*t.stem.Size], len(batch))
		if err != nil {
			return nil, 0, err
		}
		mean, batches = mean+t.loss(raw, objects, nil), batches+1
		if !finite(mean) {
			return nil, 0, errDiverged
		}
		for i := range batch {
			one, sum := make([]float32, n*places), make([]float32, n*places)
			for k := range h.Towers {
				placesFirst(one, raw[(i*h.Towers+k)*n*places:][:n*places], places)
				for j, v := range one {
					sum[j] += v / float32(h.Towers)
				}
			}
			scores, boxes := t.shape.answers(sum)
			found = append(found, Decode(append(scores, boxes...), h.Classes, float64(sizes[i][0]), float64(sizes[i][1]), leastKept))
		}
	}
	return found, mean / batches, nil
}

// truth gives the objects of a part of the held-out images.
func (t *tuner) truth(half int) [][]Object {
	all := make([][]Object, len(t.held))
	for k, i := range t.held {
		all[k] = t.d.Objects[i]
	}
	return t.part(all, half)
}

// part gives those of a list by held-out image that are of one half, or all.
func (t *tuner) part(list [][]Object, half int) (out [][]Object) {
	for k, v := range list {
		if half == both || t.half[k] == half {
			out = append(out, v)
		}
	}
	return out
}
