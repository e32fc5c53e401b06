//go:build js

package engines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"sync"
	"syscall/js"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/wasm/glue"
)

// TestMain makes this binary its own engine worker: web/shell/worker.js starts it with the argument engine.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "engine" {
		Main()
	}
	if host := js.Global().Get("irum"); host.Truthy() { // what is computed here is compared with what workers compute
		if _, err := exec.StartKernels(host.Get("memory")); err != nil {
			fmt.Println(err)
		}
	}
	os.Exit(m.Run())
}

func pool(t *testing.T, n int) (p *Pool, started *int) {
	t.Helper()
	if !js.Global().Get("startEngine").Truthy() {
		t.Skip("not in a browser's worker: web/e2e runs this test")
	}
	started = new(int)
	return NewPool(n, 2*n, func() js.Value {
		*started++
		return js.Global().Call("startEngine")
	}), started
}

func picture(t *testing.T, seed int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{uint8(x * seed), uint8(y * 5), uint8(x ^ y), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEmbedInWorkers(t *testing.T) {
	ctx := context.Background()
	p, started := pool(t, 2)
	loads := 0
	load := func(ctx context.Context) ([]byte, error) {
		loads++
		return glue.Fetch(ctx, "/backbone.onnx")
	}
	for range 2 {
		info, err := p.Backbone(ctx, "default", load)
		if err != nil || info.Dim != 1728 || info.InputSize != 300 || info.Kind == "" {
			t.Fatalf("backbone %+v: %v", info, err)
		}
	}
	if loads != 1 || p.Kind() == "" {
		t.Errorf("loaded %d times, kind %q", loads, p.Kind())
	}
	images := [][]byte{picture(t, 3), picture(t, 4), picture(t, 3), picture(t, 4), picture(t, 3), picture(t, 4)}
	out := make([][]float32, len(images))
	var wait sync.WaitGroup
	start := time.Now()
	for i, data := range images {
		wait.Go(func() {
			v, err := p.Embed(ctx, "default", data)
			if err != nil {
				t.Error(err)
			}
			out[i] = v
		})
	}
	wait.Wait()
	t.Logf("%d images in %d workers (%s) in %s", len(images), *started, p.Kind(), time.Since(start))
	if *started != 2 {
		t.Errorf("%d workers were started", *started)
	}
	for i, v := range out {
		if len(v) != 1728 {
			t.Fatalf("image %d gave %d values", i, len(v))
		}
		if k := bitsDiffer(v, out[i%2]); k >= 0 {
			t.Errorf("the same image gives another vector in another worker, from value %d on", k)
		}
	}
	if bitsDiffer(out[0], out[1]) < 0 {
		t.Error("two images give the same vector")
	}
	alone := autolabel.NewLocal(1, engine.Options{})
	if _, err := alone.Backbone(ctx, "default", load); err != nil {
		t.Fatal(err)
	}
	for i, data := range images[:2] {
		if v, err := alone.Embed(ctx, "default", data); err != nil || bitsDiffer(v, out[i]) >= 0 {
			t.Errorf("one thread gives another vector than %d: %v", p.ImageThreads(), err)
		}
	}
	var refusal *vision.Refusal
	if _, err := p.Embed(ctx, "default", []byte("no image")); !errors.As(err, &refusal) || refusal.Code != "not_image" {
		t.Errorf("what is no image answers %v", err)
	}
	if _, err := p.Embed(ctx, "other", images[0]); err == nil {
		t.Error("an unknown backbone is taken")
	}
	if _, err := p.Backbone(ctx, "broken", func(context.Context) ([]byte, error) { return []byte("no network"), nil }); err == nil {
		t.Error("a broken network is taken")
	}
}

// TestPoolThreads: workers have no more threads than there are cores, and single images go to the worker that has most.
func TestPoolThreads(t *testing.T) {
	for _, c := range []struct{ workers, cores, first, each int }{{1, 2, 2, 2}, {3, 4, 2, 1}, {4, 8, 2, 2}, {4, 32, 4, 4}, {3, 1, 1, 1}, {1, 64, 4, 4}} {
		p := NewPool(c.workers, c.cores, nil)
		if p.ImageThreads() != c.first {
			t.Errorf("%+v: %d threads for an image", c, p.ImageThreads())
		}
		ctx := context.Background()
		for range 2 {
			s, err := p.take(ctx, true)
			if err != nil || !s.first || s.threads != c.first {
				t.Errorf("%+v: an image goes to a worker of %d threads: %v", c, s.threads, err)
			}
			p.put(s)
		}
		if s, _ := p.take(ctx, false); c.workers > 1 && (s.first || s.threads != c.each) {
			t.Errorf("%+v: other work goes to a worker of %d threads", c, s.threads)
		}
	}
}

func data(n, d int) train.Dataset {
	set := train.Dataset{N: n, D: d, Classes: 2, X: make([]float32, n*d), Labels: make([][]int, n)}
	for i := range n {
		set.Labels[i] = []int{i % 2}
		for k := range d {
			set.X[i*d+k] = float32(math.Sin(float64(i*31+k*17))) + float32(i%2)*0.3
		}
	}
	return set
}

func TestFitInAWorker(t *testing.T) {
	ctx := context.Background()
	p, _ := pool(t, 1)
	set := data(60, 20)
	steps := 0
	head, evaluation, err := p.Fit(ctx, set, train.Options{Seed: 7}, func(done, total int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	want, wantEvaluation, err := train.Fit(ctx, set, train.Options{Seed: 7}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.W {
		if head.W[i] != want.W[i] {
			t.Fatalf("weight %d is %g, here %g", i, head.W[i], want.W[i])
		}
	}
	if evaluation.Lambda != wantEvaluation.Lambda || len(evaluation.Scores) != 60 || evaluation.Scores[3][1] != wantEvaluation.Scores[3][1] {
		t.Error("the evaluation came back changed")
	}
	if steps == 0 {
		t.Error("no progress was told")
	}
	if _, _, err := p.Fit(ctx, train.Dataset{N: 1, D: 1, Classes: 2, X: []float32{1}, Labels: [][]int{{0}}}, train.Options{}, nil); err == nil {
		t.Error("one image is enough to train on")
	}
}

func TestClusterInAWorker(t *testing.T) {
	ctx := context.Background()
	p, _ := pool(t, 1)
	set := data(90, 30)
	points := cluster.Points{X: set.X, N: set.N, D: set.D}
	steps := 0
	got, err := p.Cluster(ctx, points, cluster.Options{K: 3, Seed: 5}, func(done, total int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	want, err := cluster.Run(ctx, points, cluster.Options{K: 3, Seed: 5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Assign, want.Assign) || got.Silhouette != want.Silhouette || len(got.Clusters) != 3 || steps == 0 {
		t.Errorf("the worker's clusters are %v, here %v; %d steps", got.Assign, want.Assign, steps)
	}
	big := data(4000, 256)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err = p.Cluster(ctx, cluster.Points{X: big.X, N: big.N, D: big.D}, cluster.Options{Method: cluster.MethodWard}, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
	if _, err := p.Cluster(context.Background(), cluster.Points{X: []float32{1}, N: 1, D: 1}, cluster.Options{}, nil); err == nil {
		t.Error("one point is grouped")
	}
}

// squares are views of noise with a brighter square each, in features and objects.
func squares(images int) detect.Set {
	const side, in = 40, 64
	r := rand.New(rand.NewPCG(2, 2))
	s := detect.Set{In: in, Rows: side, Cols: side, Classes: 1}
	for i := range images {
		x, y, size := r.IntN(side-8), r.IntN(side-8), 4+r.IntN(4)
		for p := range side * side {
			for range in {
				v := int8(r.IntN(20) - 10)
				if px, py := p%side-x, p/side-y; px >= 0 && py >= 0 && px < size && py < size {
					v += 30
				}
				s.Features = append(s.Features, v)
			}
		}
		s.Views = append(s.Views, detect.View{Image: i, Objects: []detect.Object{{Box: detect.Box{
			X0: float64(x), Y0: float64(y), X1: float64(x + size), Y1: float64(y + size),
		}}}})
	}
	return s
}

// TestBoxesInWorkers: features reach workers in pieces, a detector comes back as it would be made here, and a training is cancelled.
func TestBoxesInWorkers(t *testing.T) {
	ctx := context.Background()
	p, started := pool(t, 2)
	set := squares(100)
	if len(set.Features) < piece {
		t.Fatalf("%d features are one piece", len(set.Features))
	}
	steps, o := 0, detect.FitOptions{Seed: 3, Folds: 3, Steps: 3}
	got, err := p.FitBoxes(ctx, set, o, func(done, total int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	want, err := detect.Fit(ctx, set, o, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Head, want.Head) || !reflect.DeepEqual(got.Found, want.Found) || got.Folds != want.Folds {
		t.Error("the workers' detector is another one")
	}
	if steps == 0 || *started != 2 {
		t.Errorf("%d times of progress, %d workers", steps, *started)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begun := time.Now()
	_, err = p.FitBoxes(ctx, set, detect.FitOptions{Steps: 100_000}, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
	t.Logf("cancelled after %s", time.Since(begun))
	if _, err := p.FitBoxes(context.Background(), detect.Set{In: 1, Rows: 1, Cols: 1, Classes: 1}, o, nil); err == nil {
		t.Error("boxes are learnt from nothing")
	}
}

func TestCancelAndWorkersThatEnd(t *testing.T) {
	p, started := pool(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	set := data(1500, 400) // seconds of work
	start := time.Now()
	_, _, err := p.Fit(ctx, set, train.Options{}, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) || time.Since(start) > 20*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
	cancel()
	if _, _, err := p.Fit(context.Background(), data(40, 8), train.Options{}, nil); err != nil { // the pool goes on
		t.Error(err)
	}
	s := <-p.first
	s.r.v.Call("end")
	<-s.r.ended
	p.put(s)
	before := *started
	if _, _, err := p.Fit(context.Background(), data(40, 8), train.Options{}, nil); err != nil || *started != before+1 {
		t.Errorf("after a worker ended: %v, %d started", err, *started-before)
	}
}
