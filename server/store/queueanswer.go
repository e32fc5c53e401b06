//go:build !js

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// Answer is what a person says of an image that they hold.
type Answer struct {
	OpID, Asset, Actor string
	// Label makes the answer of the image, whose label is the person's own answer before, unlabelled where there is none.
	Label  func(own domain.Asset) (domain.Label, error)
	Effort domain.Effort
	Count  Count
}

// Count gives the label that votes come to, the share of their pairs that agree, and whether nobody need decide any more. It is
// asked with all votes that there are, in no certain order.
type Count func(votes []domain.Label) (label domain.Label, agreement float64, settled bool)

// assignment is a row of assignments.
type assignment struct {
	id, asset, op, text           string
	round, wanted, fresh          int64
	taken, expires, done, version int64
}

const assignmentColumns = "id, asset_id, round, wanted, fresh, taken_at, expires_at, done_at, version, op_id, label"

func scanAssignment(r Rows) (a assignment, err error) {
	err = r.Scan(&a.id, &a.asset, &a.round, &a.wanted, &a.fresh, &a.taken, &a.expires, &a.done, &a.version, &a.op, &a.text)
	return a, err
}

// answering is one answer, or one taken back, on its way into the store.
type answering struct {
	s       *Store
	p       projectRow
	row     assignment
	actor   string
	op      string
	cur     current      // label of the image
	label   domain.Label // the answer
	text    string       // the same, as it is kept
	effort  domain.Effort
	at      time.Time
	count   Count
	version int64 // of the label that the answer wrote
}

// Answer keeps what a person says of an image that they hold, or have answered before. The answer to one who alone labels the image
// becomes its label; of several the votes are counted, and become its label once as many as are wanted are there and agree. The
// operation holds the image with the person's own answer as its label. One that was answered by this OpID before changes nothing.
// Skipped is 1 where the image has been labelled otherwise meanwhile: then that label stays. CodeNotFound where the person does not
// hold the image any more.
func (s *Store) Answer(ctx context.Context, project string, a Answer) (domain.Operation, error) {
	if a.OpID == "" || len(a.OpID) > 100 || a.OpID != clean(a.OpID) {
		return domain.Operation{}, domain.Errorf(domain.CodeInvalid, "An answer needs an operation's id of 1 to 100 bytes.").In("op")
	}
	var out domain.Operation
	err := s.update(ctx, project, func(p projectRow) error {
		rows, err := collect(ctx, s.db, scanAssignment, "SELECT "+assignmentColumns+` FROM assignments WHERE project_id = ? AND asset_id = ? AND holder = ?
			ORDER BY CASE WHEN op_id = ? THEN 0 WHEN done_at = 0 THEN 1 ELSE 2 END, round DESC LIMIT 1`, project, clean(a.Asset), a.Actor, a.OpID)
		if err != nil {
			return fmt.Errorf("find assignment: %w", err)
		}
		if len(rows) == 0 {
			return domain.Errorf(domain.CodeNotFound, "This image is not yours any more: it was given to somebody else. Ask for the next one.").In("asset")
		}
		w := answering{s: s, p: p, row: rows[0], actor: a.Actor, op: a.OpID, effort: a.Effort, at: s.now(), count: a.Count}
		if err := w.read(ctx, a.Label); err != nil {
			return err
		}
		if rows[0].op == a.OpID {
			out, err = w.told(ctx, 0)
			return err
		}
		if w.row.round > 0 && w.row.wanted > 1 && p.Task != domain.TaskBoxes { // it may have become one of boxes meanwhile
			out, err = w.vote(ctx)
		} else {
			out, err = w.alone(ctx)
		}
		return err
	})
	if err != nil {
		return domain.Operation{}, err
	}
	return out, nil
}

// read takes in the image's label, and what answer makes of the image with the person's own.
func (w *answering) read(ctx context.Context, answer func(own domain.Asset) (domain.Label, error)) error {
	now, err := w.s.currentLabels(ctx, w.p.ID, []string{w.row.asset})
	if err != nil {
		return err
	}
	cur, there := now[w.row.asset]
	if !there {
		return domain.Errorf(domain.CodeNotFound, "There is no asset %q in this project. It may have been deleted.", w.row.asset).In("asset")
	}
	w.cur = cur
	own, err := decodeLabel(w.row.text, 0)
	if err != nil {
		return err
	}
	l, err := answer(domain.Asset{ID: w.row.asset, Width: cur.width, Height: cur.height, Label: own})
	if err != nil {
		return err
	}
	l.Actor = w.actor
	label, problem := w.p.normal(l, cur.width, cur.height)
	if problem != nil {
		return problem
	}
	label.UpdatedAt = w.at
	w.label = label
	w.text, err = encodeLabel(label)
	return err
}

// decided tells whether the image has a label that somebody gave.
func (w *answering) decided() bool {
	return w.cur.label.State == domain.StateLabelled || w.cur.label.State == domain.StateSkipped
}

// told is the operation that is answered with.
func (w *answering) told(ctx context.Context, skipped int) (domain.Operation, error) {
	op := domain.Operation{ID: w.op, Kind: "label", Changed: 1 - skipped, Skipped: skipped, At: w.at}
	a, err := w.s.Asset(ctx, w.p.ID, w.row.asset)
	if err == nil {
		op.Assets = []domain.Asset{unseen(a, w.label)}
	}
	return op, err
}

// closed are the statements that keep the answer in its row and among the votes. The guard holds off who does the same at the
// same time.
func (w *answering) closed() []Stmt {
	return []Stmt{
		guard("moved", "EXISTS (SELECT 1 FROM assignments WHERE id = ? AND holder = ? AND op_id = ?)", w.row.id, w.actor, w.row.op),
		{"UPDATE assignments SET done_at = ?, version = ?, op_id = ?, label = ? WHERE id = ?", []any{micros(w.at), w.version, w.op, w.text, w.row.id}},
		w.event(w.op, w.text),
	}
}

func (w *answering) event(id, text string) Stmt {
	return Stmt{
		"INSERT INTO votes (id, project_id, asset_id, round, actor, label, seconds, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		[]any{id, w.p.ID, w.row.asset, w.row.round, w.actor, text, w.effort.Seconds, micros(w.at)},
	}
}

// labels gives the statements that make l the image's label by an operation of its own, and its edits: none where it says so already.
func (w *answering) labels(ctx context.Context, o LabelWrite, l domain.Label) ([]Stmt, []edit, error) {
	o.Changes = []Change{{AssetID: w.row.asset, Label: l, Effort: w.effort}}
	opened, err := w.s.openOperation(ctx, w.p, o)
	if err != nil {
		return nil, nil, err
	}
	if opened.exists {
		return nil, nil, domain.Errorf(domain.CodeInvalid, "The operation %q was done before. Make a new one.", o.OpID).In("op")
	}
	edits, _, err := w.s.plan(ctx, w.p, o, w.at)
	if err != nil || len(edits) == 0 {
		return nil, nil, err
	}
	opened.row.Changed = len(edits)
	batch := append(opened.stmts(w.p, len(edits)), hourStmts(w.p.ID, opened.row.Kind, w.at, edits, false)...)
	texts, err := labelStmts(w.p.ID, opened.row.ID, w.at, edits)
	return append(batch, texts...), edits, err
}

// commit writes all in one batch, with the counts after edits.
func (w *answering) commit(ctx context.Context, edits []edit, stmts ...Stmt) (domain.Operation, error) {
	batch, err := w.p.bump(talliedEdits(w.p.Counts, edits), w.p.assetSeq)
	if err != nil {
		return domain.Operation{}, err
	}
	if _, err := w.s.db.Batch(ctx, append(append(batch, w.closed()...), stmts...)); err != nil {
		return domain.Operation{}, fmt.Errorf("write answer: %w", err)
	}
	w.s.moved(w.p, edits)
	return w.told(ctx, 0)
}

// alone keeps the answer of who alone labels the image, or who is measured by it: then its label stays.
func (w *answering) alone(ctx context.Context) (domain.Operation, error) {
	if w.row.round == 0 {
		return w.commit(ctx, nil)
	}
	over := w.row.done > 0 && w.cur.version != w.row.version // somebody has changed the answer since
	if over || w.row.done == 0 && w.row.fresh == 1 && w.decided() {
		if w.row.done == 0 {
			w.version = w.cur.version
			if _, err := w.commit(ctx, nil); err != nil {
				return domain.Operation{}, err
			}
		}
		return w.told(ctx, 1)
	}
	stmts, edits, err := w.labels(ctx, LabelWrite{OpID: w.op, Kind: "label", Actor: w.actor}, w.label)
	if err != nil {
		return domain.Operation{}, err
	}
	w.version = w.cur.version
	if len(edits) > 0 {
		w.version = w.p.labelSeq + 1
	}
	return w.commit(ctx, edits, stmts...)
}

// vote keeps one of several answers. The one that makes them enough makes them the image's label, if they agree.
func (w *answering) vote(ctx context.Context) (domain.Operation, error) {
	others, err := w.votes(ctx)
	if err != nil {
		return domain.Operation{}, err
	}
	all := append(others, w.label)
	if w.row.done > 0 && int64(len(all)) >= w.row.wanted { // it is too late for another answer once somebody has decided
		if open, err := w.undecided(ctx); err != nil || !open {
			if err != nil {
				return domain.Operation{}, err
			}
			return w.told(ctx, 1)
		}
	}
	label, agreement, settled := w.count(all)
	base := w.cur.version
	var stmts []Stmt
	var edits []edit
	switch complete := int64(len(all)) >= w.row.wanted; {
	case complete && w.row.fresh == 1 && w.decided(): // labelled otherwise meanwhile
		base--
	case complete && settled:
		label.Actor = domain.ConsensusActor
		effort := w.effort
		w.effort = domain.Effort{} // it is the vote's
		stmts, edits, err = w.labels(ctx, LabelWrite{OpID: w.settling(), Kind: "bulk", Actor: domain.ConsensusActor}, label)
		w.effort = effort
		if err != nil {
			return domain.Operation{}, err
		}
		if len(edits) == 0 {
			base--
		}
	}
	return w.commit(ctx, edits, append(stmts, w.ballot(len(all), agreement, base))...)
}

// settling is the id of the operation by which the votes decide with this answer.
func (w *answering) settling() string { return w.op + "/votes" }

// votes are the answers of the others in this round.
func (w *answering) votes(ctx context.Context) ([]domain.Label, error) {
	texts, err := collect(ctx, w.s.db, scanString, "SELECT label FROM assignments WHERE project_id = ? AND asset_id = ? AND round = ? AND done_at > 0 AND holder <> ?",
		w.p.ID, w.row.asset, w.row.round, w.actor)
	if err != nil {
		return nil, fmt.Errorf("read votes: %w", err)
	}
	out := make([]domain.Label, 0, len(texts)+1)
	for _, text := range texts {
		l, err := decodeLabel(text, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// undecided tells whether the votes that are there have led to no label.
func (w *answering) undecided(ctx context.Context) (bool, error) {
	n, err := collect(ctx, w.s.db, scanInt, "SELECT COUNT(*) FROM ballots b JOIN assets a ON a.id = b.asset_id WHERE b.project_id = ? AND b.asset_id = ? AND NOT "+ballotDecided,
		w.p.ID, w.row.asset)
	if err != nil {
		return false, fmt.Errorf("read ballot: %w", err)
	}
	return n[0] > 0, nil
}

// ballotDecided is the condition of ballots b of assets a that have led to a label, or were overtaken by one.
const ballotDecided = `(a.version > b.base AND a.state IN ('labelled', 'skipped'))`

// ballot keeps how the votes stand.
func (w *answering) ballot(votes int, agreement float64, base int64) Stmt {
	return Stmt{
		`INSERT INTO ballots (project_id, asset_id, round, wanted, votes, agreement, base, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (project_id, asset_id) DO UPDATE SET round = excluded.round, wanted = excluded.wanted, votes = excluded.votes,
			agreement = excluded.agreement, base = excluded.base, at = excluded.at`,
		[]any{w.p.ID, w.row.asset, w.row.round, w.row.wanted, int64(votes), agreement, base, micros(w.at)},
	}
}
