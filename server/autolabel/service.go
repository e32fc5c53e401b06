package autolabel

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
)

// SampleSource gives the free labelled sets that Try a sample makes projects of.
type SampleSource interface {
	// Samples lists what Open knows.
	Samples() []domain.Sample
	// Open gives a sample as a ZIP that transfer reads. The caller closes it.
	Open(ctx context.Context, id string) (io.ReadCloser, error)
}

// Config is what New needs. Samples and Log may be nil.
type Config struct {
	Store    *store.Store
	Blobs    blob.Bucket
	Transfer *transfer.Service
	Engine   Engine
	// Backbone gives the default backbone, an ONNX file whose first output is an embedding [1,D]. It is called when it is
	// first needed, and again when that failed.
	Backbone func(context.Context) ([]byte, error)
	// Proposals gives the head that proposes things of no class on the default backbone (tflite.ProposalHead); nil for none.
	Proposals func(context.Context) ([]byte, error)
	// Compact makes the weights of a network that is added small, as quantise.Weights does, and says how far its outputs move. Nil
	// leaves networks as they are: in the browser, which gets its network from the build, the code would be for nothing.
	Compact func(ctx context.Context, m *onnx.Model) (small *onnx.Model, moved float64, err error)
	Samples SampleSource
	Log     *slog.Logger
	// Queue is set where other processes work on the same database: jobs are run under leases, by whoever calls RunNext. Nil says
	// that this process has the database for itself, and runs all jobs.
	Queue Queue
	// Worker is the name of this process for people, where there may be several.
	Worker string
	// Labels that this process offers to jobs that ask for one, such as gpu.
	Labels []string
	// Lease is how long a process may be silent before others take its jobs; 0 for 30 seconds.
	Lease time.Duration
	// Repeat queues the jobs again that an earlier process left, instead of letting them fail. They go on at Work, or when a job is
	// started.
	Repeat bool
	// Trainer runs the levels of training that this package does not by itself.
	Trainer Trainer
	// Boxes is detect.Train; nil where no detectors are made, so that the code need not be there.
	Boxes BoxTrainer
	// BoxMemory is how many bytes the features of a training of boxes may take in each place that holds them; 0 for detect's default. Images
	// that do not fit are left out.
	BoxMemory int
	// Tuner trains more of a network than its head; nil where that cannot be, as in a browser. BoxTuner does so for boxes.
	Tuner    Tuner
	BoxTuner BoxTuner
}

// Service is the auto-labelling of one process. Its methods may be called at the same time from many goroutines.
type Service struct {
	cfg Config
	log *slog.Logger

	ctx  context.Context // of all jobs; ends with Close
	stop context.CancelFunc
	lane chan struct{} // holds one token: one training or labelling at a time

	mu       sync.Mutex
	closed   bool
	live     map[string]*job
	running  sync.WaitGroup
	working  bool // Work is at work
	again    bool // and has to look once more
	watchers map[int]func(domain.Job)
	watching int

	defaults defaultBackbone
	lives    lives
	speeds   speeds
	similar  similar
	proposer proposer
}

// New opens the service. In a process that has the database for itself, jobs that an earlier one left are queued again, or marked
// failed and their credits given back (Config.Repeat).
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{cfg: c, log: c.Log, lane: make(chan struct{}, 1), live: map[string]*job{}, watchers: map[int]func(domain.Job){}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.cfg.Lease <= 0 {
		s.cfg.Lease = defaultLease
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if c.Queue == nil {
		if err := s.takeOver(ctx); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

// Close stops all jobs and waits until they have: what can be run again is handed back and goes on when a process opens the
// database, other work is cancelled. Jobs that are started afterwards are refused.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
}
