package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"os"
	"runtime"
	"slices"
	"testing"
)

var ctx = context.Background()

func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// line is points on a line.
func line(x ...float32) Points { return Points{X: x, N: len(x), D: 1} }

// blobs are k groups of n points each in d dimensions, apart so many times their spread; truth is i/n.
func blobs(k, n, d int, apart float64, seed int64) (Points, []int) {
	rng := rand.New(rand.NewSource(seed))
	p, truth := Points{N: k * n, D: d}, []int{}
	for c := range k {
		centre := make([]float64, d)
		for i := range centre {
			centre[i] = rng.NormFloat64() * apart
		}
		for range n {
			for i := range centre {
				p.X = append(p.X, float32(centre[i]+rng.NormFloat64()))
			}
			truth = append(truth, c)
		}
	}
	return p, truth
}

func TestByHand(t *testing.T) {
	p := line(0, 1, 10, 11, 12, 30)
	part := must[*Partition](t)(KMeans(ctx, p, KMeansOptions{K: 3, Starts: 5}))
	if got := Ordered(part.Assign); !slices.Equal(got, []int{1, 1, 0, 0, 0, 2}) || math.Abs(part.Inertia-2.5) > 1e-5 {
		t.Errorf("K-Means %v, inertia %g", got, part.Inertia)
	}
	// the heights of 0, 1, 10, 11, 12.5: by hand
	q := line(0, 1, 10, 11, 12.5)
	for method, want := range map[Method][]float64{
		MethodAverage:  {1, 1, 2, (10 + 11 + 12.5 + 9 + 10 + 11.5) / 6.0},
		MethodComplete: {1, 1, 2.5, 12.5},
		// Ward: sqrt(2 na nb/(na+nb)) times the distance of the centroids
		MethodWard: {1, 1, math.Sqrt(4.0/3) * 2, math.Sqrt(12.0/5) * (33.5/3 - 0.5)},
	} {
		tree := must[*Tree](t)(Agglomerate(ctx, q, method, nil))
		for i, m := range tree.Merges {
			if math.Abs(m.Height-want[i]) > 1e-5 {
				t.Errorf("%s joins at %g instead of %g", method, m.Height, want[i])
			}
		}
		if got := tree.Cut(2); !slices.Equal(got, []int{0, 0, 1, 1, 1}) {
			t.Errorf("%s cut in two: %v", method, got)
		}
	}
	// 0 and 1: a=1, b=(10+11)/2 and (9+10)/2; 10 and 11: a=1, b=9.5 and 10.5
	want := (9.5/10.5 + 8.5/9.5 + 8.5/9.5 + 9.5/10.5) / 4
	if got := must[float64](t)(Silhouette(ctx, line(0, 1, 10, 11), []int{0, 0, 1, 1}, 0)); math.Abs(got-want) > 1e-6 {
		t.Errorf("silhouette %g instead of %g", got, want)
	}
	// pairs: both 2, a 6, b 3 of 15; (2-6*3/15)/((6+3)/2-6*3/15)
	a, b := []int{0, 0, 0, 1, 1, 1}, []int{0, 0, 1, 1, 2, 2}
	if got := must[float64](t)(AdjustedRand(a, b)); math.Abs(got-(2-1.2)/(4.5-1.2)) > 1e-12 {
		t.Errorf("adjusted Rand %g", got)
	}
	if got := must[float64](t)(MutualInformation([]int{0, 0, 1, 1}, []int{5, 5, 3, 3})); math.Abs(got-1) > 1e-12 {
		t.Errorf("the same groups by other names have NMI %g", got)
	}
	if got := must[float64](t)(MutualInformation([]int{0, 0, 1, 1}, []int{0, 1, 0, 1})); got > 1e-12 {
		t.Errorf("independent groups have NMI %g", got)
	}
}

// TestLikeScikitLearn compares with stored results; testdata/expected.py made them.
func TestLikeScikitLearn(t *testing.T) {
	var expected struct {
		Sets []struct {
			Name               string
			K, D, Branching    int
			X                  []float32
			Threshold, Inertia float64
			Labels             map[Method][]int
			Subclusters        int
			Silhouette         map[Method]float64
			Rand, NMI          float64
		}
	}
	if err := json.Unmarshal(must[[]byte](t)(os.ReadFile("testdata/expected.json")), &expected); err != nil {
		t.Fatal(err)
	}
	for _, s := range expected.Sets {
		p := Points{X: s.X, N: len(s.X) / s.D, D: s.D}
		same := func(m Method, got []int) {
			t.Helper()
			if v := must[float64](t)(AdjustedRand(got, s.Labels[m])); v != 1 {
				t.Errorf("%s, %s: adjusted Rand with scikit-learn's groups %.4f", s.Name, m, v)
			}
			if v := must[float64](t)(Silhouette(ctx, p, got, 0)); math.Abs(v-s.Silhouette[m]) > 1e-5 {
				t.Errorf("%s, %s: silhouette %.6f instead of %.6f", s.Name, m, v, s.Silhouette[m])
			}
		}
		part := must[*Partition](t)(KMeans(ctx, p, KMeansOptions{K: s.K, Starts: 50}))
		same(MethodKMeans, part.Assign)
		if math.Abs(part.Inertia/s.Inertia-1) > 1e-5 {
			t.Errorf("%s: inertia %g instead of %g", s.Name, part.Inertia, s.Inertia)
		}
		for _, m := range []Method{MethodWard, MethodAverage, MethodComplete} {
			same(m, must[*Tree](t)(Agglomerate(ctx, p, m, nil)).Cut(s.K))
		}
		b := must[*Birch](t)(NewBirch(ctx, p, BirchOptions{Threshold: s.Threshold, Branching: s.Branching}))
		same(MethodBirch, b.Cut(s.K))
		if b.Leaves.N != s.Subclusters {
			t.Errorf("%s: %d subclusters instead of %d", s.Name, b.Leaves.N, s.Subclusters)
		}
		ward, complete := s.Labels[MethodWard], s.Labels[MethodComplete]
		if v := must[float64](t)(AdjustedRand(ward, complete)); math.Abs(v-s.Rand) > 1e-9 {
			t.Errorf("%s: adjusted Rand %g instead of %g", s.Name, v, s.Rand)
		}
		if v := must[float64](t)(MutualInformation(ward, complete)); math.Abs(v-s.NMI) > 1e-9 {
			t.Errorf("%s: NMI %g instead of %g", s.Name, v, s.NMI)
		}
	}
}

// TestBoundsChangeNothing compares with Lloyd's algorithm without bounds, step by step.
func TestBoundsChangeNothing(t *testing.T) {
	for seed := range int64(8) {
		p, _ := blobs(5, 60, 7, 1, seed)
		start := plusPlus(newSpace(p), 9, rand.New(rand.NewSource(seed)))
		plain := slices.Clone(start)
		assign := make([]int, p.N)
		rounds := 0
		for changed := true; changed; rounds++ {
			changed = rounds == 0
			for i := range p.N {
				best, at := math.Inf(1), 0
				for c := range 9 {
					if d := squared(p.Row(i), plain[c*p.D:][:p.D]); d < best {
						best, at = d, c
					}
				}
				changed = changed || assign[i] != at
				assign[i] = at
			}
			for c := range 9 {
				var list []int
				for i := range assign {
					if assign[i] == c {
						list = append(list, i)
					}
				}
				if len(list) > 0 {
					copy(plain[c*p.D:], p.subset(list).mean())
				}
			}
		}
		part := must[*Partition](t)(lloyd(ctx, newSpace(p), slices.Clone(start), 300))
		if !slices.Equal(part.Assign, assign) {
			t.Errorf("seed %d: other groups than without bounds, after %d and %d rounds", seed, part.Iterations, rounds)
		}
	}
}

// TestChainJoinsNearestPairs compares the chain with joining the nearest pair each time.
func TestChainJoinsNearestPairs(t *testing.T) {
	for _, m := range []Method{MethodWard, MethodAverage, MethodComplete} {
		p, _ := blobs(3, 15, 3, 2, 4)
		tree := must[*Tree](t)(Agglomerate(ctx, p, m, nil))
		clusters := [][]int{}
		for i := range p.N {
			clusters = append(clusters, []int{i})
		}
		for _, merge := range tree.Merges {
			best, a, b := math.Inf(1), 0, 0
			for j := range clusters {
				for i := range j {
					if d := linkage(p, m, clusters[i], clusters[j]); d < best {
						best, a, b = d, i, j
					}
				}
			}
			if math.Abs(best-merge.Height) > 1e-4*best {
				t.Fatalf("%s joins at %g, the nearest pair is %g apart", m, merge.Height, best)
			}
			clusters[a] = append(clusters[a], clusters[b]...)
			clusters = slices.Delete(clusters, b, b+1)
		}
	}
}

func linkage(p Points, m Method, a, b []int) float64 {
	if m == MethodWard {
		na, nb := float64(len(a)), float64(len(b))
		return math.Sqrt(2*na*nb/(na+nb)) * distance(p.subset(a).mean(), p.subset(b).mean())
	}
	sum, most := 0.0, 0.0
	for _, i := range a {
		for _, j := range b {
			d := distance(p.Row(i), p.Row(j))
			sum += d
			most = max(most, d)
		}
	}
	if m == MethodComplete {
		return most
	}
	return sum / float64(len(a)*len(b))
}

func TestRunFindsGroups(t *testing.T) {
	p, truth := blobs(6, 50, 100, 1.5, 3)
	for _, m := range []Method{"", MethodBirch, MethodWard, MethodAverage, MethodComplete} {
		last, total := -1, 0
		r := must[*Result](t)(Run(ctx, p, Options{Method: m, Dims: 16}, func(done, of int) {
			if done < last {
				t.Errorf("progress goes back from %d to %d", last, done)
			}
			last, total = done, of
		}))
		if v := must[float64](t)(AdjustedRand(r.Assign, truth)); v < 0.99 || len(r.Clusters) != 6 {
			t.Errorf("%q: %d clusters, adjusted Rand %.3f", m, len(r.Clusters), v)
		}
		if last != total {
			t.Errorf("%q ends at %d of %d", m, last, total)
		}
		var all []int
		for c, of := range r.Clusters {
			all = append(append(all, of.Members...), of.Outliers...)
			for _, i := range slices.Concat(of.Members, of.Outliers) {
				if r.Assign[i] != c {
					t.Fatalf("point %d of cluster %d is listed in %d", i, r.Assign[i], c)
				}
			}
			if len(of.Representatives) != representatives || of.Representatives[0] != of.Members[0] {
				t.Errorf("representatives %v of %v", of.Representatives, of.Members[:3])
			}
		}
		slices.Sort(all)
		if len(all) != p.N || len(slices.Compact(all)) != p.N {
			t.Errorf("%q: the clusters list %d points", m, len(all))
		}
		again := must[*Result](t)(Run(ctx, p, Options{Method: m, K: 4, Dims: 16}, nil))
		before := runtime.GOMAXPROCS(1)
		single := must[*Result](t)(Run(ctx, p, Options{Method: m, K: 4, Dims: 16}, nil))
		runtime.GOMAXPROCS(before)
		if len(again.Clusters) != 4 || !slices.Equal(again.Assign, single.Assign) || again.Silhouette != single.Silhouette {
			t.Errorf("%q: one thread finds other clusters", m)
		}
	}
}

func TestNumberIsChosenWithinBounds(t *testing.T) {
	p, _ := blobs(3, 20, 8, 6, 9)
	for want, o := range map[int]Options{3: {Raw: true}, 5: {Raw: true, MinK: 5, MaxK: 5}, 2: {Raw: true, MaxK: 2}} {
		if r := must[*Result](t)(Run(ctx, p, o, nil)); len(r.Clusters) != want {
			t.Errorf("%+v: %d clusters, not %d", o, len(r.Clusters), want)
		}
	}
	few := must[*Result](t)(Run(ctx, line(1, 2, 9), Options{Raw: true, MinK: 7}, nil))
	if len(few.Clusters) != 2 {
		t.Errorf("three points in %d clusters", len(few.Clusters))
	}
}

func TestOutliersStandApart(t *testing.T) {
	p, _ := blobs(1, 60, 4, 0, 1)
	for i := range 4 {
		p.X[7*4+i] = 9 // far out
	}
	r := describe(p, make([]int, p.N))
	if len(r) != 1 || len(r[0].Outliers) == 0 || r[0].Outliers[len(r[0].Outliers)-1] != 7 || slices.Contains(r[0].Representatives, 7) {
		t.Errorf("outliers %v", r[0].Outliers)
	}
	q := line(0, 0, 0, 0, 0, 0, 0, 0, 0.1, 5.4, 10, 10.1, 10.2) // 5.4 is nearer to the others than to the mean of its own
	r = describe(q, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1})
	if !slices.Contains(r[0].Outliers, 9) || len(r[1].Outliers) != 0 {
		t.Errorf("outliers %v and %v", r[0].Outliers, r[1].Outliers)
	}
}

func TestReduceKeepsWhatVaries(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	const n, d, inside = 200, 50, 5
	axes := Points{X: make([]float32, inside*d), N: inside, D: d}
	for i := range axes.X {
		axes.X[i] = float32(rng.NormFloat64())
	}
	p := Points{X: make([]float32, n*d), N: n, D: d}
	for i := range n {
		row := p.Row(i)
		for k := range row {
			row[k] = 3
		}
		for a := range inside {
			by := float32(rng.NormFloat64())
			for k := range row {
				row[k] += by * axes.Row(a)[k]
			}
		}
	}
	got := must[Points](t)(Reduce(ctx, p, 8, 1, nil))
	if got.N != n || got.D != 8 {
		t.Fatalf("%d x %d", got.N, got.D)
	}
	for i := range 20 {
		a, b := distance(p.Row(i), p.Row(i+100)), distance(got.Row(i), got.Row(i+100))
		if math.Abs(a-b) > 1e-3*a {
			t.Errorf("a distance of %g has become %g", a, b)
		}
	}
}

func TestStrangePoints(t *testing.T) {
	same := Points{X: make([]float32, 40), N: 10, D: 4}
	for _, m := range []Method{MethodKMeans, MethodBirch, MethodWard, MethodAverage, MethodComplete} {
		for _, k := range []int{0, 3} {
			r := must[*Result](t)(Run(ctx, same, Options{Method: m, K: k}, nil))
			n := 0
			for _, c := range r.Clusters {
				n += len(c.Members) + len(c.Outliers)
			}
			if n != 10 {
				t.Errorf("%s of ten copies lists %d", m, n)
			}
		}
		must[*Result](t)(Run(ctx, line(1, 2), Options{Method: m}, nil))
		must[*Result](t)(Run(ctx, line(1, 2, 3), Options{Method: m, K: 3, Raw: true}, nil))
		must[*Result](t)(Run(ctx, line(1, -2, 3e14), Options{Method: m, Raw: true}, nil))
	}
	for name, o := range map[string]Options{"method": {Method: "dbscan"}, "k": {K: 11}, "negative": {K: -1}} {
		if _, err := Run(ctx, same, o, nil); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := Run(ctx, line(1), Options{}, nil); err == nil {
		t.Error("one point is clustered")
	}
	if _, err := Run(ctx, line(1, float32(math.NaN()), 1e20), Options{}, nil); err == nil {
		t.Error("what is no number is clustered")
	}
	many := Points{X: make([]float32, MaxAgglomerative+1), N: MaxAgglomerative + 1, D: 1}
	var tooMany *TooManyError
	if _, err := Run(ctx, many, Options{Method: MethodWard, K: 2}, nil); !errors.As(err, &tooMany) {
		t.Errorf("too many points answer %v", err)
	}
}

func TestMiniBatchComesNear(t *testing.T) {
	p, truth := blobs(8, 600, 10, 3, 5)
	part := must[*Partition](t)(MiniBatch(ctx, p, KMeansOptions{K: 8, Starts: 3}))
	whole := must[*Partition](t)(KMeans(ctx, p, KMeansOptions{K: 8, Starts: 3}))
	if v := must[float64](t)(AdjustedRand(part.Assign, truth)); v < 0.98 || part.Inertia > 1.02*whole.Inertia {
		t.Errorf("adjusted Rand %.3f, inertia %g against %g", v, part.Inertia, whole.Inertia)
	}
}

func TestCancel(t *testing.T) {
	p, _ := blobs(10, 300, 256, 0.2, 1)
	for _, m := range []Method{MethodKMeans, MethodBirch, MethodWard} {
		ctx, cancel := context.WithCancel(ctx)
		calls := 0
		_, err := Run(ctx, p, Options{Method: m}, func(int, int) {
			if calls++; calls == 8 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", m, err)
		}
		cancel()
	}
}

func BenchmarkRun(b *testing.B) {
	p, _ := blobs(20, 250, 1728, 0.3, 1)
	for _, m := range []Method{MethodKMeans, MethodBirch, MethodWard} {
		b.Run(fmt.Sprintf("%s/5000x1728", m), func(b *testing.B) {
			for b.Loop() {
				must[*Result](b)(Run(ctx, p, Options{Method: m}, nil))
			}
		})
	}
	b.Run("kmeans-all-dims/5000x1728", func(b *testing.B) {
		for b.Loop() {
			must[*Result](b)(Run(ctx, p, Options{K: 20, Dims: -1}, nil))
		}
	})
}
