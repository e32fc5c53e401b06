package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

const assetColumns = `a.id, a.project_id, a.name, a.sha256, a.thumb_sha, a.format, a.width, a.height, a.orientation, a.bytes,
	a.dhash, a.split, a.created_at, a.rev, a.label, a.comments, a.open_threads, a.seq, a.fold, a.uncertain, a.version,
	a.sharp, a.light, a.shade, a.contrast`

// assetRow is an asset with what lists are ordered by.
type assetRow struct {
	domain.Asset
	seq       int64
	fold      string
	uncertain float64
	version   int64
}

func scanAsset(r Rows) (a assetRow, err error) {
	var at, rev int64
	var label string
	var m domain.Measures
	err = r.Scan(&a.ID, &a.ProjectID, &a.Name, &a.SHA256, &a.ThumbSHA, &a.Format, &a.Width, &a.Height, &a.Orientation, &a.Bytes,
		&a.DHash, &a.Split, &at, &rev, &label, &a.Comments, &a.OpenThreads, &a.seq, &a.fold, &a.uncertain, &a.version,
		&m.Sharpness, &m.Light, &m.Shade, &m.Contrast)
	if err != nil {
		return a, err
	}
	a.CreatedAt, a.Measures = fromMicros(at), measured(m)
	a.Label, err = decodeLabel(label, rev)
	return a, err
}

// fold is how names are compared: in lower case.
func fold(name string) string { return strings.ToLower(name) }

// AddAssets adds images to a project in one batch. The same bytes are never taken twice: where the project, or an earlier one
// of assets, has the SHA-256 already, the answer names that asset, untouched, whatever label came with it. Labels come in
// Asset.Label and form, or join, the operation of w, whose Changes are not read; empty ids are made. What is wrong with
// an asset is answered by CodeInvalid with the field assets[i], and nothing is added.
func (s *Store) AddAssets(ctx context.Context, project string, assets []domain.Asset, w LabelWrite) (AddResult, error) {
	assets = append([]domain.Asset(nil), assets...)
	for i := range assets {
		if err := cleanAsset(&assets[i]); err != nil {
			return AddResult{}, err.In(fmt.Sprintf("assets[%d]", i))
		}
	}
	var out AddResult
	err := s.update(ctx, project, func(p projectRow) (err error) {
		out, err = s.addAssets(ctx, p, assets, w)
		return err
	})
	if err != nil {
		return AddResult{}, err
	}
	return out, nil
}

func cleanAsset(a *domain.Asset) *domain.Problem {
	a.Name, a.Format, a.DHash, a.Split = clean(a.Name), clean(a.Format), clean(a.DHash), clean(a.Split)
	switch {
	case a.Name == "" || utf8.RuneCountInString(a.Name) > 2000:
		return domain.Errorf(domain.CodeInvalid, "An image needs a name of 1 to 2000 characters.")
	case !blob.Valid(a.SHA256):
		return domain.Errorf(domain.CodeInvalid, "The image %q has no SHA-256: %q.", a.Name, a.SHA256)
	case a.ThumbSHA != "" && !blob.Valid(a.ThumbSHA):
		return domain.Errorf(domain.CodeInvalid, "The thumbnail of %q has no SHA-256: %q.", a.Name, a.ThumbSHA)
	case a.Width <= 0 || a.Height <= 0 || a.Bytes < 0:
		return domain.Errorf(domain.CodeInvalid, "The image %q has no size: %d by %d pixels, %d bytes.", a.Name, a.Width, a.Height, a.Bytes)
	case len(a.ID) > 100 || a.ID != clean(a.ID):
		return domain.Errorf(domain.CodeInvalid, "The id of the image %q is not text of at most 100 bytes.", a.Name)
	}
	return nil
}

// assetAdd is what one AddAssets is about to write.
type assetAdd struct {
	result AddResult
	fresh  []assetRow
	edits  []edit // of the fresh ones that have a label
	counts domain.Counts
}

func (s *Store) addAssets(ctx context.Context, p projectRow, assets []domain.Asset, w LabelWrite) (AddResult, error) {
	add, err := s.planAssets(ctx, p, assets, w.Actor)
	if err != nil || add.result.Added == 0 {
		return add.result, err
	}
	batch, err := p.bump(add.counts, p.assetSeq+int64(len(add.fresh)))
	if err != nil {
		return AddResult{}, err
	}
	inserts, err := insertAssets(add.fresh, p.labelSeq+1)
	if err != nil {
		return AddResult{}, err
	}
	batch = append(batch, inserts...)
	if len(add.edits) > 0 {
		o, err := s.openOperation(ctx, p, w)
		if err != nil {
			return AddResult{}, err
		}
		o.row.Changed += len(add.edits)
		events, err := eventStmts(p.ID, o.row.ID, o.at, add.edits)
		if err != nil {
			return AddResult{}, err
		}
		classes, err := classStmts(p.ID, add.edits)
		if err != nil {
			return AddResult{}, err
		}
		batch = append(append(append(batch, o.stmts(p, len(add.edits))...), events...), classes...)
	}
	if _, err := s.db.Batch(ctx, batch); err != nil {
		return AddResult{}, fmt.Errorf("add assets: %w", err)
	}
	s.moved(p, add.edits)
	return add.result, nil
}

func (s *Store) planAssets(ctx context.Context, p projectRow, assets []domain.Asset, actor string) (assetAdd, error) {
	now := s.now()
	shas := make([]string, len(assets))
	for i, a := range assets {
		shas[i] = a.SHA256
	}
	known, err := s.AssetsBySHA(ctx, p.ID, shas)
	if err != nil {
		return assetAdd{}, err
	}
	add := assetAdd{
		result: AddResult{Assets: make([]domain.Asset, len(assets)), New: make([]bool, len(assets))},
		counts: cloneCounts(p.Counts),
	}
	for i, a := range assets {
		if old, ok := known[a.SHA256]; ok {
			add.result.Assets[i] = old
			continue
		}
		row, problem := p.freshAsset(a, p.assetSeq+int64(len(add.fresh))+1, now, actor)
		if problem != nil {
			return assetAdd{}, problem.In(fmt.Sprintf("assets[%d].label", i))
		}
		if row.Label.Rev > 0 {
			add.edits = append(add.edits, edit{
				asset:  row.ID,
				before: versioned{domain.Label{State: domain.StateUnlabelled}, 0},
				after:  versioned{row.Label, p.labelSeq + 1},
			})
		}
		tally(&add.counts, row.Label, 1)
		known[a.SHA256] = row.Asset
		add.fresh = append(add.fresh, row)
		add.result.Assets[i], add.result.New[i] = row.Asset, true
		add.result.Added++
	}
	return add, nil
}

func (p projectRow) freshAsset(a domain.Asset, seq int64, now time.Time, actor string) (assetRow, *domain.Problem) {
	if a.ID == "" {
		a.ID = NewID()
	}
	if a.Label.Actor == "" {
		a.Label.Actor = actor
	}
	label, problem := p.normal(a.Label, a.Width, a.Height)
	if problem != nil {
		return assetRow{}, problem
	}
	if label.State == domain.StateUnlabelled {
		label = domain.Label{State: domain.StateUnlabelled}
	} else {
		label.Rev, label.UpdatedAt = 1, now
	}
	if a.Orientation < 1 || a.Orientation > 8 {
		a.Orientation = 1
	}
	a.ProjectID, a.CreatedAt, a.Label = p.ID, now, label
	return assetRow{Asset: a, seq: seq, fold: fold(a.Name), uncertain: uncertain(label)}, nil
}

const insertAsset = `INSERT INTO assets (id, project_id, seq, name, fold, sha256, thumb_sha, format, width, height, orientation, bytes,
	dhash, split, created_at, state, source, flag, verdict, uncertain, model_id, rev, version, label, touched, sharp, light, shade, contrast)
	SELECT e.value->>'id', e.value->>'project_id', CAST(e.value->>'seq' AS BIGINT), e.value->>'name', e.value->>'fold',
	e.value->>'sha256', e.value->>'thumb', e.value->>'format', CAST(e.value->>'width' AS BIGINT), CAST(e.value->>'height' AS BIGINT),
	CAST(e.value->>'orientation' AS BIGINT), CAST(e.value->>'bytes' AS BIGINT), e.value->>'dhash', e.value->>'split',
	CAST(e.value->>'at' AS BIGINT), e.value->>'state', e.value->>'source',
	e.value->>'flag', e.value->>'verdict', CAST(e.value->>'uncertain' AS DOUBLE PRECISION),
	e.value->>'model', CAST(e.value->>'rev' AS BIGINT), CAST(e.value->>'version' AS BIGINT), e.value->>'label',
	(SELECT p.label_seq FROM projects p WHERE p.id = e.value->>'project_id'), CAST(e.value->>'sharp' AS BIGINT), CAST(e.value->>'light' AS BIGINT),
	CAST(e.value->>'shade' AS BIGINT), CAST(e.value->>'contrast' AS BIGINT) FROM {each}`

// insertRow is an asset as insertAsset reads it out of JSON.
type insertRow struct {
	ID          string  `json:"id"`
	ProjectID   string  `json:"project_id"`
	Seq         int64   `json:"seq"`
	Name        string  `json:"name"`
	Fold        string  `json:"fold"`
	SHA256      string  `json:"sha256"`
	Thumb       string  `json:"thumb"`
	Format      string  `json:"format"`
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	Orientation int     `json:"orientation"`
	Bytes       int64   `json:"bytes"`
	DHash       string  `json:"dhash"`
	Split       string  `json:"split"`
	At          int64   `json:"at"`
	State       string  `json:"state"`
	Source      string  `json:"source"`
	Flag        string  `json:"flag"`
	Verdict     string  `json:"verdict"`
	Uncertain   float64 `json:"uncertain"`
	Model       string  `json:"model"`
	Rev         int64   `json:"rev"`
	Version     int64   `json:"version"`
	Label       string  `json:"label"`
	keptMeasures
}

func insertAssets(fresh []assetRow, version int64) ([]Stmt, error) {
	var out []Stmt
	err := chunks(fresh, rowsPerStmt, func(part []assetRow) error {
		rows := make([]insertRow, len(part))
		for i, a := range part {
			label, err := encodeLabel(a.Label)
			if err != nil {
				return err
			}
			rows[i] = insertRow{
				ID: a.ID, ProjectID: a.ProjectID, Seq: a.seq, Name: a.Name, Fold: a.fold, SHA256: a.SHA256, Thumb: a.ThumbSHA,
				Format: a.Format, Width: a.Width, Height: a.Height, Orientation: a.Orientation, Bytes: a.Bytes, DHash: a.DHash,
				Split: a.Split, At: micros(a.CreatedAt), State: string(a.Label.State), Source: string(a.Label.Source), Flag: string(a.Label.Flag), Verdict: string(a.Label.Verdict()),
				Uncertain: a.uncertain, Model: a.Label.ModelID, Rev: a.Label.Rev, Label: label, keptMeasures: keep(a.Measures),
			}
			if a.Label.Rev > 0 {
				rows[i].Version = version
			}
		}
		text, err := jsonText(rows)
		out = append(out, Stmt{insertAsset, []any{text}})
		return err
	})
	return out, err
}
