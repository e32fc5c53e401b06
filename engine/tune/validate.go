package tune

import (
	"context"
	"math"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
)

// The halves of the held-out images, and all of them.
const (
	halfA = iota
	halfB
	whole
)

// fewest is how many images, and which share of all that are held out, may choose what the others are scored by.
const (
	fewest     = 5
	leastShare = 0.25
)

// halve parts the held-out images into two halves of about the same classes, near-duplicates on one side. Where one of them would
// be too small to choose anything, all are in both.
func (t *trainer) halve() []int {
	d := t.d.only(t.held)
	fold, _ := d.Folds(train.Options{Seed: t.o.Seed, Folds: 2})
	second := 0
	for _, k := range fold {
		second += k
	}
	if n := min(second, len(fold)-second); n < fewest || float64(n) < leastShare*float64(len(fold)) {
		return nil
	}
	return fold
}

// only gives what a split of some of the images has to know.
func (d *Data) only(images []int) *train.Dataset {
	out := &train.Dataset{N: len(images), Classes: d.Classes, Multi: d.Multi}
	for _, i := range images {
		out.Labels = append(out.Labels, d.Labels[i])
		if d.Groups != nil {
			out.Groups = append(out.Groups, d.Groups[i])
		}
	}
	return out
}

// Split holds out about share of the images, 0 < share < 1: near-duplicates (Groups) together, and of every class about as many.
// The same seed gives the same split.
func Split(d Data, share float64, seed int64) []bool {
	all := make([]int, len(d.Labels))
	for i := range all {
		all[i] = i
	}
	fold, _ := d.only(all).Folds(train.Options{Seed: seed, Folds: max(int(math.Round(1/share)), 2)})
	held := make([]bool, len(all))
	for i, k := range fold {
		held[i] = k == 0
	}
	return held
}

// endEpoch measures the network on the held-out images, and keeps its weights when they are the best so far.
func (t *trainer) endEpoch(ctx context.Context, learnt float64) error {
	if t.average != nil {
		t.average.swap()
		defer t.average.swap()
	}
	logits, err := t.logits(ctx)
	if err != nil {
		return err
	}
	e := Epoch{Learnt: learnt}
	for half := range t.kept {
		rows, labels := t.part(logits, half)
		temperature, loss := train.Calibrate(rows, labels, t.d.Classes, t.d.Multi)
		if half == whole {
			e.Loss, e.Accuracy = loss, t.accuracy(rows, labels, temperature)
		}
		if loss >= t.at.Least[half] {
			continue
		}
		t.at.Least[half] = loss
		copy(t.kept[half], logits)
		if half == whole {
			t.at.Best = len(t.at.History)
			for i, p := range t.all {
				copy(t.best[i], p.Value)
			}
		}
	}
	t.at.History = append(t.at.History, e)
	return nil
}

// logits runs the network on all held-out images, as they are.
func (t *trainer) logits(ctx context.Context) ([]float32, error) {
	out := make([]float32, 0, len(t.held)*t.d.Classes)
	for from := 0; from < len(t.held); from += t.o.Batch {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if t.asked() {
			return nil, ErrStopped
		}
		batch := t.held[from:min(from+t.o.Batch, len(t.held))]
		x := t.x[:len(batch)*t.d.Inputs.Size()]
		if err := t.load(ctx, batch, x, false); err != nil {
			return nil, err
		}
		y, err := t.net.Infer(x, len(batch))
		if err != nil {
			return nil, err
		}
		for _, v := range y {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, errDiverged
			}
		}
		out = append(out, y...)
	}
	return out, nil
}

// part gives the rows of one half of the held-out images, or of all.
func (t *trainer) part(logits []float32, half int) (rows [][]float64, labels [][]int) {
	for k, i := range t.held {
		if half != whole && t.halves != nil && t.halves[k] != half {
			continue
		}
		rows, labels = append(rows, t.row(logits, k)), append(labels, t.d.Labels[i])
	}
	return rows, labels
}

func (t *trainer) row(logits []float32, k int) []float64 {
	row := make([]float64, t.d.Classes)
	for c := range row {
		row[c] = float64(logits[k*t.d.Classes+c])
	}
	return row
}

func (t *trainer) accuracy(rows [][]float64, labels [][]int, temperature []float64) float64 {
	scores := make([][]float64, len(rows))
	for i, row := range rows {
		scores[i] = train.Calibrated(row, temperature, t.d.Multi)
	}
	report, err := metrics.Evaluate(labels, scores, t.d.Classes, t.d.Multi)
	if err != nil {
		return 0
	}
	return report.Accuracy
}

// result puts the best weights into the network and tells how good they are.
func (t *trainer) result() (*Result, error) {
	for i, p := range t.all {
		copy(p.Value, t.best[i])
	}
	r := &Result{History: t.at.History, Best: t.at.Best, Held: t.held, Steps: t.at.Steps}
	rows, labels := t.part(t.kept[whole], whole)
	r.Temperature, _ = train.Calibrate(rows, labels, t.d.Classes, t.d.Multi)
	r.Scores = make([][]float64, len(t.held))
	for _, half := range []int{halfA, halfB} {
		rows, labels := t.part(t.kept[half], half)
		temperature, _ := train.Calibrate(rows, labels, t.d.Classes, t.d.Multi)
		for k := range t.held {
			if t.halves == nil || t.halves[k] != half {
				r.Scores[k] = train.Calibrated(t.row(t.kept[half], k), temperature, t.d.Multi)
			}
		}
	}
	return r, nil
}
