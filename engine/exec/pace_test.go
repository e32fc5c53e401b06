package exec

import (
	"math/rand/v2"
	"testing"
	"time"
)

// drive makes runs that take what took says for a way, and gives the share of runs without helpers and the time of all.
func drive(p *pace, runs int, took func(solo bool) time.Duration) (share float64, total time.Duration) {
	alone := 0
	for range runs {
		solo := p.solo()
		if solo {
			alone++
		}
		t := took(solo)
		p.note(t)
		total += t
	}
	return float64(alone) / float64(runs), total
}

// TestPace: helpers are used while they pay, are left while they do not, and both cost little to find out.
func TestPace(t *testing.T) {
	const one = 10 * time.Millisecond
	r := rand.New(rand.NewPCG(8, 9))
	way := func(shared time.Duration) func(bool) time.Duration {
		return func(solo bool) time.Duration {
			took := shared
			if solo {
				took = one
			}
			return took + took*time.Duration(r.IntN(20))/100 // other things run too
		}
	}
	helping, hindering := way(5500*time.Microsecond), way(15*time.Millisecond)
	var p pace
	if share, _ := drive(&p, 1000, helping); share > 0.03 {
		t.Errorf("%g of the runs went without helpers that pay", share)
	}
	drive(&p, 60, hindering) // something else takes the helpers' cores
	if share, total := drive(&p, 1000, hindering); share < 0.95 || total > 1100*one*112/100 {
		t.Errorf("only %g of the runs went without helpers that do not pay, %s in all", share, total)
	}
	drive(&p, longHold+60, helping) // it is over
	if share, _ := drive(&p, 1000, helping); share > 0.03 {
		t.Errorf("%g of the runs went without helpers that pay again", share)
	}
	p = pace{}
	if share, _ := drive(&p, 1000, hindering); share < 0.95 {
		t.Errorf("%g of the runs went without helpers that never paid", share)
	}
}
