package autolabel

import (
	"context"
	"slices"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// gathering is the images of a filter with their embeddings.
type gathering struct {
	s        *Service
	project  string
	backbone backboneFile
	assets   []domain.Asset
	bad      int // images that cannot be read
}

// gather lists the images of a filter and computes the embeddings that are not cached.
func (c *gathering) gather(ctx context.Context, j *job, f domain.Filter) error {
	j.progress("embed", 0, 0)
	err := c.s.cfg.Store.EachAsset(ctx, c.project, store.Query{Filter: f, Limit: 500}, func(page []domain.Asset) error {
		c.assets = append(c.assets, page...)
		return nil
	})
	if err != nil {
		return err
	}
	return c.embed(ctx, j)
}

// embed computes the embeddings that are not cached, and leaves out images that cannot be read.
func (c *gathering) embed(ctx context.Context, j *job) error {
	missing, err := c.s.missing(ctx, c.backbone.SHA256, c.assets)
	if err != nil {
		return err
	}
	j.progress("embed", 0, len(missing))
	failed, err := c.s.embed(ctx, c.backbone, missing, 0, func(done int) { j.progress("embed", done, len(missing)) })
	if err != nil || len(failed) == 0 {
		return err
	}
	bad := map[string]bool{}
	for _, a := range missing {
		if err := failed[a.ID]; err != nil {
			bad[a.SHA256] = true
			c.s.log.Warn("an image could not be read and is left out", "asset", a.ID, "error", err)
		}
	}
	before := len(c.assets)
	c.assets = slices.DeleteFunc(c.assets, func(a domain.Asset) bool { return bad[a.SHA256] })
	c.bad = before - len(c.assets)
	if len(c.assets) == 0 {
		return domain.Errorf(domain.CodeInvalid, "None of the images can be read. The first: %v.", firstError(failed))
	}
	return nil
}

// points reads the embeddings, in the order of assets.
func (c *gathering) points(ctx context.Context) (cluster.Points, error) {
	p := cluster.Points{N: len(c.assets)}
	for part := range slices.Chunk(c.assets, applyChunk) {
		vectors, err := c.s.vectors(ctx, c.backbone.SHA256, part)
		if err != nil {
			return p, err
		}
		if p.X == nil {
			p.D = len(vectors[0])
			p.X = make([]float32, 0, p.N*p.D)
		}
		for _, v := range vectors {
			p.X = append(p.X, v...)
		}
	}
	return p, ctx.Err()
}
