// Package analytics makes of what the store counted what people look at: progress over time and the pace of labelling.
package analytics

import (
	"cmp"
	"slices"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	hourSpan = 72 * time.Hour       // up to which progress is told by the hour
	daySpan  = 120 * 24 * time.Hour // and by the day
)

// Progress puts hours, oldest first, into hours, days or weeks of a time zone (minutes east of UTC), by how long they span.
// There are no gaps. Weeks begin on Monday.
func Progress(hours []domain.LabelsMade, zone int) (unit string, out []domain.LabelsMade) {
	if len(hours) == 0 {
		return domain.UnitHour, nil
	}
	span := hours[len(hours)-1].At.Sub(hours[0].At)
	unit, step := domain.UnitWeek, 7*24*time.Hour
	switch {
	case span < hourSpan:
		unit, step = domain.UnitHour, time.Hour
	case span < daySpan:
		unit, step = domain.UnitDay, 24*time.Hour
	}
	place := time.FixedZone("", zone*60)
	first := start(hours[0].At.In(place), unit)
	for _, h := range hours {
		i := int(start(h.At.In(place), unit).Sub(first) / step)
		for len(out) <= i {
			out = append(out, domain.LabelsMade{At: first.Add(time.Duration(len(out)) * step).UTC()})
		}
		out[i].People += h.People
		out[i].Auto += h.Auto
		out[i].Import += h.Import
	}
	return unit, out
}

// start is the beginning of the unit that t is in. A zone of fixed offset has no days of 23 hours.
func start(t time.Time, unit string) time.Time {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	switch unit {
	case domain.UnitDay:
		return day
	case domain.UnitWeek:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	}
	return day.Add(time.Duration(t.Hour()) * time.Hour)
}

// Paces tells decisions, newest first, with something suggested from those without, and takes the quartiles of their seconds.
func Paces(decisions []store.Decision) (alone, assisted domain.Pace) {
	var seconds [2][]float64
	var measured [2]int
	after := map[string]int{} // each person's decision after the one that is looked at: the list goes back in time
	add := func(i int, s float64, by bool) {
		if s <= 0 || s > domain.PaceCutOff {
			return
		}
		k := 0
		if decisions[i].Assisted {
			k = 1
		}
		seconds[k] = append(seconds[k], s)
		if by {
			measured[k]++
		}
	}
	for i, d := range decisions {
		if next, known := after[d.Actor]; known && decisions[next].Seconds <= 0 {
			add(next, decisions[next].At.Sub(d.At).Seconds(), false)
		}
		if d.Seconds > 0 {
			add(i, d.Seconds, true)
		}
		after[d.Actor] = i
	}
	return pace(seconds[0], measured[0]), pace(seconds[1], measured[1])
}

func pace(seconds []float64, measured int) domain.Pace {
	if len(seconds) == 0 {
		return domain.Pace{}
	}
	slices.SortFunc(seconds, cmp.Compare[float64])
	at := func(share float64) float64 {
		x := share * float64(len(seconds)-1)
		i := int(x)
		if i+1 == len(seconds) {
			return seconds[i]
		}
		return seconds[i] + (x-float64(i))*(seconds[i+1]-seconds[i])
	}
	return domain.Pace{Labels: len(seconds), Measured: measured, Low: at(0.25), Median: at(0.5), High: at(0.75)}
}
