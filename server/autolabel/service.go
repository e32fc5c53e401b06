package autolabel

import (
	"context"
	"io"
	"log/slog"
	"sync"

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
	// Compact makes the weights of a network that is added small, as quantise.Weights does, and says how far its outputs move. Nil
	// leaves networks as they are: in the browser, which gets its network from the build, the code would be for nothing.
	Compact func(ctx context.Context, m *onnx.Model) (small *onnx.Model, moved float64, err error)
	Samples SampleSource
	Log     *slog.Logger
}

// Service is the auto-labelling of one process. Its methods may be called at the same time from many goroutines.
type Service struct {
	cfg Config
	log *slog.Logger

	ctx  context.Context // of all jobs; ends with Close
	stop context.CancelFunc
	lane chan struct{} // holds one token: one training or labelling at a time

	mu      sync.Mutex
	closed  bool
	live    map[string]*job
	running sync.WaitGroup

	defaults defaultBackbone
	lives    lives
	speeds   speeds
}

// New opens the service. Jobs that an earlier process left queued or running are marked failed and their credits given back.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{cfg: c, log: c.Log, lane: make(chan struct{}, 1), live: map[string]*job{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	left, err := c.Store.FailRunningJobs(ctx, closedReason)
	if err != nil {
		s.stop()
		return nil, err
	}
	for _, j := range left {
		s.log.Warn("a job had not ended when Irum was closed", "job", j.ID, "kind", j.Kind)
	}
	return s, nil
}

// Close cancels all jobs and waits until they have ended. Jobs that are started afterwards are refused.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
}
