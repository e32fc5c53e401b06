//go:build !js

package autolabel

import (
	"context"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/embedmap"
)

// mapper is the part of Engine that lays images out in the plane.
type mapper interface {
	// Map is embedmap.Run.
	Map(ctx context.Context, p cluster.Points, o embedmap.Options, progress func(done, total int)) (*embedmap.Map, error)
}

// Map implements Engine.
func (l *local) Map(ctx context.Context, p cluster.Points, o embedmap.Options, progress func(done, total int)) (*embedmap.Map, error) {
	return embedmap.Run(ctx, p, o, progress)
}
