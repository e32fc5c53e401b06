package gallery

import (
	"testing"

	"github.com/irum-app/irum/app/hotkeys"
)

func TestColumnsFitTheWidth(t *testing.T) {
	for _, c := range []struct {
		width      float64
		tile, cols int
	}{
		{390, 104, 3}, {390, 150, 2}, {390, 400, 2}, {1244, 150, 7}, {1244, 104, 10}, {0, 150, 2},
	} {
		l := newLayout(1000, c.width, c.tile)
		if l.cols != c.cols {
			t.Errorf("%v pixels hold %d columns of %d, want %d", c.width, l.cols, c.tile, c.cols)
		}
		if used := float64(l.cols)*l.cell + float64((l.cols-1)*gap) + 2*edge; c.width > 0 && (used > c.width+0.01 || used < c.width-0.01) {
			t.Errorf("%v pixels: the row takes %v", c.width, used)
		}
	}
}

// TestEveryCellIsRenderedWhenSeen scrolls through large grids and checks that what is visible is always inside the window.
func TestEveryCellIsRenderedWhenSeen(t *testing.T) {
	for _, count := range []int{0, 1, 5, 6, 7, 600, 10_001, 1_000_000} {
		l := newLayout(count, 1000, 140)
		for step := range 200 {
			scroll := l.height() * float64(step) / 199
			from, to := l.window(scroll, 800)
			a, b := l.visible(scroll, 800)
			if from > a || to < b || from < 0 || to > l.rows() {
				t.Fatalf("%d cells at %v: visible %d-%d, rendered %d-%d of %d", count, scroll, a, b, from, to, l.rows())
			}
			if l.near(from, to, scroll, 800) {
				t.Fatalf("%d cells at %v: a fresh window is left at once", count, scroll)
			}
			if to-from > 3*(800/int(l.row())+2) {
				t.Fatalf("%d cells: %d rows are rendered", count, to-from)
			}
		}
	}
}

func TestWindowMovesBeforeItsEndIsSeen(t *testing.T) {
	l := newLayout(10_000, 1000, 140)
	from, to := l.window(5000, 800)
	for scroll := 5000.0; ; scroll += 10 {
		_, b := l.visible(scroll, 800)
		if b > to {
			t.Fatalf("at %v row %d is seen, rendered were %d-%d", scroll, b, from, to)
		}
		if l.near(from, to, scroll, 800) {
			break
		}
	}
}

func TestRevealShowsTheWholeCell(t *testing.T) {
	l := newLayout(1000, 1000, 140)
	for i := 0; i < 1000; i += 37 {
		for _, scroll := range []float64{0, 3000, 20_000} {
			s := l.reveal(i, scroll, 700)
			at := l.rowTop(i / l.cols)
			if at < s || at+l.row() > s+700+0.01 {
				t.Errorf("cell %d from %v: scrolled to %v, the cell is at %v", i, scroll, s, at)
			}
		}
	}
	if l.reveal(l.cols*10, 1500, 700) != 1500 {
		t.Error("a visible cell makes the grid scroll")
	}
}

func TestChangeOfSizeKeepsTheImages(t *testing.T) {
	old, next := newLayout(10_000, 1000, 100), newLayout(10_000, 1000, 220)
	first, _ := old.visible(30_000, 1)
	now, _ := next.visible(next.keep(old, 30_000), 1)
	if a, b := first*old.cols, now*next.cols; b > a || a-b >= next.cols {
		t.Errorf("image %d was on top, then %d", a, b)
	}
}

func TestMove(t *testing.T) {
	l := layout{count: 17, cols: 5, cell: 100}
	for _, c := range []struct {
		from int
		key  hotkeys.Action
		to   int
		ok   bool
	}{
		{0, hotkeys.Next, 1, true},
		{16, hotkeys.Next, 16, true},
		{0, hotkeys.Prev, 0, true},
		{4, hotkeys.Next, 5, true},
		{3, hotkeys.Down, 8, true},
		{13, hotkeys.Down, 16, true},
		{16, hotkeys.Down, 16, true},
		{2, hotkeys.Up, 2, true},
		{7, hotkeys.Up, 2, true},
		{7, hotkeys.First, 0, true},
		{7, hotkeys.Last, 16, true},
		{1, hotkeys.Ahead, 11, true},
		{12, hotkeys.Back, 2, true},
		{1, hotkeys.Back, 0, true},
		{3, hotkeys.Skip, 3, false},
	} {
		if to, ok := l.move(c.from, c.key, 2); to != c.to || ok != c.ok {
			t.Errorf("%s from %d leads to %d, %v; want %d, %v", c.key, c.from, to, ok, c.to, c.ok)
		}
	}
}
