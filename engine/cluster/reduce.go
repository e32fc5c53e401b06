package cluster

import (
	"context"
	"math"
	"math/rand"
)

const (
	// reduceSample is how many points Reduce learns its directions from.
	reduceSample = 1024
	// reduceRounds of subspace iteration: the angle to the leading subspace shrinks with every one.
	reduceRounds = 4
)

// Projection maps points of D dimensions to fewer.
type Projection struct {
	basis Points    // orthonormal rows
	shift []float32 // of the mean
}

// Learn finds the dims directions in which at most 1,024 of the points vary most (PCA), by subspace iteration. progress may be nil.
// dims is 1 at least and less than the points have. The error is ctx.Err().
func Learn(ctx context.Context, p Points, dims int, seed int64, progress func(done, total int)) (*Projection, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	rng := rand.New(rand.NewSource(seed))
	learn := p
	if p.N > reduceSample {
		learn = p.subset(rng.Perm(p.N)[:reduceSample])
	}
	mean := learn.mean()
	learn = learn.minus(mean)
	across := learn.transposed()
	basis := Points{X: make([]float32, dims*p.D), N: dims, D: p.D}
	for i := range basis.X {
		basis.X[i] = float32(rng.NormFloat64())
	}
	orthonormalise(basis)
	for round := range reduceRounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		basis = products(products(basis, learn), across) // dims x n, then dims x d
		orthonormalise(basis)
		progress(round+1, reduceRounds+1)
	}
	return &Projection{basis, products(Points{X: mean, N: 1, D: p.D}, basis).X}, nil
}

// Of gives the projections of points, of which distances are those of the points within the directions. They are centred, and their
// axes are in no order.
func (j *Projection) Of(p Points) Points {
	out := products(p, j.basis)
	for i := range out.N {
		row := out.Row(i)
		for k := range row {
			row[k] -= j.shift[k]
		}
	}
	return out
}

// Reduce projects points onto the dims directions in which they vary most (see Learn). Points of dims dimensions or fewer come back
// as they are. progress may be nil.
func Reduce(ctx context.Context, p Points, dims int, seed int64, progress func(done, total int)) (Points, error) {
	if dims >= p.D {
		return p, nil
	}
	j, err := Learn(ctx, p, dims, seed, progress)
	if err != nil {
		return Points{}, err
	}
	return j.Of(p), ctx.Err()
}

// Reduced gives points as clusters are looked for in them: scaled to length one unless raw, in dims directions (Reduce) unless dims is
// below 1. It checks the points.
func Reduced(ctx context.Context, p Points, dims int, raw bool, seed int64, progress func(done, total int)) (Points, error) {
	if err := p.check(); err != nil {
		return Points{}, err
	}
	if !raw {
		p = unit(p)
	}
	if dims < 1 {
		return p, nil
	}
	return Reduce(ctx, p, dims, seed, progress)
}

// evening is how points are made ready for Run to look for groups in them. What images differ by most, light and contrast, is seldom
// what they show: groups agree better with the truth where large values and directions of much variance count for less (measured in
// engine/bench/UNSUPERVISED.md).
type evening struct {
	root  bool    // take square roots first
	dims  int     // directions that are kept at most; all below 1
	power float64 // of their spread, by which directions are divided: 1 would make all vary as much
}

const (
	// pointsPerDirection is how many points there are to a direction at least: fewer vary in all directions by chance.
	pointsPerDirection = 8
	// mostAxes is how many directions are told apart.
	mostAxes = 128
)

// of gives the points in directions that are told apart and divided, of length one.
func (e evening) of(ctx context.Context, p Points, seed int64, progress func(done, total int)) (Points, error) {
	if err := p.check(); err != nil {
		return Points{}, err
	}
	if e.root {
		root := Points{X: make([]float32, len(p.X)), N: p.N, D: p.D}
		for i, v := range p.X {
			root.X[i] = float32(math.Copysign(math.Sqrt(math.Abs(float64(v))), float64(v)))
		}
		p = root
	}
	p = unit(p)
	if e.dims < 1 {
		return p, nil
	}
	p, err := Reduce(ctx, p, min(e.dims, max(p.N/pointsPerDirection, 2)), seed, progress)
	if err != nil || p.D > mostAxes {
		return p, err
	}
	mean, axes, variances := Axes(p)
	out := Points{X: make([]float32, len(p.X)), N: p.N, D: p.D}
	for k, axis := range axes {
		if variances[k] <= 1e-9*variances[0] {
			break // points do not vary here but by rounding
		}
		scale := math.Pow(variances[k], -e.power/2)
		for i := range p.N {
			sum := 0.0
			for t, v := range axis {
				sum += v * (float64(p.Row(i)[t]) - mean[t])
			}
			out.X[i*p.D+k] = float32(sum * scale)
		}
	}
	return unit(out), ctx.Err()
}

func (p Points) mean() []float32 {
	sum := make([]float64, p.D)
	for i := range p.N {
		for k, v := range p.Row(i) {
			sum[k] += float64(v)
		}
	}
	out := make([]float32, p.D)
	for k, v := range sum {
		out[k] = float32(v / float64(p.N))
	}
	return out
}

func (p Points) minus(v []float32) Points {
	out := Points{X: make([]float32, len(p.X)), N: p.N, D: p.D}
	for i := range p.N {
		to := out.Row(i)
		for k, x := range p.Row(i) {
			to[k] = x - v[k]
		}
	}
	return out
}

func (p Points) transposed() Points {
	out := Points{X: make([]float32, len(p.X)), N: p.D, D: p.N}
	for i := range p.N {
		for k, v := range p.Row(i) {
			out.X[k*p.N+i] = v
		}
	}
	return out
}

// orthonormalise makes the rows of m orthonormal, by modified Gram-Schmidt, twice for accuracy. Rows that depend on those
// before them become zero: there the points have no extent.
func orthonormalise(m Points) {
	for i := range m.N {
		row := m.Row(i)
		before := math.Sqrt(inner(row, row))
		for range 2 {
			for j := range i {
				other := m.Row(j)
				by := float32(inner(row, other))
				for k, v := range other {
					row[k] -= by * v
				}
			}
		}
		length := math.Sqrt(inner(row, row))
		if length <= 1e-5*before || length == 0 {
			clear(row)
			continue
		}
		for k := range row {
			row[k] = float32(float64(row[k]) / length)
		}
	}
}

func inner(a, b []float32) float64 {
	sum := 0.0
	for k, v := range a {
		sum += float64(v) * float64(b[k])
	}
	return sum
}
