package detect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
)

// Set is what a head learns from: views of images on their way through a Stem.
type Set struct {
	In, Rows, Cols int // features of a place, and places
	Classes        int
	Features       []int8 `json:"-"` // [views, rows*cols, in], in steps of 1/grain, as Quantise makes them
	Views          []View // those of one image one after another, first the image as it is
	Groups         []int  // of images that are alike, by image; nil where there are none
}

// View is one view of an image, by index, with the objects that it shows in units of a place.
type View struct {
	Image   int
	Objects []Object
}

// FitOptions of Fit. The zero value is the default.
type FitOptions struct {
	Seed  int64
	Folds int // of the cross-validation; 0 for 3
	Steps int // of four views each; 0 for what suits the number of images
}

// Fitted is a trained head. Found is what heads that were trained without an image, or one of its group, found in it, by image, in units of a
// place; both have probabilities as scores.
type Fitted struct {
	Head  *Head
	Found [][]Object
	Folds int
}

const (
	wide, depth = 64, 3
	batchViews  = 4
	learnRate   = 8e-3
	weightDecay = 0.01
	// leastKept is the least score of what is found in held-out images.
	leastKept = 0.01
)

// defaultSteps suits a number of images: small sets are seen over and over, large ones a few times.
func defaultSteps(images int) int { return min(max(6*images, 400), 1500) }

// Fit trains a head on all of s, and others on parts of it to say how well such heads do and what their scores are worth. The same set and
// seed give the same bits on one kind of processor. progress counts steps.
func Fit(ctx context.Context, s Set, o FitOptions, progress func(done, total int)) (*Fitted, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	images := s.Views[len(s.Views)-1].Image + 1
	fold, folds := s.folds(images, o)
	steps := o.Steps
	if steps == 0 {
		steps = defaultSteps(images)
	}
	out, total := &Fitted{Found: make([][]Object, images), Folds: folds}, (folds+1)*steps
	truth := make([][]Object, images)
	for k := range folds + 1 {
		if k == folds && folds < 2 {
			break
		}
		t, err := s.learn(ctx, func(image int) bool { return k == folds || fold[image] != k }, o.Seed, steps, func(done int) { progress(k*steps+done, total) })
		if err != nil {
			return nil, err
		}
		if k == folds {
			out.Head = t.head()
			break
		}
		p := t.newPass()
		for i, v := range s.Views {
			if (i == 0 || s.Views[i-1].Image != v.Image) && fold[v.Image] == k {
				truth[v.Image], out.Found[v.Image] = v.Objects, t.find(p, s.features(i))
			}
		}
	}
	if out.Head == nil {
		return nil, errors.New("at least two images, which are not alike, are needed")
	}
	scale, shift := calibrate(truth, out.Found, s.Classes)
	out.Head.calibrate(scale, shift)
	for _, list := range out.Found {
		for i := range list {
			list[i].Score = calibrated(list[i].Score, scale, shift)
		}
	}
	return out, nil
}

func (s *Set) check() error {
	if s.In < 1 || s.Rows < 1 || s.Cols < 1 || s.Classes < 1 || len(s.Views) == 0 {
		return errors.New("there is nothing to learn boxes from")
	}
	if want := len(s.Views) * s.Rows * s.Cols * s.In; len(s.Features) != want {
		return fmt.Errorf("%d features for %d views, which have %d", len(s.Features), len(s.Views), want)
	}
	next := 0
	for i, v := range s.Views {
		if v.Image != next-1 && v.Image != next {
			return fmt.Errorf("view %d is of image %d, after image %d", i, v.Image, next-1)
		}
		next = v.Image + 1
		if err := checkObjects(v.Objects, s.Classes); err != nil {
			return fmt.Errorf("view %d: %w", i, err)
		}
	}
	if s.Groups != nil && len(s.Groups) != next {
		return fmt.Errorf("%d groups for %d images", len(s.Groups), next)
	}
	return nil
}

// folds puts whole groups into parts of about one size.
func (s *Set) folds(images int, o FitOptions) (fold []int, count int) {
	members := map[int][]int{}
	var groups []int
	for i := range images {
		g := i
		if s.Groups != nil {
			g = s.Groups[i]
		}
		if members[g] == nil {
			groups = append(groups, g)
		}
		members[g] = append(members[g], i)
	}
	if count = o.Folds; count < 2 {
		count = 3
	}
	count = min(count, len(groups))
	rng := rand.New(rand.NewPCG(uint64(o.Seed), 4))
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	fold = make([]int, images)
	sizes := make([]int, max(count, 1))
	for _, g := range groups {
		least := 0
		for k, n := range sizes {
			if n < sizes[least] {
				least = k
			}
		}
		for _, i := range members[g] {
			fold[i] = least
		}
		sizes[least] += len(members[g])
	}
	return fold, count
}

func (s *Set) features(view int) []int8 {
	n := s.Rows * s.Cols * s.In
	return s.Features[view*n:][:n]
}

// learn trains a tower on the images that are used.
func (s *Set) learn(ctx context.Context, used func(image int) bool, seed int64, steps int, progress func(done int)) (*tower, error) {
	var examples []example
	var size [4]float64
	count := 0
	for i, v := range s.Views {
		if !used(v.Image) {
			continue
		}
		examples = append(examples, example{s.features(i), v.Objects})
		for _, o := range v.Objects {
			size[0], size[1] = size[0]+(o.X1-o.X0)/2, size[1]+(o.Y1-o.Y0)/2
			count++
		}
	}
	if count == 0 {
		return nil, errors.New("no image that is learnt from has a box")
	}
	w, h := max(size[0]/float64(count), nearest), max(size[1]/float64(count), nearest)
	rng := rand.New(rand.NewPCG(uint64(seed), 5))
	t := newTower(s.In, wide, depth, s.Classes, s.Rows, s.Cols, [4]float64{w, h, w, h}, rng)
	err := learn(ctx, t, examples, course{steps: steps, batch: batchViews, rate: learnRate, decay: weightDecay, seed: uint64(seed)}, func(done, _ int) { progress(done) })
	return t, err
}

// find gives what t finds in a view, in units of a place.
func (t *tower) find(p *pass, features []int8) []Object {
	unpack(p.input, features)
	t.forward(p)
	scores, boxes := t.answers(p.out)
	return Decode(append(scores, boxes...), t.classes, float64(t.cols), float64(t.rows), leastKept)
}
