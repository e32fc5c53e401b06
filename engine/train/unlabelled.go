package train

import (
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/metrics"
)

// Images without labels teach a head, too. The linear discriminant is a mixture of Gaussians with one covariance, of which the
// labels of some points are known: by expectation-maximisation (Dempster, Laird and Rubin 1977; for classifiers Nigam et al.
// 2000) the others count as members of each class in the shares that the head of the step before gives them. Two things keep it
// from running into a corner: the shares are as sure on average as they should be, whatever the logits' scale, and the sizes of
// the classes stay half-way between what the labels say and what the head says (after Asano, Rupprecht and Vedaldi 2020, who
// hold them equal, by Sinkhorn's scaling).
//
// Measured with 3 to 10 labels a class on photos of hands and on clothes (engine/bench/TRAINING.md): better than pseudo-labels
// of the surest images, and than spreading labels over a graph of neighbours (Iscen et al. 2019), which made heads worse.

const (
	// MaxUnlabelled is the most images without labels that a head learns from: the time grows with the third power.
	MaxUnlabelled = 800
	// MaxTaught is the most labelled images beside which others are learnt from: with more they tell little.
	MaxTaught = 1000
	// steps of expectation and maximisation; later ones drift away from the labels.
	emSteps = 4
	// emSure is how sure the shares are on average, from 0 for all classes the same to 1.
	emSure = 0.78
	// emBalance is how far the sizes of the classes follow the labels rather than the head.
	emBalance = 0.5
)

// emLambdas are the penalties that are tried: with more rows to learn from than labels, weaker ones than a head of few labels chooses.
var emLambdas = []float64{1e-3, 2.5e-4}

// Gain says what the images without labels did, by cross-validation over the labelled ones.
type Gain struct {
	Images          int     // without labels
	Kept            bool    // whether the head was kept that has learnt from them
	Without, With   float64 // accuracy
	Low, High       float64 // the 95 % interval of With - Without
	LossBefore      float64 // log loss without them, in nats
	LossAfter       float64
	Lambda          float64 // the penalty of the head that has learnt from them
	Gained, Mislaid int     // images that only the head with them, or only the one without, told rightly
}

// expectation is a fit of labelled rows and of others.
type expectation struct {
	f      *fitter
	s      *standardised // of all rows
	smooth *smoother     // labelled rows first
	base   float64       // penalty of the head on labels alone
}

// checkUnlabelled refuses what Fit cannot learn from without labels.
func (d *Dataset) checkUnlabelled() error {
	switch {
	case d.Unlabelled < 0 || d.Unlabelled > MaxUnlabelled:
		return fmt.Errorf("a head learns from at most %d images without labels, not %d", MaxUnlabelled, d.Unlabelled)
	case d.Unlabelled > 0 && d.Multi:
		return fmt.Errorf("images without labels teach a head only where each image has one class")
	case d.Unlabelled > 0 && d.N > MaxTaught:
		return fmt.Errorf("images without labels teach a head only beside at most %d labelled ones; there are %d", MaxTaught, d.N)
	}
	return nil
}

// unlabelledSteps is how many steps of progress the images without labels take.
func (f *fitter) unlabelledSteps() int {
	if f.data.Unlabelled == 0 {
		return 0
	}
	return 2 + len(emLambdas)*f.folds
}

// unlabelled fits a head on all images and validates it in the folds of base. The head is nil where it is no better than base.
func (f *fitter) unlabelled(base *validation) (*Head, *validation, *Gain, error) {
	d := f.data
	all := &Dataset{X: d.X, N: d.N + d.Unlabelled, D: d.D}
	e := &expectation{f: f, s: standardise(all), base: lambdas[base.lambda]}
	rows := &matrix{all.N, d.D, e.s.rows}
	e.smooth = &smoother{rows: rows, inner: gram(rows)}
	f.step(2)
	var best *validation
	lambda := 0.0
	for _, l := range emLambdas {
		v, err := e.validate(l)
		if err != nil {
			return nil, nil, nil, err
		}
		if best == nil || v.loss < best.loss {
			best, lambda = v, l
		}
	}
	g := d.gain(base, best)
	g.Lambda = lambda
	if !g.Kept {
		return nil, nil, g, nil
	}
	h, err := e.head(lambda, best.temperature)
	return h, best, g, err
}

// gain compares two validations image by image.
func (d *Dataset) gain(before, after *validation) *Gain {
	g := &Gain{Images: d.Unlabelled, LossBefore: before.loss, LossAfter: after.loss}
	right := func(v *validation, i int) bool {
		logits := make([]float64, d.Classes)
		v.rows[i].final(logits, v.temperature)
		return argmax(logits) == d.Labels[i][0]
	}
	was := 0
	for i := range d.N {
		a, b := right(before, i), right(after, i)
		switch {
		case a && !b:
			g.Mislaid++
		case b && !a:
			g.Gained++
		}
		if a {
			was++
		}
	}
	g.Without, g.With = float64(was)/float64(d.N), float64(was+g.Gained-g.Mislaid)/float64(d.N)
	interval := metrics.Paired(g.Gained, g.Mislaid, d.N)
	g.Low, g.High = interval.Low, interval.High
	// The log loss tells, where labels are few, more than the number of right answers: above all that the images without labels are of other
	// classes than the labels say, which makes a head sure of what is wrong.
	g.Kept = g.LossAfter < g.LossBefore && g.Gained >= g.Mislaid
	return g
}

func argmax(list []float64) int {
	best := 0
	for c, v := range list {
		if v > list[best] {
			best = c
		}
	}
	return best
}

// validate scores the labelled images of each fold by a head that learnt from the labels of the others, and from all images that
// have none. What is in the fold has no part in it at all.
func (e *expectation) validate(lambda float64) (*validation, error) {
	d := e.f.data
	v := &validation{folds: e.f.folds, rows: make([]scored, d.N)}
	err := e.f.each(e.f.folds, func(k int) bool {
		var learn []int
		for i, of := range e.f.fold {
			if of != k {
				learn = append(learn, i)
			}
		}
		m, ok := e.fit(learn, lambda)
		if !ok {
			return false
		}
		out := make([]float64, d.Classes)
		for i, of := range e.f.fold {
			if of == k {
				m.regress(i, out)
				v.rows[i] = scored{m.linear.apply(out), m.linear.prior, m.linear.absent}
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	v.temperature, v.loss = d.calibrate(v.rows)
	return v, nil
}

// head fits all images, and folds standardisation and temperature into the weights.
func (e *expectation) head(lambda float64, temperature []float64) (*Head, error) {
	learn := make([]int, e.f.data.N)
	for i := range learn {
		learn[i] = i
	}
	m, ok := e.fit(learn, lambda)
	if err := e.f.ctx.Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errScale
	}
	weights := newMatrix(m.alpha.rows, e.smooth.rows.cols)
	for a, i := range m.learn {
		for t := range m.alpha.rows {
			axpy(weights.row(t), m.alpha.row(t)[a], e.smooth.rows.row(i))
		}
	}
	return e.f.absorb(m.linear, weights, temperature, e.s), nil
}

// mixture is what a fit comes to: the regression of the shares on the rows that were learnt from, and the discriminants.
type mixture struct {
	e       *expectation
	learn   []int   // rows, ascending
	taught  int     // how many of them have labels: the first
	penalty float64 // on the squared weights
	alpha   *matrix // classes x learn: dual weights
	shares  *matrix // classes x learn
	factor  *matrix
	linear  *linear
}

// fit learns from the labelled rows of learn, which ascend, and from all that have no label. ok is false when it was stopped.
func (e *expectation) fit(learn []int, lambda float64) (m *mixture, ok bool) {
	d := e.f.data
	m = &mixture{e: e, learn: learn, taught: len(learn)}
	logits, ok := m.begin()
	if !ok {
		return nil, false
	}
	all := append(make([]int, 0, len(learn)+d.Unlabelled), learn...)
	for i := d.N; i < d.N+d.Unlabelled; i++ {
		all = append(all, i)
	}
	m.learn, m.penalty = all, lambda*float64(len(all))
	m.factor = newMatrix(len(all), len(all))
	for a, i := range all {
		from, to := e.smooth.inner.row(i), m.factor.row(a)
		for b, j := range all[:a+1] {
			to[b] = from[j]
		}
		to[a] += m.penalty
	}
	if !cholesky(m.factor, e.f.stopped) {
		return nil, false
	}
	m.shares = newMatrix(d.Classes, len(all))
	for a, i := range learn {
		m.shares.row(d.Labels[i][0])[a] = 1
	}
	for range emSteps {
		m.expect(logits)
		logits = m.maximise()
	}
	return m, true
}

// begin gives the discriminants of the rows without labels by a head on labels alone.
func (m *mixture) begin() (logits [][]float64, ok bool) {
	e := m.e
	fitted, _, ok := e.smooth.fit(m.learn, e.f.y, e.base*float64(len(m.learn)), false, e.f.stopped)
	if !ok {
		return nil, false
	}
	m.linear = e.f.data.linear(m.learn, fitted)
	for i := e.f.data.N; i < fitted.rows; i++ {
		logits = append(logits, m.linear.apply(fitted.row(i)))
	}
	return logits, true
}

// expect gives the rows without labels their shares of the classes.
func (m *mixture) expect(logits [][]float64) {
	d := m.e.f.data
	goal := make([]float64, d.Classes)
	for _, i := range m.learn[:m.taught] {
		goal[d.Labels[i][0]]++
	}
	present := 0
	for c := range goal {
		if goal[c] > 0 {
			present++
		}
	}
	shares := sharpened(logits, m.linear.absent, emSure+(1-emSure)/float64(present))
	balance(shares, goal)
	for k, row := range shares {
		for c, v := range row {
			m.shares.row(c)[m.taught+k] = v
		}
	}
}

// sharpened gives the softmax of logits, without the absent classes, at the temperature at which the largest share is sure on average.
func sharpened(logits [][]float64, absent []bool, sure float64) [][]float64 {
	out := make([][]float64, len(logits))
	for i := range out {
		out[i] = make([]float64, len(logits[i]))
	}
	at := func(t float64) (mean float64) {
		for i, row := range logits {
			for c, v := range row {
				if out[i][c] = t * v; absent[c] {
					out[i][c] = math.Inf(-1)
				}
			}
			probabilities(out[i], false)
			mean += out[i][argmax(out[i])] / float64(len(logits))
		}
		return mean
	}
	low, high := -14.0, 10.0 // of log t; the mean grows with t
	for range 24 {
		if mid := (low + high) / 2; at(math.Exp(mid)) > sure {
			high = mid
		} else {
			low = mid
		}
	}
	at(math.Exp(low))
	return out
}

// balance scales shares so that the sizes of the classes come near what lies half-way between goal, which need not sum to 1, and what
// they are, and each row still sums to 1.
func balance(shares [][]float64, goal []float64) {
	size := func() []float64 {
		out := make([]float64, len(goal))
		for _, row := range shares {
			axpy(out, 1/float64(len(shares)), row)
		}
		return out
	}
	want, sum := make([]float64, len(goal)), 0.0
	for c, v := range size() {
		want[c] = math.Pow(goal[c], emBalance) * math.Pow(v+1e-3, 1-emBalance)
		sum += want[c]
	}
	for range 10 {
		is := size()
		for _, row := range shares {
			total := 0.0
			for c := range row {
				row[c] *= want[c] / sum / (is[c] + 1e-9)
				total += row[c]
			}
			for c := range row {
				row[c] /= max(total, 1e-300)
			}
		}
	}
}

// maximise fits the discriminants to the shares and gives those of the rows without labels.
func (m *mixture) maximise() (logits [][]float64) {
	d, n := m.e.f.data, len(m.learn)
	m.alpha = newMatrix(d.Classes, n)
	copy(m.alpha.data, m.shares.data)
	m.factor.solve(m.alpha)
	count, between := make([]float64, d.Classes), newMatrix(d.Classes, d.Classes)
	fitted := newMatrix(n, d.Classes)
	for a := range n {
		for c := range d.Classes { // K alpha = y - penalty alpha
			fitted.row(a)[c] = m.shares.row(c)[a] - m.penalty*m.alpha.row(c)[a]
		}
		for c := range d.Classes {
			if v := m.shares.row(c)[a]; v > 0 {
				count[c] += v
				axpy(between.row(c), v, fitted.row(a))
			}
		}
	}
	prior, absent := m.linear.prior, m.linear.absent
	m.linear = discriminants(count, between)
	m.linear.prior, m.linear.absent = prior, absent // what the labels say
	for a := m.taught; a < n; a++ {
		logits = append(logits, m.linear.apply(fitted.row(a)))
	}
	return logits
}

// regress gives what the regression says of any row.
func (m *mixture) regress(row int, out []float64) {
	products, from := make([]float64, len(m.learn)), m.e.smooth.inner.row(row)
	for a, j := range m.learn {
		products[a] = from[j]
	}
	m.alpha.along(products, out)
}
