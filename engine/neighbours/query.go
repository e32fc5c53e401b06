//go:build !js

package neighbours

import (
	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/parallel"
)

// GraphFrom is the number of points from which one point's neighbours are looked for in a Graph: below it, one product with all points
// takes some milliseconds and finds them exactly.
const GraphFrom = 100_000

// queryRows is how many points one thread compares at a time.
const queryRows = 1024

// Inner sets to, one number for each point, to the inner products of all points with q, on all threads. Of points of length one these
// are the cosines.
func Inner(to []float32, p cluster.Points, q []float32) {
	one := cluster.Points{X: q, N: 1, D: p.D}
	parallel.Each((p.N+queryRows-1)/queryRows, func(b int) {
		from, end := b*queryRows, min((b+1)*queryRows, p.N)
		cluster.Products(to[from:end], cluster.Points{X: p.X[from*p.D : end*p.D], N: end - from, D: p.D}, one)
	})
}
