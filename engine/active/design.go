package active

import "math"

// design chooses by how much less a linear model would be in doubt about all images if it knew the label of one: greedy V-optimal design
// with the Fisher information of a classifier, so that an image that is in doubt tells more, and doubt counts where it is (BAIT, Ash et al.
// 2021, with one weight an image in place of a matrix). With points x, S = (ridge + sum of w x x' over what is labelled)^-1 and M =
// sum of w x x' over all images, an image lessens the trace of S M by
//
//	x' S M S x / (1/w + x' S x).
//
// Unlike margin alone this takes no outliers, since M hardly knows them, and none twice, since S has it then.
type design struct {
	d      int
	x      [][]float64 // of mean square length 1
	weight []float64
	s, m   []float64 // d x d
	gain   []float64 // x' S M S x
	spread []float64 // x' S x
}

const (
	ridge = 1.0
	// leastDoubt is that of an image of which the head is sure; labelledDoubt stands for that of a labelled one in M, and a label that
	// is there counts in full.
	leastDoubt, labelledDoubt = 0.02, 0.3
)

// newDesign knows what is labelled or taken so far.
func (o *order) newDesign() *design {
	n, d := o.points.N, o.points.D
	t := &design{d: d, x: make([][]float64, n), weight: make([]float64, n), s: make([]float64, d*d), m: make([]float64, d*d), gain: make([]float64, n), spread: make([]float64, n)}
	sum := 0.0
	for _, v := range o.points.X {
		sum += float64(v) * float64(v)
	}
	by := 1 / math.Sqrt(max(sum/float64(n), 1e-30))
	for k := range d {
		t.s[k*d+k] = 1 / ridge
	}
	for r, i := range o.image {
		x := make([]float64, d)
		for k, v := range o.points.Row(r) {
			x[k] = float64(v) * by
		}
		wanted := labelledDoubt
		t.x[r], t.weight[r] = x, 1
		if image := o.c.Images[i]; !image.Labelled {
			wanted = labelledDoubt + leastDoubt
			if image.Scores != nil {
				wanted = doubt(image.Scores, o.c.Multi) + leastDoubt
			}
			t.weight[r] = wanted
		}
		for a, v := range x {
			add(t.m[a*d:][:d], wanted*v, x)
		}
	}
	for r, i := range o.image {
		if o.taken[i] {
			t.absorb(t.change(r))
		}
	}
	for r, x := range t.x {
		sx := t.times(t.s, x)
		t.spread[r], t.gain[r] = dot(x, sx), dot(sx, t.times(t.m, sx))
	}
	return t
}

// change gives v: with the label of row r known, S is less by v v' (Sherman and Morrison 1950).
func (t *design) change(r int) []float64 {
	v := t.times(t.s, t.x[r])
	by := 1 / math.Sqrt(1/t.weight[r]+dot(t.x[r], v))
	for k := range v {
		v[k] *= by
	}
	return v
}

func (t *design) absorb(v []float64) {
	for a, va := range v {
		add(t.s[a*t.d:][:t.d], -va, v)
	}
}

// learn counts the label of row r as known.
func (t *design) learn(r int) {
	v := t.change(r)
	mv := t.times(t.m, v)
	q, bend := t.times(t.s, mv), dot(v, mv)
	for i, x := range t.x {
		xv, xq := dot(x, v), dot(x, q)
		t.spread[i] -= xv * xv
		t.gain[i] += xv * (xv*bend - 2*xq)
	}
	t.absorb(v)
}

// worth of the label of row r.
func (t *design) worth(r int) float64 { return t.gain[r] / (1/t.weight[r] + t.spread[r]) }

// designed takes n images by design, of the class with the fewest labels in turn where an image has one class.
func (o *order) designed(n int) (out []int) {
	if o.design == nil {
		o.design = o.newDesign()
	}
	open := make([]bool, len(o.count))
	for c := range open {
		open[c] = true
	}
	for len(out) < n {
		class := -1
		if !o.c.Multi {
			class = o.rarest(open)
		}
		best, at := math.Inf(-1), -1
		for r, i := range o.image {
			if o.taken[i] || class >= 0 && o.guessed[i] != class {
				continue
			}
			if w := o.design.worth(r); w > best {
				best, at = w, i
			}
		}
		switch {
		case at >= 0:
			o.use(at)
			out = append(out, at)
		case class >= 0:
			open[class] = false
		default:
			return out
		}
	}
	return out
}

func (t *design) times(m, x []float64) []float64 {
	out := make([]float64, t.d)
	for a := range out {
		out[a] = dot(m[a*t.d:][:t.d], x)
	}
	return out
}

func dot(a, b []float64) float64 {
	b = b[:len(a)]
	sum := 0.0
	for k, v := range a {
		sum += v * b[k]
	}
	return sum
}

func add(to []float64, by float64, x []float64) {
	x = x[:len(to)]
	for k, v := range x {
		to[k] += by * v
	}
}
