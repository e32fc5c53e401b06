package train

import (
	"cmp"
	"math"
	"math/rand"
	"slices"
)

// Learning says how accuracy grows with the labels: what heads of growing parts of them reached on images that they had not
// seen, the law that this follows, and what the law promises of more labels.
type Learning struct {
	Points    []LearningPoint // fewest images first; the last is the cross-validation of all
	Law       Law
	Forecasts []Forecast // fewest first
}

// LearningPoint is the accuracy of heads that learnt from so many images (for multi-label the share of whole sets that are
// right), with its 95 % interval.
type LearningPoint struct {
	Images              int
	Accuracy, Low, High float64
}

// Forecast is what More labels beside all that there are would give: the accuracy then, and by how much it is more than the
// law gives now, both with 95 % intervals of what would then be measured. The intervals hold what chance does to both
// measurements and how far the law hangs on its shape and on the smallest parts; they do not hold labels of another kind than
// those that there are.
type Forecast struct {
	More                    int
	Accuracy, Low, High     float64
	Gain, GainLow, GainHigh float64
}

const (
	// maxPart is the largest part that is learnt from anew: what a part costs grows with its third power.
	maxPart = 500
	// maxPool is how many images are looked at where there are too many for their products to be known already.
	maxPool = 600
	// partStep is how much larger each part is than the one before.
	partStep = 1.6
	maxParts = 8
	// leastPerClass is how many images a class there must be, on average: with fewer the curve is still so bent that forecasts
	// are far off (with 5 of each of 10 classes by half, with 10 by a tenth).
	leastPerClass = 8
	// rounds is how often each fold's images are judged by heads of other parts.
	rounds = 2
	draws  = 200
	// maxSearched is the largest part whose penalty is looked for; the best of all images is about right for larger ones.
	maxSearched = 200
	// stronger is how many stronger penalties small parts are tried with: real training would search too.
	stronger = 2
)

// learner measures heads of parts of the images, over the folds that fit has.
type learner struct {
	f      *fitter
	best   *validation
	data   *Dataset // of the pool: labels only
	smooth *smoother
	y      *matrix
	fold   []int
	pool   []int // places in the fitter's data
	sizes  []int
	lambda []int
	right  [][]float64 // by size and place in the pool: share of rounds that were right
}

// learning measures the curve; nil where the images are too few to have one.
func (f *fitter) learning(best *validation) (*Learning, error) {
	if f.data.N < leastPerClass*f.data.Classes {
		return nil, nil
	}
	m := &learner{f: f, best: best}
	m.choose()
	if len(m.sizes) < 2 {
		return nil, nil
	}
	for range m.sizes {
		m.lambda = append(m.lambda, best.lambda)
		m.right = append(m.right, make([]float64, len(m.pool)))
	}
	if err := m.search(); err != nil {
		return nil, err
	}
	for r := range rounds {
		if err := m.round(r, m.lambda, m.right, 1.0/rounds, maxPart); err != nil {
			return nil, err
		}
	}
	return m.conclude(), nil
}

// choose takes the images that are looked at and the sizes of the parts.
func (m *learner) choose() {
	f := m.f
	m.pool = make([]int, f.data.N)
	for i := range m.pool {
		m.pool[i] = i
	}
	m.data, m.smooth, m.y, m.fold = f.data, f.smooth, f.y, f.fold
	if f.smooth.inner == nil {
		m.sample()
	}
	top := float64(len(m.pool)) * float64(f.folds-1) / float64(f.folds)
	if len(m.pool) == f.data.N {
		top /= partStep // all of it is known from the cross-validation
	}
	least := max(3*f.data.Classes/2, 8)
	for n := min(top, maxPart); int(n) >= least && len(m.sizes) < maxParts; n /= partStep {
		m.sizes = append(m.sizes, int(n))
	}
	slices.Reverse(m.sizes)
}

// sample takes some of many images, so that the products of their embeddings are soon known.
func (m *learner) sample() {
	f := m.f
	rng := rand.New(rand.NewSource(11))
	m.pool = rng.Perm(f.data.N)[:min(maxPool, f.data.N)]
	slices.Sort(m.pool)
	rows := newMatrix(len(m.pool), f.data.D)
	m.data = &Dataset{N: len(m.pool), D: f.data.D, Classes: f.data.Classes, Multi: f.data.Multi}
	m.fold = make([]int, len(m.pool))
	for k, i := range m.pool {
		copy(rows.row(k), f.smooth.rows.row(i))
		m.data.Labels = append(m.data.Labels, f.data.Labels[i])
		m.fold[k] = f.fold[i]
	}
	m.smooth = &smoother{rows: rows, inner: gram(rows)}
	m.y = m.data.targets()
}

// search finds the strength of each size that is right most often: fewer images want a stronger penalty.
func (m *learner) search() error {
	wrong := make([]float64, len(m.sizes))
	for s := range wrong {
		wrong[s] = math.Inf(1)
	}
	for by := 0; by <= stronger && m.best.lambda-by >= 0; by++ {
		try, right := make([]int, len(m.sizes)), make([][]float64, len(m.sizes))
		for s := range try {
			try[s], right[s] = m.best.lambda-by, make([]float64, len(m.pool))
		}
		if err := m.round(rounds, try, right, 1, maxSearched); err != nil {
			return err
		}
		for s := range try {
			if m.sizes[s] > maxSearched {
				break
			}
			sum := 0.0
			for _, r := range right[s] {
				sum += 1 - r
			}
			if sum < wrong[s] {
				wrong[s], m.lambda[s] = sum, try[s]
			}
		}
	}
	return nil
}

// round judges the images of every fold by heads of nested parts of the other folds, of largest images at most, and adds
// share to right where they are right.
func (m *learner) round(r int, lambda []int, right [][]float64, share float64, largest int) error {
	return m.f.each(m.f.folds, func(k int) bool {
		order := m.order(k, r)
		for s, n := range m.sizes {
			if n > largest {
				break
			}
			learn := slices.Clone(order[:min(n, len(order))])
			slices.Sort(learn)
			fitted, _, ok := m.smooth.fit(learn, m.y, lambdas[lambda[s]]*float64(len(learn)), false, m.f.stopped)
			if !ok {
				return false
			}
			l := m.data.linear(learn, fitted)
			scores := make([]float64, m.data.Classes)
			for i, of := range m.fold {
				if of != k {
					continue
				}
				row := scored{l.apply(fitted.row(i)), l.prior, l.absent}
				row.final(scores, m.best.temperature)
				if m.data.rightLogits(i, scores) {
					right[s][i] += share
				}
			}
		}
		return true
	})
}

// order gives the images outside fold k in the order in which round r learns from them.
func (m *learner) order(k, r int) []int {
	var out []int
	for i, of := range m.fold {
		if of != k {
			out = append(out, i)
		}
	}
	rng := rand.New(rand.NewSource(int64(1000*r + k)))
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// rightLogits tells whether logits give image i the whole label that it has.
func (d *Dataset) rightLogits(i int, logits []float64) bool {
	if !d.Multi {
		for _, z := range logits {
			if z > logits[d.Labels[i][0]] {
				return false
			}
		}
		return true
	}
	for c, z := range logits {
		if (z >= 0) != slices.Contains(d.Labels[i], c) {
			return false
		}
	}
	return true
}

// conclude makes the curve of what was measured.
func (m *learner) conclude() *Learning {
	f := m.f
	sizes := make([]float64, 0, len(m.sizes)+1)
	for _, n := range m.sizes {
		sizes = append(sizes, float64(n))
	}
	sizes = append(sizes, math.Round(float64(f.data.N)*float64(f.folds-1)/float64(f.folds)))
	whole := make([]float64, f.data.N)
	scores := make([]float64, f.data.Classes)
	for i := range whole {
		m.best.rows[i].final(scores, m.best.temperature)
		if f.data.rightLogits(i, scores) {
			whole[i] = 1
		}
	}
	c := curve{sizes: sizes, now: float64(f.data.N), start: f.data.guess(), groups: f.data.members(), folds: make([][]int, f.folds)}
	for g, images := range c.groups {
		k := f.fold[images[0]]
		c.folds[k] = append(c.folds[k], g)
	}
	for s := range m.sizes {
		c.right = append(c.right, spreadOut(m.right[s], m.pool, f.data.N))
	}
	c.right = append(c.right, whole)
	return c.learning()
}

// guess is the error of who always says the commonest label.
func (d *Dataset) guess() float64 {
	count, most := map[string]int{}, 0
	for _, label := range d.Labels {
		held := make([]byte, d.Classes)
		for _, c := range label {
			held[c] = 1
		}
		count[string(held)]++
		most = max(most, count[string(held)])
	}
	return 1 - float64(most)/float64(d.N)
}

// spreadOut puts values of a pool at their places among n, with -1 where nothing was measured.
func spreadOut(values []float64, pool []int, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = -1
	}
	for k, i := range pool {
		out[i] = values[k]
	}
	return out
}

// members lists the images of each group.
func (d *Dataset) members() [][]int {
	place, out := map[int]int{}, [][]int{}
	for i := range d.N {
		g := i
		if d.Groups != nil {
			g = d.Groups[i]
		}
		if _, known := place[g]; !known {
			place[g] = len(out)
			out = append(out, nil)
		}
		out[place[g]] = append(out[place[g]], i)
	}
	return out
}

// curve is what was measured: right[s][i] is whether image i was judged rightly by heads of size s, -1 where it was not.
type curve struct {
	sizes  []float64
	right  [][]float64
	now    float64 // images that there are
	start  float64 // error of who has seen none
	fitter *lawFitter
	groups [][]int // images of each
	folds  [][]int // groups of each
}

// accuracies are the shares that are right where each group counts as often as times says.
func (c *curve) accuracies(times []int) []float64 {
	out := make([]float64, len(c.sizes))
	for s, right := range c.right {
		hits, n := 0.0, 0.0
		for g, t := range times {
			if t == 0 {
				continue
			}
			for _, i := range c.groups[g] {
				if right[i] >= 0 {
					hits, n = hits+float64(t)*right[i], n+float64(t)
				}
			}
		}
		out[s] = hits / max(n, 1)
	}
	return out
}

// law fits the sizes from the given one on.
func (c *curve) law(accuracy []float64, from int, usual, doubt float64) Law {
	errors, variance := make([]float64, len(accuracy)), make([]float64, len(accuracy))
	for s, a := range accuracy {
		errors[s] = 1 - a
		// half an image keeps the certainty of none or all from being endless
		n := float64(len(c.groups))
		p := (n*a + 0.5) / (n + 1)
		variance[s] = p * (1 - p) / n
	}
	return c.fitter.fit(errors, variance, from, usual, doubt)
}

// learning fits the law and draws the groups anew, some hundred times, to see how far it moves.
func (c *curve) learning() *Learning {
	times := make([]int, len(c.groups))
	for g := range times {
		times[g] = 1
	}
	c.fitter = newLawFitter(c.start, c.sizes)
	accuracy := c.accuracies(times)
	out := &Learning{Law: c.law(accuracy, 0, usualPower, powerDoubt)}
	rng := rand.New(rand.NewSource(5))
	laws, drawn := make([]Law, draws), make([][]float64, len(c.sizes))
	for k := range laws {
		clear(times)
		c.draw(rng, times)
		again := c.accuracies(times)
		for s, v := range again {
			drawn[s] = append(drawn[s], v)
		}
		// how far the law hangs on the smallest parts, and on what power is thought usual, is part of the doubt
		laws[k] = c.law(again, rng.Intn(min(len(c.sizes)-2, 3)), 0.5*math.Pow(3, rng.Float64()), 2)
	}
	for s, v := range accuracy {
		low, high := middle(drawn[s])
		out.Points = append(out.Points, LearningPoint{int(c.sizes[s]), v, min(low, v), max(high, v)})
	}
	for _, more := range steps(int(c.now)) {
		out.Forecasts = append(out.Forecasts, c.forecast(more, out.Law, laws))
	}
	return out
}

// draw takes as many folds as there are, each any number of times, and of each as many groups: those of one fold were judged
// by the same heads, whose luck they share.
func (c *curve) draw(rng *rand.Rand, times []int) {
	for range c.folds {
		fold := c.folds[rng.Intn(len(c.folds))]
		for range fold {
			times[fold[rng.Intn(len(fold))]]++
		}
	}
}

func (c *curve) forecast(more int, law Law, laws []Law) Forecast {
	gain := func(l Law) float64 { return l.Accuracy(c.now+float64(more)) - l.Accuracy(c.now) }
	out := Forecast{More: more, Accuracy: law.Accuracy(c.now + float64(more)), Gain: gain(law)}
	// what will be measured then hangs on chance too
	chance := math.Sqrt(out.Accuracy * (1 - out.Accuracy) / (c.now + float64(more)))
	rng := rand.New(rand.NewSource(int64(more)))
	var gains, ends []float64
	for _, l := range laws {
		luck := chance * rng.NormFloat64()
		gains = append(gains, max(gain(l)+luck, 0))
		ends = append(ends, min(max(l.Accuracy(c.now+float64(more))+luck, 0), 1))
	}
	low, high := middle(ends)
	out.Low, out.High = min(low, out.Accuracy), max(high, out.Accuracy)
	low, high = middle(gains)
	out.GainLow, out.GainHigh = min(low, out.Gain), max(high, out.Gain)
	return out
}

// middle is the 95 % in the middle of values.
func middle(values []float64) (low, high float64) {
	slices.SortFunc(values, cmp.Compare[float64])
	n := float64(len(values) - 1)
	return values[int(0.025*n+0.5)], values[int(0.975*n+0.5)]
}

// steps are round numbers of labels that somebody with n may want to add, from a tenth to three times as many.
func steps(n int) []int {
	var out []int
	for unit := 1; unit <= 3*n; unit *= 10 {
		for _, k := range []int{1, 2, 5} {
			if more := k * unit; 10*more >= n && more <= 3*n {
				out = append(out, more)
			}
		}
	}
	return out
}
