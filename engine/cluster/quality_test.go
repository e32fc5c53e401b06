package cluster_test

import (
	"context"
	"os"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/realtest"
)

// quality gives the sets of real images that groups are measured on: 600 photos of hand signs, and 10,000 pieces of clothing.
func quality(t *testing.T, each func(t *testing.T, p cluster.Points, truth []int)) {
	t.Helper()
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos, and IRUM_EMBEDDINGS to a folder to keep their embeddings")
	}
	t.Run("signs", func(t *testing.T) {
		p, truth := realtest.Signs(t)
		each(t, p, truth)
	})
	t.Run("clothes", func(t *testing.T) {
		p, truth := realtest.Fashion(t, 10_000)
		each(t, p, truth)
	})
}

// scores are the adjusted Rand index and the mutual information of groups with the truth, and the part of the points whose class is
// that of most of their group.
func scores(t *testing.T, got, truth []int) (rand, nmi, pure float64) {
	t.Helper()
	nmi, err := cluster.MutualInformation(got, truth)
	if err != nil {
		t.Fatal(err)
	}
	count, most := map[[2]int]int{}, map[int]int{}
	for i, g := range got {
		count[[2]int{g, truth[i]}]++
		most[g] = max(most[g], count[[2]int{g, truth[i]}])
	}
	for _, n := range most {
		pure += float64(n) / float64(len(got))
	}
	return agreement(t, got, truth), nmi, pure
}

// TestGroupsAgreeWithTruth says how well the groups of each method agree with the truth, as the product makes them, and beside them those
// that scikit-learn makes of the same prepared points. It takes minutes, so it runs only when IRUM_QUALITY is set. Hand signs agree little:
// each person shows all ten, and without labels the hand and the light tell more than the fingers do.
func TestGroupsAgreeWithTruth(t *testing.T) {
	quality(t, func(t *testing.T, p cluster.Points, truth []int) {
		s := newScikit(t)
		ready, err := cluster.Prepared(context.Background(), p, cluster.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ask := asked{Points: s.file(ready.X), D: ready.D, K: 10, Branching: 50, Double: true}
		for _, m := range []cluster.Method{cluster.MethodKMeans, cluster.MethodBirch, cluster.MethodWard, cluster.MethodAverage, cluster.MethodComplete} {
			r, err := cluster.Run(context.Background(), p, cluster.Options{Method: m, K: 10}, nil)
			if err != nil {
				t.Fatal(err)
			}
			rand, nmi, pure := scores(t, r.Assign, truth)
			ask.Ask = string(m)
			if m == cluster.MethodBirch {
				b, err := cluster.NewBirch(context.Background(), ready, cluster.BirchOptions{})
				if err != nil {
					t.Fatal(err)
				}
				ask.Threshold = b.Threshold
			}
			theirs := s.ask(ask).Labels
			otherRand, otherNMI, _ := scores(t, theirs, truth)
			both, _, _ := scores(t, r.Assign, theirs)
			t.Logf("| %s | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |", m, rand, nmi, pure, otherRand, otherNMI, both)
			if m.Agglomerative() && both < 0.999 || m == cluster.MethodKMeans && rand < 0.1 {
				t.Errorf("%s: adjusted Rand index %.3f with the truth, %.3f with scikit-learn's groups", m, rand, both)
			}
			free, err := cluster.Run(context.Background(), p, cluster.Options{Method: m}, nil)
			if err != nil {
				t.Fatal(err)
			}
			rand, nmi, pure = scores(t, free.Assign, truth)
			t.Logf("  %s chooses %d groups: %.3f, %.3f, purity %.3f", m, len(free.Clusters), rand, nmi, pure)
		}
	})
}

// TestPreparations compares ways to prepare embeddings, by K-Means and Ward's linkage, on which Run's choice stands. It takes minutes,
// so it runs only when IRUM_QUALITY is set.
func TestPreparations(t *testing.T) {
	quality(t, func(t *testing.T, p cluster.Points, truth []int) {
		before, err := cluster.Reduced(context.Background(), p, 64, false, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		measure(t, "length one, 64 directions", before, truth)
		for _, way := range []struct {
			name  string
			root  bool
			dims  int
			power float64
		}{
			{"roots, 32 directions, power 0", true, 32, 0},
			{"roots, 32 directions, power 0.5", true, 32, 0.5},
			{"roots, 32 directions, power 0.75", true, 32, 0.75},
			{"roots, 32 directions, power 1", true, 32, 1},
			{"roots, 16 directions, power 0.75", true, 16, 0.75},
			{"roots, 64 directions, power 0.75", true, 64, 0.75},
			{"no roots, 32 directions, power 0.75", false, 32, 0.75},
		} {
			q, err := cluster.Evened(context.Background(), p, way.root, way.dims, way.power)
			if err != nil {
				t.Fatal(err)
			}
			measure(t, way.name, q, truth)
		}
	})
}

// measure groups prepared points: K-Means and Ward's linkage into 10, and K-Means into many small groups.
func measure(t *testing.T, name string, p cluster.Points, truth []int) {
	t.Helper()
	const seeds = 5
	kmeans, nmi := 0.0, 0.0
	for seed := range int64(seeds) {
		part, err := cluster.KMeans(context.Background(), p, cluster.KMeansOptions{K: 10, Starts: 5, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		a, b, _ := scores(t, part.Assign, truth)
		kmeans, nmi = kmeans+a/seeds, nmi+b/seeds
	}
	part, err := cluster.KMeans(context.Background(), p, cluster.KMeansOptions{K: min(p.N/10, 100), Starts: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, smallNMI, pure := scores(t, part.Assign, truth)
	tree, err := cluster.Agglomerate(context.Background(), p, cluster.MethodWard, nil)
	if err != nil {
		t.Fatal(err)
	}
	ward, wardNMI, _ := scores(t, tree.Cut(10), truth)
	t.Logf("| %s | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |", name, kmeans, nmi, ward, wardNMI, pure, smallNMI)
}
