package transfer

import (
	"context"

	"github.com/irum-app/irum/server/domain"
)

// Thumb gives the thumbnail of an asset: JPEG, at most 256 pixels on the long side, upright.
func (s *Service) Thumb(ctx context.Context, project, asset string) (data []byte, contentType string, err error) {
	return nil, "", domain.Errorf(domain.CodeUnavailable, "not written yet")
}

// Image gives an asset upright, in a type that every browser shows.
func (s *Service) Image(ctx context.Context, project, asset string) (data []byte, contentType string, err error) {
	return nil, "", domain.Errorf(domain.CodeUnavailable, "not written yet")
}
