package tuning

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

const (
	// stepGuess is how many seconds a step of a whole detector's training takes, before one was measured.
	stepGuess = 1
	// resamples is how many times the held-out images are drawn anew for the interval of what was gained.
	resamples = 200
)

// DetectorSeconds implements autolabel.BoxTuner.
func (t *Trainer) DetectorSeconds(images int) float64 {
	return stepGuess * float64(t.boxSteps(images))
}

// boxSteps is how many steps a whole detector learns for; Options.Epochs bounds them, too.
func (t *Trainer) boxSteps(images int) int {
	steps := detect.TuneSteps(images)
	if t.Epochs > 0 {
		steps = min(steps, t.Epochs*images)
	}
	return steps
}

// Detector implements autolabel.BoxTuner: a head is trained without the images that are held out, then all of the network.
func (t *Trainer) Detector(ctx context.Context, h detect.Host, backbone *onnx.Model, image func(ctx context.Context, i int) (*vision.Image, error),
	objects [][]detect.Object, classes int, o detect.Options, progress func(phase string, done, total int),
) (out autolabel.TunedBoxes, err error) {
	d := detect.TuneData{Image: image, Objects: objects, Groups: o.Groups, Held: detect.Hold(len(objects), o.Groups, o.Seed)}
	var learnt []int
	var of [][]detect.Object
	parts := map[bool]map[int]bool{false: {}, true: {}} // groups of images that are learnt from, and held out
	o.Groups = nil
	for i, held := range d.Held {
		g := i
		if d.Groups != nil {
			g = d.Groups[i]
		}
		if parts[held][g] = true; held {
			continue
		}
		learnt, of = append(learnt, i), append(of, objects[i])
		if d.Groups != nil {
			o.Groups = append(o.Groups, g)
		}
	}
	for _, part := range parts {
		if len(part) < 2 {
			return out, domain.Errorf(domain.CodeInvalid, "There are too few images to hold some out for the test. Label more, or train at the level head.").In("export")
		}
	}
	made, err := detect.Train(ctx, h, backbone, func(ctx context.Context, i int) (*vision.Image, error) { return image(ctx, learnt[i]) }, of, classes, o, progress)
	if err != nil {
		return out, err
	}
	tuned, err := detect.Tune(ctx, made.Stem, made.Head, d, detect.TuneOptions{Seed: o.Seed, Steps: t.boxSteps(len(objects)), Threads: t.Threads},
		func(done, total int) { progress("tune", done, total) })
	if err != nil {
		return out, err
	}
	out = autolabel.TunedBoxes{Trained: &detect.Trained{Stem: tuned.Stem, Head: tuned.Head, Found: make([][]detect.Object, len(objects))}, Learnt: len(learnt)}
	for k, i := range tuned.Held {
		if out.Found[i] = tuned.Found[k]; out.Found[i] == nil {
			out.Found[i] = []detect.Object{}
		}
	}
	out.Compared, err = besideBoxes(tuned, objects, classes)
	return out, err
}

// besideBoxes compares a detector with what it was before, on images that neither has learnt from. The interval of the gain in mAP50 is that of the
// bootstrap over images (Efron 1979), where both are measured on the same draw.
func besideBoxes(tuned *detect.Tuned, objects [][]detect.Object, classes int) (domain.Comparison, error) {
	c := domain.Comparison{
		Of: "whole", Images: len(tuned.Held), Kept: tuned.Better(), Without: tuned.Before.MAP50, With: tuned.After.MAP50,
		MAPWithout: &tuned.Before.MAP, MAPWith: &tuned.After.MAP,
	}
	rng, gains := rand.New(rand.NewPCG(1, 1)), make([]float64, resamples)
	for k := range gains {
		var truth, before, after [][]detect.Object
		for range tuned.Held {
			at := rng.IntN(len(tuned.Held))
			truth, before, after = append(truth, objects[tuned.Held[at]]), append(before, tuned.Untuned[at]), append(after, tuned.Found[at])
		}
		a, err := detect.Evaluate(truth, after, classes)
		if err != nil {
			return c, err
		}
		b, err := detect.Evaluate(truth, before, classes)
		if err != nil {
			return c, err
		}
		gains[k] = a.MAP50 - b.MAP50
	}
	slices.Sort(gains)
	c.Gain = domain.Interval{Low: gains[resamples/40], High: gains[resamples-1-resamples/40]}
	return c, nil
}
