package chart

import (
	"strconv"
	"strings"
	"testing"
)

func plain(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func texts(a Axis) string {
	var out []string
	for _, t := range a.Ticks {
		out = append(out, t.Text)
	}
	return strings.Join(out, " ")
}

func TestAxesAreRound(t *testing.T) {
	for _, c := range []struct {
		most float64
		n    int
		want string
	}{
		{37, 4, "0 10 20 30 40"}, {1, 4, "0 0.5 1"}, {0, 4, "0 1"}, {1000, 5, "0 200 400 600 800 1000"}, {3, 5, "0 1 2 3"}, {0.07, 4, "0 0.02 0.04 0.06 0.08"},
	} {
		a := Round(c.most, c.n, plain)
		if got := texts(a); got != c.want || a.Max < c.most {
			t.Errorf("to %v: %s, want %s", c.most, got, c.want)
		}
	}
	if got := texts(Between(0.37, 1, 4, plain)); got != "0.4 0.6 0.8 1" {
		t.Error(got)
	}
}

func TestPlacesLieInsideThePlot(t *testing.T) {
	p := &Painter{x: Axis{Max: 10}, y: Axis{Min: 5, Max: 10}, width: 300, height: 200}
	for _, c := range []struct{ got, want float64 }{
		{p.X(0), left}, {p.X(10), 300 - right}, {p.X(11), 300 - right}, {p.Y(5), 200 - bottom}, {p.Y(10), top}, {p.Y(0), 200 - bottom},
	} {
		if c.got != c.want {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
	flat := &Painter{width: 300, height: 200}
	if v := flat.X(3); v != left {
		t.Errorf("an axis of no length gives %v", v)
	}
}

func TestWordsOnTheAxisDoNotTouch(t *testing.T) {
	axis := Axis{Max: 100}
	for i := range 101 {
		axis.Ticks = append(axis.Ticks, Tick{float64(i), "2026-11-" + strconv.Itoa(10+i%20)})
	}
	p := &Painter{x: axis, width: 390, height: 200}
	p.frame()
	if n := strings.Count(p.b.String(), "<text"); n < 2 || n > 5 {
		t.Errorf("%d words of ten letters in 390 pixels", n)
	}
}

func TestWordsAreEscaped(t *testing.T) {
	p := &Painter{x: Axis{Max: 1, Title: `a<b & "c"`}, width: 300, height: 200}
	p.Mark("now", 0.5, "<x>")
	p.frame()
	if s := p.b.String(); strings.Contains(s, "<x>") || !strings.Contains(s, "a&lt;b &amp;") {
		t.Error(s)
	}
}

func TestTheSlotUnderThePointer(t *testing.T) {
	c := &Chart{X: Axis{Max: 4}, width: 446 + 10, Slots: []Slot{{0.5, 0, 1, ""}, {1.5, 1, 2, ""}, {3, 3, 3, ""}}}
	for x, want := range map[float64]int{0: 1, 60: 1, 200: 2, 300: 3, 450: 3} {
		if got := c.nearest(x); got != want {
			t.Errorf("at %v: %d, want %d", x, got, want)
		}
	}
}
