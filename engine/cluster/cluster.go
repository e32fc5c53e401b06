// Package cluster groups embeddings without labels: K-Means, BIRCH and agglomerative clustering, the choice of their number
// of clusters by silhouette, and what a person needs to see of each cluster. It does no I/O. The same points, options and
// seed give the same clusters, on any number of threads.
package cluster

import (
	"context"
	"fmt"
	"math"
	"runtime"
)

// Points are n vectors of d numbers, row-major: X holds N*D values of at most 1e15.
type Points struct {
	X    []float32
	N, D int
}

// maxValue keeps sums of squares within float32.
const maxValue = 1e15

// Row gives point i, without a copy.
func (p Points) Row(i int) []float32 { return p.X[i*p.D:][:p.D] }

func (p Points) check() error {
	if p.N < 1 || p.D < 1 || len(p.X) != p.N*p.D {
		return fmt.Errorf("%d values are not %d points of %d dimensions", len(p.X), p.N, p.D)
	}
	for i, v := range p.X {
		if !(math.Abs(float64(v)) <= maxValue) {
			return fmt.Errorf("point %d holds %g, which is no number up to %g", i/p.D, v, maxValue)
		}
	}
	return nil
}

// Method names a way to group.
type Method string

// The methods. Ward, Average and Complete are agglomerative, with the linkage that they name.
const (
	MethodKMeans   Method = "kmeans"
	MethodBirch    Method = "birch"
	MethodWard     Method = "ward"
	MethodAverage  Method = "average"
	MethodComplete Method = "complete"
)

// Agglomerative tells whether m needs the distances of all pairs, and so takes MaxAgglomerative points at most.
func (m Method) Agglomerative() bool {
	return m == MethodWard || m == MethodAverage || m == MethodComplete
}

// Known tells whether m is one of the methods.
func (m Method) Known() bool { return m == MethodKMeans || m == MethodBirch || m.Agglomerative() }

const (
	// DefaultDims is how many dimensions Run keeps at most. Embeddings of a thousand and more dimensions lie near a subspace of a
	// few dozen; inside it clustering is some forty times as fast and what is lost is mostly noise.
	DefaultDims = 32
	// rawDims is how many are kept of points that are left as they are: what varies less counts for little there.
	rawDims = 64
	// DefaultMaxK is the largest number of clusters that Run tries when it chooses.
	DefaultMaxK = 20
	// miniBatchFrom is the number of points from which K-Means learns from batches.
	miniBatchFrom = 50_000
)

// Options of Run. The zero value is K-Means with a chosen number of clusters.
type Options struct {
	Method Method
	K      int // number of clusters; 0 chooses the one of the largest silhouette
	MinK   int // the smallest number that is tried where K is 0; 2 when less
	MaxK   int // the largest that is tried where K is 0; DefaultMaxK when 0
	Seed   int64
	Dims   int // dimensions to keep, DefaultDims when 0 (64 where Raw); below 0 all
	// Raw leaves the points as they are. Otherwise square roots are taken, directions of much variance are scaled down, and each point
	// is scaled to length one: the direction of an embedding tells what is shown, its length mostly how strong the contrast is.
	Raw bool
}

// Result of Run.
type Result struct {
	Assign     []int     // the cluster of each point, 0 to len(Clusters)-1, largest cluster first
	Silhouette float64   // mean over the points (a sample of MaxSilhouette), -1 to 1; 0 where there is one cluster
	Clusters   []Cluster // what each holds
}

// step is a stage of a run for progress: fixed shares of a thousand.
type steps struct {
	report   func(done, total int)
	from, to int
}

// at reports done of total of this stage, and lets others run: in the browser everything shares one thread.
func (s steps) at(done, total int) {
	s.report(s.from+(s.to-s.from)*min(done, total)/max(total, 1), 1000)
	runtime.Gosched()
}

func (s steps) part(from, to int) steps { return steps{s.report, from, to} }

// Run groups points and describes the clusters. progress may be nil; it is called from the caller's goroutine and grows to
// total. Errors are ctx.Err(), too few points (two are needed), a K that does not fit, or *TooManyError.
func Run(ctx context.Context, p Points, o Options, progress func(done, total int)) (*Result, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if o.Method == "" {
		o.Method = MethodKMeans
	}
	if err := o.check(p); err != nil {
		return nil, err
	}
	s := steps{progress, 0, 1000}
	s.at(0, 1)
	p, err := o.prepared(ctx, p, s.part(0, 300))
	if err != nil {
		return nil, err
	}
	sample, err := newSample(ctx, p, o.Seed)
	if err != nil {
		return nil, err
	}
	s.part(0, 400).at(1, 1)
	assign, err := o.assign(ctx, p, sample, s.part(400, 950))
	if err != nil {
		return nil, err
	}
	assign = Ordered(assign)
	out := &Result{Assign: assign, Silhouette: sample.silhouette(assign), Clusters: describe(p, assign)}
	progress(1000, 1000)
	return out, ctx.Err()
}

// prepared gives points as groups are looked for in them.
func (o Options) prepared(ctx context.Context, p Points, s steps) (Points, error) {
	if o.Raw {
		return Reduced(ctx, p, o.dims(), true, o.Seed, s.at)
	}
	return evening{root: true, dims: o.dims(), power: 0.75}.of(ctx, p, o.Seed, s.at)
}

func (o Options) dims() int {
	switch {
	case o.Dims != 0:
		return o.Dims
	case o.Raw:
		return rawDims
	}
	return DefaultDims
}

// tried gives the numbers of clusters between which n points choose.
func (o Options) tried(n int) (from, to int) {
	k := o.MaxK
	if k == 0 {
		k = DefaultMaxK
	}
	to = max(min(k, n-1), 2)
	return min(max(o.MinK, 2), to), to
}

func (o Options) check(p Points) error {
	if err := p.check(); err != nil {
		return err
	}
	switch {
	case !o.Method.Known():
		return fmt.Errorf("there is no method %q", o.Method)
	case p.N < 2:
		return fmt.Errorf("grouping needs two points at least")
	case o.K < 0 || o.K > p.N:
		return fmt.Errorf("%d points cannot be %d clusters", p.N, o.K)
	case o.Method.Agglomerative() && p.N > MaxAgglomerative:
		return &TooManyError{p.N, MaxAgglomerative}
	}
	return nil
}

// TooManyError is the answer to more points than a method takes.
type TooManyError struct{ N, Max int }

// Error implements error.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("this method takes at most %d points, not %d", e.Max, e.N)
}

// assign runs the method with the number of clusters that was asked for, or the best one.
func (o Options) assign(ctx context.Context, p Points, sample *sample, s steps) ([]int, error) {
	cut, err := o.prepare(ctx, p, s)
	if err != nil {
		return nil, err
	}
	if o.K > 0 {
		return cut(o.K, true)
	}
	from, top := o.tried(p.N)
	best, bestK := math.Inf(-1), from
	var bestAssign []int
	for k := from; k <= top; k++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		assign, err := cut(k, false)
		if err != nil {
			return nil, err
		}
		if v := sample.silhouette(assign); v > best {
			best, bestK, bestAssign = v, k, assign
		}
		s.part((s.from+s.to)/2, s.to).at(k, top)
	}
	if o.Method != MethodKMeans {
		return bestAssign, nil
	}
	return cut(bestK, true)
}

// prepare gives a function that makes k clusters; with care it takes more starts, where that is worth something.
func (o Options) prepare(ctx context.Context, p Points, s steps) (func(k int, care bool) ([]int, error), error) {
	switch {
	case o.Method == MethodKMeans:
		return func(k int, care bool) ([]int, error) {
			ko := KMeansOptions{K: k, Starts: 2, Seed: o.Seed}
			if care {
				ko.Starts = 10
			}
			fit := KMeans
			if runtime.GOOS != "js" && p.N >= miniBatchFrom { // so many do not fit into a browser, which is not sent the code
				fit = MiniBatch
			}
			part, err := fit(ctx, p, ko)
			if err != nil {
				return nil, err
			}
			return part.Assign, nil
		}, nil
	case o.Method == MethodBirch:
		b, err := NewBirch(ctx, p, BirchOptions{Seed: o.Seed})
		if err != nil {
			return nil, err
		}
		s.at(1, 2)
		return func(k int, _ bool) ([]int, error) { return b.Cut(k), nil }, nil
	}
	tree, err := Agglomerate(ctx, p, o.Method, func(done, total int) { s.at(done, 2*total) })
	if err != nil {
		return nil, err
	}
	return func(k int, _ bool) ([]int, error) { return tree.Cut(k), nil }, nil
}
