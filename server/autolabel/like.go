package autolabel

import (
	"context"
	"math"

	"github.com/irum-app/irum/server/domain"
)

// example is an image that others are compared with.
type example struct {
	backbone string // SHA-256
	asset    domain.Asset
	x        []float32 // its embedding, of length one
}

// example computes the embedding of the asset to where it is not there yet.
func (s *Service) example(ctx context.Context, project, to string) (example, error) {
	b, err := s.backbone(ctx, "")
	if err != nil {
		return example{}, err
	}
	if to == "" {
		return example{}, domain.Errorf(domain.CodeInvalid, "Say which image the others are compared with.").In("to")
	}
	a, err := s.cfg.Store.Asset(ctx, project, to)
	if err != nil {
		return example{}, err
	}
	missing, err := s.missing(ctx, b.SHA256, []domain.Asset{a})
	if err != nil {
		return example{}, err
	}
	failed, err := s.embed(ctx, b, missing, 1, func(int) {})
	if err != nil {
		return example{}, err
	}
	if failed[a.ID] != nil {
		return example{}, domain.Errorf(domain.CodeInvalid, "The image %q cannot be read, so nothing can be compared with it.", a.Name).In("to")
	}
	own, err := s.vectors(ctx, b.SHA256, []domain.Asset{a})
	if err != nil {
		return example{}, err
	}
	x := append([]float32(nil), own[0]...)
	toUnit(x)
	return example{b.SHA256, a, x}, nil
}

// toUnit scales x to length one; zeros stay.
func toUnit(x []float32) {
	if size := length(x); size > 0 {
		for i := range x {
			x[i] = float32(float64(x[i]) / size)
		}
	}
}

func length(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// ranking is by the cosine of the angle to the example, which comes first itself.
func (e example) ranking() ranking {
	return ranking{e.backbone, func(other domain.Asset, x []float32) float64 {
		if other.ID == e.asset.ID {
			return math.Inf(-1)
		}
		if len(x) != len(e.x) {
			return math.NaN()
		}
		sum := 0.0
		for i, v := range x {
			sum += float64(v) * float64(e.x[i])
		}
		return -sum / max(length(x), 1e-30)
	}}
}
