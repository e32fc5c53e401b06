package autolabel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// BoxTrainer is detect.Train.
type BoxTrainer func(ctx context.Context, h detect.Host, backbone *onnx.Model, image func(ctx context.Context, i int) (*vision.Image, error),
	objects [][]detect.Object, classes int, o detect.Options, progress func(phase string, done, total int)) (*detect.Trained, error)

// FitBoxes implements Engine.
func (l *local) FitBoxes(ctx context.Context, s detect.Set, o detect.FitOptions, progress func(done, total int)) (*detect.Fitted, error) {
	return detect.Fit(ctx, s, o, progress)
}

// boxHost is a detect.Host over an Engine.
type boxHost struct {
	s   *Service
	sha string // of the network that is open
}

// Open implements detect.Host.
func (h *boxHost) Open(ctx context.Context, file []byte) error {
	h.sha = blob.Sum(file)
	_, err := h.s.cfg.Engine.Backbone(ctx, h.sha, func(context.Context) ([]byte, error) { return file, nil })
	return err
}

// Run implements detect.Host. An engine takes files, so that images lie in its workers' memory only while they are looked at.
func (h *boxHost) Run(ctx context.Context, img *vision.Image) ([]float32, error) {
	rgba := image.NewRGBA(image.Rect(0, 0, img.Width, img.Height))
	for i := range img.Width * img.Height {
		copy(rgba.Pix[4*i:], img.Pix[3*i:][:3])
		rgba.Pix[4*i+3] = 0xff
	}
	var file bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&file, rgba); err != nil {
		return nil, fmt.Errorf("hand an image to the engine: %w", err)
	}
	return h.s.cfg.Engine.Embed(ctx, h.sha, file.Bytes())
}

// Parallel implements detect.Host.
func (h *boxHost) Parallel() int { return h.s.cfg.Engine.Parallel() }

// Fit implements detect.Host.
func (h *boxHost) Fit(ctx context.Context, s detect.Set, o detect.FitOptions, progress func(done, total int)) (*detect.Fitted, error) {
	return h.s.cfg.Engine.FitBoxes(ctx, s, o, progress)
}

// runBoxes trains a detector: a head on the maps of the backbone.
func (t *training) runBoxes(ctx context.Context, j *job) error {
	if err := t.embed(ctx, j); err != nil {
		return err
	}
	p := t.plan
	p.group, t.several = groups(p.assets, t.vectors, p.labels)
	if distinct(p.group) < 2 {
		return domain.Errorf(domain.CodeInvalid, "All %d labelled images are copies of one picture. Label other images and export again.", len(p.assets)).In("export")
	}
	data, err := p.backbone.data(ctx)
	if err != nil {
		return fmt.Errorf("read backbone: %w", err)
	}
	backbone, err := onnx.Read(data)
	if err != nil {
		return fmt.Errorf("read backbone: %w", err)
	}
	objects := p.objects()
	made, course, err := t.detector(ctx, j, backbone, objects)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	m, err := t.boxModel(objects, made)
	if err != nil {
		return err
	}
	m.Metrics.Course, m.Metrics.Compared = course, t.compared
	if course == nil { // else those that were learnt from are not measured
		m.Metrics.Boxes.LeftOut = len(objects) - m.Metrics.Images
	}
	names := make([]string, len(p.classes))
	for i, c := range p.classes {
		names[i] = c.Name
	}
	text, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("encode the names of classes: %w", err)
	}
	file, err := made.Head.Append(made.Stem.File, string(text), onnx.Property{Key: "irum.backbone", Value: p.backbone.SHA256}, onnx.Property{Key: "irum.level", Value: p.request.Level})
	if err != nil {
		return err
	}
	return t.publishFiles(ctx, j, file, file, m) // the network is found under either name
}

// image decodes the i-th image of the plan.
func (t *training) image(ctx context.Context, i int) (*vision.Image, error) {
	a := t.plan.assets[i]
	data, err := t.s.readImage(ctx, a.SHA256)
	if err != nil {
		return nil, unreadable(a, err)
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		return nil, unreadable(a, err)
	}
	return img, nil
}

// objects are the boxes of the plan's images that are of classes which are learnt.
func (p *plan) objects() [][]detect.Object {
	out := make([][]detect.Object, len(p.assets))
	for i, a := range p.assets {
		for _, b := range a.Label.Boxes {
			if c := slices.IndexFunc(p.classes, func(c domain.Class) bool { return c.ID == b.ClassID }); c >= 0 {
				out[i] = append(out[i], detect.Object{Box: corners(b), Class: c})
			}
		}
	}
	return out
}

func corners(b domain.Box) detect.Box {
	return detect.Box{X0: b.X, Y0: b.Y, X1: b.X + b.W, Y1: b.Y + b.H}
}

// boxModel is the row of a detector, with its card. Images that were left out for want of memory have no part in it.
func (t *training) boxModel(objects [][]detect.Object, made *detect.Trained) (store.ModelRecord, error) {
	p := t.plan
	var truth, found [][]detect.Object
	for i, list := range made.Found {
		if list != nil {
			truth, found = append(truth, objects[i]), append(found, list)
		}
	}
	r, err := detect.Evaluate(truth, found, len(p.classes))
	if err != nil {
		return store.ModelRecord{}, fmt.Errorf("evaluate: %w", err)
	}
	card := domain.Metrics{
		Images: r.Images, Macro: domain.Averages{Precision: r.Precision, Recall: r.Recall, F1: r.F1}, Folds: made.Folds, Groups: t.several,
		Boxes: BoxCard(r, p.classes),
	}
	tp, fp, fn := 0, 0, 0
	for _, c := range card.Boxes.Classes {
		card.Classes = append(card.Classes, domain.ClassMetrics{
			ClassID: c.ClassID, Name: c.Name, Support: c.Support, TP: c.TP, FP: c.FP, FN: c.FN, Precision: c.Precision, Recall: c.Recall, F1: c.F1,
			PrecisionCI: domain.Interval(metrics.Wilson(c.TP, c.TP+c.FP)), RecallCI: domain.Interval(metrics.Wilson(c.TP, c.Support)),
		})
		tp, fp, fn = tp+c.TP, fp+c.FP, fn+c.FN
	}
	if tp > 0 {
		card.Micro = domain.Averages{
			Precision: float64(tp) / float64(tp+fp), Recall: float64(tp) / float64(tp+fn), F1: 2 * float64(tp) / float64(2*tp+fp+fn),
		}
	}
	m := store.ModelRecord{Model: domain.Model{
		ProjectID: t.projectID, Name: strings.TrimSpace(p.request.Name), Task: p.project.Task, Backbone: p.backbone.ID, ExportID: p.request.ExportID,
		Level: p.request.Level, Classes: p.classes, Metrics: card, Images: len(p.assets), CreatedAt: time.Now().UTC(),
	}}
	if m.Name == "" {
		m.Name = p.project.Name
	}
	return m, nil
}

// BoxCard is what a report says to people; classes are in the order of the detector's.
func BoxCard(r *detect.Report, classes []domain.Class) *domain.BoxMetrics {
	out := &domain.BoxMetrics{
		Boxes: r.Boxes, MAP50: r.MAP50, MAP: r.MAP, Threshold: r.Threshold, Precision: r.Precision, Recall: r.Recall, F1: r.F1,
		Classes: []domain.BoxClassMetrics{},
	}
	for i, c := range r.Classes {
		row := domain.BoxClassMetrics{
			ClassID: classes[i].ID, Name: classes[i].Name, Support: c.Support, TP: c.TP, FP: c.FP, FN: c.FN,
			Precision: c.Precision, Recall: c.Recall, F1: c.F1, AP50: c.AP50, AP: c.AP, Curve: []domain.PrecisionPoint{},
		}
		for _, point := range c.Curve {
			row.Curve = append(row.Curve, domain.PrecisionPoint(point))
		}
		out.Classes = append(out.Classes, row)
	}
	return out
}
