package metrics

import (
	"math/rand"
	"reflect"
	"testing"
)

func TestSuspectsOfOneClass(t *testing.T) {
	truth := [][]int{{0}, {0}, {0}, {1}, {1}, {1}}
	scores := [][]float64{
		{0.9, 0.1, 0}, {0.8, 0.2, 0}, {0.05, 0.95, 0}, // the last is surely 1
		{0.1, 0.9, 0}, {0.3, 0.7, 0}, {0.55, 0.45, 0}, // unsure is not wrong
	}
	want := []Suspect{{2, []int{0}, []int{1}, 0.9}}
	got := Suspects(truth, scores, false)
	for i := range got {
		got[i].Margin = float64(int(got[i].Margin*1e6+0.5)) / 1e6
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Suspects(nil, nil, false); got != nil {
		t.Errorf("no images, but %+v", got)
	}
}

func TestSuspectsOfSeveralClasses(t *testing.T) {
	truth := [][]int{{0}, {0, 1}, {}, {1}, {0}, {1}}
	scores := [][]float64{{0.9, 0.1}, {0.95, 0.9}, {0.02, 0.05}, {0.1, 0.8}, {0.9, 0.97}, {0.03, 0.02}}
	got := Suspects(truth, scores, true)
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	if s := got[0]; s.Image != 5 || s.Suggested != nil || s.Margin < 0.95 {
		t.Errorf("image 5 holds nothing: %+v", s)
	}
	if s := got[1]; s.Image != 4 || !reflect.DeepEqual(s.Suggested, []int{0, 1}) || !reflect.DeepEqual(s.Given, []int{0}) {
		t.Errorf("image 4 holds both: %+v", s)
	}
}

// TestSuspectsFindWhatWasFlipped: of a model that is right about most images, flipped labels are found and little else.
func TestSuspectsFindWhatWasFlipped(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	const n, classes = 2000, 5
	truth, scores, flipped := make([][]int, n), make([][]float64, n), map[int]bool{}
	for i := range truth {
		c := rng.Intn(classes)
		scores[i] = make([]float64, classes)
		sum := 0.0
		for k := range scores[i] {
			v := rng.Float64()
			if k == c {
				v += 3 * rng.Float64()
			}
			scores[i][k], sum = v*v, sum+v*v
		}
		for k := range scores[i] {
			scores[i][k] /= sum
		}
		if rng.Intn(20) == 0 {
			flipped[i] = true
			c = (c + 1 + rng.Intn(classes-1)) % classes
		}
		truth[i] = []int{c}
	}
	found := 0
	list := Suspects(truth, scores, false)
	for i, s := range list {
		if flipped[s.Image] {
			found++
		}
		if i > 0 && s.Margin > list[i-1].Margin {
			t.Fatal("not the surest first")
		}
	}
	recall, precision := float64(found)/float64(len(flipped)), float64(found)/float64(len(list))
	t.Logf("%d flipped, %d suspected: precision %.2f, recall %.2f", len(flipped), len(list), precision, recall)
	if recall < 0.7 || precision < 0.65 {
		t.Error("flipped labels are not found")
	}
}
