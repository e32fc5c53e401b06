package neighbours_test

import (
	"context"
	"math"
	"math/rand"
	"os"
	"runtime"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/neighbours"
	"github.com/irum-app/irum/engine/realtest"
)

// TestInner are the products of all points with one.
func TestInner(t *testing.T) {
	p := blobs(2100, 20, 3, 4)
	got := make([]float32, p.N)
	neighbours.Inner(got, p, p.Row(7))
	for i, v := range got {
		want := 0.0
		for k, x := range p.Row(i) {
			want += float64(x) * float64(p.Row(7)[k])
		}
		if math.Abs(float64(v)-want) > 1e-4*(math.Abs(want)+1) {
			t.Fatalf("point %d: %g instead of %g", i, v, want)
		}
	}
}

// TestSearchOfManyImages says how many of the ten nearest of 100,000 images a graph finds, and how many questions a second are
// answered by it and by comparing all, on one thread, as a server searches: a graph of 128 directions, whose thousand nearest are compared
// by all their numbers. It takes minutes, so it runs only when IRUM_QUALITY is set.
func TestSearchOfManyImages(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure")
	}
	const n, questions, k = 100_000, 500, 10
	p := realtest.Many(t, n)
	for i := range p.N {
		row := p.Row(i)
		sum := 0.0
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		for j := range row {
			row[j] = float32(float64(row[j]) / math.Sqrt(sum))
		}
	}
	asked := rand.New(rand.NewSource(1)).Perm(n)[:questions]
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want, cosines := make([][]int, questions), make([]float32, n)
	begin := time.Now()
	for q, i := range asked {
		neighbours.Inner(cosines, p, p.Row(i))
		want[q] = best(cosines, nil, i, k)
	}
	t.Logf("comparing all: %.1f questions a second", questions/time.Since(begin).Seconds())

	begin = time.Now()
	flat, err := cluster.Learn(context.Background(), p, 128, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	low := flat.Of(p)
	g, err := neighbours.NewGraph(context.Background(), low, neighbours.GraphOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the graph is made in %.1f s", time.Since(begin).Seconds())
	for _, wide := range []int{50, 200, 1000} {
		found := 0
		begin = time.Now()
		for q, i := range asked {
			index, _ := g.Nearest(low.Row(i), wide, wide)
			near := make([]float32, len(index))
			for at, j := range index {
				sum := float32(0)
				for d, v := range p.Row(int(j)) {
					sum += v * p.Row(i)[d]
				}
				near[at] = sum
			}
			for _, j := range best(near, index, i, k) {
				if slices.Contains(want[q], j) {
					found++
				}
			}
		}
		recall := float64(found) / (questions * k)
		t.Logf("the %d nearest of the graph: recall of %d %.4f, %.1f questions a second", wide, k, recall, questions/time.Since(begin).Seconds())
		if wide == 1000 && recall < 0.95 {
			t.Errorf("the graph finds %.3f of the nearest", recall)
		}
	}
}

// best gives the k of the greatest values but point own: the points of index, or all in their order.
func best(values []float32, index []int32, own, k int) []int {
	order := make([]int, 0, len(values))
	point := func(at int) int {
		if index == nil {
			return at
		}
		return int(index[at])
	}
	least := float32(math.Inf(-1))
	for at, v := range values {
		if point(at) == own || len(order) == k && v <= least {
			continue
		}
		to := sort.Search(len(order), func(o int) bool { return values[order[o]] < v })
		order = slices.Insert(order, to, at)
		if len(order) > k {
			order = order[:k]
		}
		least = values[order[len(order)-1]]
	}
	for o, at := range order {
		order[o] = point(at)
	}
	return order
}
