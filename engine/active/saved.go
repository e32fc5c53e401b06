package active

import (
	"context"
	"math/rand"
	"slices"

	"github.com/irum-app/irum/engine/train"
)

const (
	// LeastByChance is how many labels by chance Saved needs: from fewer the luck of each image hides what there is to see.
	LeastByChance = 20
	// maxByChance and maxBase are how many it looks at, of labels by chance and of those from before.
	maxByChance, maxBase = 100, 100
	savedSteps           = 6   // in which the labels by chance are learnt from
	savedDraws           = 400 // of the images that are tested
)

// Answer is a label that was given to a Pick.
type Answer struct {
	train.LiveImage
	Chance bool
}

// Point is how often heads of so many labels were right.
type Point struct {
	Labels int // beside those from before
	// Queue is the share of rightly told images by a head of the first labels of the queue, Chance that by a head of as many of its labels by
	// chance alone, below 0 where there are not so many.
	Queue, Chance float64
}

// Saving says how many labels of a queue did what labels by chance do.
type Saving struct {
	Points   []Point
	Tested   int     // labels by chance
	Accuracy float64 // that a head of all of them has
	// Chance is how many labels by chance have that accuracy first, and Queue how many of the queue's labels; what is not reached within
	// the Points counts as reached by the last.
	Chance, Queue float64
	// Low and High are the 95 % interval of Queue / Chance, by drawing the tested images anew (bootstrap).
	Low, High float64
}

// Saved tells from the answers of a queue, in the order in which they were asked for, how many of them it took to be as good as with
// those alone that chance had chosen. It needs no labels beside them: the share by chance is a sample of the project, so heads of some of it
// are what labelling by chance would have made, and all heads are tested on all of it. A head that has learnt from an image is tested on it by what
// the others say (Live.Held). before are labels that are not of the queue and older; all heads begin with them. It gives nil where there
// are fewer than LeastByChance labels by chance. pause may be nil (train.NewLive).
func Saved(ctx context.Context, answers []Answer, before []train.LiveImage, classes int, multi bool, pause func()) (*Saving, error) {
	var queue, chance []train.LiveImage
	var others [][]float32
	for _, a := range answers {
		queue = append(queue, a.LiveImage)
		if a.Chance && len(chance) < maxByChance {
			chance = append(chance, a.LiveImage)
		}
		others = append(others, a.X)
	}
	if len(chance) < LeastByChance {
		return nil, nil
	}
	r := &race{test: chance, classes: classes, multi: multi, others: others[:min(len(others), maxBase)], pause: pause}
	before = before[:min(len(before), maxBase)]
	for step := 0; step <= savedSteps*3/2; step++ {
		n := step * len(chance) / savedSteps
		if n > len(queue) {
			break
		}
		r.sizes = append(r.sizes, n)
		right, err := r.judge(ctx, slices.Concat(before, queue[:n]))
		if err != nil {
			return nil, err
		}
		r.queue = append(r.queue, right)
		if n > len(chance) {
			continue
		}
		if right, err = r.judge(ctx, slices.Concat(before, chance[:n])); err != nil {
			return nil, err
		}
		r.chance = append(r.chance, right)
	}
	return r.saving(), nil
}

// race is heads of two orders over the same test.
type race struct {
	test          []train.LiveImage
	classes       int
	multi         bool
	others        [][]float32
	pause         func()
	sizes         []int
	queue, chance [][]bool // by size and image: told rightly
}

// judge tells which images of the test a head of images tells rightly. One of too few images tells none.
func (r *race) judge(ctx context.Context, images []train.LiveImage) ([]bool, error) {
	right := make([]bool, len(r.test))
	kinds := map[int]bool{}
	for _, image := range images {
		for _, c := range image.Label {
			kinds[c] = true
		}
	}
	if len(images) == 0 || len(kinds) < 2 && !r.multi {
		return right, nil
	}
	first := images[:min(len(images), train.LiveBase)]
	head, err := train.NewLive(ctx, first, r.others, r.classes, r.multi, r.pause)
	if err != nil {
		return nil, err
	}
	for _, image := range images[len(first):] {
		if err := head.Set(image); err != nil {
			return nil, err
		}
	}
	head.Refresh()
	for i, image := range r.test {
		scores, ok := head.Held(image.Key)
		if !ok && !head.Holds(image.Key) {
			scores, ok = head.Scores(image.X), true
		}
		right[i] = ok && r.tells(scores, image.Label)
	}
	return right, nil
}

// tells whether scores come to a label.
func (r *race) tells(scores []float64, label []int) bool {
	if !r.multi {
		return likeliest(scores) == label[0]
	}
	for c, p := range scores {
		if p >= 0.5 != slices.Contains(label, c) {
			return false
		}
	}
	return true
}

// saving is what the race came to.
func (r *race) saving() *Saving {
	all := make([]int, len(r.test))
	for i := range all {
		all[i] = i
	}
	out := &Saving{Tested: len(r.test)}
	out.Queue, out.Chance, out.Accuracy = r.reached(all)
	for k, n := range r.sizes {
		p := Point{Labels: n, Queue: share(r.queue[k], all), Chance: -1}
		if k < len(r.chance) {
			p.Chance = share(r.chance[k], all)
		}
		out.Points = append(out.Points, p)
	}
	rng := rand.New(rand.NewSource(7))
	draws := make([]float64, savedDraws)
	drawn := make([]int, len(all))
	for d := range draws {
		for k := range drawn {
			drawn[k] = rng.Intn(len(all))
		}
		queue, chance, _ := r.reached(drawn)
		draws[d] = queue / chance
	}
	slices.Sort(draws)
	ratio := out.Queue / out.Chance
	out.Low, out.High = min(draws[savedDraws/40], ratio), max(draws[savedDraws-1-savedDraws/40], ratio)
	return out
}

// reached gives how many labels of the queue, and how many by chance, first have the accuracy that all labels by chance have, on the drawn
// images: at least one.
func (r *race) reached(drawn []int) (queue, chance, accuracy float64) {
	of := func(rows [][]bool) []float64 {
		out := make([]float64, len(rows))
		for k, right := range rows {
			out[k] = share(right, drawn)
		}
		return rising(out)
	}
	byChance := of(r.chance)
	goal := byChance[len(byChance)-1]
	return r.first(of(r.queue), goal), r.first(byChance, goal), goal
}

// first gives the labels at which a rising curve reaches a goal, with straight lines between the sizes.
func (r *race) first(curve []float64, goal float64) float64 {
	for k, v := range curve {
		if v < goal {
			continue
		}
		if k == 0 {
			return 1
		}
		from, to := float64(r.sizes[k-1]), float64(r.sizes[k])
		return max(from+(to-from)*(goal-curve[k-1])/(v-curve[k-1]), 1)
	}
	return float64(r.sizes[len(curve)-1])
}

func share(right []bool, of []int) float64 {
	n := 0
	for _, i := range of {
		if right[i] {
			n++
		}
	}
	return float64(n) / float64(len(of))
}

// rising gives the nearest values that never fall (isotonic regression, by pooling those that do).
func rising(values []float64) []float64 {
	type pool struct {
		sum float64
		n   int
	}
	var pools []pool
	for _, v := range values {
		pools = append(pools, pool{v, 1})
		for k := len(pools) - 1; k > 0 && pools[k-1].sum/float64(pools[k-1].n) > pools[k].sum/float64(pools[k].n); k-- {
			pools[k-1] = pool{pools[k-1].sum + pools[k].sum, pools[k-1].n + pools[k].n}
			pools = pools[:k]
		}
	}
	var out []float64
	for _, p := range pools {
		for range p.n {
			out = append(out, p.sum/float64(p.n))
		}
	}
	return out
}
