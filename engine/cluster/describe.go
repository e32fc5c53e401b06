package cluster

import (
	"math"
	"sort"

	"github.com/irum-app/irum/engine/parallel"
)

// Cluster is what one cluster holds. Members and Outliers together are its points.
type Cluster struct {
	Members []int // nearest to the centroid first, without Outliers
	// Outliers lie farther from the centroid than the upper quartile by more than 1.5 times the quartiles' distance, or
	// nearly as near to another centroid as to their own. Farthest last.
	Outliers []int
	// Representatives are at most 12 members: the nearest to the centroid, then each the one that is farthest from those
	// before it, of the nearer half of the members.
	Representatives []int
	// Clear is how much nearer the points are to their own centroid than to the next one, in parts of the larger distance: -1 to 1, the mean
	// of the simplified silhouette (Hruschka et al. 2004). 0 for a single point, and where there is one cluster.
	Clear float64
}

const (
	representatives = 12
	// between is how much nearer, in parts of the distance to the next centroid, a point has to be to its own.
	between = 0.03
)

// Ordered renumbers clusters, which are numbers from 0, by size, largest first; of equal ones the one that holds the earliest point comes first.
func Ordered(assign []int) []int {
	var size, first []int
	for i, c := range assign {
		for len(size) <= c {
			size, first = append(size, 0), append(first, len(assign))
		}
		size[c]++
		first[c] = min(first[c], i)
	}
	number := make([]int, len(size))
	for to, c := range ranked(len(size), func(c int) float64 { return float64(-size[c]) + float64(first[c])/float64(len(assign)+1) }) {
		number[c] = to
	}
	out := make([]int, len(assign))
	for i, c := range assign {
		out[i] = number[c]
	}
	return out
}

// describe lists the clusters 0..k-1 of an assignment.
func describe(p Points, assign []int) []Cluster {
	k := 0
	for _, c := range assign {
		k = max(k, c+1)
	}
	of := make([][]int, k)
	for i, c := range assign {
		of[c] = append(of[c], i)
	}
	centroids := Points{D: p.D, N: k}
	for _, list := range of {
		centroids.X = append(centroids.X, p.subset(list).mean()...)
	}
	out := make([]Cluster, k)
	parallel.Each(k, func(c int) { out[c] = describeOne(p, centroids, c, of[c]) })
	return out
}

func describeOne(p, centroids Points, c int, list []int) Cluster {
	own, doubtful, clear := make([]float64, p.N), make([]bool, p.N), 0.0
	for _, i := range list {
		own[i] = distance(p.Row(i), centroids.Row(c))
		next := math.Inf(1)
		for other := range centroids.N {
			if other != c {
				next = min(next, distance(p.Row(i), centroids.Row(other)))
			}
		}
		doubtful[i] = own[i] > next*(1-between)
		if far := max(own[i], next); far > 0 && centroids.N > 1 && len(list) > 1 {
			clear += (next - own[i]) / far
		}
	}
	sort.Sort(byLess{list, func(a, b int) bool { return own[a] < own[b] || (own[a] == own[b] && a < b) }})
	n := len(list)
	lower, upper := own[list[n/4]], own[list[3*n/4]]
	fence := upper + 1.5*(upper-lower)
	out := Cluster{Clear: clear / float64(n)}
	for at, i := range list {
		if at > 0 && (doubtful[i] || (n >= 4 && own[i] > fence)) {
			out.Outliers = append(out.Outliers, i)
		} else {
			out.Members = append(out.Members, i)
		}
	}
	out.Representatives = spread(p, out.Members)
	return out
}

// spread chooses representatives of members, which are sorted nearest first.
func spread(p Points, members []int) []int {
	pool := members
	if len(pool) > 2*representatives {
		pool = pool[:len(pool)/2]
	}
	pool = pool[:min(len(pool), 500)]
	apart := make([]float64, len(pool)) // to the nearest that is taken; -1 for those
	for i := range apart {
		apart[i] = math.Inf(1)
	}
	var out []int
	for at := 0; len(out) < min(representatives, len(pool)); {
		out = append(out, pool[at])
		apart[at] = -1
		next := 0
		for i := range pool {
			apart[i] = min(apart[i], squared(p.Row(pool[i]), p.Row(pool[at])))
			if apart[i] > apart[next] {
				next = i
			}
		}
		at = next
	}
	return out
}
