package simd

import (
	"fmt"
	"slices"
)

// Winograd's minimal filtering (S. Winograd, Arithmetic Complexity of Computations, 1980; for convolutions A. Lavin and S. Gray,
// Fast Algorithms for Convolutional Neural Networks, 2015) computes m x m outputs of a 3x3 convolution with stride 1 from a patch
// of (m+2) x (m+2) inputs by (m+2)^2 products instead of 9 m^2:
//
//	Y = A^T [(G g G^T) . (B^T d B)] A
//
// with the patch d, the weights g and . by elements. Summed over channels, each of the (m+2)^2 positions is a matrix product of all
// patches and all weights. The matrices come from evaluating polynomials at m+2 points: 0, infinity, and pairs of opposite
// numbers, which share most of their arithmetic.

// basis is what the matrices are made of: the positive number of each pair of points.
type basis []float64

// Bases by the side m of the outputs of a patch. The points of 4 make smaller errors than the usual 1 and 2, and all factors of
// A and B are exact in float32.
var bases = map[int]basis{2: {1}, 4: {5. / 8, 3. / 2}}

// side is the number of points n: the side of a patch.
func (b basis) side() int { return 2*len(b) + 2 }

// even gives the coefficients, from the lowest, of the polynomial in x^2 that is zero at all points of pairs but those of pair
// except; -1 excepts none.
func (b basis) even(except int) []float64 {
	out := []float64{1}
	for i, p := range b {
		if i == except {
			continue
		}
		next := make([]float64, len(out)+1)
		for k, c := range out {
			next[k+1] += c
			next[k] -= p * p * c
		}
		out = next
	}
	return out
}

// term is a number of factor times the vector of a local.
type term struct {
	factor float64
	local  int // -1 for zeros
}

// lines writes transforms of lines of vectors in locals. The factors are kept in locals too, which are set once: a browser's
// compiler makes a constant anew wherever it stands.
type lines struct {
	*function
	cfg     Config
	factors []float64
}

// factor is the local that holds v.
func (l *lines) factor(v float64) int {
	local := l.shared(fmt.Sprint("factor ", v), typeV128)
	if !slices.Contains(l.factors, v) {
		l.factors = append(l.factors, v)
	}
	return local
}

// begin puts the setting of the factors before the code there is.
func (l *lines) begin() {
	body := l.code
	l.code = nil
	for _, v := range l.factors {
		local := l.factor(v)
		l.constant(float32(v))
		l.set(local)
	}
	l.code = append(l.code, body...)
}

// sum sets the local to, which is none of theirs, to the sum of terms, and tells whether there is anything to sum up.
func (l *lines) sum(to int, terms ...term) bool {
	terms = slices.DeleteFunc(slices.Clone(terms), func(t term) bool { return t.local < 0 || t.factor == 0 })
	if len(terms) == 0 {
		return false
	}
	whole := func(t term) bool { return t.factor == 1 }
	if i := slices.IndexFunc(terms, whole); i > 0 { // the first is taken as it is
		terms[0], terms[i] = terms[i], terms[0]
	}
	l.get(terms[0].local)
	if !whole(terms[0]) {
		l.get(l.factor(terms[0].factor))
		l.vec(vecMul)
	}
	l.set(to)
	for _, t := range terms[1:] {
		switch t.factor {
		case 1, -1:
			l.get(to)
			l.get(t.local)
			if t.factor == 1 {
				l.vec(vecAdd)
			} else {
				l.vec(vecSub)
			}
			l.set(to)
		default:
			factor := l.factor(t.factor)
			l.cfg.accumulate(l.function, to, func() { l.get(t.local); l.get(factor) })
		}
	}
	return true
}

// input writes a line of B^T d: in and out are n locals each, out none of in. It tells which of out are set; the others are zero.
func (l *lines) input(b basis, in, out []int) []bool {
	set := make([]bool, b.side())
	combine := func(to, first int, coefficients []float64, scale float64) bool {
		var terms []term
		for j, c := range coefficients {
			terms = append(terms, term{scale * c, in[first+2*j]})
		}
		return l.sum(to, terms...)
	}
	last := b.side() - 1
	set[0] = combine(out[0], 0, b.even(-1), 1)
	set[last] = combine(out[last], 1, b.even(-1), 1)
	u, v := l.shared("even", typeV128), l.shared("odd", typeV128)
	for k, p := range b {
		c := b.even(k)
		hasU, hasV := combine(u, 2, c, 1), combine(v, 1, c, 1)
		for i, sign := range []float64{1, -1} {
			at := 1 + 2*k + i
			set[at] = l.sum(out[at], some(hasU, 1, u), some(hasV, sign*p, v))
		}
	}
	return set
}

// some is a term, or nothing if it has not been set.
func some(set bool, factor float64, local int) term {
	if !set {
		local = -1
	}
	return term{factor, local}
}

// output writes a line of A^T y: in are n locals, of which those of the pairs are changed, out as many of the m as are wanted.
func (l *lines) output(b basis, in, out []int) {
	kept := l.shared("even", typeV128)
	for k := range b { // a pair's sum and difference take its place
		plus, minus := in[1+2*k], in[2+2*k]
		l.sum(kept, term{1, plus}, term{1, minus})
		l.sum(l.shared("odd", typeV128), term{1, plus}, term{-1, minus})
		l.copyVector(plus, kept)
		l.copyVector(minus, l.shared("odd", typeV128))
	}
	for i, to := range out {
		var terms []term
		if i == 0 {
			terms = append(terms, term{1, in[0]})
		}
		for k, p := range b {
			power := 1.
			for range i {
				power *= p
			}
			terms = append(terms, term{power, in[1+2*k+i%2]})
		}
		if i == 2*len(b)-1 {
			terms = append(terms, term{1, in[len(in)-1]})
		}
		l.sum(to, terms...)
	}
}

// weights writes a line of G g: in are 3 locals, out n.
func (l *lines) weights(b basis, in, out []int) {
	last := b.side() - 1
	l.sum(out[0], term{1 / b.even(-1)[0], in[0]})
	l.copyVector(out[last], in[2])
	u, v := l.shared("even", typeV128), l.shared("odd", typeV128)
	for k, p := range b {
		n := 2 * p * p
		for i, q := range b {
			if i != k {
				n *= p*p - q*q
			}
		}
		l.sum(u, term{1 / n, in[0]}, term{p * p / n, in[2]})
		l.sum(v, term{p / n, in[1]})
		l.sum(out[1+2*k], term{1, u}, term{1, v})
		l.sum(out[2+2*k], term{1, u}, term{-1, v})
	}
}

// Amplification is how many times as large as those of plain sums the rounding errors of Winograd's filtering with m x m outputs
// can be at worst: the sums of the magnitudes of all that is added up, for weights and inputs of one magnitude. Errors that are
// independent of each other stay far below it.
func Amplification(m int) float64 { return map[int]float64{2: 7.12, 4: 62.7}[m] }
