package autolabel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Train reserves the credits that Estimate tells and queues a training job; Job.ModelID is set when it is done. CodeInvalid
// when the export teaches too little, CodeNoCredits when the balance is too small.
func (s *Service) Train(ctx context.Context, project string, r domain.TrainRequest) (domain.Job, error) {
	p, err := s.plan(ctx, project, r)
	if err != nil {
		return domain.Job{}, err
	}
	if err := p.check(); err != nil {
		return domain.Job{}, err
	}
	e, err := s.estimate(ctx, p)
	if err != nil {
		return domain.Job{}, err
	}
	l, err := s.level(p.request.Level)
	if err != nil {
		return domain.Job{}, err
	}
	r = p.request
	r.Backbone = p.backbone.ID // the default may be another by the time that this runs
	return s.start(ctx, work{kind: "train", project: project, label: l.label, priority: l.priority, request: request{Credits: e.Credits, Train: &r}})
}

// runTraining is a run of what Train has queued. A model that an earlier run has published is only settled.
func (s *Service) runTraining(ctx context.Context, j *job, project string, q request) error {
	t := &training{s: s, projectID: project, reserved: q.Credits}
	m, err := s.cfg.Store.Model(ctx, project, j.state().ID)
	if err == nil {
		t.settle(ctx, j, m)
		return nil
	}
	if domain.AsProblem(err).Code != domain.CodeNotFound {
		return err
	}
	if t.plan, err = s.plan(ctx, project, *q.Train); err != nil {
		return err
	}
	if t.plan.project.Task == domain.TaskBoxes {
		return t.runBoxes(ctx, j)
	}
	l, err := s.level(t.plan.request.Level)
	if err != nil {
		return err
	}
	return l.run(t, ctx, j)
}

// training is one run of a plan.
type training struct {
	s         *Service
	plan      *plan
	projectID string
	reserved  int64
	vectors   [][]float32
	several   int                // groups of near-duplicates
	pool      [][]float32        // of images without labels
	compared  *domain.Comparison // of a deeper training that was not better than a head
}

// runHead trains a head on the backbone's embeddings.
func (t *training) runHead(ctx context.Context, j *job) error {
	if err := t.embed(ctx, j); err != nil {
		return err
	}
	if err := t.embedPool(ctx, j); err != nil {
		return err
	}
	head, eval, err := t.fit(ctx, j)
	if err != nil {
		return err
	}
	j.progress("evaluate", 0, 1)
	m, err := t.model(t.plan, head, eval)
	if err != nil {
		return err
	}
	if t.compared != nil {
		m.Metrics.Compared = t.compared
	}
	backbone, err := t.plan.backbone.data(ctx)
	if err != nil {
		return fmt.Errorf("read backbone: %w", err)
	}
	names := make([]string, len(m.Classes))
	for i, c := range m.Classes {
		names[i] = c.Name
	}
	file, err := train.AppendHead(backbone, head, names, onnx.Property{Key: "irum.backbone", Value: t.plan.backbone.SHA256})
	if err != nil {
		return err
	}
	return t.publish(ctx, j, file, head, m)
}

// model is the row of what was trained, with its card; tested has the images that eval is of.
func (t *training) model(tested *plan, head *train.Head, eval *train.Evaluation) (store.ModelRecord, error) {
	report, err := metrics.Evaluate(tested.labels, eval.Scores, len(t.plan.classes), head.Multi)
	if err != nil {
		return store.ModelRecord{}, fmt.Errorf("evaluate: %w", err)
	}
	m := store.ModelRecord{Model: domain.Model{
		ProjectID: t.projectID, Name: strings.TrimSpace(t.plan.request.Name), Task: t.plan.project.Task,
		Backbone: t.plan.backbone.ID, ExportID: t.plan.request.ExportID, Level: t.plan.request.Level, Classes: t.plan.classes,
		Metrics: modelCard(tested, report, eval, t.several), Images: len(t.plan.assets), CreatedAt: time.Now().UTC(),
	}}
	if m.Name == "" {
		m.Name = t.plan.project.Name
	}
	return m, nil
}

// embed makes sure that all embeddings are cached and reads them.
func (t *training) embed(ctx context.Context, j *job) error {
	s, p := t.s, t.plan
	missing, err := s.missing(ctx, p.backbone.SHA256, p.assets)
	if err != nil {
		return err
	}
	dim := max(p.backbone.Dim, 1)
	j.expect(s.fitSeconds(ctx, len(p.assets), 0, dim, len(p.classes)) + writeSeconds)
	cached := len(p.assets) - len(missing)
	j.progress("embed", 0, len(missing))
	failed, err := s.embed(ctx, p.backbone, missing, 0, func(done int) { j.progress("embed", done, len(missing)) })
	if err != nil {
		return err
	}
	for _, a := range missing {
		if err := failed[a.ID]; err != nil {
			return unreadable(a, err)
		}
	}
	s.log.Debug("embedded", "images", len(missing), "cached", cached)
	t.vectors, err = s.vectors(ctx, p.backbone.SHA256, p.assets)
	return err
}

// vectors reads the cached embeddings of assets, in their order; all must be there.
func (s *Service) vectors(ctx context.Context, backbone string, assets []domain.Asset) ([][]float32, error) {
	shas := make([]string, len(assets))
	for i := range assets {
		shas[i] = assets[i].SHA256
	}
	found, err := s.cfg.Store.Embeddings(ctx, backbone, shas)
	if err != nil {
		return nil, err
	}
	out := make([][]float32, len(assets))
	for i, sha := range shas {
		v := found[sha]
		if v == nil || len(v) != len(found[shas[0]]) {
			return nil, domain.Errorf(domain.CodeConflict, "The image %q was deleted while this was running. Start again.", assets[i].Name)
		}
		out[i] = v
	}
	return out, nil
}

func (t *training) fit(ctx context.Context, j *job) (*train.Head, *train.Evaluation, error) {
	p := t.plan
	j.expect(writeSeconds)
	j.progress("train", 0, 1)
	t.findGroups()
	d := train.Dataset{
		N: len(p.assets), D: len(t.vectors[0]), Labels: p.labels, Classes: len(p.classes),
		Multi: p.project.Task == domain.TaskMulti, Groups: p.group,
	}
	if t.several == 0 {
		d.Groups = nil
	}
	d.Unlabelled = len(t.pool)
	d.X = make([]float32, 0, (d.N+d.Unlabelled)*d.D)
	for _, v := range slices.Concat(t.vectors, t.pool) {
		d.X = append(d.X, v...)
	}
	if d.Groups != nil && distinct(d.Groups) < 2 {
		return nil, nil, domain.Errorf(domain.CodeInvalid, "All %d labelled images are copies of one picture. Label other images and export again.", d.N).In("export")
	}
	started := time.Now()
	head, eval, err := t.s.cfg.Engine.Fit(ctx, d, train.Options{Seed: p.request.Seed, Learning: true}, func(done, total int) { j.progress("train", done, total) })
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, fmt.Errorf("fit: %w", err)
	}
	work := fitWork(d.N, d.D, d.Classes) + poolWork(d.N, d.Unlabelled, d.D)
	t.s.speeds.set(t.s, fitKey(t.s.cfg.Engine.Kind()), work/max(time.Since(started).Seconds(), 1e-4))
	return head, eval, nil
}

// findGroups finds near-duplicates by the vectors.
func (t *training) findGroups() {
	t.plan.group, t.several = groups(t.plan.assets, t.vectors, t.plan.labels)
}

func distinct(list []int) int {
	seen := map[int]bool{}
	for _, v := range list {
		seen[v] = true
	}
	return len(seen)
}

// publish writes the files first and the model's row last: a model is there whole, or not at all. It has the job's id, so that a
// training that is run again after it was published makes no second one.
func (t *training) publish(ctx context.Context, j *job, file []byte, head *train.Head, m store.ModelRecord) error {
	small, err := head.MarshalBinary()
	if err != nil {
		return err
	}
	return t.publishFiles(ctx, j, file, small, m)
}

// publishFiles is publish of a head in its bytes.
func (t *training) publishFiles(ctx context.Context, j *job, file, small []byte, m store.ModelRecord) (err error) {
	s := t.s
	j.progress("write", 0, 3)
	if m.SHA256, err = s.cfg.Blobs.PutBytes(ctx, file); err != nil {
		return fmt.Errorf("keep model: %w", err)
	}
	j.progress("write", 1, 3)
	if m.HeadSHA, err = s.cfg.Blobs.PutBytes(ctx, small); err != nil {
		return fmt.Errorf("keep head: %w", err)
	}
	j.progress("write", 2, 3)
	if err := j.held(ctx); err != nil {
		return err
	}
	m.ID, m.Seconds = j.state().ID, j.seconds()
	m.Credits = min(credits(m.Seconds), t.reserved)
	saved, err := s.cfg.Store.SaveModel(ctx, m)
	if err != nil {
		return err
	}
	t.settle(ctx, j, saved)
	return nil
}

// settle pays for a model that is there: from here on a cancel comes too late. What could not be settled is given back.
func (t *training) settle(ctx context.Context, j *job, m store.ModelRecord) {
	keep, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer done()
	if err := t.s.cfg.Store.Settle(keep, m.ID, m.Credits); err != nil {
		t.s.log.Error("the credits of a training could not be settled; they are given back", "job", m.ID, "error", err)
	}
	j.update(func(n *domain.Job) { n.ModelID, n.Phase, n.Done, n.Total = m.ID, "write", 3, 3 })
}

// ModelFile gives a model's ONNX file, image in and class probabilities out, with a name to save it under.
func (s *Service) ModelFile(ctx context.Context, project, model string) (data []byte, filename string, err error) {
	m, err := s.cfg.Store.Model(ctx, project, model)
	if err != nil {
		return nil, "", err
	}
	if data, err = blob.Bytes(ctx, s.cfg.Blobs, m.SHA256, 0); err != nil {
		return nil, "", fmt.Errorf("read model: %w", err)
	}
	if blob.Sum(data) != m.SHA256 {
		return nil, "", errors.New("the file of model " + m.ID + " is damaged")
	}
	return data, fmt.Sprintf("%s-v%d.onnx", filePart(m.Name), m.Version), nil
}

// filePart makes a name that every file system takes.
func filePart(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(name))
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60])
	}
	if name = strings.Trim(name, ". "); name == "" {
		return "model"
	}
	return name
}
