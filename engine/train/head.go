// Package train fits classification heads on embeddings.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/irum-app/irum/engine/parallel"
)

// Dataset is what a head is trained on. X is n x d, row-major: one embedding per image. Labels lists the class indices of
// each image, exactly one unless Multi. Groups (nil: every image its own) names the images that must stay on one side
// of every split, near-duplicates of each other. Unlabelled more embeddings may follow in X: of images without labels, at most
// MaxUnlabelled.
type Dataset struct {
	X          []float32
	N, D       int
	Labels     [][]int
	Classes    int
	Multi      bool
	Groups     []int
	Unlabelled int
}

// Options of Fit. The zero value is the default.
type Options struct {
	Seed  int64
	Folds int // cross-validation; default 10, 5 over 300 images, fewer when there are fewer groups
	// Learning asks for Evaluation.Learning, which takes about as long again as the rest.
	Learning bool
}

// Head is a linear classifier of embeddings: softmax (or, Multi, a sigmoid each) of W x + B. W is classes x d, row-major.
// Standardisation and calibration are folded into W and B.
type Head struct {
	W       []float32
	B       []float32
	D       int
	Classes int
	Multi   bool
}

// Scores gives the class probabilities of one embedding.
func (h *Head) Scores(x []float32) []float64 {
	out := make([]float64, h.Classes)
	for c := range out {
		sum := float64(h.B[c])
		for i, w := range h.W[c*h.D:][:h.D] {
			sum += float64(w) * float64(x[i])
		}
		out[c] = sum
	}
	probabilities(out, h.Multi)
	return out
}

// Evaluation holds honest scores: image i was scored by a head that saw neither it nor its group, calibrated.
type Evaluation struct {
	Scores [][]float64 // n x classes
	Folds  int
	Lambda float64 // the regularisation that was chosen
	// Learning is how accuracy grows with the labels; nil unless Options asked for it and there are images enough.
	Learning *Learning
	// Unlabelled says what the images without labels did; nil where there were none. Where they helped, the head, Scores and Lambda
	// are with them, and there is no Learning, which is of labels alone.
	Unlabelled *Gain
}

// lambdas is the grid of penalties on the covariance, of standardised embeddings of unit mean square norm, strongest first.
// The search starts at the middle and walks while the loss falls.
var lambdas = []float64{1, 0.25, 6e-2, 1.6e-2, 4e-3, 1e-3, 2.5e-4, 6e-5}

const firstLambda = 5

var errScale = errors.New("the embeddings are too far apart in size to be learnt from")

// Fit trains a head: a linear discriminant with shrunken covariance. Cross-validation over groups chooses the shrinkage by
// log loss, gives Evaluation, and its scores fit the temperature (Guo et al. 2017) that calibrates the head. The same data
// and seed give the same head. progress may be nil; it is called from the caller's goroutine, done grows up to total.
func Fit(ctx context.Context, data Dataset, o Options, progress func(done, total int)) (*Head, *Evaluation, error) {
	if err := data.check(); err != nil {
		return nil, nil, err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	fold, folds := data.folds(o)
	if folds < 2 {
		return nil, nil, fmt.Errorf("all %d images are near-duplicates of each other: nothing is left to test on", data.N)
	}
	// A walk over four strengths is what most data need; more is reported as standing still.
	f := &fitter{ctx: ctx, data: &data, fold: fold, folds: folds, y: data.targets(), report: progress}
	f.total = 4*f.searchFolds() + folds + 3 + f.unlabelledSteps()
	if o.Learning {
		f.total += (rounds + stronger + 1) * folds
	}
	f.step(0)
	f.s = standardise(&data)
	f.smooth = newSmoother(&matrix{data.N, data.D, f.s.rows})
	f.step(2)
	best, err := f.search()
	if err != nil {
		return nil, nil, err
	}
	e := &Evaluation{Folds: folds, Lambda: lambdas[best.lambda]}
	var head *Head
	if data.Unlabelled > 0 {
		var with *validation
		if head, with, e.Unlabelled, err = f.unlabelled(best); err != nil {
			return nil, nil, err
		}
		if head != nil {
			best, e.Lambda = with, e.Unlabelled.Lambda
		}
	}
	if head == nil {
		if head, err = f.head(best); err != nil {
			return nil, nil, err
		}
	}
	e.Scores = f.scores(best)
	if o.Learning && (e.Unlabelled == nil || !e.Unlabelled.Kept) {
		if e.Learning, err = f.learning(best); err != nil {
			return nil, nil, err
		}
	}
	progress(f.total, f.total)
	return head, e, nil
}

// scores gives the probabilities of a validation.
func (f *fitter) scores(v *validation) [][]float64 {
	out := make([][]float64, f.data.N)
	for i := range out {
		out[i] = make([]float64, f.data.Classes)
		v.rows[i].final(out[i], v.temperature)
		probabilities(out[i], f.data.Multi)
	}
	return out
}

func (d *Dataset) check() error {
	if d.N < 2 || d.D < 1 || d.Classes < 1 || (d.Classes < 2 && !d.Multi) {
		return fmt.Errorf("training needs two images and two classes at least, there are %d and %d", d.N, d.Classes)
	}
	if err := d.checkUnlabelled(); err != nil {
		return err
	}
	return d.checkRows()
}

// checkRows refuses what cannot be a row, whatever the number of them.
func (d *Dataset) checkRows() error {
	if len(d.X) != (d.N+d.Unlabelled)*d.D || len(d.Labels) != d.N || (d.Groups != nil && len(d.Groups) != d.N) {
		return fmt.Errorf("%d values, %d labels and %d groups do not fit %d embeddings of %d", len(d.X), len(d.Labels), len(d.Groups), d.N+d.Unlabelled, d.D)
	}
	for i, label := range d.Labels {
		if !d.Multi && len(label) != 1 {
			return fmt.Errorf("image %d has %d labels instead of one", i, len(label))
		}
		for _, c := range label {
			if c < 0 || c >= d.Classes {
				return fmt.Errorf("image %d has class %d of %d", i, c, d.Classes)
			}
		}
	}
	for i, v := range d.X {
		if v != v || math.IsInf(float64(v), 0) {
			return fmt.Errorf("the embedding of image %d is not finite", i/d.D)
		}
	}
	return nil
}

type fitter struct {
	ctx         context.Context
	data        *Dataset
	s           *standardised
	smooth      *smoother
	y           *matrix
	fold        []int
	folds       int
	report      func(done, total int)
	done, total int
}

// step reports by more units of work and lets others run: in the browser everything shares one thread.
func (f *fitter) step(by int) {
	f.done = min(f.done+by, f.total-1)
	f.report(f.done, f.total)
	runtime.Gosched()
}

func (f *fitter) stopped() bool { return f.ctx.Err() != nil }

// validation is the outcome of cross-validating one strength over the first folds.
type validation struct {
	lambda      int
	folds       int
	rows        []scored // without logits where the fold was not run yet
	temperature []float64
	loss        float64
}

// searchFolds is how many folds compare strengths: all of them for few images, and two when there are enough images in
// them to tell strengths apart.
func (f *fitter) searchFolds() int {
	if f.data.N > 400 {
		return min(2, f.folds)
	}
	return f.folds
}

// search walks over lambdas to the least log loss, and validates that one over all folds.
func (f *fitter) search() (*validation, error) {
	folds := f.searchFolds()
	best, err := f.validate(&validation{lambda: firstLambda}, folds)
	if err != nil {
		return nil, err
	}
	for _, way := range []int{1, -1} {
		for l := best.lambda + way; l >= 0 && l < len(lambdas); l += way {
			v, err := f.validate(&validation{lambda: l}, folds)
			if err != nil {
				return nil, err
			}
			if v.loss >= best.loss {
				break
			}
			best = v
		}
		if best.lambda != firstLambda {
			break
		}
	}
	if folds == f.folds {
		return best, nil
	}
	return f.validate(best, f.folds)
}

// validate scores the images of the folds up to the given number, each by a head that was fitted without its fold.
func (f *fitter) validate(v *validation, folds int) (*validation, error) {
	if v.rows == nil {
		v.rows = make([]scored, f.data.N)
	}
	first := v.folds
	err := f.each(folds-first, func(k int) bool {
		var learn []int
		for i, of := range f.fold {
			if of != first+k {
				learn = append(learn, i)
			}
		}
		fitted, _, ok := f.smooth.fit(learn, f.y, lambdas[v.lambda]*float64(len(learn)), false, f.stopped)
		if ok {
			l := f.data.linear(learn, fitted)
			for i, of := range f.fold {
				if of == first+k {
					v.rows[i] = scored{l.apply(fitted.row(i)), l.prior, l.absent}
				}
			}
		}
		return ok
	})
	if err != nil {
		return nil, err
	}
	v.folds = folds
	v.temperature, v.loss = f.data.calibrate(v.rows)
	return v, nil
}

// each runs work 0..n-1 side by side where there are threads, with a step of progress after each; an error when one fails or
// the fit is stopped.
func (f *fitter) each(n int, work func(k int) bool) error {
	finished := make(chan bool, n)
	run := func(k int) { finished <- work(k) }
	good := true
	if runtime.GOMAXPROCS(0) == 1 {
		for k := range n {
			run(k)
			good = <-finished && good
			f.step(1)
		}
	} else {
		go parallel.Each(n, run)
		for range n {
			good = <-finished && good
			f.step(1)
		}
	}
	if err := f.ctx.Err(); err != nil {
		return err
	}
	if !good {
		return errScale
	}
	return nil
}

// head fits all images at the strength that was chosen and folds standardisation and temperature into the weights.
func (f *fitter) head(best *validation) (*Head, error) {
	data := f.data
	all := make([]int, data.N)
	for i := range all {
		all[i] = i
	}
	fitted, weights, ok := f.smooth.fit(all, f.y, lambdas[best.lambda]*float64(data.N), true, f.stopped)
	if err := f.ctx.Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errScale
	}
	return f.absorb(data.linear(all, fitted), weights, best.temperature, f.s), nil
}

// absorb makes a head of discriminants of regression outputs: it folds standardisation and temperature into weights (targets x d).
func (f *fitter) absorb(l *linear, weights *matrix, temperature []float64, s *standardised) *Head {
	data := f.data
	h := &Head{W: make([]float32, data.Classes*data.D), B: make([]float32, 0, data.Classes), D: data.D, Classes: data.Classes, Multi: data.Multi}
	mixed := make([]float64, data.D)
	for c := range data.Classes {
		bias := temperature[c]*l.constant[c] + l.prior[c]
		clear(mixed)
		for t, v := range l.mix.row(c) {
			axpy(mixed, v*temperature[c], weights.row(t))
		}
		for k := range data.D {
			w := mixed[k] * s.scale[k]
			bias -= w * s.mean[k]
			h.W[c*data.D+k] = float32(w)
		}
		h.B = append(h.B, float32(bias))
	}
	if !data.Multi {
		h.forbidAbsent(l)
	}
	return h
}

// forbidAbsent gives classes that no image holds a logit that never wins.
func (h *Head) forbidAbsent(l *linear) {
	for c, absent := range l.absent {
		if absent {
			h.B[c] = -50
		}
	}
}
