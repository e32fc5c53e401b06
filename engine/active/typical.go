package active

import (
	"context"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/cluster"
)

const (
	maxGroups = 150
	// maxGrouped is how many images are grouped: a sample by chance of those without a label.
	maxGrouped = 3000
	// maxMembers of a group are compared with each other, and nearest is how many of them an image is to be like.
	maxMembers, nearest = 400, 20
	groupRounds         = 15
)

// group is some images that look alike.
type group struct {
	size, known int   // images; those of them that are labelled or taken
	open        []int // rows of the others
}

// typical takes n images that show what there is (TypiClust, Hacohen et al. 2022): all is grouped into as many groups as there will be
// labels, and from the groups with the fewest labels, the largest first, comes the image that is most like those around it.
func (o *order) typical(ctx context.Context, n int) (out []int, err error) {
	groups, err := o.groups(ctx, n)
	if err != nil {
		return nil, err
	}
	for len(out) < n {
		g := slices.MinFunc(append(groups, &group{known: math.MaxInt}), func(a, b *group) int {
			if a.known != b.known {
				return a.known - b.known
			}
			return b.size - a.size
		})
		if len(g.open) == 0 && g.known == math.MaxInt {
			break
		}
		if len(g.open) == 0 {
			g.known = math.MaxInt // nothing to take
			continue
		}
		k := o.centre(g.open)
		i := o.image[g.open[k]]
		g.open = slices.Delete(g.open, k, k+1)
		g.known++
		o.use(i)
		out = append(out, i)
	}
	return out, nil
}

// groups puts images into groups by K-Means: those that are labelled or taken, and of the others a sample by chance.
func (o *order) groups(ctx context.Context, n int) ([]*group, error) {
	var rows []int
	for _, i := range o.c.Chance {
		if r := o.row[i]; r >= 0 && !o.taken[i] && len(rows) < maxGrouped {
			rows = append(rows, r)
		}
	}
	open := len(rows)
	for r, i := range o.image {
		if o.taken[i] && len(rows) < 2*maxGrouped {
			rows = append(rows, r)
		}
	}
	if open == 0 {
		return nil, nil
	}
	some := cluster.Points{N: len(rows), D: o.points.D}
	for _, r := range rows {
		some.X = append(some.X, o.points.Row(r)...)
	}
	k := max(min(o.known+n, maxGroups, len(rows)/3), 1)
	part, err := cluster.KMeans(ctx, some, cluster.KMeansOptions{K: k, Seed: 1, MaxIter: groupRounds})
	if err != nil {
		return nil, err
	}
	out := make([]*group, part.K)
	for c := range out {
		out[c] = &group{}
	}
	for at, c := range part.Assign {
		out[c].size++
		if at < open {
			out[c].open = append(out[c].open, rows[at])
		} else {
			out[c].known++
		}
	}
	return out, nil
}

// centre gives the place of the row whose nearest others are nearest.
func (o *order) centre(rows []int) int {
	rows = rows[:min(len(rows), maxMembers)]
	best, at := math.Inf(1), 0
	around := make([]float64, 0, len(rows))
	for k, a := range rows {
		around = around[:0]
		for _, b := range rows {
			around = append(around, apart(o.points.Row(a), o.points.Row(b)))
		}
		slices.Sort(around)
		near, sum := around[:min(nearest+1, len(around))], 0.0 // the first is itself
		for _, d := range near {
			sum += d
		}
		if sum < best {
			best, at = sum, k
		}
	}
	return at
}

func apart(a, b []float32) float64 {
	sum := 0.0
	for k, v := range a {
		d := float64(v - b[k])
		sum += d * d
	}
	return math.Sqrt(sum)
}
