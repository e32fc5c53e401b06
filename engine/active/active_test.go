package active_test

import (
	"context"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/active"
)

// pool is n images in heaps of directions: image i lies in heap i%heaps, the farther from its middle the larger i is. The first heap has
// twice as many as the others would by the same rule when wide.
func pool(n, heaps int) active.Candidates {
	rng := rand.New(rand.NewSource(5))
	c := active.Candidates{Classes: heaps, Chance: rng.Perm(n), Batches: 2}
	for i := range n {
		x := make([]float32, heaps+2)
		x[i%heaps] = 1
		for k := range x {
			x[k] += float32(rng.NormFloat64() * 0.2 * float64(i) / float64(n))
		}
		c.Images = append(c.Images, active.Image{X: x, Class: -1})
	}
	return c
}

// label gives image i a label of its heap.
func label(c *active.Candidates, images ...int) {
	for _, i := range images {
		c.Images[i].Labelled, c.Images[i].Class = true, i%c.Classes
		c.Chance = slices.DeleteFunc(c.Chance, func(k int) bool { return k == i })
	}
}

func order(t *testing.T, c active.Candidates) []active.Pick {
	t.Helper()
	list, err := active.Order(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, p := range list {
		all = append(all, p.Image)
	}
	slices.Sort(all)
	want := slices.Clone(c.Chance)
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Fatalf("the order of %d images without a label holds %v", len(want), all)
	}
	return list
}

func TestEveryBatchHoldsTheNextByChance(t *testing.T) {
	c := pool(200, 5)
	label(&c, 0, 1, 2)
	list := order(t, c)
	if again := order(t, c); !slices.Equal(list, again) {
		t.Error("another order of the same images")
	}
	chosen := map[int]bool{}
	next := c.Chance
	for at, p := range list[:2*active.Batch] {
		if !p.Chance {
			chosen[p.Image] = true
			continue
		}
		for chosen[next[0]] && next[0] != p.Image { // those that an earlier batch has chosen
			next = next[1:]
		}
		if p.Image != next[0] {
			t.Fatalf("place %d is %d, not the next by chance, %d", at, p.Image, next[0])
		}
		next = next[1:]
		if at == 0 {
			t.Error("a batch begins by chance")
		}
	}
	if got := 2*active.Batch - len(chosen); got != 2*active.ByChance {
		t.Errorf("%d of two batches are by chance", got)
	}
	for _, p := range list[2*active.Batch:] {
		if !p.Chance {
			t.Fatal("behind the batches something is chosen")
		}
	}
}

// TestFewLabelsAskForWhatIsTypical: every heap is asked for, by images near its middle.
func TestFewLabelsAskForWhatIsTypical(t *testing.T) {
	c := pool(900, 18)
	c.Batches = 1
	label(&c, 3)
	heaps, far := map[int]int{}, 0
	for _, p := range order(t, c)[:active.Batch] {
		if !p.Chance {
			heaps[p.Image%18]++
			if p.Image > 450 {
				far++
			}
		}
	}
	if len(heaps) < 13 || far > 4 {
		t.Errorf("eighteen images show %d of 18 heaps, %d of them from the rim", len(heaps), far)
	}
}

// TestManyLabelsAskForWhatIsInDoubt: of every class the images in doubt, none twice, and more of the class with few labels.
func TestManyLabelsAskForWhatIsInDoubt(t *testing.T) {
	c := pool(400, 4)
	c.Batches = 1
	for i := range 40 {
		if i%4 != 2 || i < 12 {
			label(&c, i)
		}
	}
	for i := range c.Images {
		scores := []float64{0.01, 0.01, 0.01, 0.01}
		sure := 0.97
		if i%5 == 0 {
			sure = 0.5
			scores[(i+1)%4] = 0.48
		}
		scores[i%4] = sure
		c.Images[i].Scores = scores
	}
	count, doubtful, chosen := make([]int, 4), 0, 0
	for _, p := range order(t, c)[:active.Batch] {
		if p.Chance {
			continue
		}
		chosen++
		count[p.Image%4]++
		if p.Image%5 == 0 {
			doubtful++
		}
	}
	if chosen != active.Batch-active.ByChance || doubtful < chosen-2 {
		t.Errorf("%d of %d chosen images are in doubt", doubtful, chosen)
	}
	if slices.Max(count) != count[2] || count[2] < 8 {
		t.Errorf("of the classes come %v: the third has the fewest labels", count)
	}
}

// TestAnOutlierIsNotAskedFor though the head is in doubt about it.
func TestAnOutlierIsNotAskedFor(t *testing.T) {
	c := pool(3000, 3)
	c.Batches = 1
	label(&c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
	for i := range c.Images {
		c.Images[i].Scores = []float64{0.4, 0.3, 0.3}
	}
	c.Images[200].X = []float32{0, 0, 0, 0, 1} // alone in its direction
	for at, p := range order(t, c)[:active.Batch] {
		if !p.Chance && p.Image == 200 {
			t.Errorf("place %d is an outlier", at)
		}
	}
}

func TestImagesOfWhichNothingIsKnown(t *testing.T) {
	c := pool(100, 4)
	for i := range 90 {
		c.Images[i].X = nil
	}
	label(&c, 0, 95)
	first := order(t, c)[0]
	if first.Chance || first.Image < 90 {
		t.Errorf("first is %+v, not one that is embedded", first)
	}
	for i := range c.Images {
		c.Images[i].X = nil
	}
	for at, p := range order(t, c) {
		if !p.Chance || p.Image != c.Chance[at] {
			t.Fatalf("place %d is %+v where nothing is known", at, p)
		}
	}
	order(t, active.Candidates{})
	multi := pool(60, 3)
	multi.Multi = true
	for i := range multi.Images {
		multi.Images[i].Scores = []float64{0.5, 0.9, 0.2}
	}
	label(&multi, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	multi.Images[3].Class = -1
	order(t, multi)
}

func TestOrderRefusesWhatDoesNotFit(t *testing.T) {
	for _, chance := range [][]int{{0, 1}, {0, 1, 1}, {0, 1, 3}, {0, 1, -1}} {
		if _, err := active.Order(context.Background(), active.Candidates{Images: make([]active.Image, 3), Chance: chance}); err == nil {
			t.Errorf("three images in the order %v", chance)
		}
	}
	two := active.Candidates{Images: []active.Image{{X: []float32{1}}, {X: []float32{1, 2}}}, Chance: []int{0, 1}}
	if _, err := active.Order(context.Background(), two); err == nil {
		t.Error("embeddings of two lengths")
	}
}

func TestMargin(t *testing.T) {
	for _, c := range []struct {
		scores []float64
		multi  bool
		want   float64
	}{
		{[]float64{0.2, 0.5, 0.3}, false, 0.2},
		{[]float64{0.5, 0.5}, false, 0},
		{[]float64{1}, false, 1},
		{[]float64{0.9, 0.1, 0.55}, true, 0.1},
		{[]float64{1, 0}, true, 1},
	} {
		if got := active.Margin(c.scores, c.multi); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("margin of %v is %g, not %g", c.scores, got, c.want)
		}
	}
}

// BenchmarkOrder is one batch of as many candidates as there are at most, with a head.
func BenchmarkOrder(b *testing.B) {
	c := active.Candidates{Classes: 10, Batches: 1}
	rng := rand.New(rand.NewSource(1))
	for i := range active.MaxCandidates + 500 {
		x := make([]float32, 1728)
		for k := range x {
			x[k] = float32(rng.NormFloat64())
		}
		image := active.Image{X: x, Scores: []float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}, Labelled: i >= active.MaxCandidates, Class: i % 10}
		if image.Scores[i%10] += 0.5; !image.Labelled {
			c.Chance = append(c.Chance, i)
		}
		c.Images = append(c.Images, image)
	}
	for b.Loop() {
		if _, err := active.Order(context.Background(), c); err != nil {
			b.Fatal(err)
		}
	}
}
