package grad

import (
	"sync"
	"sync/atomic"

	"github.com/irum-app/irum/engine/native"
)

// team spreads work over threads. Each worker has scratch memory of its own.
type team struct {
	scratch [][4][]float32
}

func newTeam(threads int) team { return team{make([][4][]float32, threads)} }

// each calls f for 0..count-1 and gives it the number of the worker that it runs on. It returns when all calls have ended. The
// order is not fixed, so f writes to places of its own.
func (t team) each(count int, f func(worker, i int)) {
	threads := min(len(t.scratch), count)
	if threads <= 1 {
		for i := range count {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	work := func(worker int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= count {
				return
			}
			f(worker, i)
		}
	}
	for w := 1; w < threads; w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
}

// memory gives the worker's scratch memory of that number, of size floats and native.Slack more. What it holds is left over.
func (t team) memory(worker, number, size int) []float32 {
	m := &t.scratch[worker][number]
	if len(*m) < size+native.Slack {
		*m = make([]float32, size+native.Slack)
	}
	return *m
}

// chunk is how many numbers go through several loops at a time, so that they stay in the second cache.
const chunk = 1 << 14

// chunks calls f for parts of 0..size-1 that do not depend on the number of threads.
func (n *Net) chunks(size int, f func(worker, from, to int)) {
	n.team.each((size+chunk-1)/chunk, func(worker, i int) {
		f(worker, i*chunk, min((i+1)*chunk, size))
	})
}

// bands calls f for parts of rows of cols numbers; count is their number.
func (n *Net) bands(rows, cols int, f func(worker, band, from, to int)) (count int) {
	each := max(chunk/max(cols, 1), 1)
	count = (rows + each - 1) / each
	n.team.each(count, func(worker, i int) {
		f(worker, i, i*each, min((i+1)*each, rows))
	})
	return count
}

// bandCount is how many parts bands makes.
func bandCount(rows, cols int) int {
	each := max(chunk/max(cols, 1), 1)
	return (rows + each - 1) / each
}
