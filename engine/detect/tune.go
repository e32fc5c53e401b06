//go:build !js

package detect

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/vision"
)

// TuneData is what a detector is tuned on.
type TuneData struct {
	// Image gives image i, decoded. It is called again for every view, from many goroutines.
	Image   func(ctx context.Context, i int) (*vision.Image, error)
	Objects [][]Object // of each image, in pixels
	Groups  []int      // of images that are alike, by image; nil where there are none
	// Held tells the images that are not learnt from, neither now nor before; Hold gives one. There must be some of both.
	Held []bool
}

// TuneOptions of Tune. The zero value is the default.
type TuneOptions struct {
	Seed    int64
	Steps   int     // of four views each; 0 for what suits the number of images
	Rate    float64 // the highest learning rate of the backbone's weights, of which those behind it have a multiple; 0 for 6e-4
	Checks  int     // how often the held-out images are looked at, besides before the first step; 0 for 8
	Threads int     // 0 for as many as Go runs on
}

// Check is how a detector did after some steps. Learnt is the mean loss since the check before, 0 for the first; the rest is of the held-out images.
type Check struct {
	Step                     int
	Learnt, Loss, MAP50, MAP float64
}

// Tuned is a detector after Tune. Stem and Head are those of the check at which it did best on the held-out images, calibrated on them; as they were
// before where no other was better.
//
// Found is what was found in the images of Held, in pixels, each by the weights and at the calibration that the other half of them chose: no image had
// a part in choosing what it is measured by. Untuned is what the detector found in them before. After and Before measure both.
type Tuned struct {
	Stem           *Stem
	Head           *Head
	Kept           int // steps after which the weights were kept; 0: the detector is as it was
	Held           []int
	Found, Untuned [][]Object
	After, Before  *Report
	Checks         []Check
}

// Better tells that the tuned detector is worth more than the one before it, by the sum of both average precisions on images that it was not chosen by.
func (t *Tuned) Better() bool {
	return t.Kept > 0 && t.After.MAP50+t.After.MAP > t.Before.MAP50+t.Before.MAP
}

const (
	tuneRate = 6e-4
	// headPace is how much faster than the backbone's those weights learn that were made for these images.
	headPace = 5
	// tuneDecay is the weight decay.
	tuneDecay = 0.02
	// tuneNorm is the greatest norm of all gradients together (Pascanu et al. 2013).
	tuneNorm = 5
	// tuneAverage is the decay of the mean of the weights that is measured and kept (Polyak and Juditsky 1992).
	tuneAverage = 0.98
	// tuneViews is how many kinds of views an image has: itself, mirrored, and windows.
	tuneViews = 6
)

// Hold holds out about a fifth of so many images, those of one group together. The same seed gives the same images.
func Hold(images int, groups []int, seed int64) []bool {
	held := make([]bool, images)
	for i, k := range spread(images, groups, 5, seed) {
		held[i] = k == 0
	}
	return held
}

// TuneSteps is how many steps Tune takes of so many images, those that are held out among them.
func TuneSteps(images int) int { return min(max(4*images, 300), 1500) }

// spread puts images into parts of about one size, those of one group together.
func spread(images int, groups []int, parts int, seed int64) []int {
	if images == 0 {
		return nil
	}
	s := Set{Views: make([]View, images), Groups: groups}
	for i := range s.Views {
		s.Views[i].Image = i
	}
	fold, _ := s.folds(FitOptions{Seed: seed, Folds: parts})
	return fold
}

// Tune trains the whole of a detector, backbone and all, on images of which it has learnt all but the held-out ones. The loss is that of each tower, in
// mean; batch normalisation keeps its statistics; the optimiser is AdamW. The same data, options and detector give the same bits on one kind of
// processor, for any number of threads. progress counts steps. It stops with ctx's error soon after ctx ends.
func Tune(ctx context.Context, stem *Stem, head *Head, d TuneData, o TuneOptions, progress func(done, total int)) (*Tuned, error) {
	t, err := newTuner(stem, head, d, o)
	if err != nil {
		return nil, err
	}
	if err := t.check(ctx, 0, 0); err != nil {
		return nil, err
	}
	untuned := t.kept[both].found
	sum, since := 0.0, 0
	for step := range t.o.Steps {
		loss, err := t.step(ctx, step)
		if err != nil {
			return nil, err
		}
		sum, since = sum+loss, since+1
		progress(step+1, t.o.Steps)
		if (step+1)*t.o.Checks/t.o.Steps > step*t.o.Checks/t.o.Steps {
			if err := t.check(ctx, step+1, sum/float64(since)); err != nil {
				return nil, err
			}
			sum, since = 0, 0
		}
	}
	return t.result(untuned)
}

// verify refuses what cannot be learnt from.
func (d *TuneData) verify(h *Head) error {
	n, boxes := len(d.Objects), 0
	if len(d.Held) != n || (d.Groups != nil && len(d.Groups) != n) {
		return fmt.Errorf("tune a detector: %d images, %d of them held out or not, %d groups", n, len(d.Held), len(d.Groups))
	}
	side := map[int]bool{}
	for i, list := range d.Objects {
		if err := checkObjects(list, h.Classes); err != nil {
			return fmt.Errorf("tune a detector: image %d: %w", i, err)
		}
		if !d.Held[i] {
			boxes += len(list)
		}
		if d.Groups == nil {
			continue
		}
		if was, seen := side[d.Groups[i]]; seen && was != d.Held[i] {
			return fmt.Errorf("tune a detector: image %d is learnt from or held out unlike others of its group", i)
		}
		side[d.Groups[i]] = d.Held[i]
	}
	if boxes == 0 {
		return errors.New("tune a detector: no image that is learnt from has a box")
	}
	return nil
}

// result puts the best weights back and tells how good they are.
func (t *tuner) result(untuned [][]Object) (*Tuned, error) {
	out := &Tuned{Stem: t.stem, Head: t.head, Kept: t.kept[both].step, Held: t.held, Found: make([][]Object, len(t.held)), Untuned: untuned, Checks: t.checks}
	truth := t.truth(both)
	var scale, shift [both]float64
	for half := range both {
		scale[half], shift[half] = calibrate(t.truth(half), t.part(t.kept[half].found, half), t.head.Classes)
	}
	for k := range t.held {
		other := 1 - t.half[k]
		for _, o := range t.kept[other].found[k] {
			o.Score = calibrated(o.Score, scale[other], shift[other])
			out.Found[k] = append(out.Found[k], o)
		}
	}
	var err error
	if out.After, err = Evaluate(truth, out.Found, t.head.Classes); err != nil {
		return nil, err
	}
	if out.Before, err = Evaluate(truth, untuned, t.head.Classes); err != nil {
		return nil, err
	}
	if out.Kept == 0 {
		return out, nil
	}
	for i, p := range t.params {
		copy(p.value, t.best[i])
	}
	if out.Stem, out.Head, err = written(t.net, t.stem, t.head); err != nil {
		return nil, err
	}
	out.Head.calibrate(calibrate(truth, t.kept[both].found, t.head.Classes))
	return out, nil
}

// errDiverged tells that the weights ran away.
var errDiverged = errors.New("tune a detector: the loss is not a number any more; try a lower rate")

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
