//go:build !js

package detect

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
)

// tunedSquares trains a head for some steps on those of the pictures that are not held out, on a backbone that was drawn.
func tunedSquares(t *testing.T, n int) (*Trained, TuneData) {
	t.Helper()
	h := &localHost{}
	defer h.close()
	objects, pictures := squares(n)
	d := TuneData{Objects: objects, Held: Hold(n, nil, 1), Image: func(_ context.Context, i int) (*vision.Image, error) { return pictures[i], nil }}
	var learnt []int
	var of [][]Object
	for i, held := range d.Held {
		if !held {
			learnt, of = append(learnt, i), append(of, objects[i])
		}
	}
	made, err := Train(context.Background(), h, smallBackbone(), func(ctx context.Context, i int) (*vision.Image, error) { return d.Image(ctx, learnt[i]) }, of, 1,
		Options{FitOptions: FitOptions{Steps: 60, Folds: 2}, Size: 64, Views: 2}, func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return made, d
}

// TestTune: a backbone that was drawn, not learnt, gets better by its own training, and the network that is written does as the one that was trained.
func TestTune(t *testing.T) {
	ctx := context.Background()
	made, d := tunedSquares(t, 40)
	done := 0
	o := TuneOptions{Seed: 3, Steps: 120, Rate: 2e-3, Checks: 4}
	got, err := Tune(ctx, made.Stem, made.Head, d, o, func(step, total int) {
		if done++; step != done || total != 120 {
			t.Fatalf("step %d of %d after %d", step, total, done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	first, last := got.Checks[0], got.Checks[len(got.Checks)-1]
	t.Logf("%+v; after %.3f %.3f, before %.3f %.3f", got.Checks, got.After.MAP50, got.After.MAP, got.Before.MAP50, got.Before.MAP)
	if done != 120 || len(got.Checks) != 5 || last.Step != 120 || last.Loss > 0.9*first.Loss || last.MAP < first.MAP+0.05 {
		t.Errorf("after %d steps: %+v", done, got.Checks)
	}
	if !got.Better() || got.Kept == 0 || len(got.Held) != 8 || len(got.Found) != 8 || len(got.Untuned) != 8 {
		t.Errorf("kept %d, better %v, held out %v", got.Kept, got.Better(), got.Held)
	}
	compareWritten(t, got, d)
	was := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(was)
	o.Threads = 1
	o.Steps = 120
	again, err := Tune(ctx, made.Stem, made.Head, d, o, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Stem.File, got.Stem.File) || !slices.Equal(again.Head.Weights, got.Head.Weights) || !slices.Equal(again.Checks, got.Checks) {
		t.Error("one thread gives another detector")
	}
}

// compareWritten compares the network that is written, by the engine, with what package grad computes of stem and head, and with what was found.
func compareWritten(t *testing.T, got *Tuned, d TuneData) {
	t.Helper()
	ctx, h := context.Background(), &localHost{}
	defer h.close()
	file, err := got.Head.Append(got.Stem.File, `["square"]`, onnx.Property{Key: "irum.name", Value: "squares"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Open(ctx, file); err != nil {
		t.Fatal(err)
	}
	c, err := got.Head.towers()
	if err != nil {
		t.Fatal(err)
	}
	net, scale, shift, err := trainable(got.Stem, c, 0)
	if err != nil {
		t.Fatal(err)
	}
	places, n := got.Head.Rows*got.Head.Cols, got.Head.Classes+4
	var truth, found [][]Object
	for _, i := range got.Held {
		img, err := d.Image(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		out, err := h.Run(ctx, img)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := net.Infer(vision.Tensor(img, got.Stem.Size, scale, shift), 1)
		if err != nil {
			t.Fatal(err)
		}
		one, sum := make([]float32, n*places), make([]float32, n*places)
		for k := range c {
			placesFirst(one, raw[k*n*places:][:n*places], places)
			for j, v := range one {
				sum[j] += v / float32(len(c))
			}
		}
		scores, boxes := c[0].answers(sum)
		for j, v := range append(scores, boxes...) {
			if math.Abs(float64(v-out[j])) > 1e-4 {
				t.Fatalf("output %d of the network is %v, of what was trained %v", j, out[j], v)
			}
		}
		truth, found = append(truth, d.Objects[i]), append(found, Decode(out, 1, float64(img.Width), float64(img.Height), leastKept))
	}
	r, err := Evaluate(truth, found, 1)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(got.Checks, func(c Check) bool { return c.Step == got.Kept })
	if want := got.Checks[at]; math.Abs(r.MAP-want.MAP) > 1e-3 || math.Abs(r.MAP50-want.MAP50) > 1e-3 {
		t.Errorf("the network that is written has %.4f %.4f on the held-out images, what was kept %+v", r.MAP50, r.MAP, want)
	}
}

// TestTuneThatDoesNotHelp: at a rate that spoils everything the detector stays as it was.
func TestTuneThatDoesNotHelp(t *testing.T) {
	made, d := tunedSquares(t, 20)
	got, err := Tune(context.Background(), made.Stem, made.Head, d, TuneOptions{Steps: 8, Checks: 1, Rate: 1}, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if got.Kept != 0 || got.Better() || got.Stem != made.Stem || got.Head != made.Head {
		t.Errorf("kept %d, better %v: %+v", got.Kept, got.Better(), got.Checks)
	}
}

func TestTuneEnds(t *testing.T) {
	made, d := tunedSquares(t, 10)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	_, err := Tune(ctx, made.Stem, made.Head, d, TuneOptions{Steps: 1000}, func(done, _ int) {
		if done == 2 {
			stop()
		}
		if done > 2 {
			t.Fatal("it goes on")
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestTuneRefuses(t *testing.T) {
	made, good := tunedSquares(t, 10)
	for name, change := range map[string]func(*TuneData){
		"nothing held out":   func(d *TuneData) { d.Held = make([]bool, 10) },
		"one held out":       func(d *TuneData) { d.Held = make([]bool, 10); d.Held[3] = true },
		"all held out":       func(d *TuneData) { d.Held = slices.Repeat([]bool{true}, 10) },
		"too few held":       func(d *TuneData) { d.Held = d.Held[1:] },
		"a class":            func(d *TuneData) { d.Objects = slices.Clone(d.Objects); d.Objects[2] = []Object{{Class: 1}} },
		"a group that parts": func(d *TuneData) { d.Groups = make([]int, 10) },
		"an image": func(d *TuneData) {
			d.Image = func(context.Context, int) (*vision.Image, error) { return nil, errors.New("it is gone") }
		},
	} {
		d := good
		change(&d)
		if _, err := Tune(context.Background(), made.Stem, made.Head, d, TuneOptions{Steps: 1}, func(int, int) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHold(t *testing.T) {
	groups := make([]int, 60)
	for i := range groups {
		groups[i] = i / 3
	}
	held := Hold(60, groups, 5)
	n := 0
	for i, h := range held {
		if h {
			n++
		}
		if h != held[i/3*3] {
			t.Fatalf("image %d is not with its group", i)
		}
	}
	if n != 12 || !slices.Equal(held, Hold(60, groups, 5)) || slices.Equal(held, Hold(60, groups, 6)) {
		t.Errorf("%d of 60 are held out", n)
	}
}
