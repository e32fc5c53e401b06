// Package metrics measures classifiers: accuracy, precision, recall and F1 with confidence intervals, confusion,
// threshold curve and calibration.
package metrics

import (
	"fmt"
	"math"
)

// Interval is a 95 % confidence interval.
type Interval struct{ Low, High float64 }

// Class is one class's row. Precision is 0 when nothing was predicted as the class, Recall is 0 when no image holds it,
// and F1 is 0 when both are; Support tells the two cases of a zero apart.
type Class struct {
	Support, TP, FP, FN   int
	Precision, Recall, F1 float64
	PrecisionCI, RecallCI Interval
}

// Averages are precision, recall and F1 over classes.
type Averages struct{ Precision, Recall, F1 float64 }

// Point is one point of the threshold curve: only images whose confidence is at least Threshold are labelled.
type Point struct {
	Threshold float64
	Coverage  float64 // share of images labelled
	Precision float64 // share of those that are right; 1 when none is labelled
	Recall    float64 // share of all images that are labelled rightly
}

// Bin is one bar of the reliability diagram: the images whose confidence is from Low to High.
type Bin struct {
	Low, High  float64
	Images     int
	Confidence float64 // mean
	Right      float64 // share that is right
	RightCI    Interval
}

// Report holds everything that a model card shows.
type Report struct {
	Images     int
	Accuracy   float64 // top-1; for multi-label the share of images whose whole set is right
	AccuracyCI Interval
	Macro      Averages // means over the classes that some image holds
	Micro      Averages // from the summed counts
	Classes    []Class
	Confusion  [][]int // [truth][predicted]; nil for multi-label
	Curve      []Point
	Bins       []Bin   // of confidence, ten equal ones, those that hold none left out
	ECE        float64 // expected calibration error over 10 equal bins (Guo et al. 2017, eq. 3)
}

// Evaluate compares truth with scores. truth[i] lists the class indices of image i (exactly one unless multi);
// scores[i] holds a probability per class. Multi-label predicts every class of probability 0.5 or more.
func Evaluate(truth [][]int, scores [][]float64, classes int, multi bool) (*Report, error) {
	if len(truth) != len(scores) {
		return nil, fmt.Errorf("%d labels for %d score rows", len(truth), len(scores))
	}
	r := &Report{Images: len(truth), Classes: make([]Class, classes)}
	if !multi {
		r.Confusion = make([][]int, classes)
		for i := range r.Confusion {
			r.Confusion[i] = make([]int, classes)
		}
	}
	confidence, right := make([]float64, len(truth)), make([]bool, len(truth))
	hits := 0
	for i := range truth {
		if err := check(truth[i], scores[i], classes, multi); err != nil {
			return nil, fmt.Errorf("image %d: %w", i, err)
		}
		predicted := Predict(scores[i], multi)
		confidence[i], right[i] = Confidence(scores[i], multi), r.count(truth[i], predicted)
		if right[i] {
			hits++
		}
		if !multi {
			r.Confusion[truth[i][0]][predicted[0]]++
		}
	}
	r.Accuracy, r.AccuracyCI = ratio(hits, len(truth)), Wilson(hits, len(truth))
	r.average()
	r.Curve, r.Bins = curve(confidence, right), reliability(confidence, right)
	r.ECE = calibrationError(r.Bins, len(truth))
	return r, nil
}

func check(truth []int, scores []float64, classes int, multi bool) error {
	if len(scores) != classes {
		return fmt.Errorf("%d scores for %d classes", len(scores), classes)
	}
	if !multi && (len(truth) != 1 || classes < 1) {
		return fmt.Errorf("%d labels where exactly one is expected", len(truth))
	}
	for k, c := range truth {
		if c < 0 || c >= classes {
			return fmt.Errorf("class %d of %d", c, classes)
		}
		for _, other := range truth[:k] {
			if other == c {
				return fmt.Errorf("class %d is given twice", c)
			}
		}
	}
	for c, p := range scores {
		if math.IsNaN(p) {
			return fmt.Errorf("the score of class %d is no number", c)
		}
	}
	return nil
}

// Predict gives the predicted classes: the most probable one (the first of equals), or for multi-label all of 0.5 and more.
func Predict(scores []float64, multi bool) []int {
	if multi {
		var out []int
		for c, p := range scores {
			if p >= 0.5 {
				out = append(out, c)
			}
		}
		return out
	}
	best := 0
	for c, p := range scores {
		if p > scores[best] {
			best = c
		}
	}
	return []int{best}
}

// Confidence of the label as a whole: the top probability; for multi-label the least sure of its yes-or-no answers.
func Confidence(scores []float64, multi bool) float64 {
	if !multi {
		return scores[Predict(scores, false)[0]]
	}
	least := 1.0
	for _, p := range scores {
		least = min(least, max(p, 1-p))
	}
	return least
}

// count adds one image to the classes' counts and tells whether the whole label is right.
func (r *Report) count(truth, predicted []int) bool {
	holds := make([]bool, len(r.Classes))
	for _, c := range truth {
		holds[c] = true
		r.Classes[c].Support++
	}
	hits := 0
	for _, c := range predicted {
		if holds[c] {
			r.Classes[c].TP++
			hits++
		} else {
			r.Classes[c].FP++
		}
		holds[c] = false
	}
	for c, missed := range holds {
		if missed {
			r.Classes[c].FN++
		}
	}
	return hits == len(truth) && hits == len(predicted)
}

func (r *Report) average() {
	var sum Class
	present := 0
	for i := range r.Classes {
		c := &r.Classes[i]
		c.Precision, c.Recall = ratio(c.TP, c.TP+c.FP), ratio(c.TP, c.TP+c.FN)
		c.F1 = ratio(2*c.TP, 2*c.TP+c.FP+c.FN)
		c.PrecisionCI, c.RecallCI = Wilson(c.TP, c.TP+c.FP), Wilson(c.TP, c.TP+c.FN)
		sum.TP, sum.FP, sum.FN = sum.TP+c.TP, sum.FP+c.FP, sum.FN+c.FN
		if c.Support == 0 {
			continue
		}
		present++
		r.Macro.Precision += c.Precision
		r.Macro.Recall += c.Recall
		r.Macro.F1 += c.F1
	}
	if present > 0 {
		n := float64(present)
		r.Macro = Averages{r.Macro.Precision / n, r.Macro.Recall / n, r.Macro.F1 / n}
	}
	r.Micro = Averages{ratio(sum.TP, sum.TP+sum.FP), ratio(sum.TP, sum.TP+sum.FN), ratio(2*sum.TP, 2*sum.TP+sum.FP+sum.FN)}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Wilson is the 95 % score interval of hits out of n (Wilson 1927). With n = 0 nothing is known: 0 to 1.
func Wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	const z = 1.959963984540054
	p, m := float64(hits)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{max(centre-half, 0), min(centre+half, 1)}
}

// curve takes thresholds 0, 0.01 .. 1.
func curve(confidence []float64, right []bool) []Point {
	out := make([]Point, 101)
	for i := range out {
		threshold := float64(i) / 100
		labelled, hits := 0, 0
		for k, c := range confidence {
			if c >= threshold {
				labelled++
				if right[k] {
					hits++
				}
			}
		}
		out[i] = Point{threshold, ratio(labelled, len(confidence)), 1, ratio(hits, len(confidence))}
		if labelled > 0 {
			out[i].Precision = ratio(hits, labelled)
		}
	}
	return out
}

func reliability(confidence []float64, right []bool) []Bin {
	var sum [10]float64
	var images, hits [10]int
	for i, c := range confidence {
		bin := min(max(int(c*10), 0), 9)
		sum[bin] += c
		images[bin]++
		if right[i] {
			hits[bin]++
		}
	}
	var out []Bin
	for b, n := range images {
		if n > 0 {
			out = append(out, Bin{float64(b) / 10, float64(b+1) / 10, n, sum[b] / float64(n), ratio(hits[b], n), Wilson(hits[b], n)})
		}
	}
	return out
}

func calibrationError(bins []Bin, images int) float64 {
	total := 0.0
	for _, b := range bins {
		total += float64(b.Images) * math.Abs(b.Right-b.Confidence)
	}
	return total / float64(max(images, 1))
}

// Paired is the 95 % interval of by how much a second share is larger than a first one that was measured on the same n images:
// gained are those that only the second has, lost those that only the first has (Agresti and Min 2005: half an image is added to
// each of the four counts, so that no difference is not taken for certainty).
func Paired(gained, lost, n int) Interval {
	const z = 1.959963984540054
	a, b, m := float64(gained)+0.5, float64(lost)+0.5, float64(n)+2
	middle, half := (a-b)/m, z*math.Sqrt(a+b-(a-b)*(a-b)/m)/m
	return Interval{max(middle-half, -1), min(middle+half, 1)}
}
