package autolabel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// applyChunk is how many images are scored at a time, so that memory does not grow with the project.
	applyChunk = 500
	// writeChunk is how many labels one write holds; all writes of an apply are one operation.
	writeChunk = 1000
	// histogramBins of a dry run, each 0.05 wide.
	histogramBins = 20
)

// Apply queues a job that lets a model propose labels for what the filter selects, or only tells what it would (DryRun).
// Images that people labelled or skipped are never touched. All that it writes is one operation, undone in one step.
func (s *Service) Apply(ctx context.Context, project, model string, r domain.ApplyRequest) (domain.Job, error) {
	if math.IsNaN(r.MinConfidence) || r.MinConfidence < 0 || r.MinConfidence > 1 {
		return domain.Job{}, domain.Errorf(domain.CodeInvalid, "The least confidence is a number from 0 to 1, not %v.", r.MinConfidence).In("min_confidence")
	}
	if p, err := s.cfg.Store.Project(ctx, project); err == nil && p.Task == domain.TaskBoxes && r.Budget != 0 {
		return domain.Job{}, domain.Errorf(domain.CodeUnsupported, "A budget of errors is for labels of whole images. For boxes, give the least confidence.").In("budget")
	}
	if r.Budget != 0 && !(r.Budget >= domain.MinBudget && r.Budget <= domain.MaxBudget) {
		return domain.Job{}, domain.Errorf(domain.CodeInvalid, "The share of labels that may be wrong is a number from %v to %v, not %v.", domain.MinBudget, domain.MaxBudget, r.Budget).In("budget")
	}
	if _, _, err := s.applicable(ctx, project, model); err != nil {
		return domain.Job{}, err
	}
	kind := "apply"
	if r.DryRun {
		kind = "dry-run"
	}
	return s.start(ctx, work{kind: kind, project: project, priority: priorityAsked, request: request{Apply: &applyRequest{Model: model, Ask: r}}})
}

// applicable finds a model with its project, whose task has to be that of the model still.
func (s *Service) applicable(ctx context.Context, project, model string) (domain.Project, store.ModelRecord, error) {
	p, err := s.cfg.Store.Project(ctx, project)
	if err != nil {
		return p, store.ModelRecord{}, err
	}
	m, err := s.cfg.Store.Model(ctx, project, model)
	if err == nil && m.Task != p.Task {
		err = otherTask("Auto-label AI", m.Name)
	}
	return p, m, err
}

// applyRequest is what is kept of Apply.
type applyRequest struct {
	Model string              `json:"model"`
	Ask   domain.ApplyRequest `json:"ask"`
}

// runApply is a run of what Apply has queued. Its operation has the job's id, so that a run that goes on after one that was lost
// writes into the same one.
func (s *Service) runApply(ctx context.Context, j *job, project string, r applyRequest) error {
	p, m, err := s.applicable(ctx, project, r.Model)
	if err != nil {
		return err
	}
	a := &applying{s: s, project: p, model: m, request: r.Ask, operation: j.state().ID}
	a.request.Filter.States = openStates(r.Ask.Filter.States)
	if p.Task == domain.TaskBoxes {
		a.find = a.findBoxes
	}
	return a.run(ctx, j)
}

// otherTask is what is said of a model or an export that the project has outgrown.
func otherTask(what, name string) error {
	return domain.Errorf(domain.CodeInvalid, "The %s %q is of the time before this project's task was changed: images had another number of classes. Make a new export and train on it.", what, name).In("task")
}

// openStates are those of states that a model may write to; all of them when states is empty.
func openStates(states []domain.State) []domain.State {
	open := []domain.State{domain.StateUnlabelled, domain.StateAuto}
	if len(states) == 0 {
		return open
	}
	return slices.DeleteFunc(open, func(s domain.State) bool { return !slices.Contains(states, s) })
}

type applying struct {
	s         *Service
	project   domain.Project
	model     store.ModelRecord
	request   domain.ApplyRequest
	operation string
	find      func(context.Context, *job, []domain.Asset) error // propose, for boxes; nil for whole images

	head     train.Head
	backbone backboneFile
	usable   []bool // by class of the head: still a class of the project
	report   domain.ApplyReport
	waiting  []proposal // under a budget, until all images are known
	changes  []store.Change
	failed   map[string]error
	scored   int
}

func (a *applying) run(ctx context.Context, j *job) error {
	a.report = domain.ApplyReport{DryRun: a.request.DryRun, ByClass: map[string]int{}, Histogram: make([]int, histogramBins)}
	a.failed = map[string]error{}
	j.progress("embed", 0, 0)
	propose := a.find
	if propose == nil {
		if err := a.open(ctx); err != nil {
			return err
		}
		propose = a.propose
	}
	var assets []domain.Asset
	if len(a.request.Filter.States) > 0 {
		err := a.s.cfg.Store.EachAsset(ctx, a.project.ID, store.Query{Filter: a.request.Filter, Limit: 500}, func(page []domain.Asset) error {
			assets = append(assets, page...)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := propose(ctx, j, assets); err != nil {
		return err
	}
	if err := a.keepBudget(ctx); err != nil {
		return err
	}
	if len(a.failed) > 0 && a.scored == 0 {
		return domain.Errorf(domain.CodeInvalid, "None of the images can be read. The first: %v.", firstError(a.failed))
	}
	if !a.request.DryRun {
		if err := a.write(ctx, j); err != nil {
			return err
		}
	}
	j.update(func(n *domain.Job) { n.Apply = &a.report })
	return nil
}

// open reads the head and finds the backbone: a registered one, or the one inside the model itself, where that is the only one
// left or was trained with the head.
func (a *applying) open(ctx context.Context) error {
	data, err := blob.Bytes(ctx, a.s.cfg.Blobs, a.model.HeadSHA, 0)
	if err != nil {
		return fmt.Errorf("read head: %w", err)
	}
	if err := a.head.UnmarshalBinary(data); err != nil {
		return fmt.Errorf("head of model %s: %w", a.model.ID, err)
	}
	if a.head.Classes != len(a.model.Classes) {
		return fmt.Errorf("the head of model %s has %d classes instead of %d", a.model.ID, a.head.Classes, len(a.model.Classes))
	}
	a.usable = make([]bool, a.head.Classes)
	for i, c := range a.model.Classes {
		a.usable[i] = slices.ContainsFunc(a.project.Classes, func(now domain.Class) bool { return now.ID == c.ID && !now.Archived })
	}
	inside := backboneFile{domain.Backbone{ID: a.model.Backbone, SHA256: a.model.Backbone, Dim: a.head.D}, func(ctx context.Context) ([]byte, error) {
		return blob.Bytes(ctx, a.s.cfg.Blobs, a.model.SHA256, 0)
	}}
	if a.model.Level != "" && a.model.Level != levelHead {
		inside.SHA256 = a.model.SHA256 // its embeddings are nobody else's
		a.backbone = inside
		return nil
	}
	a.backbone, err = a.s.backbone(ctx, a.model.Backbone)
	var p *domain.Problem
	if errors.As(err, &p) && (p.Code == domain.CodeNotFound || p.Code == domain.CodeUnavailable) {
		a.backbone, err = inside, nil
	}
	return err
}

// propose embeds and scores all assets.
func (a *applying) propose(ctx context.Context, j *job, assets []domain.Asset) error {
	j.progress("embed", 0, len(assets))
	for at := 0; at < len(assets); at += applyChunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := assets[at:min(at+applyChunk, len(assets))]
		missing, err := a.s.missing(ctx, a.backbone.SHA256, chunk)
		if err != nil {
			return err
		}
		before := at + len(chunk) - len(missing)
		failed, err := a.s.embed(ctx, a.backbone, missing, 0, func(done int) { j.progress("embed", before+done, len(assets)) })
		if err != nil {
			return err
		}
		if err := a.score(ctx, chunk, failed); err != nil {
			return err
		}
		j.progress("embed", at+len(chunk), len(assets))
	}
	return nil
}

func (a *applying) score(ctx context.Context, chunk []domain.Asset, failed map[string]error) error {
	bad := map[string]bool{} // by image: its other assets fail too
	for _, asset := range chunk {
		if err := failed[asset.ID]; err != nil {
			bad[asset.SHA256], a.failed[asset.ID] = true, err
			a.s.log.Warn("an image could not be read and is left as it is", "asset", asset.ID, "error", err)
		}
	}
	good := slices.DeleteFunc(slices.Clone(chunk), func(asset domain.Asset) bool { return bad[asset.SHA256] })
	a.report.Skipped += len(chunk) - len(good)
	if len(good) == 0 {
		return nil
	}
	vectors, err := a.s.vectors(ctx, a.backbone.SHA256, good)
	if err != nil {
		return err
	}
	for i, asset := range good {
		if len(vectors[i]) != a.head.D {
			return fmt.Errorf("an embedding has %d numbers, the head takes %d", len(vectors[i]), a.head.D)
		}
		a.one(asset, a.head.Scores(vectors[i]))
	}
	a.scored += len(good)
	return nil
}

// answer is what the model says of an image. Single-label: the most probable class, its probability is the confidence. Multi-label:
// every class of 0.5 and more, none included; the confidence is that of the least sure answer. good tells whether it can be given and is
// as sure as was asked for.
func (a *applying) answer(scores []float64) (predicted []int, confidence float64, good bool) {
	confidence = min(max(metrics.Confidence(scores, a.head.Multi), 0), 1)
	predicted = a.learnt(metrics.Predict(scores, a.head.Multi))
	return predicted, confidence, confidence >= a.request.MinConfidence && (a.head.Multi || len(predicted) == 1)
}

// learnt leaves out classes that the project has not any more.
func (a *applying) learnt(classes []int) []int {
	return slices.DeleteFunc(slices.Clone(classes), func(c int) bool { return !a.usable[c] })
}

// proposal is a label that an image may be given, and the class that it is of; 0 for multi-label.
type proposal struct {
	change store.Change
	class  int
}

func (a *applying) one(asset domain.Asset, scores []float64) {
	predicted, confidence, good := a.answer(scores)
	a.report.Histogram[min(int(confidence*histogramBins), histogramBins-1)]++
	if !good {
		a.report.Skipped++
		return
	}
	rev := asset.Label.Rev
	p := proposal{change: store.Change{AssetID: asset.ID, IfRev: &rev, Label: domain.Label{
		State: domain.StateAuto, Source: domain.SourceModel, Confidence: confidence, ModelID: a.model.ID,
	}}}
	for _, c := range predicted {
		p.change.Label.Classes = append(p.change.Label.Classes, domain.ClassScore{ClassID: a.model.Classes[c].ID, Score: min(max(scores[c], 0), 1)})
	}
	if !a.head.Multi {
		p.class = predicted[0]
	}
	if a.request.Budget > 0 {
		a.waiting = append(a.waiting, p)
		return
	}
	a.accept(p)
}

// accept counts a proposal, and keeps it for the write.
func (a *applying) accept(p proposal) {
	for _, c := range p.change.Label.Classes {
		a.report.ByClass[c.ClassID]++
	}
	a.report.Labelled++
	if !a.request.DryRun {
		a.changes = append(a.changes, p.change)
	}
}

// write keeps the proposals. A label that somebody gave since the images were read is left alone. When the job is stopped
// in between, what was written is undone: an apply is whole or not at all.
func (a *applying) write(ctx context.Context, j *job) error {
	j.progress("write", 0, len(a.changes))
	leftAlone := 0
	for at := 0; at < len(a.changes); at += writeChunk {
		part := a.changes[at:min(at+writeChunk, len(a.changes))]
		op, err := a.s.cfg.Store.WriteLabels(ctx, a.project.ID, store.LabelWrite{
			OpID: a.operation, Kind: "apply", Actor: domain.ActorOf(ctx).ID, Append: true, SkipConflicts: true, Changes: part,
		})
		if err == nil {
			err = ctx.Err()
		}
		if errors.Is(context.Cause(ctx), store.ErrLeaseLost) {
			return err // another run goes on with it
		}
		if err != nil {
			return errors.Join(err, a.takeBack(ctx))
		}
		a.report.OperationID, leftAlone = op.ID, op.Skipped
		j.progress("write", at+len(part), len(a.changes))
	}
	if leftAlone == 0 {
		return nil
	}
	return a.recount(ctx)
}

// takeBack undoes what an apply wrote before it was stopped.
func (a *applying) takeBack(ctx context.Context) error {
	keep, done := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer done()
	_, err := a.s.cfg.Store.Undo(keep, a.project.ID, a.operation)
	var p *domain.Problem
	if errors.As(err, &p) && p.Code == domain.CodeNotFound {
		return nil // nothing was written yet
	}
	return err
}

// recount sets the report right after a write in which some images were left alone, because somebody labelled or deleted
// them since they were read.
func (a *applying) recount(ctx context.Context) error {
	a.report.ByClass = map[string]int{}
	kept := 0
	for part := range slices.Chunk(a.changes, 200) {
		ids := make([]string, len(part))
		for i := range part {
			ids[i] = part[i].AssetID
		}
		filter := domain.Filter{IDs: ids, Model: a.model.ID, States: []domain.State{domain.StateAuto}}
		err := a.s.cfg.Store.EachAsset(ctx, a.project.ID, store.Query{Filter: filter, Limit: 500}, func(page []domain.Asset) error {
			kept += len(page)
			for _, asset := range page {
				for _, c := range asset.Label.Classes {
					a.report.ByClass[c.ClassID]++
				}
				for _, b := range asset.Label.Boxes {
					a.report.ByClass[b.ClassID]++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	a.report.Skipped += a.report.Labelled - kept
	a.report.Labelled = kept
	return nil
}
