package train_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
)

// TestLiveSuggestionsOnPhotos says how many suggestions are right, and how sure they are, after some labels of photos in mixed
// order. It embeds them all, so it runs only when IRUM_QUALITY is set.
func TestLiveSuggestionsOnPhotos(t *testing.T) {
	const classes = 10
	all := embeddedSigns(t)
	for seed := range 3 {
		rand.New(rand.NewSource(int64(seed))).Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		var l *train.Live
		for n, p := range all[:300] {
			image := train.LiveImage{Key: fmt.Sprint(n), X: p.vector, Label: p.labels}
			if n+1 == 30 || n+1 == 60 || n+1 == 120 || n+1 == 200 { // as often as a service begins anew
				l = begin(t, all[:n+1], all[n+1:n+101], classes)
			} else if l != nil {
				if err := l.Set(image); err != nil {
					t.Fatal(err)
				}
				l.Refresh()
			}
			if n+1 == 30 || n+1 == 60 || n+1 == 100 || n+1 == 200 || n+1 == 300 {
				right, sure, ece := suggest(l, all[n+1:])
				t.Logf("seed %d, after %d labels: %.1f %% of the suggestions for %d photos are right, %.1f %% sure, calibration error %.3f",
					seed, n+1, 100*right, len(all)-n-1, 100*sure, ece)
				if math.Abs(right-sure) > 0.15 {
					t.Errorf("confidence %.2f of suggestions that are right %.2f of the time", sure, right)
				}
			}
		}
	}
}

func begin(t *testing.T, labelled, others []photo, classes int) *train.Live {
	t.Helper()
	var images []train.LiveImage
	for i, p := range labelled {
		images = append(images, train.LiveImage{Key: fmt.Sprint(i), X: p.vector, Label: p.labels})
	}
	var spread [][]float32
	for _, p := range others {
		spread = append(spread, p.vector)
	}
	started := time.Now()
	l, err := train.NewLive(context.Background(), images, spread, classes, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("begun with %d images in %s", len(images), time.Since(started))
	return l
}

func suggest(l *train.Live, rest []photo) (right, sure, ece float64) {
	const bins = 10
	var hits, sums, counts [bins]float64
	for _, p := range rest {
		scores := l.Scores(p.vector)
		best := metrics.Predict(scores, false)[0]
		b := min(int(scores[best]*bins), bins-1)
		counts[b]++
		sums[b] += scores[best]
		sure += scores[best] / float64(len(rest))
		if best == p.labels[0] {
			hits[b]++
			right += 1 / float64(len(rest))
		}
	}
	for b := range counts {
		ece += math.Abs(hits[b]-sums[b]) / float64(len(rest))
	}
	return right, sure, ece
}
