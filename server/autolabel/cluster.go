package autolabel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	// maxK is the largest number of clusters that can be asked for: more are no help to a person.
	maxK = 500
	// discardAfter is how old a blob has to be before it is deleted with its clustering.
	discardAfter = time.Hour
)

// maxClustered is how many images are grouped at a time: their embeddings are in memory all at once, some 7 KB each, and
// in a browser three times.
func maxClustered(m cluster.Method) int {
	switch {
	case m.Agglomerative():
		return cluster.MaxAgglomerative
	case runtime.GOOS == "js":
		return 20_000
	}
	return 60_000
}

// Cluster queues a job that groups the images that r selects by their embeddings; its Clustering has the job's id.
// CodeInvalid when they are too few or too many for the method.
func (s *Service) Cluster(ctx context.Context, project string, r domain.ClusterRequest) (domain.Job, error) {
	if r.Method == "" {
		r.Method = string(cluster.MethodKMeans)
	}
	if !cluster.Method(r.Method).Known() {
		return domain.Job{}, domain.Errorf(domain.CodeInvalid, "There is no method %q. Use kmeans, birch, ward, average or complete.", r.Method).In("method")
	}
	if r.K < 0 || r.K == 1 || r.K > maxK {
		return domain.Job{}, domain.Errorf(domain.CodeInvalid, "Images are grouped into 2 to %d clusters, or 0 to choose, not %d.", maxK, r.K).In("k")
	}
	if len(r.Filter.IDs) == 0 && len(r.Filter.States) == 0 {
		r.Filter.States = []domain.State{domain.StateUnlabelled}
	}
	if _, err := s.cfg.Store.Project(ctx, project); err != nil {
		return domain.Job{}, err
	}
	n, err := s.cfg.Store.CountAssets(ctx, project, r.Filter)
	if err != nil {
		return domain.Job{}, err
	}
	if err := clusterable(r, n); err != nil {
		return domain.Job{}, err
	}
	if _, err := s.backbone(ctx, ""); err != nil {
		return domain.Job{}, err
	}
	return s.start(ctx, work{kind: "cluster", project: project, priority: priorityAsked, request: request{Cluster: &r}})
}

// runClustering is a run of what Cluster has queued. A clustering that an earlier run has kept stays.
func (s *Service) runClustering(ctx context.Context, j *job, project string, r domain.ClusterRequest) error {
	if _, err := s.cfg.Store.Clustering(ctx, project, j.state().ID); domain.AsProblem(err).Code != domain.CodeNotFound {
		return err
	}
	p, err := s.cfg.Store.Project(ctx, project)
	if err != nil {
		return err
	}
	b, err := s.backbone(ctx, "")
	if err != nil {
		return err
	}
	c := &clustering{gathering: gathering{s: s, project: project, backbone: b}, request: r, part: len(r.Filter.IDs) > 0}
	if !c.part { // fewer groups than classes would put several into one
		for _, class := range p.Classes {
			if !class.Archived {
				c.classes++
			}
		}
		c.classes = min(c.classes, maxK)
	}
	return c.run(ctx, j)
}

// clusterable tells whether n images can be grouped as r asks.
func clusterable(r domain.ClusterRequest, n int) error {
	top := maxClustered(cluster.Method(r.Method))
	switch {
	case n < 2 || n < r.K:
		return domain.Errorf(domain.CodeInvalid, "There are %d images to group, and %d are needed. Add images, or choose others.", n, max(2, r.K)).In("filter")
	case n > top && top == cluster.MaxAgglomerative:
		return domain.Errorf(domain.CodeInvalid, "The method %q takes at most %d images, not %d. Use kmeans or birch.", r.Method, top, n).In("method")
	case n > top:
		return domain.Errorf(domain.CodeInvalid, "At most %d images can be grouped at a time, not %d. Narrow the filter.", top, n).In("filter")
	}
	return nil
}

// clustering is one run of a request.
type clustering struct {
	gathering
	request domain.ClusterRequest
	part    bool
	classes int // of the project that can be given
	said    said
}

func (c *clustering) run(ctx context.Context, j *job) error {
	if err := c.gather(ctx, j, c.request.Filter); err != nil {
		return err
	}
	if err := clusterable(c.request, len(c.assets)); err != nil {
		return err
	}
	points, err := c.points(ctx)
	if err != nil {
		return err
	}
	if c.request.Learnt {
		if points, err = c.teach(ctx, points); err != nil {
			return err
		}
	}
	j.progress("cluster", 0, 1000)
	options := cluster.Options{
		Method: cluster.Method(c.request.Method), K: c.request.K, MinK: c.classes, MaxK: max(cluster.DefaultMaxK, c.classes+10), Raw: c.said.scores != nil,
	}
	result, err := c.s.cfg.Engine.Cluster(ctx, points, options, func(done, total int) { j.progress("cluster", done, total) })
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("cluster: %w", err)
	}
	return c.keep(ctx, j, result)
}

// keep writes the groups first and the row last: a clustering is there whole, or not at all.
func (c *clustering) keep(ctx context.Context, j *job, r *cluster.Result) error {
	out := domain.Clustering{
		ID: j.state().ID, ProjectID: c.project, Method: c.request.Method, Asked: c.request.K, K: len(r.Clusters),
		Silhouette: r.Silhouette, Images: len(c.assets), Unreadable: c.bad, Part: c.part, Learnt: c.said.scores != nil, CreatedAt: time.Now().UTC(),
	}
	ids := func(list []int) []string {
		names := make([]string, len(list))
		for i, at := range list {
			names[i] = c.assets[at].ID
		}
		return names
	}
	for i, of := range r.Clusters {
		class, sure := c.said.of(of.Members)
		out.Clusters = append(out.Clusters, domain.Cluster{
			ID: strconv.Itoa(i + 1), Assets: ids(of.Members), Outliers: ids(of.Outliers), Shown: ids(of.Representatives),
			Clear: of.Clear, Class: class, Sure: sure,
		})
	}
	data, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode clustering: %w", err)
	}
	sha, _, err := c.s.cfg.Blobs.Put(ctx, bytes.NewReader(data))
	if err != nil {
		return err
	}
	freed, err := c.s.cfg.Store.SaveClustering(ctx, store.ClusteringRecord{Clustering: out, SHA256: sha})
	if err != nil {
		return err
	}
	if err := blob.Discard(ctx, c.s.cfg.Blobs, freed, discardAfter); err != nil {
		c.s.log.Warn("the groups of an old clustering could not be deleted", "error", err)
	}
	return nil
}

// Clustering gives one clustering of a project with its groups. CodeNotFound when there is none.
func (s *Service) Clustering(ctx context.Context, project, id string) (domain.Clustering, error) {
	record, err := s.cfg.Store.Clustering(ctx, project, id)
	if err != nil {
		return domain.Clustering{}, err
	}
	data, err := blob.Bytes(ctx, s.cfg.Blobs, record.SHA256, 0)
	if err != nil {
		return domain.Clustering{}, errors.Join(fmt.Errorf("read clustering %s", id), err)
	}
	var out domain.Clustering
	if err := json.Unmarshal(data, &out); err != nil {
		return domain.Clustering{}, fmt.Errorf("clustering %s: %w", id, err)
	}
	return out, nil
}
