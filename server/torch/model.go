package torch

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/vision"
)

// finish makes the model of what the trainer wrote, and measures it with Irum's own engine.
func (t *training) finish(ctx context.Context, name string) error {
	data, err := os.ReadFile(t.file(name))
	if err != nil {
		return fmt.Errorf("read the trainer's result: %w", err)
	}
	backbone, head, err := t.net.learnt(data, len(t.Classes), t.Multi)
	if err != nil {
		return err
	}
	t.result.Head = head
	if t.result.Model, err = train.AppendHead(backbone, head, t.Classes, t.Metadata...); err != nil {
		return err
	}
	held := t.result.Held
	t.tell(Phase{"evaluate", 0, len(held)})
	scale, shift := scaling(t.net.model)
	s := scorer{size: t.net.size, scale: float32(scale), shift: float32(shift), image: t.Image}
	if s.network, err = engine.Load(t.result.Model); err != nil {
		return err
	}
	gate := make(chan struct{}, 1) // tell is called by one at a time
	t.result.Scores, err = s.scores(ctx, held, func(done int) {
		gate <- struct{}{}
		t.tell(Phase{"evaluate", done, len(held)})
		<-gate
	})
	return err
}

// scorer runs a model on image files.
type scorer struct {
	network      *engine.Network
	size         int
	scale, shift float32
	image        func(context.Context, int) ([]byte, error)
}

// scores gives the class probabilities of images, in their order, on all cores.
func (s *scorer) scores(ctx context.Context, images []int, tell func(done int)) ([][]float64, error) {
	out := make([][]float64, len(images))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, finished atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(images)) {
		wg.Go(func() {
			session, err := engine.Compile(ctx, s.network, engine.Options{Outputs: []string{train.Probabilities}})
			if err != nil {
				cancel(err)
				return
			}
			defer func() { _ = session.Close() }()
			for k := int(next.Add(1)) - 1; k < len(images) && ctx.Err() == nil; k = int(next.Add(1)) - 1 {
				if out[k], err = s.score(ctx, session, images[k]); err != nil {
					cancel(err)
					return
				}
				tell(int(finished.Add(1)))
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

func (s *scorer) score(ctx context.Context, session *engine.Session, i int) ([]float64, error) {
	data, err := s.image(ctx, i)
	if err != nil {
		return nil, err
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		return nil, &ImageError{Index: i, Err: err}
	}
	result, err := session.Run(ctx, vision.Tensor(img, s.size, s.scale, s.shift))
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(result[0]))
	for c, v := range result[0] {
		scores[c] = float64(v)
	}
	return scores, nil
}
