// Package active orders images that nobody has labelled by how much their labels would teach. It does no I/O.
package active

import (
	"fmt"
	"math"
	"sort"
)

// The shape of an order that is in batches.
const (
	// Batch is how many images stand together; after as many labels a new order is worth asking for.
	Batch = 20
	// ByChance is how many of a batch were chosen by chance alone, evenly spread over it. They keep what is learnt from being bent
	// towards what the head finds hard, and show what labelling without a head would have reached.
	ByChance = 4
	// Batches is how many batches are chosen with care; what stands behind them is in order of margin.
	Batches = 10
	// wide is how many times as many images as a batch takes its places are given to.
	wide = 10
)

// Wanted is how many of the images of least margin Order needs to know the embeddings of.
const Wanted = (wide + Batches - 1) * (Batch - ByChance)

// Margin tells how near an answer is to another one: the difference of the two largest probabilities or, multi-label, twice the distance of
// the least sure answer from a half. 0 is a tie, 1 is sure.
func Margin(scores []float64, multi bool) float64 {
	if multi {
		least := 1.0
		for _, p := range scores {
			least = min(least, 2*math.Abs(p-0.5))
		}
		return least
	}
	first, second := 0.0, 0.0
	for _, p := range scores {
		if p > first {
			first, second = p, first
		} else {
			second = max(second, p)
		}
	}
	return first - second
}

// Candidates are images without a label.
type Candidates struct {
	// Margin of each image; NaN where nothing is known of it.
	Margin []float64
	// Embedding gives that of an image; nil where there is none. It is asked for the images of least margin, Wanted at most.
	Embedding func(i int) []float32
	// Labelled are embeddings of images that have a label, a sample of them at most: a new one should be unlike these.
	Labelled [][]float32
	// Chance gives all images in an order by chance: of a share of them labels are asked for whatever the head says.
	Chance []int
}

// Order gives all images, the most useful first. A batch takes the images that are farthest from all that is labelled or was taken before
// (k-centre greedy, Gonzalez 1985; Sener and Savarese 2018), out of the ten times as many whose margin is least, and the next by chance.
// Images of which nothing is known come last, by chance. The same candidates give the same order.
func Order(c Candidates) ([]int, error) {
	n := len(c.Margin)
	if len(c.Chance) != n {
		return nil, fmt.Errorf("%d images have an order by chance of %d", n, len(c.Chance))
	}
	place := make([]int, n) // by chance
	for i := range place {
		place[i] = -1
	}
	for at, i := range c.Chance {
		if i < 0 || i >= n || place[i] >= 0 {
			return nil, fmt.Errorf("the order by chance is none of %d images", n)
		}
		place[i] = at
	}
	o := &order{c: c, taken: make([]bool, n), list: make([]int, 0, n)}
	o.near(place)
	o.labelled()
	for range Batches {
		if !o.batch() {
			break
		}
	}
	for _, i := range o.sure {
		o.take(i)
	}
	for _, i := range c.Chance {
		o.take(i)
	}
	return o.list, nil
}

type order struct {
	c       Candidates
	sure    []int // known images, least margin first
	points  [][]float32
	far     []float64 // of the first of sure: squared distance to the nearest that is labelled or taken
	taken   []bool
	list    []int
	unknown int // places of Chance that were looked at
}

// near sorts the known images by margin, equal ones by chance.
func (o *order) near(place []int) {
	for i, m := range o.c.Margin {
		if !math.IsNaN(m) {
			o.sure = append(o.sure, i)
		}
	}
	sort.Slice(o.sure, func(a, b int) bool {
		x, y := o.sure[a], o.sure[b]
		mx, my := o.c.Margin[x], o.c.Margin[y]
		return mx < my || mx == my && place[x] < place[y]
	})
}

// labelled measures how far the first of sure are from what is labelled.
func (o *order) labelled() {
	front := o.sure[:min(len(o.sure), Wanted)]
	o.points, o.far = make([][]float32, len(front)), make([]float64, len(front))
	for k, i := range front {
		o.points[k], o.far[k] = unit(o.c.Embedding(i)), math.Inf(1)
	}
	for _, x := range o.c.Labelled {
		o.approach(unit(x))
	}
}

// approach notes that x is labelled, or will be.
func (o *order) approach(x []float32) {
	for k, p := range o.points {
		if len(p) == len(x) && len(x) > 0 && !o.taken[o.sure[k]] {
			o.far[k] = min(o.far[k], apart(p, x))
		}
	}
}

// batch adds a batch and tells whether there may be more.
func (o *order) batch() bool {
	began := len(o.list)
	for k := range Batch {
		if k%(Batch/ByChance) == Batch/ByChance-1 {
			o.chance()
		} else if !o.choose() {
			o.chance()
		}
	}
	return len(o.list)-began == Batch
}

// choose takes the image that is farthest from the others, of those of least margin.
func (o *order) choose() bool {
	best, at, seen := -1.0, -1, 0
	for k, p := range o.points {
		if o.taken[o.sure[k]] {
			continue
		}
		if seen++; seen > wide*(Batch-ByChance) {
			break
		}
		if p != nil && o.far[k] > best {
			best, at = o.far[k], k
		}
	}
	if at < 0 {
		return false
	}
	o.take(o.sure[at])
	o.approach(o.points[at])
	return true
}

// chance takes the next image by chance.
func (o *order) chance() {
	for ; o.unknown < len(o.c.Chance); o.unknown++ {
		if i := o.c.Chance[o.unknown]; !o.taken[i] {
			o.take(i)
			return
		}
	}
}

func (o *order) take(i int) {
	if !o.taken[i] {
		o.taken[i] = true
		o.list = append(o.list, i)
	}
}

// unit gives x scaled to length one.
func unit(x []float32) []float32 {
	if x == nil {
		return nil
	}
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	by := float32(1 / math.Sqrt(max(sum, 1e-30)))
	out := make([]float32, len(x))
	for k, v := range x {
		out[k] = v * by
	}
	return out
}

// apart gives the squared distance of points of length one. Four sums at a time, since one would wait for itself.
func apart(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	k := 0
	for ; k+4 <= len(a); k += 4 {
		s0 += a[k] * b[k]
		s1 += a[k+1] * b[k+1]
		s2 += a[k+2] * b[k+2]
		s3 += a[k+3] * b[k+3]
	}
	for ; k < len(a); k++ {
		s0 += a[k] * b[k]
	}
	return 2 - 2*float64(s0+s1+(s2+s3))
}
