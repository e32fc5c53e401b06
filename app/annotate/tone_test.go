package annotate

import (
	"testing"

	"github.com/irum-app/irum/app/hotkeys"
)

func TestTones(t *testing.T) {
	if got := asIs.css(); got != "brightness(1) contrast(1)" {
		t.Errorf("as is: %s", got)
	}
	now := asIs
	for _, a := range []hotkeys.Action{hotkeys.Brighter, hotkeys.Brighter, hotkeys.LessContrast} {
		now, _ = now.by(a)
	}
	if got := now.css(); got != "brightness(1.2) contrast(0.9)" {
		t.Errorf("by keys: %s", got)
	}
	if back, ours := now.by(hotkeys.PlainTone); back != asIs || !ours {
		t.Errorf("reset: %+v, %v", back, ours)
	}
	if same, ours := now.by(hotkeys.Fit); same != now || ours {
		t.Errorf("another key: %+v, %v", same, ours)
	}
	for range 100 {
		now, _ = now.by(hotkeys.MoreContrast)
		now, _ = now.by(hotkeys.Darker)
	}
	if now != (tone{leastTone, mostTone}) {
		t.Errorf("at the ends: %+v", now)
	}
	for _, odd := range []tone{{}, {Brightness: -7}, {Contrast: 100}} {
		if got := odd.inRange(); got != asIs {
			t.Errorf("%+v out of the storage becomes %+v", odd, got)
		}
	}
}
