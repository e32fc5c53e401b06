// Package chart draws: columns, lines, bands and points over two axes, in the page's colours, at the width that there is.
// What a chart shows can also be read: arrow keys and the pointer step through it and say the values, and a table stands
// behind each. The looks are in web/static/css/12-charts.css.
package chart

import (
	"math"
	"strconv"
)

// Axis goes from Min to Max and is marked at Ticks.
type Axis struct {
	Min, Max float64
	Ticks    []Tick
	Title    string // "" for none
}

// Tick is a mark on an axis.
type Tick struct {
	At   float64
	Text string
}

// Round gives an axis from 0 to a round number that is not under most, marked at most n times by text.
func Round(most float64, n int, text func(float64) string) Axis {
	step := nice(most / float64(max(n, 1)))
	a := Axis{Max: step * math.Ceil(most/step-1e-9)}
	if a.Max <= 0 {
		a.Max = step
	}
	a.Ticks = marks(0, a.Max, step, text)
	return a
}

// Between is an axis from low to high, marked at round numbers at most about n times.
func Between(low, high float64, n int, text func(float64) string) Axis {
	step := nice((high - low) / float64(max(n, 1)))
	return Axis{Min: low, Max: high, Ticks: marks(step*math.Ceil(low/step-1e-9), high, step, text)}
}

func marks(from, to, step float64, text func(float64) string) []Tick {
	var out []Tick
	for k := 0; ; k++ {
		v := from + float64(k)*step
		if v > to+step/1e6 {
			return out
		}
		out = append(out, Tick{v, text(v)})
	}
}

// nice is the smallest of 1, 2 or 5 times a power of ten that is not under v.
func nice(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, k := range []float64{1, 2, 5} {
		if k*unit >= v*(1-1e-9) {
			return k * unit
		}
	}
	return 10 * unit
}

// number writes a coordinate.
func number(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
