package autolabel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// maxMapped is how many images a map shows: their embeddings are in memory all at once, some 5 KB each, and in a browser three times.
var maxMapped = map[bool]int{false: 60_000, true: 20_000}[runtime.GOOS == "js"]

// Map queues a job that lays the images that r selects out in the plane by their embeddings; the map has the job's id and takes the
// place of the project's map. CodeInvalid when they are too few or too many.
func (s *Service) Map(ctx context.Context, project string, r domain.MapRequest) (domain.Job, error) {
	if r.Neighbours != 0 && (r.Neighbours < 2 || r.Neighbours > 100) {
		return domain.Job{}, domain.Errorf(domain.CodeInvalid, "A map keeps 2 to 100 neighbours together, or 0 for 15, not %d.", r.Neighbours).In("neighbours")
	}
	if _, err := s.cfg.Store.Project(ctx, project); err != nil {
		return domain.Job{}, err
	}
	n, err := s.cfg.Store.CountAssets(ctx, project, r.Filter)
	if err != nil {
		return domain.Job{}, err
	}
	if err := mappable(n); err != nil {
		return domain.Job{}, err
	}
	if _, err := s.backbone(ctx, ""); err != nil {
		return domain.Job{}, err
	}
	return s.start(ctx, work{kind: "map", project: project, priority: priorityAsked, request: request{Map: &r}})
}

func mappable(n int) error {
	switch {
	case n < 2:
		return domain.Errorf(domain.CodeInvalid, "There are %d images to show, and 2 are needed. Add images, or choose others.", n).In("filter")
	case n > maxMapped:
		return domain.Errorf(domain.CodeInvalid, "A map shows at most %d images, not %d. Narrow the filter.", maxMapped, n).In("filter")
	}
	return nil
}

// runMap is a run of what Map has queued.
func (s *Service) runMap(ctx context.Context, j *job, project string, r domain.MapRequest) error {
	b, err := s.backbone(ctx, "")
	if err != nil {
		return err
	}
	g := &gathering{s: s, project: project, backbone: b}
	if err := g.gather(ctx, j, r.Filter); err != nil {
		return err
	}
	if err := mappable(len(g.assets)); err != nil {
		return err
	}
	points, err := g.points(ctx)
	if err != nil {
		return err
	}
	j.progress("map", 0, 1000)
	m, err := s.cfg.Engine.Map(ctx, points, embedmap.Options{Neighbours: r.Neighbours}, func(done, total int) { j.progress("map", done, total) })
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("lay the images out: %w", err)
	}
	out := domain.ImageMap{
		ID: j.state().ID, ProjectID: project, Backbone: b.SHA256, Images: len(g.assets), Unreadable: g.bad, Trust: m.Trust,
		CreatedAt: time.Now().UTC(), Assets: make([]string, len(g.assets)), XY: make([]int, len(m.XY)),
	}
	for i, a := range g.assets {
		out.Assets[i] = a.ID
	}
	for i, v := range m.XY {
		out.XY[i] = int(math.Round(float64(v) * domain.MapExtent))
	}
	return s.keepMap(ctx, out)
}

// keepMap writes the places first and the row last: a map is there whole, or not at all.
func (s *Service) keepMap(ctx context.Context, m domain.ImageMap) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode map: %w", err)
	}
	sha, _, err := s.cfg.Blobs.Put(ctx, bytes.NewReader(data))
	if err != nil {
		return err
	}
	freed, err := s.cfg.Store.SaveMap(ctx, store.MapRecord{ImageMap: m, SHA256: sha})
	if err != nil {
		return err
	}
	if err := blob.Discard(ctx, s.cfg.Blobs, freed, discardAfter); err != nil {
		s.log.Warn("the places of an old map could not be deleted", "error", err)
	}
	return nil
}

// ImageMap gives the map of a project. CodeNotFound when there is none.
func (s *Service) ImageMap(ctx context.Context, project string) (domain.ImageMap, error) {
	record, err := s.cfg.Store.Map(ctx, project)
	if err != nil {
		return domain.ImageMap{}, err
	}
	data, err := blob.Bytes(ctx, s.cfg.Blobs, record.SHA256, 0)
	if err != nil {
		return domain.ImageMap{}, fmt.Errorf("read the map of project %s: %w", project, err)
	}
	var out domain.ImageMap
	if err := json.Unmarshal(data, &out); err != nil {
		return domain.ImageMap{}, fmt.Errorf("the map of project %s: %w", project, err)
	}
	return out, nil
}
