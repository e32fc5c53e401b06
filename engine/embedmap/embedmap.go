// Package embedmap lays embeddings out in the plane so that what is alike lies together: principal components, and UMAP (McInnes,
// Healy and Melville 2018) from there. It does no I/O. The same points, options and seed give the same map, on any number of
// threads of one kind of processor.
package embedmap

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/irum-app/irum/engine/cluster"
)

// Options of Run. The zero value is UMAP with 15 neighbours.
type Options struct {
	Neighbours int // points whose closeness is kept, 15 when 0; more show the whole better, fewer the details
	Epochs     int // rounds of layout; when 0, 500 up to 10,000 points and 200 above
	Seed       int64
	Flat       bool // stop at the principal components
	Raw        bool // leave the points as long as they are, which otherwise are scaled to length one
}

// Map is points in the plane.
type Map struct {
	XY []float32 // N x 2, row-major, centred; the farthest coordinate is 1 or -1
	// Trust is the trustworthiness (Venna and Kaski 2001) at 12 neighbours, of a sample of a thousand points: 1 when all that lie
	// together in the map are alike, about 0.5 for a map by chance.
	Trust float64
}

const (
	// dims is how many directions of most variance the neighbours are looked for in.
	dims = 64
	// trustNeighbours and trustSample are what Map.Trust is computed with.
	trustNeighbours = 12
	trustSample     = 1000
)

// Run makes a map. It takes two points at least. progress may be nil; it is called from the caller's goroutine and grows to total.
// The error is ctx.Err() or about the points.
func Run(ctx context.Context, p cluster.Points, o Options, progress func(done, total int)) (*Map, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if p.N < 2 || p.D < 1 || len(p.X) != p.N*p.D {
		return nil, fmt.Errorf("a map needs two points at least: %d values are not %d points of %d dimensions", len(p.X), p.N, p.D)
	}
	if o.Neighbours < 0 || o.Epochs < 0 {
		return nil, fmt.Errorf("a map cannot have %d neighbours and %d epochs", o.Neighbours, o.Epochs)
	}
	part := func(from, to int) func(done, total int) {
		return func(done, total int) {
			progress(from+(to-from)*done/max(total, 1), 1000)
			runtime.Gosched() // in the browser everything shares one thread
		}
	}
	full, err := cluster.Reduced(ctx, p, dims, o.Raw, o.Seed, part(0, 150))
	if err != nil {
		return nil, err
	}
	flat := Principal(full)
	out := &Map{XY: flat}
	if !o.Flat && p.N > 3 {
		if out.XY, err = o.umap(ctx, full, flat, part); err != nil {
			return nil, err
		}
	}
	fit(out.XY)
	out.Trust = Trustworthiness(full, out.XY, trustNeighbours, trustSample)
	progress(1000, 1000)
	return out, ctx.Err()
}

func (o Options) umap(ctx context.Context, p cluster.Points, start []float32, part func(from, to int) func(done, total int)) ([]float32, error) {
	k := o.Neighbours
	if k == 0 {
		k = 15
	}
	k = min(k, p.N-1)
	near, err := neighboursOf(ctx, p, k, o.Seed, part(150, 450))
	if err != nil {
		return nil, err
	}
	epochs := o.Epochs
	if epochs == 0 {
		if epochs = 500; p.N > 10_000 {
			epochs = 200
		}
	}
	l := newLayout(fuzzy(near), start, epochs, o.Seed)
	if err := l.run(ctx, part(450, 980)); err != nil {
		return nil, err
	}
	return l.xy, nil
}

// fit centres coordinates and scales them so that the largest is 1. Points that all coincide stay at zero.
func fit(xy []float32) {
	var low, high [2]float32
	for d := range 2 {
		low[d], high[d] = xy[d], xy[d]
		for i := d; i < len(xy); i += 2 {
			low[d], high[d] = min(low[d], xy[i]), max(high[d], xy[i])
		}
	}
	extent := max(high[0]-low[0], high[1]-low[1]) / 2
	if !(extent > 0) || math.IsInf(float64(extent), 0) {
		clear(xy)
		return
	}
	for i := range xy {
		v := (xy[i] - (low[i%2]+high[i%2])/2) / extent
		xy[i] = min(max(v, -1), 1)
	}
}
