package serve

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob/s3"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/jobs"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
	"github.com/irum-app/irum/server/tuning"
	"github.com/irum-app/irum/web"
)

// DefaultLease is how long a process may be silent before the jobs that it runs go on elsewhere.
const DefaultLease = 30 * time.Second

// WorkerConfig says what a worker works on. DB and Blobs are needed.
type WorkerConfig struct {
	DB      string // postgres://... of the servers
	Blobs   string // their folder of blobs, as this machine sees it, or s3://...
	Name    string // for people; "" for the name of this machine
	Labels  []string
	Only    bool // takes jobs with one of Labels only, else ordinary ones too
	Trainer autolabel.Trainer
	Lease   time.Duration // 0 for DefaultLease
	Version string
	Log     *slog.Logger // nil for slog.Default()
	// Backbone gives the default backbone as ONNX; nil for that of this program.
	Backbone func(context.Context) ([]byte, error)
}

// Worker runs the jobs of servers, on this machine.
type Worker struct {
	cfg   WorkerConfig
	db    *sql.DB
	queue *jobs.Queue
	auto  *autolabel.Service
}

// OpenWorker connects a worker and lets it begin.
func OpenWorker(ctx context.Context, c WorkerConfig) (*Worker, error) {
	switch {
	case c.DB == "":
		return nil, domain.Errorf(domain.CodeInvalid, "A worker needs the Postgres of the servers it works for: --db postgres://... A server on SQLite does its work itself, in one process.").In("db")
	case c.Blobs == "":
		return nil, domain.Errorf(domain.CodeInvalid, "A worker needs the folder in which the servers keep images: --blobs DIR, on another machine as a network drive, or s3://...").In("blobs")
	case c.Only && len(c.Labels) == 0:
		return nil, domain.Errorf(domain.CodeInvalid, "A worker that takes only jobs with a label has to offer one.").In("only")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Backbone == nil {
		c.Backbone = backboneOf(web.FS)
	}
	w := &Worker{cfg: c}
	if err := w.open(ctx); err != nil {
		return nil, errors.Join(err, w.Close(0))
	}
	return w, nil
}

func (w *Worker) open(ctx context.Context) error {
	c := w.cfg
	db, dialect, err := openDatabase(Config{DB: c.DB})
	if err != nil {
		return err
	}
	w.db = db
	st, err := store.Open(ctx, db, dialect)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if info, err := os.Stat(c.Blobs); !s3.Is(c.Blobs) && (err != nil || !info.IsDir()) {
		return domain.Errorf(domain.CodeInvalid, "There is no folder %s. Name the one in which the servers keep images.", c.Blobs).In("blobs")
	}
	blobs, err := openBlobs(ctx, "", c.Blobs)
	if err != nil {
		return fmt.Errorf("open the blobs: %w", err)
	}
	if err := sameBucket(ctx, st, blobs); err != nil {
		return err
	}
	offered := c.Labels
	if !c.Only {
		offered = append([]string{""}, offered...)
	}
	if w.queue, err = openQueue(ctx, c.DB, st, processConfig{c.Name, offered, c.Lease, c.Version, c.Log}); err != nil {
		return err
	}
	tuner := tuning.New(tuning.Options{Log: c.Log})
	w.auto, err = autolabel.New(ctx, autolabel.Config{
		Store: st, Blobs: blobs, Transfer: transfer.New(st, blobs), Engine: autolabel.NewLocal(runtime.GOMAXPROCS(0), engine.Options{}),
		Backbone: c.Backbone, Compact: quantise.Weights, Boxes: detect.Train, Log: c.Log,
		Queue: w.queue, Worker: processName(c.Name), Labels: c.Labels, Lease: cmp.Or(c.Lease, DefaultLease), Trainer: c.Trainer,
		Tuner: tuner, BoxTuner: tuner,
	})
	if err != nil {
		return fmt.Errorf("open auto-labelling: %w", err)
	}
	return w.queue.Start(w.auto)
}

// processConfig is what the queue knows of this process.
type processConfig struct {
	name    string
	labels  []string
	lease   time.Duration
	version string
	log     *slog.Logger
}

func openQueue(ctx context.Context, url string, st *store.Store, p processConfig) (*jobs.Queue, error) {
	return jobs.Open(ctx, jobs.Config{
		URL: url, Store: st, Lease: cmp.Or(p.lease, DefaultLease), Log: p.log,
		Worker: store.WorkerRecord{ID: store.NewID(), Name: processName(p.name), Version: p.version, Labels: p.labels, StartedAt: time.Now().UTC()},
	})
}

// processName is what people are told runs a job.
func processName(name string) string {
	if name != "" {
		return name
	}
	host, err := os.Hostname()
	if err != nil {
		return "irum"
	}
	return host
}

// Name is what people are told of this worker.
func (w *Worker) Name() string { return processName(w.cfg.Name) }

// Close takes no more jobs, lets the one under way finish for as long as grace, hands it back when it has not, and disconnects.
func (w *Worker) Close(grace time.Duration) error {
	var err error
	if w.queue != nil {
		err = w.queue.Stop(grace)
	}
	if w.auto != nil {
		w.auto.Close()
	}
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	return err
}
