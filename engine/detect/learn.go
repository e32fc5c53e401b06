package detect

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/parallel"
)

// example is one view of an image that a tower learns from: its features as 8-bit integers of 1/grain, and the objects in units of a place.
type example struct {
	features []int8 // [places, in]
	objects  []Object
}

// grain is how many steps of an integer are one standard deviation of a feature.
const grain = 20

// course is how a tower is trained.
type course struct {
	steps, batch int
	rate, decay  float64
	seed         uint64
}

// learn trains t on examples; progress is told after every step. Of one seed the same bits come, for any number of threads.
func learn(ctx context.Context, t *tower, examples []example, c course, progress func(done, total int)) error {
	if len(examples) == 0 {
		return errors.New("there is no image to learn from")
	}
	passes := make([]*pass, c.batch)
	for i := range passes {
		passes[i] = t.newPass()
	}
	rng, order := rand.New(rand.NewPCG(c.seed, 3)), []int(nil)
	params, losses := t.params(), make([]float64, c.batch)
	for step := range c.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		var batch []example
		var objects [][]Object
		for range c.batch {
			if len(order) == 0 {
				order = rng.Perm(len(examples))
			}
			batch, objects, order = append(batch, examples[order[0]]), append(objects, examples[order[0]].objects), order[1:]
		}
		targets, found := assignAll(objects, t.rows, t.cols)
		parallel.Each(len(batch), func(i int) {
			p := passes[i]
			unpack(p.input, batch[i].features)
			t.forward(p)
			losses[i] = loss(p.dOut, p.out, targets[i], t.classes, max(found, 1))
			t.backward(p)
		})
		for k, q := range params {
			for _, p := range passes[1:] {
				add(passes[0].grads[k], passes[0].grads[k], p.grads[k])
			}
			q.update(passes[0].grads[k], step, c)
		}
		progress(step+1, c.steps)
	}
	return nil
}

// update is one step of AdamW (Loshchilov and Hutter 2019) at a rate that rises over the first twentieth of the steps and then falls like a cosine.
func (q *param) update(grad []float32, step int, c course) {
	const b1, b2, epsilon = 0.9, 0.99, 1e-8
	warm := max(c.steps/20, 1)
	rate := c.rate * 0.5 * (1 + math.Cos(math.Pi*float64(step)/float64(c.steps))) * min(float64(step+1)/float64(warm), 1)
	first, second := 1-math.Pow(b1, float64(step+1)), 1-math.Pow(b2, float64(step+1))
	for i, v := range grad {
		g := float64(v)
		m, s := b1*float64(q.mean[i])+(1-b1)*g, b2*float64(q.square[i])+(1-b2)*g*g
		q.mean[i], q.square[i] = float32(m), float32(s)
		w := float64(q.value[i])
		if q.decay {
			w -= rate * c.decay * w
		}
		q.value[i] = float32(w - rate*(m/first)/(math.Sqrt(s/second)+epsilon))
	}
}
