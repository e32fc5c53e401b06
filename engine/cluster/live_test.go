package cluster_test

import (
	"context"
	"math"
	"math/rand"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/realtest"
)

// mixture is n points of groups that overlap, of different sizes and widths.
func mixture(n, d, groups int, seed int64) cluster.Points {
	rng := rand.New(rand.NewSource(seed))
	middle := make([]float64, groups*d)
	for i := range middle {
		middle[i] = rng.NormFloat64()
	}
	p := cluster.Points{N: n, D: d}
	for range n {
		g := min(rng.Intn(groups), rng.Intn(groups))
		width := 0.4 + 0.1*float64(g)
		for k := range d {
			p.X = append(p.X, float32(3+middle[g*d+k]+width*rng.NormFloat64()))
		}
	}
	return p
}

// TestBesideScikitLearn asks scikit-learn, where it is installed, for the groups of the same points: all that is decided by the points
// and the start are the same groups. It computes in float64 and this package in float32, which these points do not show.
func TestBesideScikitLearn(t *testing.T) {
	s := newScikit(t)
	for name, points := range map[string]func(*testing.T) cluster.Points{
		"generated": func(*testing.T) cluster.Points { return mixture(1500, 24, 9, 1) },
		"wide":      func(*testing.T) cluster.Points { return mixture(400, 300, 5, 2) },
		"flat":      func(*testing.T) cluster.Points { return mixture(1200, 2, 6, 3) },
		"clothes": func(t *testing.T) cluster.Points {
			p, _ := realtest.Pixels(t, 600)
			return p
		},
	} {
		t.Run(name, func(t *testing.T) { compare(t, s, points(t)) })
	}
}

// compare asks for groups by every method.
func compare(t *testing.T, s *scikit, p cluster.Points) {
	t.Helper()
	ask := asked{Points: s.file(p.X), D: p.D, K: 8, Double: true}
	for _, k := range []int{3, 8, 40} {
		sameKMeans(t, s, p, ask, k)
	}
	for _, m := range []cluster.Method{cluster.MethodWard, cluster.MethodAverage, cluster.MethodComplete} {
		tree, err := cluster.Agglomerate(context.Background(), p, m, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []int{3, 40} {
			ask.Ask, ask.K = string(m), k
			same(t, s, p, ask, tree.Cut(k))
		}
	}
	sameBirch(t, s, p, ask)
}

// same compares groups with those of scikit-learn, and their silhouettes.
func same(t *testing.T, s *scikit, p cluster.Points, ask asked, got []int) answer {
	t.Helper()
	a := s.ask(ask)
	if v := agreement(t, got, a.Labels); v != 1 {
		t.Errorf("%s of %d: adjusted Rand index with scikit-learn's groups %.5f", ask.Ask, ask.K, v)
	}
	want := s.ask(asked{Ask: "silhouette", Points: ask.Points, D: ask.D, Labels: got}).Silhouette
	if v, err := cluster.Silhouette(context.Background(), p, got, 0); err != nil || math.Abs(v-want) > 1e-4 {
		t.Errorf("%s of %d: silhouette %.6f instead of %.6f, %v", ask.Ask, ask.K, v, want, err)
	}
	return a
}

func sameKMeans(t *testing.T, s *scikit, p cluster.Points, ask asked, k int) {
	t.Helper()
	start := make([]float32, 0, k*p.D)
	for _, i := range rand.New(rand.NewSource(int64(k))).Perm(p.N)[:k] {
		start = append(start, p.Row(i)...)
	}
	got, err := cluster.KMeans(context.Background(), p, cluster.KMeansOptions{K: k, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	ask.Ask, ask.K, ask.Start = "kmeans", k, s.file(start)
	a := same(t, s, p, ask, got.Assign)
	// scikit-learn counts the first assignment as an iteration
	if math.Abs(got.Inertia/a.Inertia-1) > 1e-5 || got.Iterations+1 != a.Iterations {
		t.Errorf("K-Means of %d: inertia %g after %d iterations, scikit-learn's %g after %d", k, got.Inertia, got.Iterations, a.Inertia, a.Iterations)
	}
	// Batches are drawn by other generators, and scikit-learn gives up and moves centroids by rules of its own: the same start leads to
	// groups that are alike as far as those of two of its own seeds are.
	mini, err := cluster.MiniBatch(context.Background(), p, cluster.KMeansOptions{K: k, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	ask.Ask = "minibatch"
	b := s.ask(ask)
	t.Logf("batches into %d: adjusted Rand index %.3f, inertia %.4g, scikit-learn's %.4g", k, agreement(t, mini.Assign, b.Labels), mini.Inertia, b.Inertia)
	if mini.Inertia > 1.02*b.Inertia {
		t.Errorf("batches into %d leave an inertia of %g, scikit-learn's %g", k, mini.Inertia, b.Inertia)
	}
}

func sameBirch(t *testing.T, s *scikit, p cluster.Points, ask asked) {
	t.Helper()
	free, err := cluster.NewBirch(context.Background(), p, cluster.BirchOptions{MaxLeaves: 200})
	if err != nil {
		t.Fatal(err)
	}
	ask.Ask, ask.K, ask.Threshold, ask.Branching = "birch", 8, free.Threshold, 20
	b, err := cluster.NewBirch(context.Background(), p, cluster.BirchOptions{Threshold: ask.Threshold, Branching: ask.Branching})
	if err != nil {
		t.Fatal(err)
	}
	if a := same(t, s, p, ask, b.Cut(ask.K)); a.Subclusters != b.Leaves.N {
		t.Errorf("BIRCH: %d subclusters, scikit-learn's %d", b.Leaves.N, a.Subclusters)
	}
}
