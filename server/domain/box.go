package domain

import (
	"fmt"
	"math"
)

const (
	// MaxBoxes is how many boxes the label of one image holds.
	MaxBoxes = 5000
	// MinBoxSide is the least width and height of a box in pixels. What is thinner is left over from rounding.
	MinBoxSide = 0.01
	// boxSlack is how far in pixels a box may stick out of its image by rounding alone.
	boxSlack = 1e-3
)

// Settled gives b without what rounding makes stick out of an image of width x height pixels. What sticks out further stays,
// for CheckBoxes to refuse.
func (b Box) Settled(width, height int) Box {
	b.X, b.W = settled(b.X, b.W, float64(width))
	b.Y, b.H = settled(b.Y, b.H, float64(height))
	return b
}

func settled(at, length, size float64) (float64, float64) {
	if end := at + length; end > size && end <= size+boxSlack {
		length = size - at
	}
	if at < 0 && at >= -boxSlack {
		at, length = 0, at+length
	}
	return at, length
}

// CheckBoxes tells what is wrong with the boxes of an image of width x height pixels, nil where nothing is. Nothing else
// decides what a box may be: finite, inside its image, at least MinBoxSide wide and high, of a class of classes, with a score
// between 0 and 1, and no more than MaxBoxes of them. The problem's field is boxes or boxes[i].
func CheckBoxes(boxes []Box, classes []Class, width, height int) *Problem {
	if len(boxes) > MaxBoxes {
		return Errorf(CodeInvalid, "An image has at most %d boxes, not %d.", MaxBoxes, len(boxes)).In("boxes")
	}
	known := make(map[string]bool, len(classes))
	for _, c := range classes {
		known[c.ID] = true
	}
	for i, b := range boxes {
		p := b.check(float64(width), float64(height))
		if p == nil && !known[b.ClassID] {
			p = Errorf(CodeInvalid, "The project has no class %q. Add it first.", b.ClassID)
		}
		if p != nil {
			return p.In(fmt.Sprintf("boxes[%d]", i))
		}
	}
	return nil
}

func (b Box) check(width, height float64) *Problem {
	for _, v := range []float64{b.X, b.Y, b.W, b.H} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Errorf(CodeInvalid, "A box's numbers must be finite.")
		}
	}
	// An edge is the sum of two numbers, of which the last bit is not to be trusted.
	right, bottom := b.X+b.W, b.Y+b.H
	switch {
	case b.W < MinBoxSide || b.H < MinBoxSide:
		return Errorf(CodeInvalid, "A box must be at least %g pixels wide and high, not %g x %g.", MinBoxSide, b.W, b.H)
	case b.X < 0 || b.Y < 0 || right > width+1e-9*width || bottom > height+1e-9*height:
		return Errorf(CodeInvalid, "The box from (%g, %g) to (%g, %g) is not inside its image, which has %g x %g pixels.", b.X, b.Y, right, bottom, width, height)
	case !(b.Score >= 0 && b.Score <= 1): // NaN too
		return Errorf(CodeInvalid, "The score %v of a box is not between 0 and 1.", b.Score)
	}
	return nil
}
