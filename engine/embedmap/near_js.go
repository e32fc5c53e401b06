package embedmap

import (
	"context"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/neighbours"
)

// neighboursOf compares all pairs: a browser holds no more points than that can be done for.
func neighboursOf(ctx context.Context, p cluster.Points, k int, _ int64, progress func(done, total int)) (*neighbours.List, error) {
	return neighbours.Exact(ctx, p, k, progress)
}
