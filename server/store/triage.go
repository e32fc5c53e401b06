package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/domain"
)

// keptMeasures are the measures of an image as columns; each is -1 where it was not measured.
type keptMeasures struct {
	Sharp    int `json:"sharp"`
	Light    int `json:"light"`
	Shade    int `json:"shade"`
	Contrast int `json:"contrast"`
}

func keep(m *domain.Measures) keptMeasures {
	if m == nil {
		return keptMeasures{-1, -1, -1, -1}
	}
	return keptMeasures{m.Sharpness, m.Light, m.Shade, m.Contrast}
}

func measured(m domain.Measures) *domain.Measures {
	if m.Sharpness < 0 {
		return nil
	}
	return &m
}

// Limits gives the limits of a project's issues that were set, or CodeNotFound.
func (s *Store) Limits(ctx context.Context, project string) (domain.Limits, error) {
	text, err := one(ctx, s.db, "project", project, scanString, "SELECT triage FROM projects WHERE id = ?", project)
	if err != nil || text == "" {
		return nil, err
	}
	var out domain.Limits
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("limits of project %s: %w", project, err)
	}
	return out, nil
}

// SetLimits keeps the limits of a project's issues, in place of those before. It counts as a write of the project, because other
// images have issues after it.
func (s *Store) SetLimits(ctx context.Context, project string, limits domain.Limits) error {
	if p := domain.CheckLimits(limits); p != nil {
		return p
	}
	text, err := jsonText(limits)
	if err != nil {
		return err
	}
	n, err := s.db.Exec(ctx, "UPDATE projects SET triage = ?, label_seq = label_seq + 1 WHERE id = ?", text, project)
	if err != nil {
		return fmt.Errorf("keep limits: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.CodeNotFound, "There is no project %q here. It may have been deleted.", project)
	}
	return nil
}

// issues adds that an asset has one of f.Issues.
func (w *where) issues(f spelled) error {
	some := &where{}
	for _, issue := range distinct(f.Issues) {
		limit := int64(f.limits.Of(issue))
		switch issue {
		case domain.IssueBlurred:
			some.add("(a.sharp >= 0 AND a.sharp < ?)", limit)
		case domain.IssueDark:
			some.add("(a.light >= 0 AND a.light < ?)", limit)
		case domain.IssueBright:
			some.add("a.shade >= ?", limit)
		case domain.IssueBlank:
			some.add("(a.contrast >= 0 AND a.contrast < ?)", limit)
		case domain.IssueTiny:
			some.add("a.width < ? OR a.height < ?", limit, limit)
		case domain.IssueNarrow: // whole numbers: the ratio is rounded down
			some.add("100 * a.width >= ? * a.height OR 100 * a.height >= ? * a.width", limit, limit)
		case domain.IssueDuplicate:
			text, err := jsonText(f.copies)
			if err != nil {
				return err
			}
			some.add("a.id IN (SELECT e.value FROM {strings})", text)
		}
	}
	w.add("("+strings.Join(some.sql, " OR ")+")", some.args...)
	return nil
}

// foundCopies are the images that have IssueDuplicate, as a project was at a label sequence and a limit.
type foundCopies struct {
	project string
	seq     int64
	limit   int
	ids     []string
}

// spellIssues reads what f.Issues need. The copies that were found last are kept: a list is read page by page.
func (s *Store) spellIssues(ctx context.Context, project string, f *spelled) error {
	p, err := s.project(ctx, project)
	if err != nil {
		return err
	}
	if f.limits, err = s.Limits(ctx, project); err != nil {
		return err
	}
	if !slices.Contains(f.Issues, domain.IssueDuplicate) {
		return nil
	}
	found := foundCopies{project: project, seq: p.labelSeq, limit: f.limits.Of(domain.IssueDuplicate)}
	s.mu.Lock()
	last := s.copies
	s.mu.Unlock()
	if last.project == found.project && last.seq == found.seq && last.limit == found.limit {
		f.copies = last.ids
		return nil
	}
	rows, err := s.TriageRows(ctx, project)
	if err != nil {
		return err
	}
	found.ids = []string{}
	for i, of := range Copies(rows, found.limit) {
		if of != i {
			found.ids = append(found.ids, rows[i].ID)
		}
	}
	s.mu.Lock()
	s.copies = found
	s.mu.Unlock()
	f.copies = found.ids
	return nil
}

// TriageRows gives all assets of a project as imported, with what issues are told by, State and CreatedAt; other fields are empty.
func (s *Store) TriageRows(ctx context.Context, project string) ([]domain.Asset, error) {
	rows, err := collect(ctx, s.db, func(r Rows) (a domain.Asset, err error) {
		var m domain.Measures
		var at int64
		err = r.Scan(&a.ID, &a.Width, &a.Height, &a.Bytes, &a.DHash, &at, &a.Label.State, &m.Sharpness, &m.Light, &m.Shade, &m.Contrast)
		a.CreatedAt, a.Measures = fromMicros(at), measured(m)
		return a, err
	}, "SELECT id, width, height, bytes, dhash, created_at, state, sharp, light, shade, contrast FROM assets WHERE project_id = ? ORDER BY seq", project)
	if err != nil {
		return nil, fmt.Errorf("read what images are like: %w", err)
	}
	return rows, nil
}

// RefusedImports gives the newest imports of a project that refused files, limit at most.
func (s *Store) RefusedImports(ctx context.Context, project string, limit int) ([]domain.RefusedImport, error) {
	rows, err := collect(ctx, s.db, func(r Rows) (v domain.RefusedImport, err error) {
		var at int64
		err = r.Scan(&v.Import, &at, &v.Files)
		v.At = fromMicros(at)
		return v, err
	}, "SELECT id, created_at, refused FROM imports WHERE project_id = ? AND refused > 0 AND finished = 1 ORDER BY created_at DESC, id LIMIT ?", project, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list imports that refused files: %w", err)
	}
	return rows, nil
}

// Copies gives for each of rows the one that it is a copy of, by difference hashes that differ by at most limit bits, or itself. Of
// what is alike an image that a person has labelled is rather kept, then the larger one, the sharper one, the one that takes more bytes,
// and the one that came first.
func Copies(rows []domain.Asset, limit int) (of []int) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	labelled := func(a domain.Asset) int { return int(flag(a.Label.State == domain.StateLabelled)) }
	sharp := func(a domain.Asset) int {
		v, _ := a.Measure(domain.IssueBlurred)
		return v
	}
	slices.SortFunc(order, func(i, k int) int {
		a, b := rows[i], rows[k]
		return cmp.Or(cmp.Compare(labelled(b), labelled(a)), cmp.Compare(b.Width*b.Height, a.Width*a.Height),
			cmp.Compare(sharp(b), sharp(a)), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(i, k))
	})
	hashes := make([]uint64, len(rows))
	for k, i := range order {
		hashes[k], _ = strconv.ParseUint(rows[i].DHash, 16, 64) // 0 says nothing, as a picture without texture
	}
	of = make([]int, len(rows))
	for k, leader := range vision.Copies(hashes, limit) {
		of[order[k]] = order[leader]
	}
	return of
}

// Unmeasured gives the first limit assets of a project, as imported, that were not measured, after the one of sequence number after
// (0 for all), and the sequence number of the last.
func (s *Store) Unmeasured(ctx context.Context, project string, after int64, limit int) (assets []domain.Asset, last int64, err error) {
	rows, err := collect(ctx, s.db, scanAsset, "SELECT "+assetColumns+` FROM assets a WHERE a.project_id = ? AND a.seq > ? AND a.sharp < 0
		ORDER BY a.seq LIMIT ?`, project, after, int64(limit))
	if err != nil {
		return nil, after, fmt.Errorf("find images that were not measured: %w", err)
	}
	for _, r := range rows {
		after = r.seq
	}
	return plain(rows), after, nil
}

// CountUnmeasured tells how many assets of a project were not measured.
func (s *Store) CountUnmeasured(ctx context.Context, project string) (int, error) {
	n, err := collect(ctx, s.db, scanInt, "SELECT COUNT(*) FROM assets WHERE project_id = ? AND sharp < 0", project)
	if err != nil {
		return 0, fmt.Errorf("count images that were not measured: %w", err)
	}
	return int(n[0]), nil
}

// SetMeasures keeps what was measured of assets of a project, by their ids.
func (s *Store) SetMeasures(ctx context.Context, project string, measures map[string]domain.Measures) error {
	type row struct {
		ID string `json:"id"`
		keptMeasures
	}
	rows := make([]row, 0, len(measures))
	for id, m := range measures {
		rows = append(rows, row{id, keep(&m)})
	}
	return s.update(ctx, project, func(p projectRow) error {
		batch, err := p.bump(p.Counts, p.assetSeq)
		if err != nil {
			return err
		}
		err = chunks(rows, rowsPerStmt, func(part []row) error {
			text, err := jsonText(part)
			batch = append(batch, Stmt{`UPDATE assets SET sharp = CAST(e.value->>'sharp' AS BIGINT), light = CAST(e.value->>'light' AS BIGINT),
				shade = CAST(e.value->>'shade' AS BIGINT), contrast = CAST(e.value->>'contrast' AS BIGINT),
				touched = (SELECT p.label_seq FROM projects p WHERE p.id = assets.project_id)
				FROM {each} WHERE assets.id = e.value->>'id' AND assets.project_id = ?`, []any{text, p.ID}})
			return err
		})
		if err != nil {
			return err
		}
		if _, err := s.db.Batch(ctx, batch); err != nil {
			return fmt.Errorf("keep what was measured: %w", err)
		}
		return nil
	})
}
