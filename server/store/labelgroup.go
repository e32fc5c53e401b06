package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Writes of labels that wait for each other in one process are committed together: one transaction, and one sync of the disk,
// for as many as have come while the one before was on its way. Each is still one action of its own, whole or not at all.
const (
	groupWrites  = 64 // of one batch
	groupChanges = 20 // of each of them; larger ones go alone
)

// labelWrite is a write that waits for its batch.
type labelWrite struct {
	w    LabelWrite
	done chan struct{} // closed once the rest is known

	row   operationRow
	edits []edit // nil for an operation that was written before
	err   error
}

// writeInGroup is WriteLabels of a small write.
func (s *Store) writeInGroup(ctx context.Context, project string, w LabelWrite) (domain.Operation, error) {
	j := &labelWrite{w: w, done: make(chan struct{})}
	s.mu.Lock()
	turn := s.turnOf(project)
	s.waiting[project] = append(s.waiting[project], j)
	s.mu.Unlock()
	select {
	case <-j.done:
	case <-ctx.Done():
		if s.withdraw(project, j) {
			return domain.Operation{}, ctx.Err()
		}
		<-j.done // it is being written
	case turn <- struct{}{}:
		s.leadGroups(context.WithoutCancel(ctx), project, j)
		<-turn
	}
	if j.err != nil {
		return domain.Operation{}, j.err
	}
	return s.shown(ctx, j.row, j.row.Changed, j.edits)
}

// leadGroups writes what waits until j is written. The caller has the project's turn.
func (s *Store) leadGroups(ctx context.Context, project string, j *labelWrite) {
	for {
		select {
		case <-j.done:
			return
		default:
		}
		s.commitGroup(ctx, project, s.takeGroup(project))
	}
}

// commitGroup writes a group and lets those who wait for it go on, whatever happens.
func (s *Store) commitGroup(ctx context.Context, project string, group []*labelWrite) {
	defer func() {
		broken := recover()
		for _, j := range group {
			if broken != nil {
				j.err = fmt.Errorf("write labels: %v", broken)
			}
			close(j.done)
		}
		if broken != nil {
			panic(broken)
		}
	}()
	if err := s.writeGroup(ctx, project, group); err == nil {
		return
	}
	for _, j := range group { // one of them may be to blame: each for itself
		if alone := s.writeGroup(ctx, project, []*labelWrite{j}); alone != nil {
			j.err = alone
		}
	}
}

// takeGroup takes the writes that have waited longest, no operation twice: the second must see what the first has made of it.
func (s *Store) takeGroup(project string) []*labelWrite {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.waiting[project]
	n, ops := 0, map[string]bool{}
	for n < min(len(all), groupWrites) && !ops[all[n].w.OpID] {
		if id := all[n].w.OpID; id != "" {
			ops[id] = true
		}
		n++
	}
	if n == len(all) {
		delete(s.waiting, project)
	} else {
		s.waiting[project] = slices.Clone(all[n:])
	}
	return all[:n]
}

// withdraw takes a write back that nobody has taken yet.
func (s *Store) withdraw(project string, j *labelWrite) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting[project], j)
	if i < 0 {
		return false
	}
	s.waiting[project] = slices.Delete(slices.Clone(s.waiting[project]), i, i+1)
	return true
}

// labelGroup is a batch in the making: p is the project as it will be after what was added.
type labelGroup struct {
	s     *Store
	p     projectRow
	now   map[string]current // labels of all assets that are written, after what was added
	stmts []Stmt
	moved []func()
}

// writeGroup commits a group. An error is about the batch as a whole; what is wrong with one write is in its err.
func (s *Store) writeGroup(ctx context.Context, project string, group []*labelWrite) error {
	var g labelGroup
	err := s.attempt(ctx, project, func(p projectRow) error {
		g = labelGroup{s: s, p: p}
		var ids []string
		for _, j := range group {
			for _, c := range j.w.Changes {
				ids = append(ids, c.AssetID)
			}
		}
		var err error
		if g.now, err = s.currentLabels(ctx, p.ID, distinct(ids)); err != nil {
			return err
		}
		for _, j := range group {
			j.row, j.edits, j.err = operationRow{}, nil, nil
			if err := g.add(ctx, j); err != nil {
				var p *domain.Problem
				if !errors.As(err, &p) {
					return err
				}
				j.err = err
			}
		}
		if len(g.stmts) == 0 {
			return nil
		}
		batch, err := p.bumpBy(g.p.labelSeq-p.labelSeq, g.p.Counts, p.assetSeq)
		if err != nil {
			return err
		}
		if _, err = s.db.Batch(ctx, append(batch, g.stmts...)); err != nil {
			return fmt.Errorf("write labels: %w", err)
		}
		return nil
	})
	if err == nil {
		for _, tell := range g.moved {
			tell()
		}
	}
	return err
}

// add puts a write behind those that were added before.
func (g *labelGroup) add(ctx context.Context, j *labelWrite) error {
	o, again, err := g.s.openLabels(ctx, g.p, j.w)
	if err != nil {
		return err
	}
	if again {
		j.row = o.row
		return nil
	}
	edits, skipped, err := g.p.plan(j.w, o.at, g.now)
	if err != nil {
		return err
	}
	o.row.Skipped += skipped
	o.row.Changed += len(edits)
	j.row, j.edits = o.row, edits
	if len(edits) == 0 && j.w.OpID == "" {
		return nil
	}
	stmts, err := editStmts(g.p, o, edits)
	if err != nil {
		return err
	}
	before := g.p
	g.stmts = append(g.stmts, stmts...)
	g.moved = append(g.moved, func() { g.s.moved(before, edits) })
	g.p.Counts = talliedEdits(g.p.Counts, edits)
	g.p.labelSeq++
	for _, e := range edits {
		c := g.now[e.asset]
		c.versioned = e.after
		g.now[e.asset] = c
	}
	return nil
}
