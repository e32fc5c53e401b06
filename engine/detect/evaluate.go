package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const (
	// maxFound is how many objects of a class count in one image, as in COCO's main figure.
	maxFound = 100
	// recalls is how many points of recall a precision is averaged over: 0, 0.01, ..., 1.
	recalls = 101
	// overlaps is how many thresholds of IoU there are: 0.5, 0.55, ..., 0.95.
	overlaps = 10
)

// Point is one point of a precision-recall curve: what is found with at least Threshold.
type Point struct{ Threshold, Precision, Recall float64 }

// Class is how well one class is found. AP50 and AP are average precisions, the former at an IoU of 0.5, the latter the mean over
// ten thresholds; both are 0 where Support is. The counts, and what follows from them, are at an IoU of 0.5 and the report's Threshold.
type Class struct {
	Support, TP, FP, FN   int // boxes
	Precision, Recall, F1 float64
	AP50, AP              float64
	Curve                 []Point // at an IoU of 0.5, falling thresholds; at most 101, of growing recall
}

// Report is how well a detector does. The means are over the classes that some image holds.
type Report struct {
	Images, Boxes         int
	MAP50, MAP            float64
	Threshold             float64 // the score at which the mean F1 is best
	Precision, Recall, F1 float64 // means at Threshold
	Classes               []Class
	matches               [][]match // by class, the surest first
}

// match is an object that was found, and at which of the thresholds of IoU it is right.
type match struct {
	score float64
	right [overlaps]bool
}

// overlapLevels are COCO's thresholds of IoU, to the last bit as its code computes them.
func overlapLevels() (out [overlaps]float64) {
	const first, last = 0.5, 0.95
	from, to := float64(first), float64(last)
	step := (to - from) / (overlaps - 1)
	for i := range out {
		out[i] = float64(i)*step + from
	}
	out[overlaps-1] = to
	return out
}

// Evaluate compares what was found in each image with the truth about it as COCO defines it (Lin et al. 2014; cocoapi, cocoeval.py):
// the surest hundred objects of a class in an image take, surest first, the box of that class with the largest IoU that is still free and reaches the
// threshold; average precision is the mean of 101 precisions, each the best at that recall or a higher one. There are no
// crowds and no boxes to ignore. An error names the image and what is wrong with it.
func Evaluate(truth, found [][]Object, classes int) (*Report, error) {
	if len(truth) != len(found) {
		return nil, fmt.Errorf("%d images with what was found for %d with the truth", len(found), len(truth))
	}
	matches, support := make([][]match, classes), make([]int, classes)
	for i := range truth {
		if err := checkObjects(truth[i], classes); err != nil {
			return nil, fmt.Errorf("truth of image %d: %w", i, err)
		}
		if err := checkObjects(found[i], classes); err != nil {
			return nil, fmt.Errorf("found in image %d: %w", i, err)
		}
		for c := range classes {
			boxes := ofClass(truth[i], c)
			support[c] += len(boxes)
			matches[c] = append(matches[c], take(boxes, ofClass(found[i], c))...)
		}
	}
	r := &Report{Images: len(truth), Classes: make([]Class, classes)}
	for c := range r.Classes {
		slices.SortStableFunc(matches[c], func(a, b match) int { return cmp.Compare(b.score, a.score) })
		r.Classes[c] = measure(matches[c], support[c])
		r.Boxes += support[c]
	}
	r.matches = matches
	r.choose()
	r.average()
	return r, nil
}

// At counts at another threshold, such as one that was chosen on other images.
func (r *Report) At(threshold float64) {
	r.Threshold = threshold
	r.count()
	r.average()
}

func checkObjects(list []Object, classes int) error {
	for _, o := range list {
		if o.Class < 0 || o.Class >= classes {
			return fmt.Errorf("class %d of %d", o.Class, classes)
		}
		for _, v := range []float64{o.X0, o.Y0, o.X1, o.Y1, o.Score} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("the box %v with score %v is not finite", o.Box, o.Score)
			}
		}
	}
	return nil
}

func ofClass(list []Object, c int) []Object {
	var out []Object
	for _, o := range list {
		if o.Class == c {
			out = append(out, o)
		}
	}
	return out
}

// take gives what was found of one class in one image, with the thresholds at which each is right.
func take(truth, found []Object) []match {
	byScore(found)
	found = found[:min(len(found), maxFound)]
	out := make([]match, len(found))
	for i, o := range found {
		out[i].score = o.Score
	}
	for level, least := range overlapLevels() {
		taken := make([]bool, len(truth))
		for i, o := range found {
			best, at := min(least, 1-1e-10), -1
			for k, t := range truth {
				if v := IoU(o.Box, t.Box); !taken[k] && v >= best {
					best, at = v, k
				}
			}
			if at >= 0 {
				taken[at], out[i].right[level] = true, true
			}
		}
	}
	return out
}

// measure gives the average precisions and the curve of one class; matches are the surest first.
func measure(matches []match, support int) Class {
	c := Class{Support: support}
	if support == 0 {
		return c
	}
	for level := range overlaps {
		ap, curve := averagePrecision(matches, level, support)
		c.AP += ap / overlaps
		if level == 0 {
			c.AP50, c.Curve = ap, curve
		}
	}
	return c
}

// averagePrecision interpolates at 101 recalls. The curve's points are those with a precision, by falling threshold.
func averagePrecision(matches []match, level, support int) (ap float64, curve []Point) {
	points, hits := make([]Point, len(matches)), 0
	for i, m := range matches {
		if m.right[level] {
			hits++
		}
		points[i] = Point{m.score, float64(hits) / float64(i+1), float64(hits) / float64(support)}
	}
	best := 0.0
	envelope := make([]float64, len(points))
	for i := len(points) - 1; i >= 0; i-- {
		best = max(best, points[i].Precision)
		envelope[i] = best
	}
	const step = 1.0 / (recalls - 1)
	at, last := 0, -1
	for k := range recalls {
		recall := float64(k) * step
		for at < len(points) && points[at].Recall < recall {
			at++
		}
		if at == len(points) {
			break
		}
		ap += envelope[at]
		if at != last {
			curve, last = append(curve, points[at]), at
		}
	}
	return ap / recalls, curve
}

// choose finds the threshold at which the mean F1 over the classes is best, and counts there. Between two scores lies the middle.
func (r *Report) choose() {
	matches := r.matches
	var scores []float64
	for _, list := range matches {
		for _, m := range list {
			scores = append(scores, m.score)
		}
	}
	slices.Sort(scores)
	scores = slices.Compact(scores)
	at, hits := make([]int, len(matches)), make([]int, len(matches)) // by class: how many have at least the score, how many of them are right
	best := -1.0
	for i := len(scores) - 1; i >= 0; i-- {
		sum := 0.0
		for c, list := range matches {
			for at[c] < len(list) && list[at[c]].score >= scores[i] {
				if list[at[c]].right[0] {
					hits[c]++
				}
				at[c]++
			}
			if n := r.Classes[c].Support + at[c]; r.Classes[c].Support > 0 {
				sum += 2 * float64(hits[c]) / float64(n)
			}
		}
		if sum > best {
			best, r.Threshold = sum, scores[i]
			if i > 0 {
				r.Threshold = (scores[i] + scores[i-1]) / 2
			}
		}
	}
	r.count()
}

// count sets what was found of each class at the threshold.
func (r *Report) count() {
	for c := range r.Classes {
		r.Classes[c].count(r.matches[c], r.Threshold)
	}
}

// count sets what was found of the class with at least a score.
func (c *Class) count(matches []match, least float64) {
	c.TP, c.FP = 0, 0
	for _, m := range matches {
		switch {
		case m.score < least:
		case m.right[0]:
			c.TP++
		default:
			c.FP++
		}
	}
	c.FN = c.Support - c.TP
	c.Precision, c.Recall = share(c.TP, c.TP+c.FP), share(c.TP, c.Support)
	c.F1 = share(2*c.TP, 2*c.TP+c.FP+c.FN)
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

func (r *Report) average() {
	n := 0
	r.MAP50, r.MAP, r.Precision, r.Recall, r.F1 = 0, 0, 0, 0, 0
	for _, c := range r.Classes {
		if c.Support > 0 {
			n++
		}
	}
	for _, c := range r.Classes {
		if c.Support > 0 {
			r.MAP50 += c.AP50 / float64(n)
			r.MAP += c.AP / float64(n)
			r.Precision += c.Precision / float64(n)
			r.Recall += c.Recall / float64(n)
			r.F1 += c.F1 / float64(n)
		}
	}
}
