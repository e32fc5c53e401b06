//go:build !js

package detect

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
)

// TestQualityTuneBCCD tunes detectors on photos of IRUM_BCCD and measures them, before and after, on the 73 that TestQualityBCCD measures on. IRUM_IMAGES
// and IRUM_SPLIT choose one of the numbers and of the splits, IRUM_TUNE_STEPS, IRUM_TUNE_RATE (millionths) and IRUM_TUNE_CHECKS another course.
func TestQualityTuneBCCD(t *testing.T) {
	root := os.Getenv("IRUM_BCCD")
	if root == "" {
		t.Skip("IRUM_BCCD names no folder")
	}
	all := readCells(t, root)
	data, err := os.ReadFile("../../web/dist/backbone.onnx")
	if err != nil {
		t.Fatal(err)
	}
	backbone, err := onnx.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{30, 100, 291} {
		for split := range 3 {
			if setting("IRUM_IMAGES", n) == n && setting("IRUM_SPLIT", split) == split {
				all.tune(t, backbone, n, split)
			}
		}
	}
}

// tune prints what tuning makes of a detector that learnt from four fifths of n photos.
func (b *cells) tune(t *testing.T, backbone *onnx.Model, n, split int) {
	ctx := context.Background()
	order := rand.New(rand.NewPCG(uint64(split), 77)).Perm(len(b.files))
	test, photos := order[:73], order[73:73+n]
	d := TuneData{Held: Hold(n, nil, 1), Image: func(_ context.Context, i int) (*vision.Image, error) { return b.image(photos[i]) }}
	var learnt []int
	var of [][]Object
	for i, p := range photos {
		d.Objects = append(d.Objects, b.objects[p])
		if !d.Held[i] {
			learnt, of = append(learnt, p), append(of, b.objects[p])
		}
	}
	h := &localHost{}
	made, err := Train(ctx, h, backbone, func(_ context.Context, i int) (*vision.Image, error) { return b.image(learnt[i]) }, of, len(cellClasses),
		Options{FitOptions: FitOptions{Seed: 1}}, func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	measure := func(what string, s *Stem, head *Head) {
		file, err := head.Append(s.File, `["RBC","WBC","Platelets"]`)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%d images, split %d, %s: ", n, split, what)
		b.measure(t, h, file, test)
	}
	measure("head of four fifths", made.Stem, made.Head)
	started := time.Now()
	got, err := Tune(ctx, made.Stem, made.Head, d, TuneOptions{
		Seed: 1, Steps: setting("IRUM_TUNE_STEPS", 0), Rate: float64(setting("IRUM_TUNE_RATE", 0)) / 1e6, Checks: setting("IRUM_TUNE_CHECKS", 0),
	}, func(done, total int) {
		if done%20 == 0 {
			fmt.Printf("%d/%d %.0f s\n", done, total, time.Since(started).Seconds())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Checks {
		fmt.Printf("  step %d: learnt %.3f, held out %.3f, mAP50 %.3f mAP %.3f\n", c.Step, c.Learnt, c.Loss, c.MAP50, c.MAP)
	}
	fmt.Printf("  kept step %d, better %v; held out mAP50 %.3f mAP %.3f, before %.3f %.3f; %.0f s\n", got.Kept, got.Better(), got.After.MAP50, got.After.MAP,
		got.Before.MAP50, got.Before.MAP, time.Since(started).Seconds())
	measure("tuned", got.Stem, got.Head)
}
