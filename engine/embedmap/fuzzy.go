package embedmap

import (
	"math"
	"sort"

	"github.com/irum-app/irum/engine/neighbours"
)

// edge says how strongly two points belong together, 0 to 1.
type edge struct {
	a, b   int32
	weight float32
}

// fuzzy gives the union of what each point thinks of its neighbours (McInnes et al. 2018, 3.1): its nearest belongs to it wholly, and
// the others by exp(-(distance - nearest)/scale), whose scale makes the sum log2 of their number. Pairs are ordered, a < b.
func fuzzy(l *neighbours.List) []edge {
	all := make([]edge, 0, l.N*l.K)
	for i := range l.N {
		index, distance := l.Of(i)
		nearest, scale := closeness(distance)
		for k, j := range index {
			w := float32(1)
			if d := float64(distance[k]) - nearest; d > 0 {
				w = float32(math.Exp(-d / scale))
			}
			all = append(all, edge{min(int32(i), j), max(int32(i), j), w})
		}
	}
	sort.Sort(byPair(all))
	out := all[:0]
	for i := 0; i < len(all); i++ {
		e := all[i]
		if i+1 < len(all) && all[i+1].a == e.a && all[i+1].b == e.b {
			i++
			e.weight += all[i].weight - e.weight*all[i].weight
		}
		out = append(out, e)
	}
	return out
}

// closeness finds the nearest distance that is not zero and the scale of one point by bisection.
func closeness(distance []float32) (nearest, scale float64) {
	mean := 0.0
	for _, d := range distance {
		if nearest == 0 {
			nearest = float64(d)
		}
		mean += float64(d) / float64(len(distance))
	}
	target := math.Log2(float64(len(distance) + 1))
	low, high := 0.0, math.Inf(1)
	scale = 1
	for range 64 {
		sum := 0.0
		for _, d := range distance {
			if over := float64(d) - nearest; over > 0 {
				sum += math.Exp(-over / scale)
			} else {
				sum++
			}
		}
		if math.Abs(sum-target) < 1e-5 {
			break
		}
		if sum > target {
			high = scale
			scale = (low + high) / 2
		} else if low = scale; math.IsInf(high, 1) {
			scale *= 2
		} else {
			scale = (low + high) / 2
		}
	}
	return nearest, max(scale, 1e-3*mean, 1e-12) // not sharper than the distances themselves are known
}

type byPair []edge

// Len implements sort.Interface.
func (s byPair) Len() int { return len(s) }

// Swap implements sort.Interface.
func (s byPair) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Less implements sort.Interface.
func (s byPair) Less(i, j int) bool {
	return s[i].a < s[j].a || s[i].a == s[j].a && (s[i].b < s[j].b || s[i].b == s[j].b && s[i].weight < s[j].weight)
}
