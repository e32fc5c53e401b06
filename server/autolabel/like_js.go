package autolabel

import (
	"context"

	"github.com/irum-app/irum/server/domain"
)

// similar is nothing in a browser, which has no memory to spare for embeddings.
type similar struct{}

// alike lists assets by likeness to the asset to.
func (s *Service) alike(ctx context.Context, project string, assets []domain.Asset, to string) ([]string, error) {
	e, err := s.example(ctx, project, to)
	if err != nil {
		return nil, err
	}
	return s.rank(ctx, assets, e.ranking())
}
