package autolabel

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/domain"
)

// BoxTuner trains whole detectors, backbone and all.
type BoxTuner interface {
	// Detector makes a detector as a BoxTrainer does, of some of the images, trains all of it, and compares it with what it was before on the others.
	// The progress of the whole training has the phase "tune".
	Detector(ctx context.Context, h detect.Host, backbone *onnx.Model, image func(ctx context.Context, i int) (*vision.Image, error),
		objects [][]detect.Object, classes int, o detect.Options, progress func(phase string, done, total int)) (TunedBoxes, error)
	// DetectorSeconds is a guess of how long the whole training of so many images takes, before one was measured.
	DetectorSeconds(images int) float64
}

// TunedBoxes is what a BoxTuner made. Found of the detector is of the images that were held out, nil for the Learnt ones. Where it is not
// kept, a head is what is published.
type TunedBoxes struct {
	*detect.Trained
	Compared domain.Comparison
	Learnt   int
}

// detector trains at the level that was asked for, or a head where that was not better.
func (t *training) detector(ctx context.Context, j *job, backbone *onnx.Model, objects [][]detect.Object) (*detect.Trained, *domain.Course, error) {
	p, host := t.plan, &boxHost{s: t.s}
	o := detect.Options{FitOptions: detect.FitOptions{Seed: p.request.Seed}, Groups: p.group, Memory: t.s.cfg.BoxMemory}
	begun := time.Now()
	if p.request.Level == levelWhole {
		tuned, err := t.s.cfg.BoxTuner.Detector(ctx, host, backbone, t.image, objects, len(p.classes), o, j.progress)
		if err != nil {
			return nil, nil, err
		}
		t.noteBoxPace(ctx, begun, t.s.cfg.BoxTuner.DetectorSeconds(len(p.assets)))
		t.compared = &tuned.Compared
		if tuned.Compared.Kept {
			return tuned.Trained, &domain.Course{Learnt: tuned.Learnt, Points: []domain.CoursePoint{}}, nil
		}
		p.request.Level, begun = levelHead, time.Now() // nobody gets a worse model for having waited longer
	}
	made, err := t.s.cfg.Boxes(ctx, host, backbone, t.image, objects, len(p.classes), o, j.progress)
	if err == nil {
		t.noteBoxPace(ctx, begun, float64(detect.Work(len(p.assets))))
	}
	return made, nil, err
}

// noteBoxPace keeps how long a training of boxes took, for each part of its work.
func (t *training) noteBoxPace(ctx context.Context, begun time.Time, work float64) {
	pace := strconv.FormatFloat(time.Since(begun).Seconds()/work, 'g', 6, 64)
	if err := t.s.cfg.Store.SetSetting(ctx, boxKey(t.plan), pace); err != nil {
		t.s.log.WarnContext(ctx, "the pace of a training could not be kept", "error", err)
	}
}

// boxKey names the pace of a training of boxes: seconds for each step of detect.Work, or at the level whole for each second that was guessed.
func boxKey(p *plan) string {
	if p.request.Level == levelWhole {
		return "pace:boxes:whole:" + p.backbone.SHA256
	}
	return "pace:detect:" + p.backbone.SHA256
}

// boxPace is how many seconds a step of detect.Work takes before a training was measured, and browserSlower how many times as long it takes
// in a browser, whose vectors have half the width.
const boxPace, browserSlower = 0.025, 2

// boxSeconds is how long training boxes takes beside the embeddings, by the pace of the last one. Where a whole detector turns out no better, the
// head that is trained then comes on top.
func (s *Service) boxSeconds(ctx context.Context, p *plan) (seconds float64, basis string, err error) {
	known, _, err := s.cfg.Store.Setting(ctx, boxKey(p))
	if err != nil {
		return 0, "", err
	}
	pace, err := strconv.ParseFloat(known, 64)
	measured, work := err == nil && pace > 0, float64(detect.Work(len(p.assets)))
	guess := boxPace * work
	switch {
	case p.request.Level == levelWhole && measured:
		return guess + pace*s.cfg.BoxTuner.DetectorSeconds(len(p.assets)), basisEarlier, nil
	case p.request.Level == levelWhole:
		return guess + s.cfg.BoxTuner.DetectorSeconds(len(p.assets)), basisGuess, nil
	case measured:
		return pace * work, basisMeasured, nil
	}
	if runtime.GOARCH == "wasm" {
		guess *= browserSlower
	}
	return guess, basisMeasured, nil
}
