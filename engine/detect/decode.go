package detect

const (
	// maxPlaces is how many of the surest places of an image are looked at.
	maxPlaces = 1000
	// maxOverlap is the IoU above which two boxes of a class are one object.
	maxOverlap = 0.45
	// sameOverlap is the IoU above which a place's box says where an object is.
	sameOverlap = 0.6
	// maxObjects are found in one image at most.
	maxObjects = 300
)

// Decode turns what a detector's network gave for an image into objects, the surest first: found [classes+4, places] is its output
// FoundName, width and height are those of the image in the unit that is wanted. Objects of less than least are left out. Many places find one
// object: what the surest one says that it is counts, but its box is the mean of theirs.
func Decode(found []float32, classes int, width, height, least float64) []Object {
	places := len(found) / (classes + 4)
	boxes := found[classes*places:]
	var out []Object
	for c := range classes {
		for i, s := range found[c*places:][:places] {
			if float64(s) < least {
				continue
			}
			edge := func(k int, size float64) float64 { return min(max(float64(boxes[k*places+i]), 0), 1) * size }
			if b := (Box{edge(0, width), edge(1, height), edge(2, width), edge(3, height)}); b.Area() > 0 {
				out = append(out, Object{b, c, float64(s)})
			}
		}
	}
	byScore(out)
	out = out[:min(len(out), maxPlaces)]
	kept := Suppress(out, maxOverlap, maxObjects)
	for i, k := range kept {
		kept[i].Box = agreed(k, out)
	}
	return kept
}

// agreed is the mean of those boxes of all that are of o's class and overlap with it, by their scores and overlaps (box voting, Gidaris and
// Komodakis 2015).
func agreed(o Object, all []Object) Box {
	var sum Box
	weight := 0.0
	for _, a := range all {
		if a.Class != o.Class {
			continue
		}
		if overlap := IoU(a.Box, o.Box); overlap > sameOverlap {
			w := a.Score * overlap
			weight += w
			sum = Box{sum.X0 + w*a.X0, sum.Y0 + w*a.Y0, sum.X1 + w*a.X1, sum.Y1 + w*a.Y1}
		}
	}
	return Box{sum.X0 / weight, sum.Y0 / weight, sum.X1 / weight, sum.Y1 / weight}
}

// answers are what the network of a tower would give for out: scores and boxes.
func (t *tower) answers(out []float32) (scores, boxes []float32) {
	places, n := t.rows*t.cols, t.classes+4
	scores, boxes = make([]float32, places*t.classes), make([]float32, places*4)
	middles, steps := t.middles(), t.steps()
	for i := range places {
		for c, z := range out[i*n:][:t.classes] {
			scores[c*places+i] = float32(1 / (1 + exp(-float64(z))))
		}
		for k, z := range out[i*n+t.classes:][:4] {
			boxes[k*places+i] = middles[k*places+i] + float32(exp(min(max(float64(z), -farthest), farthest)))*steps[k]
		}
	}
	return scores, boxes
}
