package analytics

import (
	"math"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func TestProgressHasNoGaps(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, from, to, unit, first string
		zone, n                     int
	}{
		{"hours", "2026-11-02 08:00", "2026-11-02 11:00", "hour", "2026-11-02 08:00", 0, 4},
		{"one hour", "2026-11-02 08:00", "2026-11-02 08:00", "hour", "2026-11-02 08:00", 540, 1},
		{"days", "2026-11-02 20:00", "2026-11-09 01:00", "day", "2026-11-02 00:00", 0, 8},
		{"days in Seoul, where it is the 3rd", "2026-11-02 20:00", "2026-11-09 01:00", "day", "2026-11-02 15:00", 540, 7},
		{"weeks from Monday", "2026-01-01 08:00", "2026-11-09 01:00", "week", "2025-12-29 00:00", 0, 46},
		{"a zone of half hours", "2026-11-02 08:00", "2026-11-02 10:00", "hour", "2026-11-02 07:30", 330, 3},
	} {
		unit, got := Progress([]domain.LabelsMade{{At: at(c.from), People: 2}, {At: at(c.to), Auto: 3, Import: 1}}, c.zone)
		if unit != c.unit || len(got) != c.n || !got[0].At.Equal(at(c.first)) {
			t.Errorf("%s: %d of %s from %v", c.name, len(got), unit, got[0].At)
			continue
		}
		if last := got[len(got)-1]; got[0].People != 2 || last.Auto != 3 || last.Import != 1 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if _, got := Progress(nil, 0); got != nil {
		t.Errorf("nothing gives %v", got)
	}
}

func TestPacesLeaveOutPausesAndTellPeopleApart(t *testing.T) {
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return now.Add(time.Duration(s * float64(time.Second))) }
	// newest first
	list := []store.Decision{
		{Actor: "ann", At: at(400), Seconds: 900},              // she was away
		{Actor: "ann", At: at(306), Assisted: true},            // 1 s after her last
		{Actor: "bob", At: at(305.5)},                          // the first of his
		{Actor: "ann", At: at(305)},                            // 275 s after: a pause
		{Actor: "ann", At: at(30), Seconds: 2},                 // measured
		{Actor: "ann", At: at(26), Seconds: 1, Assisted: true}, // measured
		{Actor: "ann", At: at(20)},                             // 6 s
		{Actor: "ann", At: at(14)},                             // 4 s
		{Actor: "ann", At: at(10)},                             // the first of hers
	}
	alone, assisted := Paces(list)
	if alone.Labels != 3 || alone.Measured != 1 || alone.Median != 4 || alone.Low != 3 || alone.High != 5 {
		t.Errorf("alone %+v", alone)
	}
	if assisted.Labels != 2 || assisted.Measured != 1 || math.Abs(assisted.Median-1) > 1e-9 {
		t.Errorf("assisted %+v", assisted)
	}
	if none, _ := Paces(nil); none != (domain.Pace{}) {
		t.Errorf("nothing gives %+v", none)
	}
}
