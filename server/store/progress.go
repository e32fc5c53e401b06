package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// hour is the unit of label_hours.
const hour = int64(time.Hour / time.Microsecond)

// maker says who made the label that an operation of kind led to: people, auto or import; "" where it made none, but said
// something about the one that was there.
func maker(kind string, before, l domain.Label) string {
	switch {
	case structural(kind): // the project changed, and labels with it
		return ""
	case l.State == before.State && slices.Equal(l.Classes, before.Classes) && slices.Equal(l.Boxes, before.Boxes):
		return ""
	case l.State == domain.StateAuto:
		return "auto"
	case l.State != domain.StateLabelled:
		return ""
	case kind == "import":
		return "import"
	}
	return "people"
}

// hourStmts count what the edits of an operation of kind, begun at, made, or (back) what taking them back unmakes.
func hourStmts(project, kind string, at time.Time, edits []edit, back bool) []Stmt {
	n := map[string]int64{}
	for _, e := range edits {
		if back {
			n[maker(kind, e.after.label, e.before.label)]--
		} else {
			n[maker(kind, e.before.label, e.after.label)]++
		}
	}
	var out []Stmt
	for _, who := range []string{"people", "auto", "import"} {
		if n[who] != 0 {
			out = append(out, Stmt{
				`INSERT INTO label_hours (project_id, hour, who, n) VALUES (?, ?, ?, ?)
					ON CONFLICT (project_id, hour, who) DO UPDATE SET n = label_hours.n + excluded.n`,
				[]any{project, micros(at) / hour, who, n[who]},
			})
		}
	}
	return out
}

// LabelHours gives how many labels were made in each hour in which there were any, oldest first. Those whose operation was
// undone do not count.
func (s *Store) LabelHours(ctx context.Context, project string) ([]domain.LabelsMade, error) {
	type row struct {
		hour int64
		who  string
		n    int64
	}
	scan := func(r Rows) (out row, err error) {
		err = r.Scan(&out.hour, &out.who, &out.n)
		return out, err
	}
	rows, err := collect(ctx, s.db, scan, "SELECT hour, who, n FROM label_hours WHERE project_id = ? AND n > 0 ORDER BY hour", project)
	if err != nil {
		return nil, fmt.Errorf("read hours: %w", err)
	}
	var out []domain.LabelsMade
	for _, r := range rows {
		at := fromMicros(r.hour * hour)
		if len(out) == 0 || !out[len(out)-1].At.Equal(at) {
			out = append(out, domain.LabelsMade{At: at})
		}
		switch to := &out[len(out)-1]; r.who {
		case "people":
			to.People = int(r.n)
		case "auto":
			to.Auto = int(r.n)
		case "import":
			to.Import = int(r.n)
		}
	}
	return out, nil
}

// Decision is one label of one image by a person.
type Decision struct {
	Actor    string
	At       time.Time
	Seconds  float64 // that it took, as the screen measured; 0 where nobody did
	Assisted bool    // a suggestion was in sight, or the image had a model's label
}

// Decisions gives a project's newest decisions of one image each, newest first, at most limit. Those that were undone and
// actions on many images are left out.
func (s *Store) Decisions(ctx context.Context, project string, limit int) ([]Decision, error) {
	scan := func(r Rows) (d Decision, err error) {
		var at int64
		var suggestion, before string
		err = r.Scan(&d.Actor, &at, &d.Seconds, &suggestion, &before)
		d.At, d.Assisted = fromMicros(at), suggestion != "" || strings.HasPrefix(before, `{"state":"auto"`)
		return d, err
	}
	out, err := collect(ctx, s.db, scan, `SELECT v.actor, o.at, v.seconds, v.suggestion, v.before FROM
		(SELECT id, seq, at FROM operations WHERE project_id = ? AND of_op = '' AND kind = 'label' AND changed = 1 AND undone = 0
			ORDER BY seq DESC LIMIT ?) o
		JOIN label_events v ON v.op_id = o.id ORDER BY o.seq DESC`, project, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	return out, nil
}
