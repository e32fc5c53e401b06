package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
)

type evalCmd struct {
	Project string `help:"Project, by name or id." required:"" placeholder:"P"`
	Model   string `help:"Model, by name or id, or latest." required:"" placeholder:"M"`
	Against string `help:"Labelled images: a folder or archive with class folders, a CSV, or VOC, COCO or YOLO files." required:"" placeholder:"PATH"`
	Labels  string `help:"Where labels come from: ${enum}." enum:"${labels}" default:"auto"`
}

// Run measures a model, downloaded as anyone would download it, on images that the project does not have.
func (c evalCmd) Run(a *app) error {
	files, err := walk(c.Against)
	if err != nil {
		return err
	}
	var m domain.Model
	var network bytes.Buffer
	err = a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		if m, err = s.model(a, p, c.Model); err != nil {
			return err
		}
		_, err = s.transport.Download(a, client.ModelFilePath(p.ID, m.ID), &network)
		return err
	})
	if err != nil {
		return err
	}
	e, err := newEvaluation(a, m, network.Bytes())
	if err != nil {
		return err
	}
	defer e.close()
	report, err := e.run(a, files, c.Labels)
	if err != nil {
		return err
	}
	return a.print(report, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "Model %s (%s, version %d) on %d labelled images:\n", m.ID, m.Name, m.Version, e.images)
		report.text(w)
	})
}

// evaluation runs one model over images that are imported into a place of their own, so that labels are read by the same
// code as in a project.
type evaluation struct {
	model    domain.Model
	sessions []*engine.Session // one a worker
	size     int
	scale    float32
	shift    float32

	dir   string
	db    *sql.DB
	in    *transfer.Service
	truth domain.Project

	images int
	names  []string       // of classes: the model's outputs first, then those that only the labels have
	index  map[string]int // by name
}

func newEvaluation(ctx context.Context, m domain.Model, network []byte) (*evaluation, error) {
	e := &evaluation{model: m, index: map[string]int{}}
	for _, c := range m.Classes {
		e.class(c.Name)
	}
	err := e.load(ctx, network)
	if err == nil {
		err = e.openPlace(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// class is the index of a class by name, made where it is new.
func (e *evaluation) class(name string) int {
	i, known := e.index[name]
	if !known {
		i = len(e.names)
		e.index[name] = i
		e.names = append(e.names, name)
	}
	return i
}

func (e *evaluation) load(ctx context.Context, network []byte) error {
	n, err := engine.Load(network)
	if err != nil {
		return err
	}
	for range runtime.GOMAXPROCS(0) {
		session, err := engine.Compile(ctx, n, engine.Options{})
		if err != nil {
			return err
		}
		e.sessions = append(e.sessions, session)
	}
	info := e.sessions[0].Info()
	number := func(key string) float32 {
		v, parsed := strconv.ParseFloat(info.Metadata[key], 32)
		err = errors.Join(err, parsed)
		return float32(v)
	}
	e.scale, e.shift = number("irum.scale"), number("irum.shift")
	if err != nil || len(info.Input) != 4 {
		return domain.Errorf(domain.CodeUnsupported, "The model's file does not say how an image is put into it.")
	}
	e.size = info.Input[3]
	return nil
}

func (e *evaluation) openPlace(ctx context.Context) (err error) {
	if e.dir, err = os.MkdirTemp("", "irum-eval-"); err != nil {
		return err
	}
	if e.db, err = sql.Open("sqlite", store.SQLiteDSN(filepath.Join(e.dir, "irum.db"))); err != nil {
		return err
	}
	st, err := store.Open(ctx, e.db, store.SQLite)
	if err != nil {
		return err
	}
	blobs, err := blob.OpenFolder(filepath.Join(e.dir, "blobs"))
	if err != nil {
		return err
	}
	e.in = transfer.New(st, blobs)
	// With the model's classes, folders of their names are known for what they are however few images they hold.
	truth := domain.Project{Name: "truth", Task: e.model.Task}
	for _, c := range e.model.Classes {
		truth.Classes = append(truth.Classes, domain.Class{Name: c.Name})
	}
	e.truth, err = st.CreateProject(ctx, truth)
	return err
}

func (e *evaluation) close() (err error) {
	for _, s := range e.sessions {
		err = errors.Join(err, s.Close())
	}
	if e.db != nil {
		err = errors.Join(err, e.db.Close())
	}
	if e.dir != "" {
		err = errors.Join(err, os.RemoveAll(e.dir))
	}
	return err
}

// run takes the images in, predicts each, and compares.
func (e *evaluation) run(a *app, files []source, labels string) (summary, error) {
	err := e.take(a, files, labels)
	if err == nil && labels == "auto" && e.truth.Counts.Labelled == 0 {
		err = e.take(a, files, "folder") // whoever evaluates says that there are labels
	}
	if err != nil {
		return summary{}, err
	}
	for _, c := range e.truth.Classes {
		e.class(c.Name)
	}
	var assets []domain.Asset
	labelled := store.Query{Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}}
	err = e.in.Store.EachAsset(a, e.truth.ID, labelled, func(page []domain.Asset) error {
		assets = append(assets, page...)
		return nil
	})
	if err != nil {
		return summary{}, err
	}
	if e.model.Task == domain.TaskBoxes {
		return e.boxes(a, assets)
	}
	scores, err := e.predictAll(a, assets, e.predict)
	if err != nil {
		return summary{}, err
	}
	truth := make([][]int, len(assets))
	for i, asset := range assets {
		truth[i] = e.classesOf(asset)
	}
	if e.images = len(truth); e.images == 0 {
		return summary{}, domain.Errorf(domain.CodeInvalid, "None of the images has a label. Put them into folders named by class, or give labels by a CSV, VOC, COCO or YOLO files.").In("against")
	}
	report, err := metrics.Evaluate(truth, scores, len(e.names), e.model.Task == domain.TaskMulti)
	if err != nil {
		return summary{}, err
	}
	return e.summary(report), nil
}

func (e *evaluation) take(a *app, files []source, labels string) error {
	opened, err := e.in.Start(a, e.truth.ID, labels)
	if err != nil {
		return err
	}
	show := a.progress("read labelled images")
	defer show.end()
	for i, f := range files {
		show.at("", i, len(files))
		file, err := os.Open(f.disk)
		if err != nil {
			return err
		}
		_, err = e.in.File(a, e.truth.ID, opened.ID, f.path, file)
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
	}
	report, err := e.in.Finish(a, e.truth.ID, opened.ID)
	if err != nil {
		return err
	}
	for _, r := range report.Refused {
		a.note("left out %s: %s", r.Path, r.Reason)
	}
	e.truth, err = e.in.Store.Project(a, e.truth.ID)
	return err
}

func (e *evaluation) classesOf(asset domain.Asset) []int {
	names := map[string]string{}
	for _, c := range e.truth.Classes {
		names[c.ID] = c.Name
	}
	out := make([]int, 0, len(asset.Label.Classes))
	for _, c := range asset.Label.Classes {
		out = append(out, e.index[names[c.ClassID]])
	}
	return out
}

// predictAll predicts each of assets, as many at a time as there are sessions.
func (e *evaluation) predictAll(a *app, assets []domain.Asset, predict func(context.Context, *engine.Session, domain.Asset) ([]float64, error)) ([][]float64, error) {
	show := a.progress("evaluate")
	defer show.end()
	scores := make([][]float64, len(assets))
	var mu sync.Mutex
	next, done := 0, 0
	group, ctx := errgroup.WithContext(a)
	for _, session := range e.sessions {
		group.Go(func() error {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(assets) {
					return nil
				}
				row, err := predict(ctx, session, assets[i])
				if err != nil {
					return fmt.Errorf("%s: %w", assets[i].Name, err)
				}
				mu.Lock()
				scores[i] = row
				done++
				show.at("", done, len(assets))
				mu.Unlock()
			}
		})
	}
	return scores, group.Wait()
}

// predict gives a probability per class; 0 for classes that the model does not know, so that they count as wrong.
func (e *evaluation) predict(ctx context.Context, session *engine.Session, asset domain.Asset) ([]float64, error) {
	out, err := e.look(ctx, session, asset)
	if err != nil {
		return nil, err
	}
	if len(out[0]) != len(e.model.Classes) {
		return nil, fmt.Errorf("the model's file gives %d numbers for %d classes", len(out[0]), len(e.model.Classes))
	}
	row := make([]float64, len(e.names))
	for i, v := range out[0] {
		row[i] = float64(v)
	}
	return row, nil
}

// look gives the outputs of the network for an image.
func (e *evaluation) look(ctx context.Context, session *engine.Session, asset domain.Asset) ([][]float32, error) {
	data, err := blob.Bytes(ctx, e.in.Blobs, asset.SHA256, 0)
	if err != nil {
		return nil, err
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		return nil, err
	}
	return session.Run(ctx, vision.Tensor(img, e.size, e.scale, e.shift))
}

func (e *evaluation) summary(r *metrics.Report) summary {
	s := summary{Accuracy: r.Accuracy, Macro: domain.Averages(r.Macro), Classes: make([]domain.ClassMetrics, len(r.Classes))}
	for i, c := range r.Classes {
		s.Classes[i] = domain.ClassMetrics{
			Name: e.names[i], Support: c.Support, TP: c.TP, FP: c.FP, FN: c.FN, Precision: c.Precision, Recall: c.Recall, F1: c.F1,
			PrecisionCI: domain.Interval(c.PrecisionCI), RecallCI: domain.Interval(c.RecallCI),
		}
		if i < len(e.model.Classes) {
			s.Classes[i].ClassID = e.model.Classes[i].ID
		}
	}
	return s
}
