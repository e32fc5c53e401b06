package autolabel

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// flushEvery is how many embeddings are kept in one write, and flushAfter the longest that one waits for it: what was
// computed before a crash or a cancel is not computed again.
const (
	flushEvery = 32
	flushAfter = 2 * time.Second
)

// readImage gives the bytes of an asset's file.
func (s *Service) readImage(ctx context.Context, sha string) ([]byte, error) {
	return blob.Bytes(ctx, s.cfg.Blobs, sha, 0)
}

// missing gives those of assets, one per image, whose embedding is not cached.
func (s *Service) missing(ctx context.Context, backbone string, assets []domain.Asset) ([]domain.Asset, error) {
	shas := make([]string, len(assets))
	for i := range assets {
		shas[i] = assets[i].SHA256
	}
	have, err := s.cfg.Store.HaveEmbeddings(ctx, backbone, shas)
	if err != nil {
		return nil, err
	}
	var out []domain.Asset
	for i := range assets {
		if sha := assets[i].SHA256; !have[sha] {
			have[sha] = true
			out = append(out, assets[i])
		}
	}
	return out, nil
}

// embedder computes missing embeddings on all of the engine's workers.
type embedder struct {
	s        *Service
	backbone backboneFile
	dim      int
	workers  int
	progress func(done int)

	mu      sync.Mutex
	done    int
	pending map[string][]float32
	flushed time.Time
	failed  map[string]error // by asset id
}

// embed computes and caches the embeddings of assets, which are distinct images. Images that cannot be read are answered
// in failed by asset id; err is about everything else. workers is how many images are computed at the same time, 0 for as many
// as the engine can.
func (s *Service) embed(ctx context.Context, b backboneFile, assets []domain.Asset, workers int, progress func(done int)) (failed map[string]error, err error) {
	if len(assets) == 0 {
		return nil, nil
	}
	info, err := s.cfg.Engine.Backbone(ctx, b.SHA256, b.data)
	if err != nil {
		return nil, err
	}
	e := &embedder{s: s, backbone: b, dim: info.Dim, workers: s.workers(workers, len(assets)), progress: progress, pending: map[string][]float32{}, flushed: time.Now(), failed: map[string]error{}}
	started := time.Now()
	if err := e.all(ctx, assets); err != nil {
		return nil, err
	}
	if good := len(assets) - len(e.failed); good > 0 && workers == 0 { // a few images beside other work tell little
		s.speeds.embedded(s, b.SHA256, good, e.workers, time.Since(started))
	}
	return e.failed, nil
}

func (s *Service) workers(wanted, images int) int {
	most := max(s.cfg.Engine.Parallel(), 1)
	if wanted > 0 {
		most = min(most, wanted)
	}
	return min(most, images)
}

func (e *embedder) all(ctx context.Context, assets []domain.Asset) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan domain.Asset)
	var wg sync.WaitGroup
	for range e.workers {
		wg.Go(func() {
			for a := range next {
				if err := e.one(ctx, a); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
feed:
	for _, a := range assets {
		select {
		case next <- a:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	// what is done is kept even when the job was cancelled
	keep, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer done()
	if err := e.flush(keep, true); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// one embeds one image. Its own faults are noted; an error ends the whole run.
func (e *embedder) one(ctx context.Context, a domain.Asset) error {
	image, err := e.s.readImage(ctx, a.SHA256)
	var v []float32
	if err == nil {
		v, err = e.s.cfg.Engine.Embed(ctx, e.backbone.SHA256, image)
	}
	if err == nil {
		err = checkEmbedding(v, e.dim)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.mu.Lock()
	e.done++
	done := e.done
	if err != nil {
		e.failed[a.ID] = fmt.Errorf("%s: %w", a.Name, err)
	} else {
		e.pending[a.SHA256] = v
	}
	e.mu.Unlock()
	e.progress(done)
	return e.flush(ctx, false)
}

// flush keeps what is pending when it is much or old, or all.
func (e *embedder) flush(ctx context.Context, all bool) error {
	e.mu.Lock()
	if n := len(e.pending); n == 0 || (!all && n < flushEvery && time.Since(e.flushed) < flushAfter) {
		e.mu.Unlock()
		return nil
	}
	batch := e.pending
	e.pending, e.flushed = map[string][]float32{}, time.Now()
	e.mu.Unlock()
	return e.s.cfg.Store.PutEmbeddings(ctx, e.backbone.SHA256, batch)
}

// firstError gives one of the errors, the same every time.
func firstError(failed map[string]error) error {
	return failed[slices.Sorted(maps.Keys(failed))[0]]
}
