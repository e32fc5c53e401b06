package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/onnx"
)

// afterwards is a context that ends when it has been asked n times.
type afterwards struct {
	context.Context
	n int
}

func (a *afterwards) Err() error {
	if a.n--; a.n < 0 {
		return context.Canceled
	}
	return nil
}

func (a *afterwards) Deadline() (time.Time, bool) { return time.Time{}, false }

// TestBatch: a batch gives the bits of single runs, in order, on every executor, and ends between two images.
func TestBatch(t *testing.T) {
	ctx := context.Background()
	n, err := Load(onnx.Write(enginetest.YOLO(64))) // two outputs
	if err != nil {
		t.Fatal(err)
	}
	for _, executor := range Executors(ctx) {
		s, err := Compile(ctx, n, Options{Executor: executor})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		const images = 3
		each := 3 * 64 * 64
		input := noise(images * each)
		got, err := s.Run(ctx, input)
		if err != nil || len(got) != 2 {
			t.Fatalf("%s: %d outputs: %v", executor, len(got), err)
		}
		want := make([][]float32, len(got))
		for i := range images {
			one, err := s.Run(ctx, input[i*each:][:each])
			if err != nil {
				t.Fatal(err)
			}
			for k := range one {
				want[k] = append(want[k], one[k]...)
			}
		}
		for k := range want {
			if !slices.Equal(got[k], want[k]) || len(want[k]) == 0 {
				t.Errorf("%s: output %d of the batch differs from single runs", executor, k)
			}
		}
		for _, size := range []int{0, each - 1, each + 1, 2*each + 5} {
			if _, err := s.Run(ctx, make([]float32, size)); err == nil {
				t.Errorf("%s: %d values were taken", executor, size)
			}
		}
		counting := &afterwards{ctx, 1 << 30}
		if _, err := s.Run(counting, input[:2*each]); err != nil {
			t.Fatal(err)
		}
		asked := 1<<30 - counting.n // in two images
		if _, err := s.Run(&afterwards{ctx, asked}, input); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled before the third image: %v", executor, err)
		}
	}
}
