package detect

import "math"

const (
	// roughOverlap is the least IoU of a rough box with the object that it is meant for.
	roughOverlap = 0.3
	// leastTight is the least score of a place that has a say.
	leastTight = 0.05
	// doubt is the score at which a detector's word weighs as much as the rough box itself.
	doubt = 0.15
)

// Tighten gives the object that a rough box is meant for: found [classes+4, places] is what a detector's network gave for an image, FoundName,
// width and height are those of the image in the unit of rough. It is the mean of what all places say that mean the object which is sure and overlaps
// most, weighted by how sure they are, and of the rough box, which weighs the more the less sure they are: people see what a detector does not. False
// where no place means anything that overlaps enough.
func Tighten(found []float32, classes int, width, height float64, rough Box) (Box, bool) {
	places := len(found) / (classes + 4)
	boxes := found[classes*places:]
	type said struct {
		box   Box
		score float64
	}
	var all []said
	best, rank := said{}, 0.0
	for i := range places {
		s := said{score: leastTight}
		for c := range classes {
			s.score = max(s.score, float64(found[c*places+i]))
		}
		if s.score <= leastTight {
			continue
		}
		edge := func(k int, size float64) float64 { return min(max(float64(boxes[k*places+i]), 0), 1) * size }
		s.box = Box{edge(0, width), edge(1, height), edge(2, width), edge(3, height)}
		all = append(all, s)
		if overlap := IoU(s.box, rough); overlap >= roughOverlap {
			if r := overlap * math.Sqrt(s.score); r > rank {
				best, rank = s, r
			}
		}
	}
	if rank == 0 {
		return rough, false
	}
	var sum [4]float64
	weight := 0.0
	for _, s := range all {
		if overlap := IoU(s.box, best.box); overlap > sameOverlap {
			w := s.score * s.score * overlap
			weight += w
			for k, v := range []float64{s.box.X0, s.box.Y0, s.box.X1, s.box.Y1} {
				sum[k] += w * v
			}
		}
	}
	trust := best.score / (best.score + doubt)
	mix := func(sum, rough float64) float64 { return trust*sum/weight + (1-trust)*rough }
	return Box{mix(sum[0], rough.X0), mix(sum[1], rough.Y0), mix(sum[2], rough.X1), mix(sum[3], rough.Y1)}, true
}
