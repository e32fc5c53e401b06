package store

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/server/domain"
)

// LabelsMoved tells that one write of this process has changed labels. From and To are the project's label sequence before and
// after it. A watcher that finds another sequence than it knows (LabelSeq) has missed something, as the writes of another
// process or a deletion are, and reads everything anew.
type LabelsMoved struct {
	Project  string
	From, To int64
	Assets   []string // ids
}

// Watch calls f after every write of labels by this process, on the writer's goroutine: f must be quick. The answer ends that.
func (s *Store) Watch(f func(LabelsMoved)) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.watching
	s.watching++
	if s.watchers == nil {
		s.watchers = map[int]func(LabelsMoved){}
	}
	s.watchers[key] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, key)
	}
}

// moved tells the watchers of edits that the write after p's sequence has made.
func (s *Store) moved(p projectRow, edits []edit) {
	s.mu.Lock()
	list := make([]func(LabelsMoved), 0, len(s.watchers))
	for _, f := range s.watchers {
		list = append(list, f)
	}
	s.mu.Unlock()
	if len(list) == 0 {
		return
	}
	m := LabelsMoved{Project: p.ID, From: p.labelSeq, To: p.labelSeq + 1, Assets: make([]string, len(edits))}
	for i, e := range edits {
		m.Assets[i] = e.asset
	}
	for _, f := range list {
		f(m)
	}
}

// LabelSeq gives a project with the number of its newest write that may have changed labels or the set of assets.
func (s *Store) LabelSeq(ctx context.Context, project string) (domain.Project, int64, error) {
	p, err := s.project(ctx, project)
	return p.Project, p.labelSeq, err
}

// Unembedded gives the first limit assets of a project, as imported, after the one of sequence number after (0 for all),
// whose embedding by backbone is not kept, one an image, and the sequence number of the last.
func (s *Store) Unembedded(ctx context.Context, project, backbone string, after int64, limit int) (assets []domain.Asset, last int64, err error) {
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+` FROM assets a WHERE a.project_id = ? AND a.seq > ?
		AND NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.sha256 = a.sha256 AND e.backbone = ?) ORDER BY a.seq LIMIT ?`,
		project, after, backbone, int64(limit))
	if err != nil {
		return nil, after, fmt.Errorf("find images without an embedding: %w", err)
	}
	for _, r := range rows {
		after = r.seq
	}
	return plain(rows), after, nil
}

// CountEmbedded tells of how many of a project's assets an embedding by backbone is kept.
func (s *Store) CountEmbedded(ctx context.Context, project, backbone string) (int, error) {
	n, err := collect(ctx, s.db, scanInt, `SELECT COUNT(*) FROM assets a JOIN embeddings e ON e.sha256 = a.sha256
		WHERE a.project_id = ? AND e.backbone = ?`, project, backbone)
	if err != nil {
		return 0, fmt.Errorf("count embeddings: %w", err)
	}
	return int(n[0]), nil
}
