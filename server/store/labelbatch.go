package store

import (
	"time"

	"github.com/irum-app/irum/server/domain"
)

// rowsPerStmt is how many rows one JSON argument carries: some 300 KB, well under D1's limit of a statement's size.
const rowsPerStmt = 500

// editRow is an edit as the SQL below reads it out of JSON.
type editRow struct {
	ID        string  `json:"id"`
	Before    string  `json:"before"`
	After     string  `json:"after"`
	From      int64   `json:"from"`
	To        int64   `json:"to"`
	Actor     string  `json:"actor"`
	State     string  `json:"state"`
	Source    string  `json:"source"`
	Flag      string  `json:"flag"`
	Verdict   string  `json:"verdict"`
	Uncertain float64 `json:"uncertain"`
	Model     string  `json:"model"`
	Rev       int64   `json:"rev"`
	Seconds   float64 `json:"seconds"`
	Shown     string  `json:"suggestion"`
}

const insertEvents = `INSERT INTO label_events (op_id, asset_id, to_version, from_version, project_id, before, after, actor, at, seconds, suggestion)
	SELECT CAST(? AS TEXT), e.value->>'id', CAST(e.value->>'to' AS BIGINT), CAST(e.value->>'from' AS BIGINT), CAST(? AS TEXT),
	e.value->>'before', e.value->>'after', e.value->>'actor', CAST(? AS BIGINT),
	CAST(e.value->>'seconds' AS DOUBLE PRECISION), e.value->>'suggestion' FROM {each}`

const updateLabels = `UPDATE assets SET state = e.value->>'state', source = e.value->>'source',
	flag = e.value->>'flag', verdict = e.value->>'verdict', uncertain = CAST(e.value->>'uncertain' AS DOUBLE PRECISION), model_id = e.value->>'model',
	rev = CAST(e.value->>'rev' AS BIGINT), version = CAST(e.value->>'to' AS BIGINT), label = e.value->>'after',
	touched = (SELECT p.label_seq FROM projects p WHERE p.id = assets.project_id)
	FROM {each} WHERE assets.id = e.value->>'id'`

const dropClasses = "DELETE FROM label_classes WHERE asset_id IN (SELECT e.value FROM {strings})"

const insertClasses = `INSERT INTO label_classes (asset_id, class_id, project_id)
	SELECT e.value->>'a', e.value->>'c', CAST(? AS TEXT) FROM {each}`

// eventStmts keeps edits as the history of op.
func eventStmts(project, op string, at time.Time, edits []edit) ([]Stmt, error) {
	var out []Stmt
	err := chunks(edits, rowsPerStmt, func(part []edit) error {
		text, err := editText(part)
		out = append(out, Stmt{insertEvents, []any{op, project, micros(at), text}})
		return err
	})
	return out, err
}

// labelStmts makes the edits' new labels the current ones, and their history that of op.
func labelStmts(project, op string, at time.Time, edits []edit) ([]Stmt, error) {
	var out []Stmt
	err := chunks(edits, rowsPerStmt, func(part []edit) error {
		text, err := editText(part)
		if err != nil {
			return err
		}
		ids := make([]string, len(part))
		for i, e := range part {
			ids[i] = e.asset
		}
		idText, err := jsonText(ids)
		if err != nil {
			return err
		}
		out = append(out,
			Stmt{insertEvents, []any{op, project, micros(at), text}},
			Stmt{updateLabels, []any{text}},
			Stmt{dropClasses, []any{idText}})
		classes, err := classStmts(project, part)
		out = append(out, classes...)
		return err
	})
	return out, err
}

// classStmts lists the classes of the edits' new labels; there must be none listed of these assets.
func classStmts(project string, edits []edit) ([]Stmt, error) {
	type row struct {
		Asset string `json:"a"`
		Class string `json:"c"`
	}
	var rows []row
	for _, e := range edits {
		for _, class := range e.after.label.ClassIDs() {
			rows = append(rows, row{e.asset, class})
		}
	}
	var out []Stmt
	err := chunks(rows, 4*rowsPerStmt, func(part []row) error {
		text, err := jsonText(part)
		out = append(out, Stmt{insertClasses, []any{project, text}})
		return err
	})
	return out, err
}

func editText(edits []edit) (string, error) {
	rows := make([]editRow, len(edits))
	for i, e := range edits {
		before, err := encodeLabel(e.before.label)
		if err != nil {
			return "", err
		}
		after, err := encodeLabel(e.after.label)
		if err != nil {
			return "", err
		}
		l := e.after.label
		rows[i] = editRow{
			ID: e.asset, Before: before, After: after, From: e.before.version, To: e.after.version, Actor: l.Actor,
			State: string(l.State), Source: string(l.Source), Flag: string(l.Flag), Verdict: string(l.Verdict()), Uncertain: uncertain(l), Model: l.ModelID, Rev: l.Rev,
			Seconds: e.effort.Seconds, Shown: e.effort.Suggestion,
		}
	}
	return jsonText(rows)
}

// talliedEdits gives the counts after edits.
func talliedEdits(c domain.Counts, edits []edit) domain.Counts {
	c = cloneCounts(c)
	for _, e := range edits {
		tally(&c, e.before.label, -1)
		tally(&c, e.after.label, 1)
	}
	return c
}
