//go:build !js

package store

import (
	"context"
	"fmt"
	"hash/fnv"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// autoBatch is how many images come into a queue that has run dry, at a time.
const autoBatch = 500

// Lease asks for work in the queue of a project.
type Lease struct {
	Actor     string
	N         int       // images that the person is to hold, those they hold already among them
	GoldShare float64   // of those that are new, how many are gold on average, where there is any that they have not seen
	Until     time.Time // when what is held may be given to others
	Auto      bool      // images without a label come into the queue when it runs dry
	Labellers int       // of such an image
}

// free is the condition of assignments t of assets a that nobody has at a time (its argument), and that are still to be done.
const free = `t.round > 0 AND t.done_at = 0 AND t.expires_at <= ? AND (t.fresh = 0 OR a.state = 'unlabelled')`

// takeAssignments gives a person the first free rows: of each image one, and none of an image that they have, or had, in the same
// round. It is one statement, so that nobody gets what another one gets; on Postgres rows that are just being given away are passed.
const takeAssignments = `WITH pick AS (SELECT t.id FROM assignments t JOIN assets a ON a.id = t.asset_id
	WHERE t.project_id = ? AND t.assignee = ? AND ` + free + `
	AND NOT EXISTS (SELECT 1 FROM assignments o WHERE o.asset_id = t.asset_id AND o.round = t.round AND o.project_id = t.project_id AND (o.holder = ?
		OR o.assignee = t.assignee AND o.done_at = 0 AND o.expires_at <= ? AND o.id < t.id))
	ORDER BY t.rank, t.seq, t.id LIMIT ? {skiplocked})
	UPDATE assignments SET holder = ?, taken_at = ?, expires_at = ? WHERE id IN (SELECT pick.id FROM pick)`

// drawGold gives a person gold images that they have not seen in this queue.
const drawGold = `INSERT INTO assignments (id, project_id, asset_id, round, wanted, assignee, rank, seq, fresh, holder, taken_at, expires_at, done_at, version, op_id, label)
	SELECT g.asset_id || '/gold/' || CAST(? AS TEXT), g.project_id, g.asset_id, 0, 1, '', 0, a.seq, 0, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), 0, 0, '', ''
	FROM gold g JOIN assets a ON a.id = g.asset_id WHERE g.project_id = ? AND a.state = 'labelled'
	AND NOT EXISTS (SELECT 1 FROM assignments o WHERE o.project_id = g.project_id AND o.asset_id = g.asset_id AND o.holder = ?)
	ORDER BY random() LIMIT ? ON CONFLICT DO NOTHING`

// Lease renews what a person holds and gives them more, up to l.N images, first what is assigned to them. The answer is all that
// they hold, as if nobody had labelled it. No two people hold the same image at a time, unless several are to label it.
func (s *Store) Lease(ctx context.Context, project string, l Lease) ([]domain.QueueItem, error) {
	now, until := micros(s.now()), micros(l.Until)
	held, err := s.db.Exec(ctx, `UPDATE assignments SET expires_at = ? WHERE project_id = ? AND holder = ? AND done_at = 0
		AND EXISTS (SELECT 1 FROM assets a WHERE a.id = asset_id AND (fresh = 0 OR a.state = 'unlabelled'))`, until, project, l.Actor)
	if err != nil {
		return nil, fmt.Errorf("renew leases: %w", err)
	}
	missing := int64(l.N) - held
	gold := int64(0)
	for range missing { // each by itself, so that no rhythm tells which it is
		if mathrand.Float64() < l.GoldShare {
			gold++
		}
	}
	if gold > 0 {
		n, err := s.db.Exec(ctx, drawGold, l.Actor, l.Actor, now, until, project, l.Actor, gold)
		if err != nil {
			return nil, fmt.Errorf("draw gold images: %w", err)
		}
		missing -= n
	}
	if missing, err = s.take(ctx, project, l, now, missing); err != nil {
		return nil, err
	}
	if missing > 0 {
		grown, err := s.refill(ctx, project, l)
		if err != nil {
			return nil, err
		}
		if grown {
			if _, err := s.take(ctx, project, l, now, missing); err != nil {
				return nil, err
			}
		}
	}
	return s.heldBy(ctx, project, l.Actor, now)
}

// take gives up to missing rows to who asks and tells how many are missing still.
func (s *Store) take(ctx context.Context, project string, l Lease, now, missing int64) (int64, error) {
	for _, assignee := range []string{l.Actor, ""} {
		if missing <= 0 {
			return 0, nil
		}
		n, err := s.db.Exec(ctx, takeAssignments, project, assignee, now, l.Actor, now, missing, l.Actor, now, micros(l.Until))
		if err != nil && !takenTwice(err) {
			return missing, fmt.Errorf("take assignments: %w", err)
		}
		missing -= n
	}
	return missing, nil
}

// takenTwice tells that one person has asked twice at the same time, and got what they have.
func takenTwice(err error) bool {
	return strings.Contains(err.Error(), "assignments_once") || strings.Contains(err.Error(), "assignments.holder")
}

// refill opens again what was answered and whose answer was taken back elsewhere, and where l says so lets the next images without a label in.
func (s *Store) refill(ctx context.Context, project string, l Lease) (grown bool, err error) {
	p, err := s.project(ctx, project)
	if err != nil || p.Counts.Unlabelled == 0 {
		return false, err
	}
	n, err := s.db.Exec(ctx, `UPDATE assignments SET holder = '', taken_at = 0, expires_at = 0, done_at = 0, version = 0, op_id = '', label = ''
		WHERE project_id = ? AND version > 0 AND EXISTS (SELECT 1 FROM assets a WHERE a.id = asset_id AND a.state = 'unlabelled' AND a.version < assignments.version)`, project)
	if err != nil {
		return false, fmt.Errorf("open assignments again: %w", err)
	}
	if !l.Auto {
		return n > 0, nil
	}
	slots, err := slotText(l.Labellers)
	if err != nil {
		return false, err
	}
	more, err := s.db.Exec(ctx, `INSERT INTO assignments (id, project_id, asset_id, round, wanted, assignee, rank, seq, fresh, holder, taken_at, expires_at, done_at, version, op_id, label)
		SELECT a.id || '/1/' || e.value, CAST(? AS TEXT), a.id, 1, CAST(? AS BIGINT), '', 0, a.seq, 1, '', 0, 0, 0, 0, '', ''
		FROM (SELECT id, seq FROM assets WHERE project_id = ? AND state = 'unlabelled' AND NOT EXISTS
			(SELECT 1 FROM assignments o WHERE o.asset_id = assets.id AND o.round > 0) ORDER BY seq LIMIT ?) a, {strings} WHERE 1 = 1 ON CONFLICT DO NOTHING`,
		project, int64(l.Labellers), project, int64(autoBatch), slots)
	if err != nil {
		return false, fmt.Errorf("fill the queue: %w", err)
	}
	return n+more > 0, nil
}

// slotText is a JSON list of the numbers of n rows of one image.
func slotText(n int) (string, error) {
	slots := make([]string, n)
	for i := range slots {
		slots[i] = fmt.Sprint(i)
	}
	return jsonText(slots)
}

// heldBy lists what a person holds. What came at the same time comes in an order that tells nothing of where it is from.
func (s *Store) heldBy(ctx context.Context, project, actor string, now int64) ([]domain.QueueItem, error) {
	type row struct {
		id, asset    string
		taken, until int64
		order        uint64
	}
	scan := func(r Rows) (v row, err error) {
		err = r.Scan(&v.id, &v.asset, &v.taken, &v.until)
		h := fnv.New64a()
		_, _ = h.Write([]byte(v.id)) // never fails
		v.order = h.Sum64()
		return v, err
	}
	rows, err := collect(ctx, s.db, scan, "SELECT id, asset_id, taken_at, expires_at FROM assignments WHERE project_id = ? AND holder = ? AND done_at = 0 AND expires_at > ?", project, actor, now)
	if err != nil {
		return nil, fmt.Errorf("list leases: %w", err)
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.taken != b.taken {
			return int(a.taken - b.taken)
		}
		if a.order < b.order {
			return -1
		}
		return 1
	})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.asset
	}
	assets, err := s.assetsByID(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	out := []domain.QueueItem{}
	for _, r := range rows {
		a, there := assets[r.asset]
		if twice := slices.ContainsFunc(out, func(i domain.QueueItem) bool { return i.Asset.ID == r.asset }); there && !twice {
			out = append(out, domain.QueueItem{Asset: unseen(a, domain.Label{State: domain.StateUnlabelled}), Until: fromMicros(r.until)})
		}
	}
	return out, nil
}

// unseen is a as somebody sees it who labels it without a look at what others did: with their own label.
func unseen(a domain.Asset, own domain.Label) domain.Asset {
	own.Rev = 0
	a.Label, a.Comments, a.OpenThreads, a.Split, a.CreatedAt = own, 0, 0, "", time.Time{}
	return a
}

// Release gives back what a person holds and has not answered.
func (s *Store) Release(ctx context.Context, project, actor string) error {
	_, err := s.db.Batch(ctx, []Stmt{
		{"DELETE FROM assignments WHERE project_id = ? AND holder = ? AND done_at = 0 AND round = 0", []any{project, actor}},
		{"UPDATE assignments SET holder = '', taken_at = 0, expires_at = 0 WHERE project_id = ? AND holder = ? AND done_at = 0", []any{project, actor}},
	})
	if err != nil {
		return fmt.Errorf("release leases: %w", err)
	}
	return nil
}

// AnsweredBy counts the answers that a person has given in the queue of a project.
func (s *Store) AnsweredBy(ctx context.Context, project, actor string) (int, error) {
	n, err := collect(ctx, s.db, scanInt, "SELECT COUNT(*) FROM assignments WHERE project_id = ? AND holder = ? AND done_at > 0", project, actor)
	if err != nil {
		return 0, fmt.Errorf("count answers: %w", err)
	}
	return int(n[0]), nil
}

// Compared tells whether what a person answers in the queue of a project may be compared with what others say: they hold an image that
// several label, or may be given gold.
func (s *Store) Compared(ctx context.Context, project, actor string, gold bool) (bool, error) {
	n, err := collect(ctx, s.db, scanInt, `SELECT CASE WHEN EXISTS (SELECT 1 FROM assignments WHERE project_id = ? AND holder = ? AND done_at = 0 AND (wanted > 1 OR round = 0))
		OR ? > 0 AND EXISTS (SELECT 1 FROM gold WHERE project_id = ?) THEN 1 ELSE 0 END`, project, actor, flag(gold), project)
	if err != nil {
		return false, fmt.Errorf("look at leases: %w", err)
	}
	return n[0] > 0, nil
}
