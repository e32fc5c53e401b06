package active_test

import (
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/active"
)

// pool is n images on a line of directions: their margin grows with their number unless told otherwise.
func pool(n int) active.Candidates {
	c := active.Candidates{Margin: make([]float64, n), Chance: rand.New(rand.NewSource(5)).Perm(n)}
	for i := range c.Margin {
		c.Margin[i] = float64(i) / float64(n)
	}
	c.Embedding = func(i int) []float32 {
		angle := float64(i%40) / 40 * math.Pi / 2
		return []float32{float32(math.Cos(angle)), float32(math.Sin(angle))}
	}
	return c
}

func order(t *testing.T, c active.Candidates) []int {
	t.Helper()
	list, err := active.Order(c)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(list)
	slices.Sort(all)
	for i, v := range all {
		if i != v {
			t.Fatalf("%d images are ordered as %v", len(c.Margin), list)
		}
	}
	if len(list) != len(c.Margin) {
		t.Fatalf("%d of %d images are in the order", len(list), len(c.Margin))
	}
	return list
}

func TestBatchesHoldTheUnsureAndSomeByChance(t *testing.T) {
	c := pool(2000)
	list := order(t, c)
	if again := order(t, c); !slices.Equal(list, again) {
		t.Error("another order of the same images")
	}
	by := c.Chance
	for b := range active.Batches {
		batch := list[b*active.Batch:][:active.Batch]
		for k, i := range batch {
			if k%5 == 4 {
				for slices.Contains(list[:b*active.Batch+k], by[0]) {
					by = by[1:]
				}
				if i != by[0] {
					t.Fatalf("place %d of batch %d is %d, not the next by chance, %d", k, b, i, by[0])
				}
			} else if i >= 16*(10+b)+b*4+4 {
				t.Errorf("place %d of batch %d is %d, which is not among the least sure", k, b, i)
			}
		}
	}
	rest := list[active.Batch*active.Batches:]
	if !slices.IsSorted(rest) {
		t.Error("behind the batches the order is not by margin")
	}
}

func TestImagesOfABatchAreUnlikeEachOther(t *testing.T) {
	c := pool(400)
	// 40 directions: without diversity the first sixteen are neighbours of each other
	seen := map[int]bool{}
	for k, i := range order(t, c)[:active.Batch] {
		if k%5 != 4 {
			seen[i%40/3] = true
		}
	}
	if len(seen) < 12 {
		t.Errorf("sixteen images show %d of 14 kinds", len(seen))
	}
	// what is labelled is not asked for again
	for i := range 30 {
		c.Labelled = append(c.Labelled, c.Embedding(i))
	}
	if first := order(t, c)[0]; first%40 != 39 {
		t.Errorf("first is kind %d, the farthest from what is labelled is 39", first%40)
	}
}

func TestUnknownImagesComeByChance(t *testing.T) {
	c := pool(100)
	for i := range 90 {
		c.Margin[i] = math.NaN()
	}
	list := order(t, c)
	if !slices.ContainsFunc(list[:active.Batch], func(i int) bool { return i >= 90 }) {
		t.Error("known images do not come first")
	}
	last := list[40:]
	at := -1
	for _, i := range last {
		next := slices.Index(c.Chance, i)
		if next < at {
			t.Fatalf("the images of which nothing is known are not by chance: %v", last)
		}
		at = next
	}
	for i := range c.Margin {
		c.Margin[i] = math.NaN()
	}
	if list := order(t, c); !slices.Equal(list, c.Chance) {
		t.Error("where nothing is known the order is not by chance")
	}
	order(t, active.Candidates{})
}

func TestImagesWithoutEmbedding(t *testing.T) {
	c := pool(60)
	inner := c.Embedding
	c.Embedding = func(i int) []float32 {
		if i%2 == 0 {
			return nil
		}
		return inner(i)
	}
	c.Labelled = [][]float32{nil, {1}, {1, 0}}
	order(t, c)
}

func TestOrderRefusesAWrongChance(t *testing.T) {
	for _, chance := range [][]int{{0, 1}, {0, 1, 1}, {0, 1, 3}, {0, 1, -1}} {
		if _, err := active.Order(active.Candidates{Margin: make([]float64, 3), Chance: chance, Embedding: func(int) []float32 { return nil }}); err == nil {
			t.Errorf("three images in the order %v", chance)
		}
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
