package store_test

import (
	"cmp"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

const (
	scaleDaily   = 12_000 // assets in daily work; IRUM_SCALE asks for more
	scaleClasses = 20
	scaleLimit   = 100 * time.Millisecond // of the 95th percentile of a list's page with its total
)

// TestListsStayFastAtScale makes a project of many images (IRUM_SCALE) and asks for every filter and order that the gallery
// has, first pages and pages deep inside, each with its total. It prints the slowest, and fails when totals or pages are not
// what plain counting gives and, where IRUM_SCALE asks for it, when the 95th percentile of any filter is beyond the limit.
// IRUM_SCALE_DIR and IRUM_SCALE_DB (a DSN of Postgres) name where the data stays for the next run.
func TestListsStayFastAtScale(t *testing.T) {
	n := scaleDaily
	if text := os.Getenv("IRUM_SCALE"); text != "" {
		n = must[int](t)(strconv.Atoi(text))
	}
	t.Run("sqlite", func(t *testing.T) {
		dir := cmp.Or(os.Getenv("IRUM_SCALE_DIR"), t.TempDir())
		path := filepath.Join(dir, "irum.db")
		s := storetest.OpenSQLite(t, path)
		db := must[*sql.DB](t)(sql.Open("sqlite", store.SQLiteDSN(path)))
		defer func() { ok(t, db.Close()) }()
		listAtScale(t, s, db, n, sqliteScale)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := os.Getenv("IRUM_SCALE_DB")
		if dsn == "" {
			dsn = storetest.Postgres(t)
		}
		s := storetest.OpenPostgresAt(t, dsn)
		db := must[*sql.DB](t)(sql.Open("pgx", dsn))
		defer func() { ok(t, db.Close()) }()
		listAtScale(t, s, db, n, postgresScale)
	})
}

// scaleSQL is how a database makes rows out of numbers.
type scaleSQL struct {
	series, id, sha, name, bind string
	after                       string // once the rows are there
}

var (
	sqliteScale = scaleSQL{
		series: "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d)",
		id:     "printf('%026d', i)", sha: "lower(hex(randomblob(32)))",
		name: "printf('class%02d/%03d/IMG_%07d.jpg', k, h % 500, i)", bind: "?", after: "PRAGMA optimize",
	}
	postgresScale = scaleSQL{
		series: "WITH s AS (SELECT i FROM generate_series(1, %d) AS i)",
		id:     "lpad(CAST(i AS TEXT), 26, '0')", sha: "md5(CAST(i AS TEXT)) || md5('x' || i)",
		name: "format('class%s/%s/IMG_%s.jpg', lpad(CAST(k AS TEXT), 2, '0'), lpad(CAST(h % 500 AS TEXT), 3, '0'), lpad(CAST(i AS TEXT), 7, '0'))",
		bind: "$1", after: "VACUUM ANALYZE",
	}
)

// fill makes n assets: the first half in the order of their classes, as folders are imported, the second half mixed; the
// first third labelled by people and imports, then as many by a model, the rest open, with one in ten out of line.
func (q scaleSQL) fill(t *testing.T, db *sql.DB, project string, n int) {
	t.Helper()
	begun := time.Now()
	rows := fmt.Sprintf(q.series+`,
		h AS (SELECT i, (CAST(i AS BIGINT) * 2654435761) %% 1000003 AS h FROM s),
		k AS (SELECT i, h, CASE WHEN i <= %d THEN i * %d / %d ELSE h %% %d END %% %d AS k,
			CASE WHEN h %% 20 = 0 THEN 'skipped' WHEN h %% 10 = 1 THEN 'unlabelled' WHEN i <= %d THEN 'labelled' WHEN i <= %d THEN 'auto' ELSE 'unlabelled' END AS state FROM h)
		`, n, n/2, scaleClasses, n/2+1, scaleClasses, scaleClasses, n/3, 2*n/3)
	label := `CASE state WHEN 'unlabelled' THEN '' WHEN 'skipped' THEN '{"state":"skipped","source":"human","actor":"ann","rev":0}'
		WHEN 'labelled' THEN '{"state":"labelled","source":"human","classes":[{"class":"c' || k || '"}],"actor":"ann","updated_at":"2026-01-01T00:00:00Z","rev":0}'
		ELSE '{"state":"auto","source":"model","classes":[{"class":"c' || k || '","score":0.5}],"confidence":0.5,"model_id":"m1","updated_at":"2026-01-01T00:00:00Z","rev":0}' END`
	insert := `INSERT INTO assets (id, project_id, seq, name, fold, sha256, thumb_sha, format, width, height, orientation, bytes, dhash, split,
		created_at, state, source, flag, verdict, uncertain, model_id, rev, version, label, comments, open_threads) `
	columns := `SELECT ` + q.id + `, CAST(` + q.bind + ` AS TEXT), i, ` + q.name + `, lower(` + q.name + `), ` + q.sha + `, ` + q.sha + `, 'jpeg', 640, 480, 1, 40000, '0123456789abcdef',
		CASE WHEN h % 10 < 7 THEN 'train' WHEN h % 10 < 9 THEN 'val' ELSE 'test' END, 1767225600000000, state,
		CASE state WHEN 'labelled' THEN CASE WHEN h % 5 = 0 THEN 'import' ELSE 'human' END WHEN 'auto' THEN 'model' WHEN 'skipped' THEN 'human' ELSE '' END,
		CASE WHEN state = 'skipped' AND h % 40 = 0 THEN 'bad' WHEN state = 'labelled' AND h % 50 = 7 THEN 'unsure' ELSE '' END,
		CASE WHEN state = 'labelled' AND h % 10 = 3 THEN 'approved' WHEN state = 'labelled' AND h % 30 = 4 THEN 'returned' ELSE '' END,
		CASE state WHEN 'auto' THEN (h % 10007) / 10007.0 ELSE 2 END, CASE state WHEN 'auto' THEN 'm1' ELSE '' END,
		CASE state WHEN 'unlabelled' THEN 0 ELSE 1 END, 1, ` + label + `, CASE WHEN h % 100 = 5 THEN 1 ELSE 0 END, CASE WHEN h % 200 = 5 THEN 1 ELSE 0 END FROM k`
	for _, stmt := range []string{
		map[bool]string{true: rows + insert + columns, false: insert + rows + columns}[q.bind == "$1"],
		`INSERT INTO label_classes (asset_id, class_id, project_id)
			SELECT id, 'c' || CAST(CAST(substr(name, 6, 2) AS INTEGER) AS TEXT), project_id FROM assets WHERE project_id = ` + q.bind + ` AND state IN ('labelled', 'auto')`,
		"UPDATE projects SET asset_seq = " + strconv.Itoa(n) + ", label_seq = 1 WHERE id = " + q.bind,
	} {
		if _, err := db.Exec(stmt, project); err != nil {
			t.Fatalf("%v in %s", err, stmt)
		}
	}
	if _, err := db.Exec(q.after); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d assets made in %v", n, time.Since(begun).Round(time.Millisecond))
}

// scaleFilters are those of the gallery.
func scaleFilters() map[string]domain.Filter {
	at := func(v float64) *float64 { return &v }
	labelled, auto := domain.StateLabelled, domain.StateAuto
	return map[string]domain.Filter{
		"all":                   {},
		"open":                  {States: []domain.State{domain.StateUnlabelled}},
		"labelled":              {States: []domain.State{labelled}},
		"labelled or auto":      {States: []domain.State{labelled, auto}},
		"skipped":               {States: []domain.State{domain.StateSkipped}},
		"class":                 {Classes: []string{"c3"}},
		"last class":            {Classes: []string{"c19"}},
		"class, labelled":       {Classes: []string{"c3"}, States: []domain.State{labelled}},
		"class, auto":           {Classes: []string{"c12"}, States: []domain.State{auto}},
		"two classes":           {Classes: []string{"c1", "c17"}},
		"two classes, labelled": {Classes: []string{"c1", "c17"}, States: []domain.State{labelled}},
		"unsure":                {Flags: []domain.Flag{domain.FlagUnsure}},
		"bad":                   {Flags: []domain.Flag{domain.FlagBad}},
		"no flag":               {Flags: []domain.Flag{domain.FlagNone}},
		"unsure class":          {Flags: []domain.Flag{domain.FlagUnsure}, Classes: []string{"c3"}},
		"returned":              {Verdicts: []domain.Verdict{domain.VerdictReturned}},
		"to review":             {Verdicts: []domain.Verdict{domain.VerdictNone}, States: []domain.State{labelled}},
		"imported":              {Sources: []domain.Source{domain.SourceImport}},
		"by a model":            {Sources: []domain.Source{domain.SourceModel}, Model: "m1"},
		"discussed":             {Comments: domain.CommentsOpen},
		"commented":             {Comments: domain.CommentsAny},
		"text, all":             {Text: "img_0"},
		"text, folder":          {Text: "class03/"},
		"text, few":             {Text: "IMG_0001234"},
		"text, none":            {Text: "no such name"},
		"text, two letters":     {Text: "77"},
		"text, labelled":        {Text: "class03/1", States: []domain.State{labelled}},
		"text, class":           {Text: "/123/", Classes: []string{"c3"}},
		"confidence":            {MinConfidence: at(0.3), MaxConfidence: at(0.5)},
		"low confidence":        {MaxConfidence: at(0.6)},
		"confidence, auto":      {MinConfidence: at(0.9), States: []domain.State{auto}},
		"confidence, class":     {MinConfidence: at(0.2), MaxConfidence: at(0.8), Classes: []string{"c12"}},
	}
}

type scaleTime struct {
	what string
	took time.Duration
}

// scaleProject gives the project of n assets, which is made where it is not there from an earlier run.
func scaleProject(t *testing.T, s *store.Store, db *sql.DB, n int, q scaleSQL) domain.Project {
	t.Helper()
	for _, p := range must[[]domain.Project](t)(s.Projects(ctx)) {
		if p.Counts.Assets >= n {
			return p
		}
	}
	p := domain.Project{Name: "Many", Task: domain.TaskSingle}
	for i := range scaleClasses {
		p.Classes = append(p.Classes, domain.Class{ID: fmt.Sprint("c", i), Name: fmt.Sprint("Class ", i)})
	}
	p = must[domain.Project](t)(s.CreateProject(ctx, p))
	q.fill(t, db, p.ID, n)
	ok(t, s.RecountProject(ctx, p.ID))
	return p
}

func listAtScale(t *testing.T, s *store.Store, db *sql.DB, n int, q scaleSQL) {
	p := scaleProject(t, s, db, n, q)
	begun := time.Now()
	must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{}))
	first := time.Since(begun)
	store.AwaitLists(s)
	t.Logf("the first page takes %v, loading the lists %v, %d MiB of heap", first.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond), heap()>>20)
	if !store.HoldsList(s, p.ID) {
		t.Fatal("the lists are not held in memory")
	}
	rounds := 3
	if os.Getenv("IRUM_SCALE") == "" {
		rounds = 1
	}
	var worst []scaleTime
	var all []time.Duration
	for name, f := range scaleFilters() {
		var took []time.Duration
		for _, sort := range []string{domain.SortCreated, domain.SortName, domain.SortUncertain} {
			for round := range rounds {
				for place, cursor := range map[string]string{"": "", ", deep": deepCursor(sort, n, round)} {
					begun := time.Now()
					page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: f, Sort: sort, Cursor: cursor}))
					d := time.Since(begun)
					took, all = append(took, d), append(all, d)
					worst = append(worst, scaleTime{fmt.Sprintf("%s by %s%s, %d of %d", name, sort, place, len(page.Items), page.Total), d})
					checkScalePage(t, f, page)
				}
			}
		}
		if p95 := percentile(took, 95); os.Getenv("IRUM_SCALE") != "" && p95 > scaleLimit {
			t.Errorf("%s: the 95th percentile is %v, more than %v", name, p95, scaleLimit)
		}
		checkScaleTotal(t, db, p.ID, q, name, f, must[int](t)(s.CountAssets(ctx, p.ID, f)))
	}
	slices.SortFunc(worst, func(a, b scaleTime) int { return cmp.Compare(b.took, a.took) })
	for _, w := range worst[:12] {
		t.Logf("%8v %s", w.took.Round(100*time.Microsecond), w.what)
	}
	t.Logf("%d assets, %d pages: median %v, 95th percentile %v, 99th %v, longest %v", n, len(all),
		percentile(all, 50), percentile(all, 95), percentile(all, 99), percentile(all, 100))
	begun = time.Now()
	ids := must[[]string](t)(s.AssetIDs(ctx, p.ID, domain.Filter{}, domain.SortName))
	t.Logf("the ids of all %d by name take %v", len(ids), time.Since(begun).Round(time.Millisecond))
	writeAtScale(t, s, p.ID, n)
}

// heap is what is in use after a collection, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// deepCursor is a place inside the list, as if the pages before had been walked through.
func deepCursor(sort string, n, round int) string {
	c := map[string]any{"s": sort, "n": (round + 1) * n / 4}
	switch sort {
	case domain.SortName:
		c["f"] = fmt.Sprintf("class%02d/", (round+1)*scaleClasses/4)
	case domain.SortUncertain:
		c["u"] = []float64{0.2, 0.5, 0.9}[round]
	}
	b, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b)
}

func checkScalePage(t *testing.T, f domain.Filter, page domain.AssetPage) {
	t.Helper()
	for _, a := range page.Items {
		if len(f.States) > 0 && !slices.Contains(f.States, a.Label.State) {
			t.Fatalf("%+v is not in states %v", a, f.States)
		}
		if len(f.Classes) > 0 && (len(a.Label.Classes) != 1 || !slices.Contains(f.Classes, a.Label.Classes[0].ClassID)) {
			t.Fatalf("%+v is not of classes %v", a, f.Classes)
		}
	}
	if len(page.Items) > page.Total {
		t.Fatalf("%d of %d", len(page.Items), page.Total)
	}
}

// checkScaleTotal compares a total with what plain SQL counts, for the filters that are easily written so.
func checkScaleTotal(t *testing.T, db *sql.DB, project string, q scaleSQL, name string, f domain.Filter, total int) {
	t.Helper()
	where := map[string]string{
		"all": "1 = 1", "open": "state = 'unlabelled'", "labelled or auto": "state IN ('labelled', 'auto')", "unsure": "flag = 'unsure'",
		"class, labelled": "state = 'labelled' AND label LIKE '%\"c3\"%'", "two classes": "(label LIKE '%\"c1\"%' OR label LIKE '%\"c17\"%')",
		"to review": "state = 'labelled' AND verdict = ''", "by a model": "source = 'model' AND model_id = 'm1'", "commented": "comments > 0",
		"text, folder": "fold LIKE 'class03/%'", "text, two letters": "fold LIKE '%77%'", "text, class": "fold LIKE '%/123/%' AND label LIKE '%\"c3\"%'",
		"confidence": "uncertain >= 0.3 AND uncertain <= 0.5", "confidence, auto": "uncertain >= 0.9 AND state = 'auto'",
	}[name]
	if where == "" {
		return
	}
	var n int
	ok(t, db.QueryRow("SELECT COUNT(*) FROM assets WHERE project_id = "+q.bind+" AND "+where, project).Scan(&n))
	if n != total {
		t.Errorf("%s (%+v): the total is %d, there are %d", name, f, total, n)
	}
}

// writeAtScale tells what a label and an image cost in a project of that size.
func writeAtScale(t *testing.T, s *store.Store, project string, n int) {
	var labels, images []time.Duration
	for i := range 200 {
		id := fmt.Sprintf("%026d", 1+i*(n/200))
		begun := time.Now()
		must[domain.Operation](t)(s.WriteLabels(ctx, project, set(human(fmt.Sprint("c", i%7)), id)))
		labels = append(labels, time.Since(begun))
	}
	for i := range 20 {
		batch := make([]domain.Asset, 100)
		for k := range batch {
			batch[k] = image(fmt.Sprintf("late/%d-%d.png", i, k))
		}
		begun := time.Now()
		must[store.AddResult](t)(s.AddAssets(ctx, project, batch, store.LabelWrite{}))
		images = append(images, time.Since(begun)/100)
	}
	t.Logf("a label takes %v (95th percentile %v), an added image %v in hundreds", percentile(labels, 50), percentile(labels, 95), percentile(images, 50))
}

func percentile(all []time.Duration, p int) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[min(len(all)*p/100, len(all)-1)]
}
