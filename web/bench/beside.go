package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/irum-app/irum/engine/exec"
)

// loaded is the time of one image while something else keeps one core busy.
type loaded struct {
	title   string
	threads int
	medians []float64
}

// keepBusy keeps one core busy until stop is called.
func keepBusy() (stop func()) {
	var over atomic.Bool
	done := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		for x := 1.0; !over.Load(); x = math.Sqrt(x + 1) {
		}
		close(done)
	}()
	return func() { over.Store(true); <-done }
}

// besides measures Irum in one thread and in all of the phase's, in turns, with a load beside.
func (p *phase) besides(b *browser, rounds int) error {
	specs := []spec{{Engine: "irum", Variant: exec.RelaxedSIMD, Threads: 1, Workers: 1, Net: p.net.Name, Size: side}}
	for _, c := range p.contestants {
		if c.Engine == "irum" && c.Threads > 1 && c.err == nil {
			specs = append(specs, c.spec)
		}
	}
	if len(specs) == 1 {
		return nil
	}
	for i, s := range specs {
		p.loads = append(p.loads, loaded{title: fmt.Sprintf("Irum %s, %s", s.Variant, plural(s.Threads, "thread")), threads: s.Threads})
		if _, err := call[opened](b, "open", besideKey+i, s); err != nil {
			return err
		}
	}
	stop := keepBusy()
	defer stop()
	for range rounds {
		for i := range specs {
			list, err := call[[]float64](b, "measure", besideKey+i, warm, runsOf(p.net.Name))
			if err != nil {
				return err
			}
			p.loads[i].medians = append(p.loads[i].medians, median(list))
		}
	}
	return nil
}

// besideKey is the first key of the page for what is measured with a load beside.
const besideKey = 2000

// besideTable writes the times with a load beside.
func (p *phase) besideTable(w io.Writer) {
	if len(p.loads) == 0 {
		return
	}
	fmt.Fprintf(w, "\n| %s, one core busy with something else | ms | range |\n|---|---|---|\n", p.net.Name)
	for _, l := range p.loads {
		fmt.Fprintf(w, "| %s | %.2f | %.1f to %.1f |\n", l.title, median(l.medians), slices.Min(l.medians), slices.Max(l.medians))
	}
}

// beside is the goal that threads never make an image slower.
func (p *phase) beside() []goal {
	if len(p.loads) < 2 {
		return []goal{{p.net.Name, "2 threads against 1, one core busy with something else", 1, math.NaN(), "x", false}}
	}
	one := median(p.loads[0].medians)
	var out []goal
	for _, l := range p.loads[1:] {
		out = append(out, goal{p.net.Name, fmt.Sprintf("%d threads against 1, one core busy with something else", l.threads), 1, one / median(l.medians), "x", false})
	}
	return out
}
