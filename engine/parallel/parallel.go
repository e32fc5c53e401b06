// Package parallel spreads work over the threads of the host.
package parallel

import (
	"runtime"
	"sync"
)

// Each calls f for 0..n-1, on as many threads as there are, and returns when all calls have ended. The order is not fixed,
// so f writes to places of its own. In the browser, which gives Go one thread, it is a plain loop.
func Each(n int, f func(int)) {
	threads := min(runtime.GOMAXPROCS(0), n)
	if threads <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range threads {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
