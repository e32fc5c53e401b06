// Package active orders images that nobody has labelled by how much their labels would teach, and tells from labels that were given in
// such an order how many it saved. It does no I/O. The same images give the same order.
package active

import (
	"context"
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/cluster"
)

// The shape of an order that is in batches.
const (
	// Batch is how many images stand together; after as many labels a new order is worth asking for.
	Batch = 20
	// ByChance is how many of a batch were chosen by chance alone, evenly spread over it: a sample that what is learnt can be measured on,
	// and that shows what labelling without the order would have reached.
	ByChance = 2
	// Batches is how many batches are chosen with care unless Candidates says otherwise.
	Batches = 10
	// MaxCandidates is how many images without a label Order is meant to be given with an embedding: a sample by chance of so many
	// shows all that a batch can be chosen from.
	MaxCandidates = 4000
)

const (
	// typicalUntil is the number of labels for each class up to which a batch is of typical images: a head of fewer cannot tell what it
	// does not know.
	typicalUntil = 4
	// dims is how many directions of the embeddings are looked at.
	dims = 64
)

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

// doubt is the chance that two answers drawn from the scores differ: the Gini impurity, multi-label that of the whole label.
func doubt(scores []float64, multi bool) float64 {
	if multi {
		same := 1.0
		for _, p := range scores {
			same *= p*p + (1-p)*(1-p)
		}
		return 1 - same
	}
	same := 0.0
	for _, p := range scores {
		same += p * p
	}
	return 1 - same
}

// Image is one of Candidates.
type Image struct {
	X        []float32 // embedding; nil where there is none
	Scores   []float64 // calibrated probabilities of the classes; nil where no head has looked at it
	Labelled bool
	Class    int // of a labelled image: its class, or -1 where it has none or several
}

// Candidates are images of a project, labelled or not.
type Candidates struct {
	Images  []Image
	Classes int
	Multi   bool
	// Chance gives the images without a label in an order by chance: for a share of them labels are asked whatever the head says.
	Chance  []int
	Batches int // how many batches are chosen with care; Batches when 0
}

// Pick is an image that is asked for.
type Pick struct {
	Image  int  // index of Candidates.Images
	Chance bool // it is of the share that chance alone has chosen
}

// Order gives all images without a label, the most useful first, in batches. Of each batch ByChance images are the next by chance. The
// others are, while there are few labels, the most typical ones of groups that hold no label (Hacohen et al. 2022); then those that an optimal
// design takes (design), of the class with the fewest labels first. What stands behind the batches comes by chance.
func Order(ctx context.Context, c Candidates) ([]Pick, error) {
	o, err := newOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	batches := c.Batches
	if batches == 0 {
		batches = Batches
	}
	for range batches {
		if err := o.batch(ctx); err != nil {
			return nil, err
		}
		if len(o.list) == len(c.Chance) {
			break
		}
	}
	for _, i := range c.Chance {
		if !o.taken[i] {
			o.list = append(o.list, Pick{i, true})
		}
	}
	return o.list, nil
}

type order struct {
	c       Candidates
	points  cluster.Points // of all that are embedded
	row     []int          // of an image in points; -1 where there is none
	image   []int          // of a row
	taken   []bool         // or labelled
	known   int            // images that are labelled or taken
	count   []int          // of each class, labelled or taken
	list    []Pick
	drawn   int // places of Chance that were looked at
	design  *design
	guessed []int // class that the head sees in an image; -1 where it says nothing
	heads   bool  // it says something of some
}

func newOrder(ctx context.Context, c Candidates) (*order, error) {
	n := len(c.Images)
	o := &order{c: c, row: make([]int, n), taken: make([]bool, n), guessed: make([]int, n), count: make([]int, c.Classes)}
	d := 0
	for i, image := range c.Images {
		o.row[i], o.guessed[i] = -1, -1
		if image.X != nil {
			if d == 0 {
				d = len(image.X)
			}
			if len(image.X) != d {
				return nil, fmt.Errorf("image %d has an embedding of %d numbers, others of %d", i, len(image.X), d)
			}
			o.row[i] = len(o.image)
			o.image = append(o.image, i)
			o.points.X = append(o.points.X, image.X...)
		}
		if image.Labelled {
			o.taken[i] = true
			o.known++
			o.tally(image.Class)
			continue
		}
		if image.X != nil && image.Scores != nil {
			o.heads, o.guessed[i] = true, likeliest(image.Scores)
		}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.points.N, o.points.D = len(o.image), d; o.points.N == 0 {
		return o, nil
	}
	var err error
	o.points, err = cluster.Reduced(ctx, o.points, dims, false, 1, nil)
	return o, err
}

// check tells whether Chance holds all images without a label, once.
func (o *order) check() error {
	n, seen := len(o.c.Images), make([]bool, len(o.c.Images))
	for _, i := range o.c.Chance {
		if i < 0 || i >= n || seen[i] || o.taken[i] {
			return fmt.Errorf("the order by chance is none of the images without a label: it holds %d", i)
		}
		seen[i] = true
	}
	if len(o.c.Chance) != n-o.known {
		return fmt.Errorf("%d images without a label have an order by chance of %d", n-o.known, len(o.c.Chance))
	}
	return nil
}

func likeliest(scores []float64) int {
	best := 0
	for c, p := range scores {
		if p > scores[best] {
			best = c
		}
	}
	return best
}

func (o *order) tally(class int) {
	if class >= 0 && class < len(o.count) {
		o.count[class]++
	}
}

// batch adds a batch, or what is left.
func (o *order) batch(ctx context.Context) error {
	var chance []int
	for ; o.drawn < len(o.c.Chance) && len(chance) < ByChance; o.drawn++ {
		if i := o.c.Chance[o.drawn]; !o.taken[i] {
			chance = append(chance, i)
			o.use(i)
		}
	}
	chosen, err := o.choose(ctx, Batch-len(chance))
	if err != nil {
		return err
	}
	for len(chosen)+len(chance) > 0 {
		at := len(o.list) % Batch
		if len(chosen) == 0 || len(chance) > 0 && (at+1)*ByChance/Batch > at*ByChance/Batch {
			o.list = append(o.list, Pick{chance[0], true})
			chance = chance[1:]
			continue
		}
		o.list = append(o.list, Pick{Image: chosen[0]})
		chosen = chosen[1:]
	}
	return nil
}

// choose takes n images, or what is left of those that are embedded.
func (o *order) choose(ctx context.Context, n int) ([]int, error) {
	if !o.heads || o.known < typicalUntil*max(o.c.Classes, 2) {
		return o.typical(ctx, n)
	}
	return o.designed(n), nil
}

// use counts image i as one that will be labelled.
func (o *order) use(i int) {
	o.taken[i] = true
	o.known++
	o.tally(o.guessed[i])
	if o.design != nil && o.row[i] >= 0 {
		o.design.learn(o.row[i])
	}
}

// rarest is the class with the fewest labels of those that open tells to have images; -1 where none has.
func (o *order) rarest(open []bool) int {
	out := -1
	for c, n := range o.count {
		if open[c] && (out < 0 || n < o.count[out]) {
			out = c
		}
	}
	return out
}
