package store

import (
	"context"

	"github.com/irum-app/irum/server/domain"
)

// A browser's projects are not so large that their lists would be held in memory.
type listings struct{}

func (s *Store) wantListing(context.Context, string, int) {}

func (s *Store) listed(context.Context, string, Query, string) (page domain.AssetPage, ok bool, err error) {
	return page, false, nil
}

func (s *Store) listedTotal(context.Context, string, domain.Filter) (n int, ok bool, err error) {
	return 0, false, nil
}

func (s *Store) listedIDs(context.Context, string, domain.Filter, string) (ids []string, ok bool, err error) {
	return nil, false, nil
}
