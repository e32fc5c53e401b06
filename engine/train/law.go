package train

import "math"

// Law says how the error falls with the number of images that are learnt from: error(n) = Floor + (Start - Floor) (1 + n/Scale)^-Power.
// That is the inverse power law of large n (Hestness et al. 2017, arXiv:1712.00409), shifted so that no images give Start,
// the error of who always says the commonest label: with a handful of images a class, the plain law, which is endless at 0,
// promises too little of more.
type Law struct{ Start, Floor, Scale, Power float64 }

// Accuracy that the law gives heads that learn from n images, 0..1.
func (l Law) Accuracy(n float64) float64 {
	if l.Scale <= 0 {
		return 1 - l.Start
	}
	return min(max(1-l.Floor-(l.Start-l.Floor)*math.Pow(1+n/l.Scale, -l.Power), 0), 1)
}

// lawFitter holds what laws of one start give at some sizes, for every scale and power that is tried.
type lawFitter struct {
	start  float64
	sizes  []float64
	tried  []Law
	shapes []float64 // (1+n/Scale)^-Power of each law at each size
}

func newLawFitter(start float64, sizes []float64) *lawFitter {
	f := &lawFitter{start: start, sizes: sizes}
	largest := sizes[len(sizes)-1]
	for power := 0.3; power < 1.51; power += 0.15 {
		for scale := largest / 512; scale < 4*largest; scale *= 1.1 {
			f.tried = append(f.tried, Law{Start: start, Scale: scale, Power: power})
			for _, n := range sizes {
				f.shapes = append(f.shapes, math.Pow(1+n/scale, -power))
			}
		}
	}
	return f
}

// usualPower is about where heads on embeddings lie. powerDoubt is how much worse a law may fit, in units of what chance makes
// of the errors, to have a power that is a factor of e away: few and noisy points are kept from extremes.
const (
	usualPower = 1.0
	powerDoubt = 0.5
)

// fit finds the law nearest to errors, of the sizes from the given one on, whose variances by chance are given, by weighted
// least squares, with doubt of powers other than usual. The floor is the best for scale and power, from 0 to the start.
func (f *lawFitter) fit(errors, variance []float64, from int, usual, doubt float64) Law {
	best, least := Law{Start: f.start}, math.Inf(1)
	n := len(f.sizes)
	for k, l := range f.tried {
		shape := f.shapes[k*n : (k+1)*n]
		sum, weight := 0.0, 0.0
		for s := from; s < n; s++ {
			rise, w := 1-shape[s], 1/variance[s]
			sum, weight = sum+w*rise*(errors[s]-f.start*shape[s]), weight+w*rise*rise
		}
		l.Floor = min(max(sum/max(weight, 1e-300), 0), f.start)
		away := math.Log(l.Power / usual)
		loss := doubt * away * away
		for s := from; s < n; s++ {
			d := l.Floor + (f.start-l.Floor)*shape[s] - errors[s]
			loss += d * d / variance[s]
		}
		if loss < least {
			best, least = l, loss
		}
	}
	return best
}
