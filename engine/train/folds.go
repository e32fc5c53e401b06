package train

import (
	"cmp"
	"math"
	"math/rand"
	"slices"
)

// Folds parts the images into folds, numbered from 0, as Fit's cross-validation does: by Groups, of every class about as many
// in each. X is not looked at. count is how many there are: Options.Folds, or fewer where there are fewer groups.
func (d *Dataset) Folds(o Options) (fold []int, count int) { return d.folds(o) }

// folds puts every group into one fold, largest groups first, each where its classes are rarest so far.
func (d *Dataset) folds(o Options) (fold []int, count int) {
	members := map[int][]int{}
	var groups []int
	for i := range d.N {
		g := i
		if d.Groups != nil {
			g = d.Groups[i]
		}
		if members[g] == nil {
			groups = append(groups, g)
		}
		members[g] = append(members[g], i)
	}
	count = o.Folds
	if count < 2 {
		count = d.defaultFolds()
	}
	count = max(min(count, len(groups)), 1)
	rng := rand.New(rand.NewSource(o.Seed))
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b int) int { return cmp.Compare(len(members[b]), len(members[a])) })
	held := make([][]int, count) // images of each class, and in the last place all images
	for k := range held {
		held[k] = make([]int, d.Classes+1)
	}
	fold = make([]int, d.N)
	for _, g := range groups {
		best, bestCost := 0, math.MaxInt
		for k := range held {
			cost := held[k][d.Classes]
			for _, i := range members[g] {
				for _, c := range d.Labels[i] {
					cost += d.N * held[k][c]
				}
			}
			if cost < bestCost {
				best, bestCost = k, cost
			}
		}
		for _, i := range members[g] {
			fold[i] = best
			held[best][d.Classes]++
			for _, c := range d.Labels[i] {
				held[best][c]++
			}
		}
	}
	return fold, count
}

// defaultFolds takes more folds where images are few: each head then learns from nearly all of them, so that the
// evaluation is less pessimistic, at little cost.
func (d *Dataset) defaultFolds() int {
	if d.N <= 300 {
		return 10
	}
	return 5
}
