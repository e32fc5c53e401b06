package train

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Live is a head that follows a person's labels one by one. It is the discriminant of Fit; but what a new label changes is
// a matrix of rank one, so that it costs n (n + 3 d) multiplications where Fit's costs n d (n + classes) and more.
//
// Kept are the inverse of the rows' inner products with the penalty on the diagonal, K = (X X' + c)^-1, the dual weights
// K y, and from them the weights of the ridge regression. Leaving an image out follows from the same numbers in closed
// form (Cawley & Talbot 2003), so that every label that is known calibrates the head by what the others say of it.
//
// The penalty c, the standardisation and the choice of images are those of NewLive; a caller that has many more labels than
// then makes a new one. It is no use to many goroutines at the same time.
type Live struct {
	d, classes int
	multi      bool
	c          float64 // penalty on the squared weights

	s       *standardised // its rows are not kept here
	rows    *matrix       // n x d, standardised
	inverse *matrix       // n x room: K
	alpha   *matrix       // n x targets: K y
	weights *matrix       // targets x d
	labels  []liveLabel
	index   map[string]int
	turn    int
	most    int // images

	calibration
}

// liveLabel is what is known of one row.
type liveLabel struct {
	key   string
	label []int
	group string
	turn  int // grows: which row is older
}

// LiveImage is one labelled image of a Live head. Key names it; Label lists its class indices, exactly one unless the head
// is multi-label. Images of one Group, unless it is "", are near-duplicates: they teach, but do not test each other.
type LiveImage struct {
	Key   string
	X     []float32
	Label []int
	Group string
}

const (
	// MaxLive is the most images that a Live head holds: 32 MB of inverse. When one more comes, the oldest of the class with the most
	// images goes.
	MaxLive = 2000
	// LiveBase is the most images that NewLive begins with: the others are added one by one, which takes as long in all, but
	// nobody has to wait for it.
	LiveBase = 200
)

// NewLive begins a head with some labelled images, at most LiveBase of them, of length D each; others are embeddings whose
// label is not known, which help to tell how far features spread. pause, when not nil, is called between pieces of work of
// some milliseconds.
func NewLive(ctx context.Context, images []LiveImage, others [][]float32, classes int, multi bool, pause func()) (*Live, error) {
	data, err := liveData(images, classes, multi)
	if err != nil {
		return nil, err
	}
	stop := func() bool {
		if pause != nil {
			pause()
		}
		return ctx.Err() != nil
	}
	l := &Live{d: data.D, classes: classes, multi: multi, index: map[string]int{}, most: MaxLive}
	l.s = spread(&data, others)
	l.rows = &matrix{data.N, data.D, l.s.rows}
	l.s.rows = nil
	for _, image := range images {
		l.index[image.Key] = len(l.labels)
		l.labels = append(l.labels, liveLabel{image.Key, image.Label, image.Group, l.turn})
		l.turn++
	}
	inner := gram(l.rows)
	best := math.Inf(1)
	var kept Live
	for k := firstLambda; k >= 0; k-- { // from weak to strong while that helps
		try := *l
		try.calibration = calibration{}
		try.c = lambdas[k] * float64(data.N)
		if !try.begin(inner, stop) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			continue
		}
		try.refresh()
		if try.loss >= best {
			break
		}
		best, kept = try.loss, try
	}
	if math.IsInf(best, 1) {
		return nil, errScale
	}
	return &kept, nil
}

func liveData(images []LiveImage, classes int, multi bool) (Dataset, error) {
	if len(images) == 0 || len(images) > LiveBase {
		return Dataset{}, fmt.Errorf("a live head begins with 1 to %d images, not %d", LiveBase, len(images))
	}
	data := Dataset{N: len(images), D: len(images[0].X), Classes: classes, Multi: multi}
	for _, image := range images {
		data.X = append(data.X, image.X...)
		data.Labels = append(data.Labels, image.Label)
	}
	return data, data.check()
}

// spread standardises the rows of data by what they and others have in common.
func spread(data *Dataset, others [][]float32) *standardised {
	all := Dataset{N: data.N, D: data.D, X: data.X}
	for _, x := range others {
		if len(x) == data.D {
			all.X, all.N = append(all.X[:len(all.X):len(all.X)], x...), all.N+1
		}
	}
	s := standardise(&all)
	s.rows = s.rows[:data.N*data.D]
	return s
}

// begin makes inverse, dual weights and weights from the rows' inner products.
func (l *Live) begin(inner *matrix, stop func() bool) bool {
	n := l.rows.rows
	k := newMatrix(n, n)
	copy(k.data, inner.data)
	l.inverse = newMatrix(n, n)
	for i := range n {
		k.row(i)[i] += l.c
		l.inverse.row(i)[i] = 1
	}
	if stop() || !cholesky(k, stop) {
		return false
	}
	k.solve(l.inverse)
	if stop() {
		return false
	}
	targets := l.targets()
	l.alpha, l.weights = newMatrix(n, targets), newMatrix(targets, l.d)
	for i := range n {
		l.eachTarget(l.labels[i].label, func(t int) {
			for j, v := range l.inverse.row(i)[:n] {
				l.alpha.row(j)[t] += v
			}
		})
	}
	for i := range n {
		for t, v := range l.alpha.row(i) {
			axpy(l.weights.row(t), v, l.rows.row(i))
		}
	}
	return true
}

func (l *Live) targets() int {
	if l.multi {
		return l.classes + 1
	}
	return l.classes
}

// eachTarget calls f with the targets that are 1 for a label.
func (l *Live) eachTarget(label []int, f func(t int)) {
	for _, c := range label {
		f(c)
	}
	if l.multi {
		f(l.classes)
	}
}

// Len is how many images the head holds.
func (l *Live) Len() int { return len(l.labels) }

// Holds tells whether the head has learnt from the image of that key.
func (l *Live) Holds(key string) bool {
	_, ok := l.index[key]
	return ok
}

// Label gives the classes that the head has learnt of an image.
func (l *Live) Label(key string) (label []int, ok bool) {
	i, ok := l.index[key]
	if !ok {
		return nil, false
	}
	return l.labels[i].label, true
}

// Set gives an image its label: a new one is learnt, of one that is there the label is changed. What Scores tells changes
// with the next Refresh. An embedding that is not finite, or has another length than those before, is refused.
func (l *Live) Set(image LiveImage) error {
	one := Dataset{X: image.X, N: 1, D: l.d, Labels: [][]int{image.Label}, Classes: l.classes, Multi: l.multi}
	if err := one.checkRows(); err != nil {
		return err
	}
	if i, ok := l.index[image.Key]; ok {
		l.relabel(i, image.Label)
		return nil
	}
	if l.Len() >= l.most {
		l.Drop(l.labels[l.spare()].key)
	}
	x := l.standard(image.X)
	n := l.rows.rows
	k := make([]float64, n)
	l.rows.along(x, k) // inner products with what is there
	g := make([]float64, n)
	l.inverse.along(k, g)
	s := dot(x, x) + l.c - dot(k, g)
	away := l.combined(g)
	direction := make([]float64, l.d) // x without what the other rows tell of it
	for f, v := range x {
		direction[f] = v - away[f]
	}
	l.grow()
	for i := range n {
		axpy(l.inverse.row(i)[:n], g[i]/s, g)
		l.inverse.row(i)[n], l.inverse.row(n)[i] = -g[i]/s, -g[i]/s
	}
	l.inverse.row(n)[n] = 1 / s
	l.rows.data, l.rows.rows = append(l.rows.data, x...), n+1
	dual := make([]float64, l.targets())
	for t := range dual {
		dual[t] = -dot(l.weights.row(t), x)
	}
	l.eachTarget(image.Label, func(t int) { dual[t]++ })
	for t := range dual {
		dual[t] /= s
		axpy(l.weights.row(t), dual[t], direction)
	}
	for i := range n {
		axpy(l.alpha.row(i), -g[i], dual)
	}
	l.alpha.data, l.alpha.rows = append(l.alpha.data, dual...), n+1
	l.index[image.Key] = n
	l.labels = append(l.labels, liveLabel{image.Key, slices.Clone(image.Label), image.Group, l.turn})
	l.turn++
	return nil
}

// Drop forgets an image, if it is there. What Scores tells changes with the next Refresh.
func (l *Live) Drop(key string) {
	r, ok := l.index[key]
	if !ok {
		return
	}
	n := l.rows.rows
	q := slices.Clone(l.inverse.row(r)[:n])
	dual := slices.Clone(l.alpha.row(r))
	along := l.combined(q)
	for t, v := range dual {
		axpy(l.weights.row(t), -v/q[r], along)
	}
	for i := range n {
		axpy(l.alpha.row(i), -q[i]/q[r], dual)
		axpy(l.inverse.row(i)[:n], -q[i]/q[r], q)
	}
	last := n - 1 // takes the place of the one that goes
	copy(l.rows.row(r), l.rows.row(last))
	copy(l.alpha.row(r), l.alpha.row(last))
	copy(l.inverse.row(r)[:n], l.inverse.row(last)[:n])
	for i := range n {
		l.inverse.row(i)[r] = l.inverse.row(i)[last]
	}
	l.rows.data, l.rows.rows = l.rows.data[:last*l.d], last
	l.alpha.data, l.alpha.rows = l.alpha.data[:last*l.alpha.cols], last
	l.inverse.rows = last
	l.labels[r] = l.labels[last]
	l.index[l.labels[r].key] = r
	l.labels = l.labels[:last]
	delete(l.index, key)
}

func (l *Live) relabel(r int, label []int) {
	n := l.rows.rows
	change := make([]float64, l.targets())
	l.eachTarget(l.labels[r].label, func(t int) { change[t]-- })
	l.eachTarget(label, func(t int) { change[t]++ })
	column := l.inverse.row(r)[:n]
	along := l.combined(column)
	for t, v := range change {
		if v != 0 {
			axpy(l.weights.row(t), v, along)
		}
	}
	for i := range n {
		axpy(l.alpha.row(i), column[i], change)
	}
	l.labels[r].label, l.labels[r].turn = slices.Clone(label), l.turn
	l.turn++
}

// combined is the sum of the rows, each times its factor.
func (l *Live) combined(factor []float64) []float64 {
	out := make([]float64, l.d)
	i := 0
	for ; i+4 <= len(factor); i += 4 { // four at once: out is loaded and stored less often
		a, b, c, d := factor[i], factor[i+1], factor[i+2], factor[i+3]
		p, q, r, s := l.rows.row(i)[:len(out)], l.rows.row(i + 1)[:len(out)], l.rows.row(i + 2)[:len(out)], l.rows.row(i + 3)[:len(out)]
		for f := range out {
			out[f] += a*p[f] + b*q[f] + c*r[f] + d*s[f]
		}
	}
	for ; i < len(factor); i++ {
		axpy(out, factor[i], l.rows.row(i))
	}
	return out
}

func (l *Live) standard(x []float32) []float64 {
	out := make([]float64, l.d)
	for f, v := range x {
		out[f] = (float64(v) - l.s.mean[f]) * l.s.scale[f]
	}
	return out
}

// grow makes room for one more row of the inverse.
func (l *Live) grow() {
	n := l.inverse.rows
	if n == l.inverse.cols {
		wide := newMatrix(n, n+n/2+16)
		for i := range n {
			copy(wide.row(i), l.inverse.row(i))
		}
		wide.data = append(wide.data, make([]float64, wide.cols*(wide.cols-n))...)
		l.inverse = wide
	}
	l.inverse.rows = n + 1
}

// spare is the oldest row of the class with the most of them.
func (l *Live) spare() int {
	count := make([]int, l.classes+1)
	class := func(i int) int {
		if len(l.labels[i].label) == 0 {
			return l.classes
		}
		return l.labels[i].label[0]
	}
	for i := range l.labels {
		count[class(i)]++
	}
	out := 0
	for i := range l.labels {
		a, b := count[class(i)], count[class(out)]
		if a > b || a == b && l.labels[i].turn < l.labels[out].turn {
			out = i
		}
	}
	return out
}
