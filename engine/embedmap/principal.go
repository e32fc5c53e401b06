package embedmap

import (
	"math"

	"github.com/irum-app/irum/engine/cluster"
)

// Principal gives the coordinates of points along their two directions of most variance, N x 2, centred. The largest entry of each
// direction is positive, so that the same points are never mirrored. Points have a few dozen dimensions (cluster.Reduced).
func Principal(p cluster.Points) []float32 {
	mean, axes, _ := cluster.Axes(p)
	out := make([]float32, 2*p.N)
	for d, axis := range axes[:min(2, p.D)] {
		upright(axis)
		for i := range p.N {
			sum := 0.0
			for k, v := range axis {
				sum += v * (float64(p.Row(i)[k]) - mean[k])
			}
			out[2*i+d] = float32(sum)
		}
	}
	return out
}

// upright turns a direction round where its largest entry is negative.
func upright(v []float64) {
	largest := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(largest) {
			largest = x
		}
	}
	if largest < 0 {
		for k := range v {
			v[k] = -v[k]
		}
	}
}
