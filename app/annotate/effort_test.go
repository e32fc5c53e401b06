package annotate

import (
	"testing"
	"time"
)

func TestWatchMeasuresWhatIsSeen(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	for name, c := range map[string]struct {
		do   func(w *watch)
		want float64
	}{
		"nothing seen":    {func(*watch) {}, 0},
		"seen":            {func(w *watch) { w.see("a", at(1)) }, 9},
		"seen twice":      {func(w *watch) { w.see("a", at(1)); w.see("a", at(5)) }, 9},
		"another since":   {func(w *watch) { w.see("a", at(1)); w.see("b", at(2)); w.see("a", at(8)) }, 2},
		"decided before":  {func(w *watch) { w.see("a", at(1)); w.take("a", at(4)) }, 6},
		"page was hidden": {func(w *watch) { w.see("a", at(1)); w.hide(at(2)); w.hide(at(3)); w.show(at(7)) }, 4},
		"page is hidden":  {func(w *watch) { w.see("a", at(1)); w.hide(at(3)) }, 2},
		"came in hidden":  {func(w *watch) { w.hide(at(0)); w.see("a", at(1)); w.show(at(6)) }, 4},
		"another image":   {func(w *watch) { w.see("b", at(1)) }, 0},
		"nobody there":    {func(w *watch) { w.see("a", at(-700)) }, 0},
	} {
		w := &watch{since: start}
		c.do(w)
		if got := w.take("a", at(10)); got != c.want {
			t.Errorf("%s: %v seconds, want %v", name, got, c.want)
		}
	}
}
