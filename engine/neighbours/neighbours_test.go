package neighbours_test

import (
	"context"
	"math"
	"math/rand"
	"runtime"
	"slices"
	"sort"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/neighbours"
)

// blobs are n points around some centres, as embeddings lie.
func blobs(n, d, centres int, seed int64) cluster.Points {
	rng := rand.New(rand.NewSource(seed))
	middle := make([]float32, centres*d)
	for i := range middle {
		middle[i] = float32(rng.NormFloat64())
	}
	p := cluster.Points{X: make([]float32, n*d), N: n, D: d}
	for i := range n {
		c := middle[rng.Intn(centres)*d:][:d]
		for k := range d {
			p.X[i*d+k] = c[k] + float32(rng.NormFloat64()*0.7)
		}
	}
	return p
}

// plain is the obvious answer in float64.
func plain(p cluster.Points, i int) (index []int, distance []float64) {
	all := make([]float64, p.N)
	for j := range p.N {
		sum := 0.0
		for k, v := range p.Row(j) {
			d := float64(v) - float64(p.Row(i)[k])
			sum += d * d
		}
		all[j] = math.Sqrt(sum)
		if j != i {
			index = append(index, j)
		}
	}
	sort.SliceStable(index, func(a, b int) bool { return all[index[a]] < all[index[b]] })
	for _, j := range index {
		distance = append(distance, all[j])
	}
	return index, distance
}

func TestExactFindsWhatComparingAllFinds(t *testing.T) {
	for _, size := range []struct{ n, d, k int }{{2, 1, 1}, {5, 3, 4}, {129, 7, 10}, {2300, 20, 15}} {
		p := blobs(size.n, size.d, 5, 3)
		l, err := neighbours.Exact(context.Background(), p, size.k, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, size.n / 2, size.n - 1} {
			index, distance := l.Of(i)
			_, want := plain(p, i)
			seen := map[int32]bool{}
			for k := range index {
				if math.Abs(float64(distance[k])-want[k]) > 1e-4*(want[k]+1) || seen[index[k]] || int(index[k]) == i {
					t.Errorf("%d points: neighbour %d of %d is %d at %g, not at %g", size.n, k, i, index[k], distance[k], want[k])
				}
				seen[index[k]] = true
			}
		}
	}
}

func TestExactTellsCopiesApartFromNeighbours(t *testing.T) {
	p := blobs(300, 16, 3, 1)
	for i := range p.X { // far from zero, where products of float32 are coarse
		p.X[i] += 300
	}
	copy(p.Row(7), p.Row(250))
	l, err := neighbours.Exact(context.Background(), p, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	if index, distance := l.Of(7); index[0] != 250 || distance[0] != 0 {
		t.Errorf("the copy of 7 is 250, found %v at %v", index, distance)
	}
}

func TestExactRefusesMoreNeighboursThanThereAre(t *testing.T) {
	for _, k := range []int{0, 5, 6} {
		if _, err := neighbours.Exact(context.Background(), blobs(5, 2, 1, 1), k, nil); err == nil {
			t.Errorf("%d neighbours of five points", k)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := neighbours.Exact(ctx, blobs(50, 2, 1, 1), 3, nil); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestGraphFindsNearlyAll(t *testing.T) {
	p := blobs(8000, 32, 40, 5)
	g, err := neighbours.NewGraph(context.Background(), p, neighbours.GraphOptions{Seed: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := neighbours.Exact(context.Background(), p, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := g.All(context.Background(), 10)
	if err != nil {
		t.Fatal(err)
	}
	hits := 0
	for i := range p.N {
		want, _ := exact.Of(i)
		got, distance := all.Of(i)
		if !slices.IsSorted(distance) {
			t.Fatalf("neighbours of %d are in no order: %v", i, distance)
		}
		for _, j := range got {
			if slices.Contains(want, j) {
				hits++
			}
		}
	}
	if recall := float64(hits) / float64(10*p.N); recall < 0.97 {
		t.Errorf("recall of 10 neighbours is %.3f", recall)
	}
}

func TestGraphIsTheSameOnAnyNumberOfThreads(t *testing.T) {
	p := blobs(3000, 8, 10, 2)
	make1 := func(threads int) []int32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		g, err := neighbours.NewGraph(context.Background(), p, neighbours.GraphOptions{Seed: 9}, nil)
		if err != nil {
			t.Fatal(err)
		}
		l, err := g.All(context.Background(), 5)
		if err != nil {
			t.Fatal(err)
		}
		return l.Index
	}
	if !slices.Equal(make1(1), make1(4)) {
		t.Error("other neighbours on four threads than on one")
	}
}

func TestGraphOfFewAndOfEqualPoints(t *testing.T) {
	same := cluster.Points{X: make([]float32, 200), N: 100, D: 2}
	g, err := neighbours.NewGraph(context.Background(), same, neighbours.GraphOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if index, distance := g.Nearest([]float32{0, 0}, 3, 10); len(index) == 0 || distance[0] != 0 {
		t.Errorf("of a hundred equal points %v at %v", index, distance)
	}
	if l, err := g.All(context.Background(), 4); err != nil || len(l.Index) != 400 {
		t.Errorf("%v", err)
	}
	one, err := neighbours.NewGraph(context.Background(), cluster.Points{X: []float32{1}, N: 1, D: 1}, neighbours.GraphOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if index, distance := one.Nearest([]float32{3}, 5, 5); len(index) != 1 || distance[0] != 2 {
		t.Errorf("the only point: %v at %v", index, distance)
	}
	if _, err := neighbours.NewGraph(context.Background(), cluster.Points{N: 2, D: 2}, neighbours.GraphOptions{}, nil); err == nil {
		t.Error("a graph of points without values")
	}
}
