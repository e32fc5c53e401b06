package train_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/train"
)

// TestUnlabelledOnPhotos says what images without labels are worth with 3, 5 and 10 labels of each of ten classes, on images that are in
// neither part: hands and clothes, from a pool that holds as many of each class, and from one where half of the classes are rare.
// It embeds 1,600 pictures, so it runs only when IRUM_QUALITY is set.
func TestUnlabelledOnPhotos(t *testing.T) {
	hands := embeddedSigns(t)
	t.Run("hands", func(t *testing.T) { unlabelledOn(t, hands, 300) })
	t.Run("clothes", func(t *testing.T) {
		var all []photo
		for _, list := range clothes(t, 120) {
			all = append(all, list...)
		}
		embedAll(t, all)
		unlabelledOn(t, all, 600)
	})
}

func unlabelledOn(t *testing.T, all []photo, more int) {
	t.Helper()
	const seeds = 5
	for _, rare := range []float64{1, 0.3} {
		for _, n := range []int{3, 5, 10} {
			var before, after, gain []float64
			kept, took := 0, time.Duration(0)
			for seed := range int64(seeds) {
				learn, pool, test := draw(all, n, more, rare, seed)
				_, a := learnt(t, learn, test, 10, train.Options{})
				started := time.Now()
				e, b := taught(t, learn, pool, test)
				took += time.Since(started) / seeds
				if e.Unlabelled.Kept {
					kept++
				}
				before, after, gain = append(before, a), append(after, b), append(gain, b-a)
				if b < a-0.06 {
					t.Errorf("%d a class, rare %.1f, seed %d: %.3f became %.3f (%+v)", n, rare, seed, a, b, e.Unlabelled)
				}
			}
			t.Logf("%2d a class, half of the classes at %.1f: labels alone %s, with %d images without labels %s, gain %s; kept %d of %d times, %.1f s",
				n, rare, around(before), more, around(after), around(gain), kept, seeds, took.Seconds())
			if mean(gain) < -0.03 {
				t.Errorf("%d a class: worse", n)
			}
		}
	}
}

// draw gives n photos of each class, at most so many others of which half of the classes are held at the share rare, and the rest.
func draw(all []photo, n, more int, rare float64, seed int64) (learn, pool, test []photo) {
	rng := rand.New(rand.NewSource(seed))
	taken := map[int]int{}
	for _, i := range rng.Perm(len(all)) {
		c := all[i].labels[0]
		switch {
		case taken[c] < n:
			taken[c]++
			learn = append(learn, all[i])
		case c < 5 && rng.Float64() > rare:
		case len(pool) < more*2/3 || rng.Intn(2) == 0 && len(pool) < more:
			pool = append(pool, all[i])
		default:
			test = append(test, all[i])
		}
	}
	return learn, pool, test
}

// taught is learnt with images without labels.
func taught(t *testing.T, learn, pool, test []photo) (*train.Evaluation, float64) {
	t.Helper()
	d := train.Dataset{N: len(learn), D: len(learn[0].vector), Classes: 10, Unlabelled: len(pool)}
	for _, p := range learn {
		d.X, d.Labels = append(d.X, p.vector...), append(d.Labels, p.labels)
	}
	for _, p := range pool {
		d.X = append(d.X, p.vector...)
	}
	head, e, err := train.Fit(context.Background(), d, train.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	right := 0.0
	for _, p := range test {
		right += hit(choice(head, p) == p.labels[0])
	}
	return e, right / float64(len(test))
}

func mean(list []float64) (m float64) {
	for _, v := range list {
		m += v / float64(len(list))
	}
	return m
}

// around is the mean with the standard deviation.
func around(list []float64) string {
	m, sum := mean(list), 0.0
	for _, v := range list {
		sum += (v - m) * (v - m) / float64(len(list)-1)
	}
	return fmt.Sprintf("%.3f ± %.3f", m, math.Sqrt(sum))
}
