package gallery

import (
	"testing"
	"time"
)

func TestOnlyAFlingIsAFling(t *testing.T) {
	for _, test := range []struct {
		perFrame float64
		want     bool
	}{{10, false}, {60, false}, {120, false}, {400, true}, {-400, true}} {
		g := &grid{}
		at := time.Unix(100, 0)
		for i := range 20 {
			g.moveTo(50_000+test.perFrame*float64(i), at)
			at = at.Add(time.Second / 60)
		}
		if g.flung() != test.want {
			t.Errorf("%g pixels a frame: flung is %v at %.0f pixels a second", test.perFrame, g.flung(), g.speed)
		}
		g.moveTo(90_000, at.Add(time.Second)) // a leap of the scroll bar after a rest
		if g.flung() {
			t.Errorf("%g pixels a frame: a leap after a rest is a fling", test.perFrame)
		}
	}
}
