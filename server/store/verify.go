//go:build !js

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Finding is one thing in the database that is not as this package keeps it.
type Finding struct {
	Kind   string // reference, label, classes, comments, counts, balance, audit, row
	Object string // table and id
	Detail string
}

// maxFindings is how many of one kind are told by name.
const maxFindings = 20

// references are the columns that name rows of other tables.
var references = []struct{ table, column, of, as string }{
	{"projects", "workspace_id", "workspaces", "id"},
	{"assets", "project_id", "projects", "id"},
	{"trash", "project_id", "projects", "id"},
	{"label_classes", "asset_id", "assets", "id"},
	{"label_events", "project_id", "projects", "id"},
	{"label_events", "op_id", "operations", "id"},
	{"label_hours", "project_id", "projects", "id"},
	{"operations", "project_id", "projects", "id"},
	{"deletions", "op_id", "operations", "id"},
	{"comments", "project_id", "projects", "id"},
	{"saved_filters", "project_id", "projects", "id"},
	{"retained", "project_id", "projects", "id"},
	{"exports", "project_id", "projects", "id"},
	{"models", "project_id", "projects", "id"},
	{"clusterings", "project_id", "projects", "id"},
	{"maps", "project_id", "projects", "id"},
	{"imports", "project_id", "projects", "id"},
	{"import_lines", "import_id", "imports", "id"},
	{"assignments", "project_id", "projects", "id"},
	{"ballots", "project_id", "projects", "id"},
	{"spot_checks", "project_id", "projects", "id"},
	{"picks", "project_id", "projects", "id"},
	{"members", "workspace_id", "workspaces", "id"},
	{"members", "user_id", "users", "id"},
	{"invitations", "workspace_id", "workspaces", "id"},
	{"sessions", "user_id", "users", "id"},
	{"tokens", "user_id", "users", "id"},
	{"balances", "workspace_id", "workspaces", "id"},
	{"trials", "workspace_id", "workspaces", "id"},
}

// Verify looks at every row whether it is as this package keeps it, and tells what is not: references, labels beside the columns
// that repeat them, counts, ledgers, and the audit log. It changes nothing. Nobody may write meanwhile: give it a copy.
func (s *Store) Verify(ctx context.Context, tell func(Finding)) error {
	steps := []func(context.Context, func(Finding)) error{s.verifyReferences, s.verifyLedgers, s.verifyAuditLog, s.verifyComments}
	for _, step := range steps {
		if err := step(ctx, tell); err != nil {
			return err
		}
	}
	projects, err := collect(ctx, s.db, scanProject, "SELECT "+projectColumns+" FROM projects ORDER BY id")
	if err != nil {
		tell(Finding{"row", "projects", err.Error()})
		return nil
	}
	for _, p := range projects {
		if err := s.verifyProject(ctx, p, tell); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) verifyReferences(ctx context.Context, tell func(Finding)) error {
	for _, r := range references {
		lost, err := collect(ctx, s.db, scanString, fmt.Sprintf("SELECT DISTINCT t.%[2]s FROM %[1]s t WHERE NOT EXISTS (SELECT 1 FROM %[3]s o WHERE o.%[4]s = t.%[2]s) ORDER BY 1 LIMIT %[5]d",
			r.table, r.column, r.of, r.as, maxFindings))
		if err != nil {
			return fmt.Errorf("follow %s.%s: %w", r.table, r.column, err)
		}
		for _, id := range lost {
			tell(Finding{"reference", r.table + "." + r.column, fmt.Sprintf("names %q, which is not in %s", id, r.of)})
		}
	}
	for _, table := range []string{"label_events", "comments"} {
		lost, err := collect(ctx, s.db, scanString, fmt.Sprintf(`SELECT DISTINCT t.asset_id FROM %s t WHERE NOT EXISTS (SELECT 1 FROM assets a WHERE a.id = t.asset_id)
			AND NOT EXISTS (SELECT 1 FROM trash a WHERE a.id = t.asset_id) ORDER BY 1 LIMIT %d`, table, maxFindings))
		if err != nil {
			return fmt.Errorf("follow %s.asset_id: %w", table, err)
		}
		for _, id := range lost {
			tell(Finding{"reference", table + ".asset_id", fmt.Sprintf("names %q, which is neither in assets nor in trash", id)})
		}
	}
	return nil
}

func (s *Store) verifyLedgers(ctx context.Context, tell func(Finding)) error {
	wrong, err := collect(ctx, s.db, scanString, `SELECT b.workspace_id FROM balances b
		WHERE b.n <> (SELECT COALESCE(SUM(c.amount), 0) FROM credits c WHERE c.workspace_id = b.workspace_id) ORDER BY 1`)
	if err != nil {
		return fmt.Errorf("add the ledgers up: %w", err)
	}
	for _, id := range wrong {
		tell(Finding{"balance", "balances " + id, "is not the sum of the ledger's entries"})
	}
	return nil
}

func (s *Store) verifyAuditLog(ctx context.Context, tell func(Finding)) error {
	found, err := s.VerifyAudit(ctx)
	if err == nil && found.Broken > 0 {
		tell(Finding{"audit", fmt.Sprintf("audit %d", found.Broken), "is not what was written: it, or an entry before it, was changed or taken out"})
	}
	return err
}

func (s *Store) verifyComments(ctx context.Context, tell func(Finding)) error {
	wrong, err := collect(ctx, s.db, scanString, `SELECT a.id FROM assets a WHERE
		a.comments <> (SELECT COUNT(*) FROM comments c WHERE c.project_id = a.project_id AND c.asset_id = a.id) OR
		a.open_threads <> (SELECT COUNT(*) FROM comments c WHERE c.project_id = a.project_id AND c.asset_id = a.id AND c.thread = c.id AND c.resolved_at = 0)
		ORDER BY 1 LIMIT 20`)
	if err != nil {
		return fmt.Errorf("count comments: %w", err)
	}
	for _, id := range wrong {
		tell(Finding{"comments", "assets " + id, "has another number of comments or open threads than is kept"})
	}
	return nil
}

func (s *Store) verifyProject(ctx context.Context, p projectRow, tell func(Finding)) error {
	object := "projects " + p.ID
	counts, err := s.recount(ctx, p.ID)
	if err != nil {
		return fmt.Errorf("recount %s: %w", p.ID, err)
	}
	texts, err := jsonTexts(p.Counts, counts)
	if err != nil {
		return err
	}
	if texts[0] != texts[1] {
		tell(Finding{"counts", object, "keeps the counts " + texts[0] + ", counted are " + texts[1]})
	}
	for what, read := range map[string]func() error{
		"exports":     func() error { _, err := s.Exports(ctx, p.ID); return err },
		"models":      func() error { _, err := s.Models(ctx, p.ID); return err },
		"clusterings": func() error { _, err := s.Clusterings(ctx, p.ID); return err },
		"jobs":        func() error { _, err := s.Jobs(ctx, p.ID); return err },
		"filters":     func() error { _, err := s.SavedFilters(ctx, p.ID); return err },
	} {
		if err := read(); err != nil {
			tell(Finding{"row", what + " of " + object, err.Error()})
		}
	}
	return s.verifyLabels(ctx, p, tell)
}

// keptLabel is an asset's label with the columns that repeat it.
type keptLabel struct {
	id, state, source, flag, verdict, model, label string
	seq, rev                                       int64
	uncertain                                      float64
}

// verifyLabels compares the labels of a project with the columns and rows that repeat what they say.
func (s *Store) verifyLabels(ctx context.Context, p projectRow, tell func(Finding)) error {
	for after, told := int64(-1), 0; ; {
		rows, err := collect(ctx, s.db, func(r Rows) (v keptLabel, err error) {
			err = r.Scan(&v.id, &v.seq, &v.state, &v.source, &v.flag, &v.verdict, &v.uncertain, &v.model, &v.rev, &v.label)
			return v, err
		}, `SELECT id, seq, state, source, flag, verdict, uncertain, model_id, rev, label FROM assets
			WHERE project_id = ? AND seq > ? ORDER BY seq LIMIT 2000`, p.ID, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].seq
		classes, err := s.listedClasses(ctx, rows)
		if err != nil {
			return err
		}
		for _, v := range rows {
			kind, detail := v.check(p, classes[v.id])
			if kind != "" && told < maxFindings {
				told++
				tell(Finding{kind, "assets " + v.id, detail})
			}
		}
	}
}

func (s *Store) listedClasses(ctx context.Context, rows []keptLabel) (map[string][]string, error) {
	ids := make([]string, len(rows))
	for i, v := range rows {
		ids[i] = v.id
	}
	text, err := jsonText(ids)
	if err != nil {
		return nil, err
	}
	type pair struct{ asset, class string }
	list, err := collect(ctx, s.db, func(r Rows) (v pair, err error) {
		err = r.Scan(&v.asset, &v.class)
		return v, err
	}, "SELECT asset_id, class_id FROM label_classes WHERE asset_id IN (SELECT e.value FROM {strings})", text)
	out := make(map[string][]string, len(rows))
	for _, v := range list {
		out[v.asset] = append(out[v.asset], v.class)
	}
	return out, err
}

// check tells what is wrong with a label; an empty kind where nothing is.
func (v keptLabel) check(p projectRow, listed []string) (kind, detail string) {
	l, err := decodeLabel(v.label, v.rev)
	if err != nil {
		return "label", err.Error()
	}
	if string(l.State) != v.state || string(l.Source) != v.source || string(l.Flag) != v.flag || string(l.Verdict()) != v.verdict ||
		l.ModelID != v.model || v.label != "" && uncertain(l) != v.uncertain {
		return "label", "is another than the columns beside it say"
	}
	held := l.ClassIDs()
	for _, id := range held {
		if !p.hasClass(id) {
			return "label", fmt.Sprintf("holds the class %q, which its project has not", id)
		}
	}
	slices.Sort(held)
	slices.Sort(listed)
	if !slices.Equal(held, listed) {
		return "classes", fmt.Sprintf("holds the classes %q, listed are %q", held, listed)
	}
	return "", ""
}

// NamedBy tells which rows name a blob.
func (s *Store) NamedBy(ctx context.Context, sha string) ([]string, error) {
	var out []string
	for _, c := range blobColumns {
		column := "id"
		if c.table == "retained" {
			column = "project_id"
		}
		ids, err := collect(ctx, s.db, scanString, fmt.Sprintf("SELECT %s FROM %s WHERE %s = ? ORDER BY 1 LIMIT 5", column, c.table, c.column), sha)
		if err != nil {
			return nil, fmt.Errorf("find who names a blob: %w", err)
		}
		for _, id := range ids {
			out = append(out, c.table+" "+id)
		}
	}
	return out, nil
}

// contents are the tables that Digest sums up, with the order of their rows. What comes and goes with use (sessions, keys of
// requests) is left out.
var contents = []struct{ table, order string }{
	{"projects", "id"},
	{"assets", "id"},
	{"trash", "id"},
	{"label_classes", "asset_id, class_id"},
	{"label_events", "op_id, asset_id, to_version"},
	{"operations", "id"},
	{"comments", "project_id, id"},
	{"saved_filters", "project_id, id"},
	{"exports", "id"},
	{"models", "id"},
	{"clusterings", "id"},
	{"maps", "project_id"},
	{"credits", "id"},
	{"trials", "workspace_id"},
	{"audit", "seq"},
	{"users", "id"},
	{"members", "workspace_id, user_id"},
	{"workspaces", "id"},
}

// TableDigest is what a table holds: the number of its rows, and a SHA-256 over all of them.
type TableDigest struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Digest sums up what the tables of people's work hold, so that two databases can be compared.
func (s *Store) Digest(ctx context.Context) (map[string]TableDigest, error) {
	out := map[string]TableDigest{}
	for _, c := range contents {
		d, err := s.digestTable(ctx, c.table, c.order)
		if err != nil {
			return nil, fmt.Errorf("sum up %s: %w", c.table, err)
		}
		out[c.table] = d
	}
	return out, nil
}

func (s *Store) digestTable(ctx context.Context, table, order string) (d TableDigest, err error) {
	rows, err := s.db.Query(ctx, "SELECT * FROM "+table+" ORDER BY "+order)
	if err != nil {
		return d, err
	}
	defer func() { _ = rows.Close() }()
	named, ok := rows.(interface{ Columns() ([]string, error) })
	if !ok {
		return d, domain.Errorf(domain.CodeUnsupported, "This database does not tell the names of columns.")
	}
	columns, err := named.Columns()
	if err != nil {
		return d, err
	}
	h := sha256.New()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return d, err
		}
		for _, v := range values {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			_, _ = fmt.Fprintf(h, "%T %d %v\n", v, len(fmt.Sprint(v)), v)
		}
		d.Rows++
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d, rows.Err()
}
