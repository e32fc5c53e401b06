// Package train fits classification heads on embeddings.
package train

import (
	"context"
	"fmt"
	"math"
)

// Dataset is what a head is trained on. X is n x d, row-major: one embedding per image. Labels lists the class indices of
// each image, exactly one unless Multi. Groups (nil: every image its own) names the images that must stay on one side
// of every split, near-duplicates of each other.
type Dataset struct {
	X       []float32
	N, D    int
	Labels  [][]int
	Classes int
	Multi   bool
	Groups  []int
}

// Options of Fit. The zero value is the default.
type Options struct {
	Seed  int64
	Folds int // cross-validation; default 5, fewer when there are fewer groups
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
}

// lambdas is the grid of regularisation strengths, per unit of mean loss on standardised embeddings of unit mean square norm.
var lambdas = []float64{1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5}

// Fit trains a head by L2-regularised logistic regression. Cross-validation over groups chooses the regularisation by
// log loss, gives Evaluation, and its logits fit the temperature (Guo et al. 2017) that calibrates the head. The same
// data and seed give the same head. progress may be nil.
func Fit(ctx context.Context, data Dataset, o Options, progress func(done, total int)) (*Head, *Evaluation, error) {
	if err := data.check(); err != nil {
		return nil, nil, err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	s := standardise(data)
	z, pivots, r := span(s.rows, data.N, data.D)
	f := &fitter{ctx: ctx, data: data, z: z, r: r, labels: data.truth()}
	fold, folds := data.folds(o)
	if folds < 2 {
		return nil, nil, fmt.Errorf("all %d images are near-duplicates of each other: nothing is left to test on", data.N)
	}
	total := len(lambdas)*folds + 1
	best, bestLoss := -1, math.Inf(1)
	var bestLogits [][]float64
	starts := make([][]float64, folds)
	for l, lambda := range lambdas {
		logits := make([][]float64, data.N)
		for k := range folds {
			starts[k] = f.fold(starts[k], lambda, fold, k, logits)
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			progress(l*folds+k+1, total)
		}
		if loss := f.meanLoss(logits, 1); loss < bestLoss {
			best, bestLoss, bestLogits = l, loss, logits
		}
	}
	temperature := f.temperature(bestLogits)
	all := make([]int, data.N)
	for i := range all {
		all[i] = i
	}
	x := f.solve(nil, lambdas[best], all)
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	progress(total, total)
	for _, row := range bestLogits {
		for c := range row {
			row[c] /= temperature
		}
		probabilities(row, data.Multi)
	}
	return s.head(data, x, z, pivots, r, temperature), &Evaluation{Scores: bestLogits, Folds: folds, Lambda: lambdas[best]}, nil
}

func (d *Dataset) check() error {
	if d.N < 2 || d.D < 1 || d.Classes < 1 || (d.Classes < 2 && !d.Multi) {
		return fmt.Errorf("training needs two images and two classes at least, there are %d and %d", d.N, d.Classes)
	}
	if len(d.X) != d.N*d.D || len(d.Labels) != d.N || (d.Groups != nil && len(d.Groups) != d.N) {
		return fmt.Errorf("%d values, %d labels and %d groups do not fit %d embeddings of %d", len(d.X), len(d.Labels), len(d.Groups), d.N, d.D)
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

func (d *Dataset) truth() [][]bool {
	out := make([][]bool, d.N)
	for i, label := range d.Labels {
		out[i] = make([]bool, d.Classes)
		for _, c := range label {
			out[i][c] = true
		}
	}
	return out
}

type fitter struct {
	ctx    context.Context
	data   Dataset
	z      []float64
	r      int
	labels [][]bool
}

// solve fits the rows, from start (nil: zero) on.
func (f *fitter) solve(start []float64, lambda float64, rows []int) []float64 {
	x := make([]float64, f.data.Classes*(f.r+1))
	copy(x, start)
	p := &problem{z: f.z, r: f.r, rows: rows, labels: f.labels, classes: f.data.Classes, multi: f.data.Multi, lambda: lambda, logits: make([]float64, f.data.Classes)}
	minimise(x, p.objective, 200, 1e-5, func() bool { return f.ctx.Err() != nil })
	return x
}

// fold trains on all folds but k and writes the logits of fold k.
func (f *fitter) fold(start []float64, lambda float64, fold []int, k int, logits [][]float64) []float64 {
	var rows []int
	for i, of := range fold {
		if of != k {
			rows = append(rows, i)
		}
	}
	x := f.solve(start, lambda, rows)
	for i, of := range fold {
		if of != k {
			continue
		}
		logits[i] = make([]float64, f.data.Classes)
		for c := range logits[i] {
			logits[i][c] = x[f.data.Classes*f.r+c] + dot(f.z[i*f.r:][:f.r], x[c*f.r:][:f.r])
		}
	}
	return x
}

func (f *fitter) meanLoss(logits [][]float64, temperature float64) float64 {
	sum, scaled := 0.0, make([]float64, f.data.Classes)
	for i, row := range logits {
		for c, v := range row {
			scaled[c] = v / temperature
		}
		sum += rowLoss(scaled, f.labels[i], f.data.Multi)
	}
	return sum / float64(len(logits))
}

// temperature minimises the log loss over T in [1/8, 8] by golden-section search on log T, in which it is unimodal.
func (f *fitter) temperature(logits [][]float64) float64 {
	const golden = 0.6180339887498949
	lo, hi := math.Log(1.0/8), math.Log(8)
	loss := func(t float64) float64 { return f.meanLoss(logits, math.Exp(t)) }
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	la, lb := loss(a), loss(b)
	for range 40 {
		if la < lb {
			hi, b, lb = b, a, la
			a = hi - golden*(hi-lo)
			la = loss(a)
			continue
		}
		lo, a, la = a, b, lb
		b = lo + golden*(hi-lo)
		lb = loss(b)
	}
	return math.Exp((lo + hi) / 2)
}
