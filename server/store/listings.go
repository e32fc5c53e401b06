//go:build !js

package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const (
	// listedFrom is from how many assets on a project's lists are answered from memory; below, the database is as quick.
	listedFrom = 10_000
	// listedAll is how many assets of all projects together are held: some 130 bytes each, 1 GB at most.
	listedAll = 8_000_000
	// listedIdle is how long a project's lists are held after they were asked for last.
	listedIdle = 15 * time.Minute
)

// listings are the projects whose lists are held in memory.
type listings struct {
	mu   sync.Mutex
	from int           // listedFrom; another number in tests
	idle time.Duration // listedIdle; less in tests
	of   map[string]*heldListing
}

// heldListing is a listing that requests share.
type heldListing struct {
	loaded chan struct{} // closed once it is; nil l after that: it could not be loaded
	used   time.Time     // under listings.mu, as the next
	assets int

	mu sync.RWMutex
	l  *listing
}

// Reading a listing: the assets, what was deleted, and the label sequence with the counts, as one moment shows them. All reads
// a whole project in order; news reads what has changed since a label sequence.
const (
	listedColumns = `a.seq, a.id, a.fold, a.state, a.source, a.flag, a.verdict, a.uncertain, a.model_id, a.comments, a.open_threads, a.label,
	a.width, a.height, a.sharp, a.light, a.shade, a.contrast FROM assets a WHERE a.project_id = ?`
	listedNow = ` UNION ALL SELECT 2, p.label_seq, '', '', '', '', '', '', 0, '', 0, 0, p.counts, 0, 0, 0, 0, 0, 0 FROM projects p WHERE p.id = ?`

	allSQL  = "SELECT 0, x.* FROM (SELECT " + listedColumns + " ORDER BY a.seq) AS x" + listedNow
	newsSQL = "SELECT 0, " + listedColumns + ` AND a.touched > ?
	UNION ALL SELECT 1, t.seq, '', '', '', '', '', '', 0, '', 0, 0, '', 0, 0, 0, 0, 0, 0 FROM trash t WHERE t.project_id = ? AND t.touched > ?` + listedNow
)

// changes is what these read.
type changes struct {
	gone     []int64
	labelSeq int64
	assets   int
	project  bool // it is there
}

// changes runs allSQL or newsSQL; visit gets the assets.
func (s *Store) changes(ctx context.Context, project string, visit func(listedRow), query string, args ...any) (out changes, err error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return out, fmt.Errorf("read what has changed: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind int64
		var r listedRow
		if err := rows.Scan(&kind, &r.seq, &r.id, &r.fold, &r.state, &r.source, &r.flag, &r.verdict, &r.uncertain, &r.model, &r.comments, &r.open, &r.label,
			&r.width, &r.height, &r.measures.Sharpness, &r.measures.Light, &r.measures.Shade, &r.measures.Contrast); err != nil {
			return out, err
		}
		switch {
		case kind == 1:
			out.gone = append(out.gone, r.seq)
		case kind == 2:
			var counts domain.Counts
			if err := json.Unmarshal([]byte(r.label), &counts); err != nil {
				return out, fmt.Errorf("counts of project %s: %w", project, err)
			}
			out.labelSeq, out.assets, out.project = r.seq, counts.Assets, true
		default:
			visit(r)
		}
	}
	return out, rows.Err()
}

// listingOf gives the listing of a project as it is now, held for reading until done is called; nil while there is none: the
// project is small, or is being read. Then the database is asked.
func (s *Store) listingOf(ctx context.Context, project string) (l *listing, done func(), err error) {
	h := s.held(project)
	if h == nil {
		return nil, nil, nil
	}
	h.mu.RLock()
	since := int64(0)
	if h.l != nil {
		since = h.l.labelSeq
	}
	h.mu.RUnlock()
	var rows []listedRow
	news, err := s.changes(ctx, project, func(r listedRow) { rows = append(rows, r) }, newsSQL, project, since, project, since, project)
	if err != nil {
		return nil, nil, err
	}
	if !h.follow(news, rows) {
		s.dropListing(project, h)
		return nil, nil, nil
	}
	h.mu.RLock()
	if h.l == nil {
		h.mu.RUnlock()
		return nil, nil, nil
	}
	return h.l, h.mu.RUnlock, nil
}

// held gives the listing of a project that was loaded, nil where there is none.
func (s *Store) held(project string) *heldListing {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	h := s.lists.of[project]
	if h == nil {
		return nil
	}
	h.used = time.Now()
	select {
	case <-h.loaded:
		return h
	default:
		return nil
	}
}

func (s *Store) dropListing(project string, h *heldListing) {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	if s.lists.of[project] == h {
		delete(s.lists.of, project)
	}
}

// follow takes over what has changed, and tells whether the listing is right after it: as many assets as the project counts.
func (h *heldListing) follow(news changes, rows []listedRow) bool {
	if !news.project {
		return false
	}
	h.mu.RLock()
	known := h.l != nil && h.l.labelSeq >= news.labelSeq
	h.mu.RUnlock()
	if known { // nothing has changed, or another request has followed further
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.l == nil {
		return false
	}
	if h.l.labelSeq >= news.labelSeq {
		return true
	}
	fine := true
	for _, r := range rows {
		fine = h.l.put(r) && fine
	}
	for _, seq := range news.gone {
		h.l.drop(seq)
	}
	h.l.order()
	h.l.labelSeq = news.labelSeq
	return fine && h.l.live == news.assets
}

// wantListing begins to hold a project's lists in memory where that is worth it, beside the request.
func (s *Store) wantListing(ctx context.Context, project string, assets int) {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	if s.lists.from == 0 {
		s.lists.from = listedFrom
	}
	if assets < s.lists.from || assets > listedAll || s.lists.of[project] != nil {
		return
	}
	h := &heldListing{loaded: make(chan struct{}), used: time.Now(), assets: assets}
	if s.lists.of == nil {
		s.lists.of = map[string]*heldListing{}
	}
	s.lists.of[project] = h
	s.lists.makeRoom(project)
	s.releaseIdle(project, h)
	go s.loadListing(context.WithoutCancel(ctx), project, h)
}

// releaseIdle lets a listing go once nobody has asked for it for long. It is called with the listings locked.
func (s *Store) releaseIdle(project string, h *heldListing) {
	idle := cmp.Or(s.lists.idle, listedIdle)
	time.AfterFunc(idle-min(time.Since(h.used), idle), func() {
		s.lists.mu.Lock()
		defer s.lists.mu.Unlock()
		switch {
		case s.lists.of[project] != h:
		case time.Since(h.used) >= idle:
			delete(s.lists.of, project)
		default:
			s.releaseIdle(project, h)
		}
	})
}

// makeRoom lets go of the listings that were not used for longest, but keep.
func (a *listings) makeRoom(keep string) {
	for {
		all, oldest := 0, ""
		for project, h := range a.of {
			all += h.assets
			if project != keep && (oldest == "" || h.used.Before(a.of[oldest].used)) {
				oldest = project
			}
		}
		if all <= listedAll || oldest == "" {
			return
		}
		delete(a.of, oldest)
	}
}

// loadListing reads a whole project. Where that fails the database goes on being asked, and the next list tries again.
func (s *Store) loadListing(ctx context.Context, project string, h *heldListing) {
	l, fine := newListing(), true
	news, err := s.changes(ctx, project, func(r listedRow) { fine = fine && l.put(r) }, allSQL, project, project)
	if fine = fine && err == nil && news.project; fine {
		l.order()
		l.labelSeq, fine = news.labelSeq, l.live == news.assets
	}
	if fine {
		h.mu.Lock()
		h.l = l
		h.mu.Unlock()
	} else {
		s.dropListing(project, h)
	}
	close(h.loaded)
}

// listable tells whether a listing knows all that f asks for: not single assets, nor which are copies of others, nor what was added to filters since.
func listable(f domain.Filter) bool {
	return !slices.Contains(f.Issues, domain.IssueDuplicate) && reflect.DeepEqual(f, domain.Filter{
		Exact: f.Exact, Classes: f.Classes, States: f.States, Sources: f.Sources, Flags: f.Flags, Verdicts: f.Verdicts, Issues: f.Issues, Comments: f.Comments, Text: f.Text,
		MinConfidence: f.MinConfidence, MaxConfidence: f.MaxConfidence, Model: f.Model,
	})
}

// listed answers a page from memory; ok is false where the database is to be asked.
func (s *Store) listed(ctx context.Context, project string, q Query, sort string) (page domain.AssetPage, ok bool, err error) {
	c, err := readCursor(sort, q.Cursor)
	if err != nil || !listable(q.Filter) {
		return page, false, err
	}
	f, err := s.spelledOut(ctx, project, q.Filter)
	if err != nil {
		return page, false, err
	}
	l, done, err := s.listingOf(ctx, project)
	if l == nil || err != nil {
		return page, false, err
	}
	ids, next, total, err := func() (ids []string, next string, total int, err error) {
		defer done()
		selected := l.match(f)
		rows := l.first(selected, sort, c, q.Limit+1)
		if len(rows) > q.Limit {
			rows = rows[:q.Limit]
			next, err = l.cursor(rows[q.Limit-1], sort)
		}
		return l.ids(rows), next, selected.total, err
	}()
	if err != nil {
		return page, false, err
	}
	page = domain.AssetPage{Total: total, NextCursor: next, Items: make([]domain.Asset, 0, len(ids))}
	found, err := s.assetsByID(ctx, project, ids)
	for _, id := range ids {
		if a, there := found[id]; there { // else it was deleted this moment
			page.Items = append(page.Items, a)
		}
	}
	return page, true, err
}

// listedTotal is listed for a total alone.
func (s *Store) listedTotal(ctx context.Context, project string, f domain.Filter) (n int, ok bool, err error) {
	if !listable(f) {
		return 0, false, nil
	}
	asked, err := s.spelledOut(ctx, project, f)
	if err != nil {
		return 0, false, err
	}
	l, done, err := s.listingOf(ctx, project)
	if l == nil || err != nil {
		return 0, false, err
	}
	defer done()
	return l.match(asked).total, true, nil
}

// listedIDs is listed for the ids of all.
func (s *Store) listedIDs(ctx context.Context, project string, f domain.Filter, sort string) (ids []string, ok bool, err error) {
	if !listable(f) {
		return nil, false, nil
	}
	asked, err := s.spelledOut(ctx, project, f)
	if err != nil {
		return nil, false, err
	}
	l, done, err := s.listingOf(ctx, project)
	if l == nil || err != nil {
		return nil, false, err
	}
	defer done()
	return l.ids(l.first(l.match(asked), sort, nil, 0)), true, nil
}

func (l *listing) ids(rows []uint32) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = string(l.id.at(int(row)))
	}
	return ids
}
