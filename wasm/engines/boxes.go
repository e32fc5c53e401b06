//go:build js

package engines

import (
	"context"
	"errors"
	"sync"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/wasm/glue"
)

const (
	// piece is how many bytes of features are handed over at a time: what lies twice in the API worker's process.
	piece = 8 << 20
	// maxLearners is how many workers learn boxes at once: each holds the features.
	maxLearners = 3
)

// learning is a Fit whose parts are shared by workers.
type learning struct {
	set      detect.Set // without its features
	features []int8
	options  detect.FitOptions

	mu    sync.Mutex
	next  int
	parts []detect.Part
	steps []int // done of each part
}

// FitBoxes implements autolabel.Engine: the parts of detect.Fit go to as many workers as there are, three at most.
func (p *Pool) FitBoxes(ctx context.Context, s detect.Set, o detect.FitOptions, progress func(done, total int)) (*detect.Fitted, error) {
	n := detect.Parts(s, o)
	l := &learning{set: s, features: s.Features, options: o, parts: make([]detect.Part, n), steps: make([]int, n)}
	l.set.Features = nil
	shared, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wait sync.WaitGroup
	for range min(n, p.size, maxLearners) {
		wait.Go(func() {
			if err := p.with(shared, false, func(w *slot) error { return l.work(shared, w, progress) }); err != nil {
				stop(err)
			}
		})
	}
	wait.Wait()
	if shared.Err() != nil {
		return nil, context.Cause(shared)
	}
	return detect.Join(l.set, o, l.parts)
}

// take gives the next part that nobody does, or false.
func (l *learning) take() (k int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k = l.next
	l.next++
	return k, k < len(l.parts)
}

// work does parts in a worker until none is left.
func (l *learning) work(ctx context.Context, w *slot, progress func(done, total int)) error {
	k, ok := l.take()
	if !ok {
		return nil
	}
	for at := 0; at < len(l.features); at += piece {
		part := l.features[at:min(at+piece, len(l.features))]
		q := ask{Op: "features", Threads: w.threads, At: at, Size: len(l.features)}
		if _, _, err := w.r.call(ctx, q, glue.Array(glue.SignedBytes(part)), nil); err != nil {
			return err
		}
	}
	for ; ok; k, ok = l.take() {
		a, _, err := w.r.call(ctx, ask{Op: "boxes", Threads: w.threads, Set: &l.set, Boxes: &l.options, Part: k}, glue.Array(nil), func(done, total int) {
			if progress != nil {
				progress(l.told(k, done), total*len(l.parts))
			}
		})
		if err != nil {
			return err
		}
		if a.Part == nil {
			return errors.New("the engine worker answered without a part of a detector")
		}
		l.parts[k] = *a.Part
	}
	_, _, err := w.r.call(ctx, ask{Op: "features", Threads: w.threads}, glue.Array(nil), nil) // lets them go
	return err
}

// told notes how far a part is and gives the steps that are done of all.
func (l *learning) told(k, done int) (sum int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps[k] = done
	for _, n := range l.steps {
		sum += n
	}
	return sum
}
