package autolabel

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// leastShownBox is the least score of a box that is worth being told.
const leastShownBox = 0.05

// detector is a model of boxes that is ready to look at images.
type detector struct {
	s      *Service
	model  store.ModelRecord
	usable []bool // by class: still a class of the project
}

// detector makes a model of a project ready.
func (s *Service) detector(ctx context.Context, p domain.Project, m store.ModelRecord) (*detector, error) {
	if m.Metrics.Boxes == nil {
		return nil, domain.Errorf(domain.CodeInvalid, "The Auto-label AI %q does not find boxes.", m.Name).In("model")
	}
	d := &detector{s: s, model: m}
	for _, c := range m.Classes {
		d.usable = append(d.usable, slices.ContainsFunc(p.Classes, func(now domain.Class) bool { return now.ID == c.ID && !now.Archived }))
	}
	_, err := s.cfg.Engine.Backbone(ctx, m.SHA256, func(ctx context.Context) ([]byte, error) { return blob.Bytes(ctx, s.cfg.Blobs, m.SHA256, 0) })
	if err != nil {
		return nil, fmt.Errorf("open model %s: %w", m.ID, err)
	}
	return d, nil
}

// look gives what the network says of an image, with its size.
func (d *detector) look(ctx context.Context, a domain.Asset) (found []float32, err error) {
	data, err := d.s.readImage(ctx, a.SHA256)
	if err != nil {
		return nil, err
	}
	found, err = d.s.cfg.Engine.Embed(ctx, d.model.SHA256, data)
	if err == nil && (len(found) == 0 || len(found)%(len(d.model.Classes)+4) != 0) {
		err = fmt.Errorf("the network of model %s gives %d numbers", d.model.ID, len(found))
	}
	return found, err
}

// boxes gives the boxes of at least least that are in an image, of classes that the project still has, the surest first.
func (d *detector) boxes(ctx context.Context, a domain.Asset, least float64) ([]domain.Box, error) {
	found, err := d.look(ctx, a)
	if err != nil {
		return nil, err
	}
	out := []domain.Box{}
	for _, o := range detect.Decode(found, len(d.model.Classes), float64(a.Width), float64(a.Height), least) {
		if b, ok := boxIn(a, o.Box); ok && d.usable[o.Class] {
			b.ClassID, b.Score = d.model.Classes[o.Class].ID, min(max(o.Score, 0), 1)
			out = append(out, b)
		}
	}
	return out, nil
}

// boxIn gives what was found in an image as a box of it; ok is false for one that is too small.
func boxIn(a domain.Asset, found detect.Box) (b domain.Box, ok bool) {
	b = domain.Box{X: found.X0, Y: found.Y0, W: found.X1 - found.X0, H: found.Y1 - found.Y0}.Settled(a.Width, a.Height)
	return b, b.W >= domain.MinBoxSide && b.H >= domain.MinBoxSide
}

// least is the score from which on boxes are proposed: what was asked for, or what the card's figures are for.
func (a *applying) least() float64 {
	if a.request.MinConfidence > 0 {
		return a.request.MinConfidence
	}
	return a.model.Metrics.Boxes.Threshold
}

// findBoxes proposes boxes for all assets. An image in which nothing is found is left as it is. The confidence of a label is that of its least sure box.
func (a *applying) findBoxes(ctx context.Context, j *job, assets []domain.Asset) error {
	d, err := a.s.detector(ctx, a.project, a.model)
	if err != nil {
		return err
	}
	j.progress("embed", 0, len(assets))
	boxes, failed := make([][]domain.Box, len(assets)), make([]error, len(assets))
	var wait sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	for range min(max(a.s.cfg.Engine.Parallel(), 1), len(assets)) {
		wait.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(assets) || ctx.Err() != nil {
					return
				}
				boxes[i], failed[i] = d.boxes(ctx, assets[i], leastShownBox)
				mu.Lock()
				done++
				j.progress("embed", done, len(assets))
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i, asset := range assets {
		if failed[i] != nil {
			a.failed[asset.ID] = failed[i]
			a.report.Skipped++
			a.s.log.Warn("an image could not be read and is left as it is", "asset", asset.ID, "error", failed[i])
			continue
		}
		a.scored++
		a.propound(asset, boxes[i])
	}
	return nil
}

// propound counts what was found in an image, and keeps it for the write.
func (a *applying) propound(asset domain.Asset, found []domain.Box) {
	var kept []domain.Box
	for _, b := range found {
		a.report.Histogram[min(int(b.Score*histogramBins), histogramBins-1)]++
		if b.Score >= a.least() {
			kept = append(kept, b)
		}
	}
	if len(kept) == 0 {
		a.report.Skipped++
		return
	}
	for _, b := range kept {
		a.report.ByClass[b.ClassID]++
	}
	a.report.Labelled++
	rev := asset.Label.Rev
	if !a.request.DryRun {
		a.changes = append(a.changes, store.Change{AssetID: asset.ID, IfRev: &rev, Label: domain.Label{
			State: domain.StateAuto, Source: domain.SourceModel, Confidence: kept[len(kept)-1].Score, ModelID: a.model.ID, Boxes: kept,
		}})
	}
}

// boxModelOf finds a model of boxes of a project, the newest for "", with the asset that it is to look at.
func (s *Service) boxModelOf(ctx context.Context, project, asset, model string) (*detector, domain.Asset, error) {
	a, err := s.cfg.Store.Asset(ctx, project, asset)
	if err != nil {
		return nil, a, err
	}
	if model == "" {
		list, err := s.cfg.Store.Models(ctx, project)
		if err != nil {
			return nil, a, err
		}
		for _, m := range list {
			if m.Task == domain.TaskBoxes && model == "" {
				model = m.ID
			}
		}
		if model == "" {
			return nil, a, domain.Errorf(domain.CodeNotFound, "The project has no Auto-label AI that finds boxes yet. Train one.").In("model")
		}
	}
	p, m, err := s.applicable(ctx, project, model)
	if err != nil {
		return nil, a, err
	}
	d, err := s.detector(ctx, p, m)
	return d, a, err
}

// SuggestBoxes tells what a model, the project's newest for "", finds in an image. CodeNotFound where there is none.
func (s *Service) SuggestBoxes(ctx context.Context, project, asset, model string) (domain.BoxSuggestions, error) {
	d, a, err := s.boxModelOf(ctx, project, asset, model)
	if err != nil {
		return domain.BoxSuggestions{}, err
	}
	boxes, err := d.boxes(ctx, a, leastShownBox)
	return domain.BoxSuggestions{ModelID: d.model.ID, Threshold: d.model.Metrics.Boxes.Threshold, Boxes: boxes}, err
}

// Tighten finds the object that a rough box in an image is meant for, by a model of the project.
func (s *Service) Tighten(ctx context.Context, project, asset string, r domain.TightenRequest) (domain.Tightened, error) {
	d, a, err := s.boxModelOf(ctx, project, asset, r.Model)
	if err != nil {
		return domain.Tightened{}, err
	}
	if problem := domain.CheckBoxes([]domain.Box{r.Box}, []domain.Class{{ID: r.Box.ClassID}}, a.Width, a.Height); problem != nil {
		return domain.Tightened{}, problem.In("box")
	}
	found, err := d.look(ctx, a)
	if err != nil {
		return domain.Tightened{}, err
	}
	tight, ok := detect.Tighten(found, len(d.model.Classes), float64(a.Width), float64(a.Height), corners(r.Box))
	out := domain.Tightened{Box: r.Box, Found: ok}
	if ok {
		out.Box.X, out.Box.Y, out.Box.W, out.Box.H = tight.X0, tight.Y0, tight.X1-tight.X0, tight.Y1-tight.Y0
		out.Box = out.Box.Settled(a.Width, a.Height)
	}
	return out, nil
}

var _ detect.Host = (*boxHost)(nil)
