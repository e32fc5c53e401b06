//go:build js

package engines

import (
	"context"
	"errors"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/wasm/glue"
)

// piece is how many bytes of features are handed over at a time: what lies twice in the API worker's process.
const piece = 8 << 20

// FitBoxes implements autolabel.Engine.
func (p *Pool) FitBoxes(ctx context.Context, s detect.Set, o detect.FitOptions, progress func(done, total int)) (*detect.Fitted, error) {
	features := s.Features
	s.Features = nil
	var a answer
	err := p.with(ctx, false, func(w *slot) error {
		for at := 0; at < len(features); at += piece {
			part := features[at:min(at+piece, len(features))]
			q := ask{Op: "features", Threads: w.threads, At: at, Size: len(features)}
			if _, _, err := w.r.call(ctx, q, glue.Array(glue.SignedBytes(part)), nil); err != nil {
				return err
			}
		}
		var err error
		a, _, err = w.r.call(ctx, ask{Op: "boxes", Threads: w.threads, Set: &s, Boxes: &o}, glue.Array(nil), progress)
		return err
	})
	if err == nil && a.Detector == nil {
		err = errors.New("the engine worker answered without a detector")
	}
	return a.Detector, err
}
