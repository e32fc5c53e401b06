// Package detect finds objects: it measures detectors as COCO does, trains a small head on the feature maps of a backbone that
// stays as it is, and writes both as one ONNX network. Like all of engine it does no I/O.
package detect

import (
	"cmp"
	"slices"
)

// Box is a rectangle by its corners, in pixels or in any other unit, origin top left: X0 <= X1 and Y0 <= Y1.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Object is a box with a class. Score is the probability that it is right, from 0 to 1; people's boxes need none.
type Object struct {
	Box
	Class int
	Score float64
}

// Area of b, 0 where its corners are the wrong way round.
func (b Box) Area() float64 { return max(b.X1-b.X0, 0) * max(b.Y1-b.Y0, 0) }

// meet gives the areas of what a and b share and of what they cover together.
func meet(a, b Box) (shared, together float64) {
	shared = Box{max(a.X0, b.X0), max(a.Y0, b.Y0), min(a.X1, b.X1), min(a.Y1, b.Y1)}.Area()
	return shared, a.Area() + b.Area() - shared
}

// IoU is the intersection of a and b over their union, from 0 to 1; 0 where both are empty.
func IoU(a, b Box) float64 {
	shared, together := meet(a, b)
	if together <= 0 {
		return 0
	}
	return shared / together
}

// byScore orders the surest first; equals stay in their order.
func byScore(found []Object) {
	slices.SortStableFunc(found, func(a, b Object) int { return cmp.Compare(b.Score, a.Score) })
}

// Suppress gives what is left of found, the surest first, when of two objects of one class whose IoU is above overlap the less sure one is
// left out (greedy non-maximum suppression), at most limit; 0 for all. found stays as it is.
func Suppress(found []Object, overlap float64, limit int) []Object {
	sorted := slices.Clone(found)
	byScore(sorted)
	kept := sorted[:0:0]
	for _, o := range sorted {
		if limit > 0 && len(kept) == limit {
			break
		}
		if !slices.ContainsFunc(kept, func(k Object) bool { return k.Class == o.Class && IoU(k.Box, o.Box) > overlap }) {
			kept = append(kept, o)
		}
	}
	return kept
}
