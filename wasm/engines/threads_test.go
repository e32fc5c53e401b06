//go:build js

package engines

import (
	"context"
	"math"
	"syscall/js"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/wasm/glue"
)

// bitsDiffer gives the place of the first value whose bits differ, or -1.
func bitsDiffer(a, b []float32) int {
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// TestThreadsGiveOneEmbedding: an image has the same embedding, bit for bit, by one thread, by several that are known to be
// there. TestEmbedInWorkers compares the workers of a pool, whose threads come when they can.
func TestThreadsGiveOneEmbedding(t *testing.T) {
	if !js.Global().Get("startEngine").Truthy() {
		t.Skip("not in a browser's worker: web/e2e runs this test")
	}
	ctx := context.Background()
	if n, why := engine.Threads(ctx, ""); n < 2 && why != "one_core" {
		t.Fatalf("%d threads: %s", n, why)
	}
	file, err := glue.Fetch(ctx, "/backbone.onnx")
	if err != nil {
		t.Fatal(err)
	}
	net, err := engine.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := vision.Decode(picture(t, 5), vision.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var want []float32
	for _, threads := range []int{1, 2, 3, 4} {
		s, err := engine.Compile(ctx, net, engine.Options{Threads: threads, ThreadScript: ThreadScript})
		if err != nil {
			t.Fatal(err)
		}
		input := vision.Tensor(img, s.Info().Input[2], 1/127.5, -1)
		for begin := time.Now(); s.Threads() != threads; time.Sleep(time.Millisecond) {
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%d of %d threads came", s.Threads(), threads)
			}
		}
		for range 4 {
			out, err := s.Run(ctx, input)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = out[0]
			}
			if i := bitsDiffer(out[0], want); i >= 0 {
				t.Fatalf("value %d by %d threads is another than by one", i, threads)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
