package autolabel

import (
	"context"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/engine/train"
)

// BackboneInfo tells what a loaded backbone takes and gives. InputSize is in pixels (square), Dim the length of the
// embedding, Kind the executor that runs it (relaxed-simd, simd, scalar, avx2, wazero, go).
type BackboneInfo struct {
	InputSize, Dim int
	Kind           string
}

// Engine does the arithmetic of training, labelling and grouping: in this process (NewLocal), or spread over Web Workers by the
// browser's host. Its methods may be called at the same time from many goroutines.
type Engine interface {
	// Backbone makes a network ready, once per sha; data is called only when it is not loaded yet.
	Backbone(ctx context.Context, sha string, data func(context.Context) ([]byte, error)) (BackboneInfo, error)
	// Embed turns the bytes of an image file into its embedding by a backbone that is ready.
	Embed(ctx context.Context, sha string, image []byte) ([]float32, error)
	// Fit is train.Fit.
	Fit(ctx context.Context, d train.Dataset, o train.Options, progress func(done, total int)) (*train.Head, *train.Evaluation, error)
	// Cluster is cluster.Run.
	Cluster(ctx context.Context, p cluster.Points, o cluster.Options, progress func(done, total int)) (*cluster.Result, error)
	// Map is embedmap.Run.
	Map(ctx context.Context, p cluster.Points, o embedmap.Options, progress func(done, total int)) (*embedmap.Map, error)
	// FitBoxes is detect.Fit.
	FitBoxes(ctx context.Context, s detect.Set, o detect.FitOptions, progress func(done, total int)) (*detect.Fitted, error)
	// Parallel is how many Embed calls are worth making at the same time; 0 for a host that computes nothing and runs no jobs.
	Parallel() int
	// Kind names the executor that Embed uses.
	Kind() string
}
