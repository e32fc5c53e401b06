package torch

import (
	"cmp"
	"math"
	"math/rand"
	"slices"
)

// parts of ten that images are spread over: some are held out to measure the model on, one says when to stop, the rest teaches.
const (
	tenths     = 10
	heldTenths = 2
	tuneTenths = 1
)

// split parts n images. Those of one group stay together, classes are spread evenly, and the same seed gives the same split.
func split(labels [][]int, groups []int, classes int, seed int64) (teach, tune, held []int) {
	for i, part := range spread(labels, groups, classes, tenths, seed) {
		switch {
		case part < heldTenths:
			held = append(held, i)
		case part < heldTenths+tuneTenths:
			tune = append(tune, i)
		default:
			teach = append(teach, i)
		}
	}
	return teach, tune, held
}

// spread gives every image a part of count: largest groups first, each where its classes are rarest so far.
func spread(labels [][]int, groups []int, classes, count int, seed int64) []int {
	members := map[int][]int{}
	var order []int
	for i := range labels {
		g := i
		if groups != nil {
			g = groups[i]
		}
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], i)
	}
	rng := rand.New(rand.NewSource(seed))
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(members[b]), len(members[a])) })
	held := make([][]int, count) // images of each class, and in the last place all images
	for k := range held {
		held[k] = make([]int, classes+1)
	}
	part := make([]int, len(labels))
	for _, g := range order {
		best, least := 0, math.MaxInt
		for k := count - 1; k >= 0; k-- { // of equal ones the last, which teaches
			cost := held[k][classes]
			for _, i := range members[g] {
				for _, c := range labels[i] {
					cost += len(labels) * held[k][c]
				}
			}
			if cost < least {
				best, least = k, cost
			}
		}
		for _, i := range members[g] {
			part[i] = best
			held[best][classes]++
			for _, c := range labels[i] {
				held[best][c]++
			}
		}
	}
	return part
}

// balance gives class weights: the rarer, the heavier, within bounds, 1 on average over the images.
func balance(labels [][]int, classes int) []float64 {
	count := make([]float64, classes)
	for _, list := range labels {
		for _, c := range list {
			count[c]++
		}
	}
	most, out := slices.Max(count), make([]float64, classes)
	total, weighted := 0.0, 0.0
	for c := range out {
		out[c] = min(math.Sqrt(most/max(count[c], 1)), 10)
		total, weighted = total+count[c], weighted+count[c]*out[c]
	}
	for c := range out {
		out[c] *= total / max(weighted, 1)
	}
	return out
}
