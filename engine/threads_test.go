package engine

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/onnx"
)

// gathered waits until all threads of a session are there.
func gathered(t *testing.T, s *Session, threads int) {
	t.Helper()
	for begin := time.Now(); s.Threads() != threads; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%d of %d threads are there", s.Threads(), threads)
		}
	}
}

// threaded is the fastest executor that has threads.
func threaded(t *testing.T) string {
	t.Helper()
	for _, executor := range Executors(context.Background()) {
		if n, _ := Threads(context.Background(), executor); n > 1 {
			return executor
		}
	}
	t.Skip("this host runs a network in one thread")
	return ""
}

// TestThreads: any number of threads gives the results of one, bit for bit. In Chromium web/e2e serves the threads' script.
func TestThreads(t *testing.T) {
	ctx := context.Background()
	executor := threaded(t)
	networks := enginetest.Networks()
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		t.Run(name, func(t *testing.T) {
			net, err := Load(onnx.Write(networks[name]()))
			if err != nil {
				t.Fatal(err)
			}
			var want [][]float32
			for threads := 1; threads <= 4; threads++ {
				s, err := Compile(ctx, net, Options{Executor: executor, Threads: threads, ThreadScript: "/irum-thread.js"})
				if err != nil {
					t.Fatal(err)
				}
				gathered(t, s, threads)
				shape := s.Info().Input
				for range 3 {
					got, err := s.Run(ctx, noise(shape[0]*shape[1]*shape[2]*shape[3]))
					if err != nil {
						t.Fatal(err)
					}
					if threads == 1 {
						want = got
					}
					for o := range want {
						if i := differs(got[o], want[o]); i >= 0 {
							t.Fatalf("%d threads: output %d, value %d is %g, one thread gives %g", threads, o, i, got[o][i], want[o][i])
						}
					}
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// differs gives the place of the first bit that differs, or -1.
func differs(a, b []float32) int {
	for i := range b {
		if i >= len(a) || math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}
