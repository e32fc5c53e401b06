package train

import "math"

// calibration is what Refresh makes of the rows of a Live head: the rule, and by what factor it is to be believed.
type calibration struct {
	stats       []*groupStats // one of all classes; for multi-label one a class: with and without it
	prior       []float64     // of each class, log; for multi-label log odds
	temperature []float64     // of each class
	held        *matrix       // n x classes: logits of the rows by the rule of the others, without factor and prior
	heldPrior   *matrix       // n x classes
	tested      []bool        // rows that can be held out: others of their class are there
	loss        float64       // mean over the tested rows
}

// Refresh makes the rule, and the factors on its logits that calibrate it, of all images as they are now. It starts from the
// factors it had, which a label or two hardly move.
func (l *Live) Refresh() { l.refresh() }

func (l *Live) refresh() {
	n := l.Len()
	l.held, l.heldPrior, l.tested = newMatrix(n, l.classes), newMatrix(n, l.classes), make([]bool, n)
	l.prior = make([]float64, l.classes)
	if l.temperature == nil {
		l.temperature = make([]float64, l.classes)
		for c := range l.temperature {
			l.temperature[c] = 1
		}
	}
	outputs := newMatrix(n, l.targets()) // X W = y - c K y
	for i := range n {
		axpy(outputs.row(i), -l.c, l.alpha.row(i))
		l.eachTarget(l.labels[i].label, func(t int) { outputs.row(i)[t]++ })
	}
	l.stats = l.stats[:0:0]
	if l.multi {
		for c := range l.classes {
			l.stats = append(l.stats, l.holdOutClass(c, outputs))
		}
	} else {
		l.stats = append(l.stats, l.holdOut(outputs))
	}
	l.calibrateLive()
}

// leverage of row i: how much its own label tells of its output.
func (l *Live) leverage(i int) float64 { return 1 - l.c*l.inverse.row(i)[i] }

func (l *Live) holdOut(outputs *matrix) *groupStats {
	count, between := make([]float64, l.classes), newMatrix(l.classes, l.classes)
	for i, row := range l.labels {
		count[row.label[0]]++
		axpy(between.row(row.label[0]), 1, outputs.row(i))
	}
	g := newGroupStats(between, count)
	for c, v := range count {
		l.prior[c] = math.Log(v / g.total)
	}
	projected := make([]float64, l.classes)
	for i, row := range l.labels {
		g.project(outputs.row(i), projected)
		l.tested[i] = g.without(outputs.row(i), projected, l.leverage(i), row.label[0], l.held.row(i), l.heldPrior.row(i))
	}
	return g
}

// holdOutClass is holdOut of one class against the rest.
func (l *Live) holdOutClass(c int, outputs *matrix) *groupStats {
	count, between := make([]float64, 2), newMatrix(2, 2)
	with := func(i int) int {
		for _, held := range l.labels[i].label {
			if held == c {
				return 0
			}
		}
		return 1
	}
	pair := func(i int) []float64 {
		return []float64{outputs.row(i)[c], outputs.row(i)[l.classes] - outputs.row(i)[c]}
	}
	for i := range l.labels {
		count[with(i)]++
		axpy(between.row(with(i)), 1, pair(i))
	}
	l.prior[c] = math.Log((count[0] + 0.5) / (count[1] + 0.5))
	g := newGroupStats(between, count)
	var projected, logits, prior [2]float64
	for i := range l.labels {
		f := pair(i)
		g.project(f, projected[:])
		if count[0] > 0 && count[1] > 0 && g.without(f, projected[:], l.leverage(i), with(i), logits[:], prior[:]) {
			l.held.row(i)[c], l.heldPrior.row(i)[c] = logits[0]-logits[1], prior[0]-prior[1]
			l.tested[i] = true
		}
	}
	return g
}

// absent tells whether no image of class c was learnt.
func (l *Live) absent(c int) bool { return !l.multi && l.stats[0].count[c] == 0 }

// calibrateLive finds the factors of the least log loss over the rows that were held out. Near-duplicates do not test each
// other, unless there is little else.
func (l *Live) calibrateLive() {
	rows := l.testers()
	if !l.multi {
		t, loss := l.factor(rows, l.temperature[0], l.softmaxLoss(len(rows)))
		for c := range l.temperature {
			l.temperature[c] = t
		}
		l.loss = loss
		return
	}
	l.loss = 0
	for c := range l.temperature {
		t, loss := l.factor(rows, l.temperature[c], l.sigmoidLoss(c))
		l.temperature[c], l.loss = t, l.loss+loss
	}
}

func (l *Live) testers() (rows []int) {
	size := map[string]int{}
	for _, row := range l.labels {
		size[row.group]++
	}
	var all []int
	for i, row := range l.labels {
		if !l.tested[i] {
			continue
		}
		all = append(all, i)
		if row.group == "" || size[row.group] == 1 {
			rows = append(rows, i)
		}
	}
	if len(rows) < max(10, len(all)/4) {
		return all
	}
	return rows
}

// factor walks from t by Newton's method to the least loss, which is convex in t. loss gives the loss of a row with its first
// and second derivative by t.
func (l *Live) factor(rows []int, t float64, loss func(i int, t float64) (v, slope, bend float64)) (best, mean float64) {
	if len(rows) == 0 {
		return t, 0
	}
	for range 20 {
		var sum, slope, bend float64
		for _, i := range rows {
			v, a, b := loss(i, t)
			sum, slope, bend = sum+v, slope+a, bend+b
		}
		mean = sum / float64(len(rows))
		next := min(max(t-slope/max(bend, 1e-9), t/3, 1e-4), 3*t, 20)
		if math.Abs(next-t) < 0.01*t {
			return next, mean
		}
		t = next
	}
	return t, mean
}

// softmaxLoss is the cross-entropy of a row's held-out probabilities against its label as far as n rows let it be believed
// (softened, in calibrate.go).
func (l *Live) softmaxLoss(n int) func(i int, t float64) (v, slope, bend float64) {
	present := 0
	for c := range l.classes {
		if !l.absent(c) {
			present++
		}
	}
	doubt := 1 / float64(n+2)
	rest := doubt / float64(max(present-1, 1))
	p := make([]float64, l.classes)
	return func(i int, t float64) (v, slope, bend float64) {
		s, prior, own := l.held.row(i), l.heldPrior.row(i), l.labels[i].label[0]
		top := math.Inf(-1)
		for c := range p {
			if l.absent(c) {
				continue
			}
			p[c] = t*s[c] + prior[c]
			top = max(top, p[c])
		}
		sum, wanted, wantedSlope := 0.0, 0.0, 0.0
		for c := range p {
			if l.absent(c) {
				continue
			}
			w := rest
			if c == own {
				w = 1 - doubt
			}
			wanted, wantedSlope = wanted+w*p[c], wantedSlope+w*s[c]
			p[c] = math.Exp(p[c] - top)
			sum += p[c]
		}
		var first, second float64
		for c := range p {
			if l.absent(c) {
				continue
			}
			q := p[c] / sum
			first, second = first+q*s[c], second+q*s[c]*s[c]
		}
		return top + math.Log(sum) - wanted, first - wantedSlope, second - first*first
	}
}

func (l *Live) sigmoidLoss(c int) func(i int, t float64) (v, slope, bend float64) {
	with, total := l.stats[c].count[0], l.stats[c].total
	yes, no := (with+1)/(with+2), 1/(total-with+2)
	return func(i int, t float64) (v, slope, bend float64) {
		w := no
		for _, held := range l.labels[i].label {
			if held == c {
				w = yes
			}
		}
		s := l.held.row(i)[c]
		z := t*s + l.heldPrior.row(i)[c]
		p := 1 / (1 + math.Exp(-z))
		return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - w*z, (p - w) * s, p * (1 - p) * s * s
	}
}

// Scores gives the calibrated probability of every class for an embedding: of one of them, or, multi-label, of each. A class
// that no image holds has none.
func (l *Live) Scores(x []float32) []float64 {
	outputs := make([]float64, l.targets())
	l.weights.along(l.standard(x), outputs)
	out := make([]float64, l.classes)
	if l.multi {
		var projected, logits [2]float64
		for c, g := range l.stats {
			if g.count[0] > 0 && g.count[1] > 0 {
				g.project([]float64{outputs[c], outputs[l.classes] - outputs[c]}, projected[:])
				g.logits(projected[:], logits[:])
			}
			out[c] = l.temperature[c]*(logits[0]-logits[1]) + l.prior[c]
			logits = [2]float64{}
		}
		probabilities(out, true)
		return out
	}
	projected := make([]float64, l.classes)
	l.stats[0].project(outputs, projected)
	l.stats[0].logits(projected, out)
	return l.settled(out, l.prior)
}

// Held gives the calibrated probabilities that the other images give the image of that key; ok is false where there is no
// such image, or no other of its class.
func (l *Live) Held(key string) (scores []float64, ok bool) {
	i, ok := l.index[key]
	if !ok || i >= len(l.tested) || !l.tested[i] {
		return nil, false
	}
	out := make([]float64, l.classes)
	copy(out, l.held.row(i))
	if !l.multi {
		return l.settled(out, l.heldPrior.row(i)), true
	}
	for c := range out {
		prior := l.heldPrior.row(i)[c]
		if prior == 0 && out[c] == 0 { // it could not be held out
			prior = l.prior[c]
		}
		out[c] = l.temperature[c]*out[c] + prior
	}
	probabilities(out, true)
	return out, true
}

// settled turns logits into probabilities, in place; absent classes have none.
func (l *Live) settled(logits, prior []float64) []float64 {
	for c := range logits {
		logits[c] = l.temperature[c]*logits[c] + prior[c]
		if l.absent(c) {
			logits[c] = math.Inf(-1)
		}
	}
	probabilities(logits, false)
	return logits
}
