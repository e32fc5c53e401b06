package embedmap_test

import (
	"context"
	"math"
	"math/rand"
	"runtime"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/embedmap"
)

// rolls are points on ten circles in d dimensions, each in a plane of its own: the first two principal components mix them.
func rolls(n, d int, seed int64) (p cluster.Points, of []int) {
	rng := rand.New(rand.NewSource(seed))
	const circles = 10
	basis := make([]float32, circles*3*d)
	for i := range basis {
		basis[i] = float32(rng.NormFloat64() / math.Sqrt(float64(d)))
	}
	p, of = cluster.Points{X: make([]float32, n*d), N: n, D: d}, make([]int, n)
	for i := range n {
		c, angle := i%circles, rng.Float64()*2*math.Pi
		of[i] = c
		x, y := float32(math.Cos(angle)), float32(math.Sin(angle))
		for k := range d {
			p.X[i*d+k] = 1.5*basis[c*3*d+k] + x*basis[(c*3+1)*d+k] + y*basis[(c*3+2)*d+k] + float32(rng.NormFloat64()*0.02)
		}
	}
	return p, of
}

func run(t *testing.T, p cluster.Points, o embedmap.Options) *embedmap.Map {
	t.Helper()
	last := 0
	m, err := embedmap.Run(context.Background(), p, o, func(done, total int) {
		if done < last || total != 1000 {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.XY) != 2*p.N || last != 1000 {
		t.Fatalf("%d coordinates of %d points, progress ended at %d", len(m.XY), p.N, last)
	}
	largest := float32(0)
	for _, v := range m.XY {
		if !(v >= -1 && v <= 1) {
			t.Fatalf("a coordinate is %g", v)
		}
		largest = max(largest, v, -v)
	}
	if largest < 0.999 && p.N > 1 && largest != 0 {
		t.Errorf("the map reaches to %g only", largest)
	}
	return m
}

func TestWhatIsAlikeLiesTogether(t *testing.T) {
	p, of := rolls(900, 128, 4)
	m, flat := run(t, p, embedmap.Options{Raw: true, Epochs: 200}), run(t, p, embedmap.Options{Raw: true, Flat: true})
	if m.Trust < 0.99 || m.Trust < flat.Trust+0.01 {
		t.Errorf("trustworthiness %.3f, of principal components alone %.3f", m.Trust, flat.Trust)
	}
	// nearest in the map is of the same circle
	same := 0
	for i := range p.N {
		best, at := float32(math.Inf(1)), -1
		for j := range p.N {
			dx, dy := m.XY[2*i]-m.XY[2*j], m.XY[2*i+1]-m.XY[2*j+1]
			if d := dx*dx + dy*dy; j != i && d < best {
				best, at = d, j
			}
		}
		if of[at] == of[i] {
			same++
		}
	}
	if same < p.N*98/100 {
		t.Errorf("of %d points %d lie beside one of their circle", p.N, same)
	}
}

func TestMapIsTheSameEveryTime(t *testing.T) {
	p, _ := rolls(700, 80, 8)
	a := run(t, p, embedmap.Options{Seed: 3, Epochs: 50})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b := run(t, p, embedmap.Options{Seed: 3, Epochs: 50})
	if !slices.Equal(a.XY, b.XY) || a.Trust != b.Trust {
		t.Error("another map on one thread")
	}
	if c := run(t, p, embedmap.Options{Seed: 4, Epochs: 50}); slices.Equal(a.XY, c.XY) {
		t.Error("another seed gives the same map")
	}
}

// TestPrincipalComponents are those of a known ellipsoid, largest entry positive.
func TestPrincipalComponents(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	p := cluster.Points{X: make([]float32, 3*4000), N: 4000, D: 3}
	var along []float64 // the longest axis is (-0.6, 0.8, 0), the next (0, 0, 1)
	for i := range p.N {
		a, b, c := rng.NormFloat64()*5, rng.NormFloat64()*2, rng.NormFloat64()*0.1
		along = append(along, a, b)
		copy(p.Row(i), []float32{float32(-0.6*a + 0.8*c), float32(0.8*a + 0.6*c), float32(b)})
	}
	xy := embedmap.Principal(p)
	shift := [2]float64{along[0] - float64(xy[0]), along[1] - float64(xy[1])}
	for i := range xy {
		if math.Abs(along[i]-float64(xy[i])-shift[i%2]) > 0.3 {
			t.Fatalf("coordinate %d of point %d is %g, not %g", i%2, i/2, xy[i], along[i]-shift[i%2])
		}
	}
}

func TestFewAndEqualPoints(t *testing.T) {
	for _, n := range []int{2, 3, 4, 5, 17} {
		p, _ := rolls(n, 6, 1)
		run(t, p, embedmap.Options{})
	}
	run(t, cluster.Points{X: make([]float32, 300), N: 100, D: 3}, embedmap.Options{})
	run(t, cluster.Points{X: []float32{1, 2, 3, 4, 5, 6, 7, 8}, N: 8, D: 1}, embedmap.Options{Raw: true})
	for _, p := range []cluster.Points{{}, {X: []float32{1}, N: 1, D: 1}, {X: []float32{1, 2, 3}, N: 2, D: 2}, {X: []float32{1, float32(math.NaN())}, N: 2, D: 1}} {
		if _, err := embedmap.Run(context.Background(), p, embedmap.Options{}, nil); err == nil {
			t.Errorf("a map of %+v", p)
		}
	}
}

func TestMapIsCancelled(t *testing.T) {
	p, _ := rolls(2000, 32, 1)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := embedmap.Run(ctx, p, embedmap.Options{Epochs: 100_000}, func(done, _ int) {
		if done > 450 {
			cancel()
		}
	})
	if err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTrustworthinessByHand(t *testing.T) {
	// five points on a line; the map exchanges the outer ones
	p := cluster.Points{X: []float32{0, 1, 2, 3, 10}, N: 5, D: 1}
	right := []float32{0, 0, 1, 0, 2, 0, 3, 0, 10, 0}
	if v := embedmap.Trustworthiness(p, right, 1, 0); v != 1 {
		t.Errorf("of the same order %g", v)
	}
	// nearest in the map: 0->4 (rank 4), 1->2 (rank 2, since 0 is as near), 2->1 (1), 3->2 (1), 4->0 (4); so 1 - 2/(5*1*(10-3-1))*(3+1+3)
	wrong := []float32{10, 0, 1, 0, 2, 0, 3.5, 0, 10.2, 0}
	if v := embedmap.Trustworthiness(p, wrong, 1, 0); math.Abs(v-8.0/15) > 1e-9 {
		t.Errorf("of exchanged points %g, not 8/15", v)
	}
}
