//go:build !js

package embedmap

import (
	"context"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/neighbours"
)

// graphFrom is the number of points from which their neighbours are found in a graph: all pairs would take minutes.
const graphFrom = 30_000

func neighboursOf(ctx context.Context, p cluster.Points, k int, seed int64, progress func(done, total int)) (*neighbours.List, error) {
	if p.N < graphFrom {
		return neighbours.Exact(ctx, p, k, progress)
	}
	g, err := neighbours.NewGraph(ctx, p, neighbours.GraphOptions{Seed: seed}, progress)
	if err != nil {
		return nil, err
	}
	return g.All(ctx, k)
}
