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

// defaultFolds of the cross-validation, each of which makes a tower.
const defaultFolds = 3

// FitOptions of Fit. The zero value is the default.
type FitOptions struct {
	Seed  int64
	Folds int // of the cross-validation; 0 for 3
	Steps int // of each tower, of four views; 0 for what suits the number of images
}

// Fitted is a trained head. Found is what the one of its towers that was trained without an image, or one of its group, found in it, by image, in
// units of a place; both have probabilities as scores.
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
func defaultSteps(images int) int { return min(max(5*images, 400), 1000) }

// Part is what FitPart makes: a tower that learnt without some of the images, and what it finds in those, by image; nil for the others. Head is nil
// where the images that were left to learn from have no box.
type Part struct {
	Head  *Head
	Found [][]Object
}

// Fit trains a head on s, of several towers: each one without a part of the images, of which it says how well such towers do and what their scores
// are worth. Together they have seen all, and their mean errs less than one that has seen all by itself. The same set and seed give the same bits on one kind of processor. progress counts steps.
func Fit(ctx context.Context, s Set, o FitOptions, progress func(done, total int)) (*Fitted, error) {
	n := Parts(s, o)
	parts := make([]Part, n)
	for k := range parts {
		var err error
		if parts[k], err = FitPart(ctx, s, o, k, func(done, total int) { progress(k*total+done, n*total) }); err != nil {
			return nil, err
		}
	}
	return Join(s, o, parts)
}

// Parts is into how many calls of FitPart, which may run at once, Fit can be cut; 0 for a set that Fit refuses.
func Parts(s Set, o FitOptions) int {
	if s.checkViews() != nil {
		return 0
	}
	if _, folds := s.folds(o); folds > 1 {
		return folds
	}
	return 0
}

// FitPart does the k-th part of Fit. progress counts its steps.
func FitPart(ctx context.Context, s Set, o FitOptions, k int, progress func(done, total int)) (Part, error) {
	if err := s.check(); err != nil {
		return Part{}, err
	}
	fold, folds := s.folds(o)
	if k < 0 || k >= folds {
		return Part{}, fmt.Errorf("there is no part %d of %d", k, folds)
	}
	steps := o.Steps
	if steps == 0 {
		steps = defaultSteps(len(fold))
	}
	t, err := s.learn(ctx, func(image int) bool { return fold[image] != k }, uint64(o.Seed)+uint64(k)<<32, steps, func(done int) { progress(done, steps) })
	if err != nil {
		return Part{}, err
	}
	out, c := Part{Found: make([][]Object, len(fold))}, crowd(nil)
	if t != nil {
		c = crowd{t}
		out.Head = c.head()
	}
	for i, v := range s.Views {
		if (i > 0 && s.Views[i-1].Image == v.Image) || fold[v.Image] != k {
			continue
		}
		if out.Found[v.Image] = []Object{}; c != nil {
			out.Found[v.Image] = c.find(c[0].newPass(), s.features(i))
		}
	}
	return out, nil
}

// Join makes of all parts what Fit gives. It needs no features.
func Join(s Set, o FitOptions, parts []Part) (*Fitted, error) {
	if err := s.checkViews(); err != nil {
		return nil, err
	}
	fold, folds := s.folds(o)
	if folds < 2 {
		return nil, errors.New("at least two images, which are not alike, are needed")
	}
	if len(parts) != folds {
		return nil, fmt.Errorf("%d parts of %d", len(parts), folds)
	}
	out, truth := &Fitted{Folds: folds, Found: make([][]Object, len(fold))}, make([][]Object, len(fold))
	for k, p := range parts {
		if len(p.Found) != len(fold) {
			return nil, fmt.Errorf("part %d is of %d images, not %d", k, len(p.Found), len(fold))
		}
		for i, list := range p.Found {
			if fold[i] == k {
				out.Found[i] = list
			}
		}
		if p.Head == nil {
			continue
		}
		if out.Head == nil {
			whole := *p.Head
			whole.Towers, whole.Weights, out.Head = 0, nil, &whole
		}
		out.Head.Towers, out.Head.Weights = out.Head.Towers+p.Head.Towers, append(out.Head.Weights, p.Head.Weights...)
	}
	if out.Head == nil {
		return nil, errors.New("no image that is learnt from has a box")
	}
	for i := len(s.Views) - 1; i >= 0; i-- { // the first view is the image as it is
		truth[s.Views[i].Image] = s.Views[i].Objects
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
	if err := s.checkViews(); err != nil {
		return err
	}
	if want := len(s.Views) * s.Rows * s.Cols * s.In; len(s.Features) != want {
		return fmt.Errorf("%d features for %d views, which have %d", len(s.Features), len(s.Views), want)
	}
	return nil
}

// checkViews checks all but the features.
func (s *Set) checkViews() error {
	if s.In < 1 || s.Rows < 1 || s.Cols < 1 || s.Classes < 1 || len(s.Views) == 0 {
		return errors.New("there is nothing to learn boxes from")
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
func (s *Set) folds(o FitOptions) (fold []int, count int) {
	images := s.Views[len(s.Views)-1].Image + 1
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
		count = defaultFolds
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

// learn trains a tower on the images that are used; nil where none of them has a box.
func (s *Set) learn(ctx context.Context, used func(image int) bool, seed uint64, steps int, progress func(done int)) (*tower, error) {
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
		return nil, nil
	}
	w, h := max(size[0]/float64(count), nearest), max(size[1]/float64(count), nearest)
	rng := rand.New(rand.NewPCG(seed, 5))
	t := newTower(s.In, wide, depth, s.Classes, s.Rows, s.Cols, [4]float64{w, h, w, h}, rng)
	err := learn(ctx, t, examples, course{steps: steps, batch: batchViews, rate: learnRate, decay: weightDecay, seed: seed}, func(done, _ int) { progress(done) })
	return t, err
}
