package exec

import (
	"context"
	"errors"
)

// Reasons for which a host runs a network in one thread.
const (
	OneCore     = "one_core"     // the machine names no more
	NotIsolated = "not_isolated" // the page is not cross-origin isolated (COOP and COEP headers), so that it cannot share memory
	NoWaiting   = "no_waiting"   // a browser's main thread must not wait for others: run the engine in a worker
	NoShared    = "no_shared"    // the host has no shared memory for WebAssembly
	OneExecutor = "one_executor" // the executor runs in the caller's thread
	NoGenerated = "no_generated" // the host has no executor of generated code
)

// Threads tells how many threads can run one network by the executor of that name, or by the fastest of this host if it is
// empty: the machine's cores, or one and the reason.
func Threads(ctx context.Context, executor string) (n int, reason string) {
	for _, w := range ways(ctx) {
		if w.host != nil && (executor == "" || executor == w.name) {
			return w.host.threads()
		}
	}
	return 1, NoGenerated
}

// errStalled is returned by a team's share if a helper took work and did not do it.
var errStalled = errors.New("a thread stopped in the middle of its work")

// team is an instance whose program several threads may run. Helpers come and go by themselves: one that does not start,
// or has not started yet, is not waited for.
type team interface {
	instance
	// ready is the number of helpers that wait for work or are at it.
	ready() (int, error)
	// share is run with the helpers' help. After errStalled only alone and close may be called.
	share(ctx context.Context, from, to int) error
	// alone gives an instance without helpers and with a copy of the memory, and lets this one go.
	alone(ctx context.Context) (instance, error)
}

// Threads is the number of threads that are ready; a run may leave helpers that do not pay out.
func (g *generated) Threads() int {
	t, ok := g.instance.(team)
	if !ok {
		return 1
	}
	n, err := t.ready()
	if err != nil {
		return 1
	}
	return n + 1
}

// calls makes calls of the module, with helpers if there are any and they pay.
func (g *generated) calls(ctx context.Context, from, to int) error {
	if t, ok := g.instance.(team); ok && !g.pace.solo() {
		return t.share(ctx, from, to)
	}
	return g.instance.run(ctx, from, to)
}

// desert goes on without helpers.
func (g *generated) desert(ctx context.Context) error {
	in, err := g.instance.(team).alone(ctx)
	if err == nil {
		g.instance = in
	}
	return err
}
