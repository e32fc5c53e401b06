//go:build js

package exec

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/simd"
)

// deserter is a helper that takes one unit of a call and ends without doing it.
const deserter = `require('node:worker_threads').parentPort.once('message', ({ memory }) => {
	const position = new BigInt64Array(memory.buffer, %d, 1);
	Atomics.add(new Int32Array(memory.buffer, %d, 1), 0, 1);
	for (;;) {
		const p = Atomics.load(position, 0);
		if ((p & 0xffffffn) === 0n && ((p >> 24n) & 0xffffn) !== 0n && Atomics.compareExchange(position, 0, p, p + 1n) === p) return;
	}
});`

// TestThreadsThatEnd: a helper that ends in the middle of its work, does not start, or whose script is broken costs no
// result.
func TestThreadsThatEnd(t *testing.T) {
	if !isNode() {
		t.Skip("the workers' scripts of this test are Node's")
	}
	s := newSketch(9, 1, 16, 24, 24)
	s.build(t, s.conv(s.conv("x", 16, 32), 32, 32))
	input := s.input()
	w := generators(t)[0]
	want := run(t, s, w, input)
	w.config.Threads, w.config.Patience = 3, 200
	p, err := simd.Compile(s.net, w.config)
	must(t, err)
	usual := threadScript
	defer func() { threadScript = usual }()
	for _, script := range []string{
		fmt.Sprintf(deserter, p.Control.Offset, p.Control.Offset+simd.ReadyAt), "}", "throw new Error('no')", "process.exit(1)", "",
	} {
		threadScript = script
		g, err := newGenerated(context.Background(), s.net, w)
		must(t, err)
		for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(time.Millisecond) {
			out, err := g.Run(context.Background(), input)
			must(t, err)
			compare(t, script, out[0], want, 0)
			_, still := g.instance.(team)
			if !still || script != fmt.Sprintf(deserter, p.Control.Offset, p.Control.Offset+simd.ReadyAt) && time.Since(begin) > 100*time.Millisecond {
				break
			}
		}
		if g.Threads() != 1 {
			t.Errorf("%q is counted as a thread", script)
		}
		must(t, g.Close())
	}
}

// run gives the first output in one thread.
func run(t *testing.T, s *sketch, w way, input []float32) []float32 {
	t.Helper()
	g, err := newGenerated(context.Background(), s.net, w)
	must(t, err)
	defer g.Close()
	out, err := g.Run(context.Background(), input)
	must(t, err)
	return out[0]
}
