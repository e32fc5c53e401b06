package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/irum-app/irum/server/store"
)

const (
	// longest is after how long a run is cut off, to go on from its checkpoint: by then River knows that a call's worker is gone.
	longest = 7 * 24 * time.Hour
	// oneCall is how long a worker takes jobs on one call.
	oneCall = time.Hour
	// tends is how often, while a lease lasts, a process looks after jobs and says that it is there.
	tends = 6
	// tendEvery is how seldom at most.
	tendEvery = 5 * time.Second
	// migrating is the advisory lock under which one process at a time brings River's tables up to date.
	migrating = 0x6972756d_72697672
)

// Config is what Open needs.
type Config struct {
	URL   string // postgres://...
	Store *store.Store
	// Worker is this process. Its Labels are what it offers, "" for ordinary jobs; none for a process that only queues.
	Worker store.WorkerRecord
	// Lease is how long a worker may be silent before it counts as lost.
	Lease time.Duration
	Log   *slog.Logger
}

// Runner runs jobs: autolabel.Service.
type Runner interface {
	// RunNext runs the next job with a label, to its end or until ctx ends; ran is false when none waits.
	RunNext(ctx context.Context, label string) (ran bool, err error)
	// Recover queues the jobs of lost processes again.
	Recover(ctx context.Context) (queued int64, err error)
}

// Queue is this process's end of the shared queue.
type Queue struct {
	cfg    Config
	pool   *pgxpool.Pool
	caller *river.Client[pgx.Tx] // inserts calls
	worker *river.Client[pgx.Tx] // works them; nil where this process only queues
	runner Runner

	stop    context.CancelFunc
	done    sync.WaitGroup
	closing atomic.Bool // no more jobs are taken
	down    bool        // the database did not answer when it was last asked
}

// call asks a worker to come and take a job.
type call struct{}

// Kind implements river.JobArgs.
func (call) Kind() string { return "irum_call" }

// queueOf is River's queue for the jobs with a label.
func queueOf(label string) string {
	if label == "" {
		return "irum"
	}
	return "irum_" + label
}

// Open connects to the Postgres and brings River's tables there up to date.
func Open(ctx context.Context, c Config) (*Queue, error) {
	settings, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("the address of the Postgres is not understood") // err repeats it, with its password
	}
	settings.MaxConns = int32(4 + len(c.Worker.Labels))
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("connect to the queue: %w", err)
	}
	q := &Queue{cfg: c, pool: pool}
	if err := q.migrate(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	q.caller, err = river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: quiet(c.Log)})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return q, nil
}

// quiet leaves out of River's log what is no fault.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(atLeast{log.Handler()}) }

type atLeast struct{ slog.Handler }

func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h atLeast) WithAttrs(a []slog.Attr) slog.Handler { return atLeast{h.Handler.WithAttrs(a)} }

func (h atLeast) WithGroup(name string) slog.Handler { return atLeast{h.Handler.WithGroup(name)} }

func (q *Queue) migrate(ctx context.Context) error {
	conn, err := q.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrating)); err != nil {
		return err
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrating)); err != nil {
			q.cfg.Log.Warn("a lock stays until the connection is closed", "error", err)
		}
	}()
	m, err := rivermigrate.New(riverpgxv5.New(q.pool), &rivermigrate.Config{Logger: quiet(q.cfg.Log)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Offer implements autolabel.Queue.
func (q *Queue) Offer(ctx context.Context, label string) error {
	_, err := q.caller.Insert(ctx, call{}, &river.InsertOpts{Queue: queueOf(label), MaxAttempts: 3})
	return err
}

// Start lets r run jobs, where this process offers to, and looks after lost ones, until Stop.
func (q *Queue) Start(r Runner) error {
	q.runner = r
	ctx, stop := context.WithCancel(context.Background())
	q.stop = stop
	if err := q.tend(ctx); err != nil {
		return err
	}
	if labels := q.cfg.Worker.Labels; len(labels) > 0 {
		queues := map[string]river.QueueConfig{}
		for _, label := range labels {
			queues[queueOf(label)] = river.QueueConfig{MaxWorkers: 1}
		}
		workers := river.NewWorkers()
		river.AddWorker(workers, &answer{queue: q})
		var err error
		q.worker, err = river.NewClient(riverpgxv5.New(q.pool), &river.Config{
			Queues: queues, Workers: workers, Logger: quiet(q.cfg.Log), JobTimeout: longest, CompletedJobRetentionPeriod: time.Hour,
		})
		if err != nil {
			return fmt.Errorf("open the queue: %w", err)
		}
		if err := q.worker.Start(context.Background()); err != nil {
			q.worker = nil
			return fmt.Errorf("listen to the queue: %w", err)
		}
	}
	q.done.Go(func() {
		tick := time.NewTicker(min(q.cfg.Lease/tends, tendEvery))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			q.note(ctx, q.tend(ctx))
		}
	})
	return nil
}

// note logs, once, that the database does not answer, and that it does again.
func (q *Queue) note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !q.down:
		q.cfg.Log.Warn("the queue does not answer; it is tried again", "error", err)
	case err == nil && q.down:
		q.cfg.Log.Info("the queue answers again")
	}
	q.down = err != nil
}

// tend says that this worker is there, queues the jobs of lost ones again, and makes up for calls that are missing.
func (q *Queue) tend(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if len(q.cfg.Worker.Labels) > 0 {
		if err := q.cfg.Store.SeeWorker(ctx, q.cfg.Worker, q.cfg.Lease); err != nil {
			return err
		}
	}
	if _, err := q.runner.Recover(ctx); err != nil {
		return err
	}
	waiting, err := q.cfg.Store.Waiting(ctx)
	if err != nil {
		return err
	}
	for label, n := range waiting {
		calls, err := q.caller.JobList(ctx, river.NewJobListParams().Queues(queueOf(label)).States(rivertype.JobStateAvailable).First(min(n, 1000)))
		if err != nil {
			return fmt.Errorf("count calls: %w", err)
		}
		for range n - len(calls.Jobs) {
			if err := q.Offer(ctx, label); err != nil {
				return fmt.Errorf("call a worker: %w", err)
			}
		}
	}
	return nil
}

// Stop takes no more jobs, lets those under way finish for as long as grace, hands back what has not, and disconnects.
func (q *Queue) Stop(grace time.Duration) error {
	q.closing.Store(true)
	var err error
	if q.worker != nil {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		if grace <= 0 || q.worker.Stop(ctx) != nil {
			last, cancel := context.WithTimeout(context.Background(), time.Minute)
			err = q.worker.StopAndCancel(last)
			cancel()
		}
		cancel()
	}
	if q.stop != nil {
		q.stop()
		q.done.Wait()
	}
	if len(q.cfg.Worker.Labels) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err = errors.Join(err, q.cfg.Store.DropWorker(ctx, q.cfg.Worker.ID))
		cancel()
	}
	q.pool.Close()
	return err
}

// answer is River's worker.
type answer struct {
	river.WorkerDefaults[call]
	queue *Queue
}

// Work implements river.Worker. It takes jobs as long as there are any, which spares River's way to the next one, and comes back now
// and then. A job that fails is no fault of the call; only a database that does not answer is, and the call is repeated then.
func (a *answer) Work(ctx context.Context, c *river.Job[call]) error {
	label := ""
	if c.Queue != queueOf("") {
		label = c.Queue[len(queueOf(""))+1:]
	}
	for begun := time.Now(); time.Since(begun) < oneCall && !a.queue.closing.Load(); {
		ran, err := a.queue.runner.RunNext(ctx, label)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil || !ran {
			return err
		}
	}
	return nil
}
