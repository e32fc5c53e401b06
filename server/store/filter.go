package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// where builds the condition of a statement over assets a.
type where struct {
	sql  []string
	args []any
}

func (w *where) add(sql string, args ...any) {
	w.sql = append(w.sql, sql)
	w.args = append(w.args, args...)
}

func (w *where) text() string { return strings.Join(w.sql, " AND ") }

// in adds that column is one of values: few by placeholders, which indexes serve best, many in one JSON argument.
func in[T ~string](w *where, column string, values []T) error {
	list := make([]string, 0, len(values))
	for _, v := range values {
		list = append(list, clean(string(v)))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) == 1 {
		w.add(column+" = ?", list[0])
		return nil
	}
	if len(list) <= 8 {
		args := make([]any, len(list))
		for i, v := range list {
			args[i] = v
		}
		w.add(column+" IN (?"+strings.Repeat(", ?", len(list)-1)+")", args...)
		return nil
	}
	text, err := jsonText(list)
	w.add(column+" IN (SELECT e.value FROM {strings})", text)
	return err
}

// filtered is the condition of all assets of project that asked selects. Classes stand for those under them too, unless asked is exact.
func (s *Store) filtered(ctx context.Context, project string, asked domain.Filter) (*where, error) {
	if err := domain.CheckFilter(asked); err != nil {
		return nil, err
	}
	f, err := s.spelledOut(ctx, project, asked)
	if err != nil {
		return nil, err
	}
	w := &where{}
	w.add("a.project_id = ?", project)
	var errs []error
	if len(f.IDs) > 0 {
		errs = append(errs, in(w, "a.id", f.IDs))
	}
	if len(f.States) > 0 && len(distinct(f.States)) < 4 {
		errs = append(errs, in(w, "a.state", f.States))
	}
	if len(f.Sources) > 0 {
		errs = append(errs, in(w, "a.source", f.Sources))
	}
	if len(f.Flags) > 0 {
		errs = append(errs, in(w, "a.flag", f.Flags))
	}
	if len(f.Verdicts) > 0 {
		errs = append(errs, in(w, "a.verdict", f.Verdicts))
	}
	if len(f.Classes) > 0 {
		sub := &where{}
		sub.add("c.project_id = ?", project)
		errs = append(errs, in(sub, "c.class_id", f.Classes))
		w.add("a.id IN (SELECT c.asset_id FROM label_classes c WHERE "+sub.text()+")", sub.args...)
	}
	if len(f.Issues) > 0 {
		errs = append(errs, w.issues(f))
	}
	switch f.Comments { // written so that the partial indexes serve them
	case domain.CommentsOpen:
		w.add("a.open_threads > 0")
	case domain.CommentsAny:
		w.add("a.comments > 0")
	}
	if f.Text != "" {
		errs = append(errs, w.words(project, f))
	}
	if f.MinConfidence != nil {
		w.add("a.uncertain >= ? AND a.uncertain <= 1", *f.MinConfidence)
	}
	if f.MaxConfidence != nil {
		w.add("a.uncertain <= ?", min(*f.MaxConfidence, 1))
	}
	if f.Model != "" {
		w.add("a.model_id = ?", clean(f.Model))
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// words adds that an image is named, or labelled, by f.Text.
func (w *where) words(project string, f spelled) error {
	if len(f.named) == 0 {
		w.add("{instr}(a.fold, ?) > 0", f.text)
		return nil
	}
	sub := &where{}
	sub.add("c.project_id = ?", project)
	err := in(sub, "c.class_id", f.named)
	w.add("({instr}(a.fold, ?) > 0 OR a.id IN (SELECT c.asset_id FROM label_classes c WHERE "+sub.text()+"))", append([]any{f.text}, sub.args...)...)
	return err
}

// spelled is a filter that needs nothing of the project any more.
type spelled struct {
	domain.Filter               // exact: every class that it selects is named
	limits        domain.Limits // of Issues
	text          string        // Text as names are folded
	named         []string      // the classes whose names contain it, and those under them
	copies        []string      // the images that have IssueDuplicate, where it is among Issues
}

// spelledOut is f with what the project says of its classes and issues.
func (s *Store) spelledOut(ctx context.Context, project string, f domain.Filter) (out spelled, err error) {
	out.text = fold(clean(f.Text))
	if len(f.Classes) > 0 && !f.Exact || out.text != "" {
		classes, err := collect(ctx, s.db, scanJSON[[]domain.Class], "SELECT classes FROM projects WHERE id = ?", project)
		if err != nil {
			return out, fmt.Errorf("read classes: %w", err)
		}
		if len(classes) > 0 && len(f.Classes) > 0 && !f.Exact {
			f.Classes = domain.TreeOf(classes[0]).With(f.Classes)
		}
		if len(classes) > 0 && out.text != "" {
			out.named = classesNamed(classes[0], out.text)
		}
	}
	f.Exact = true
	out.Filter = f
	if len(f.Issues) > 0 {
		err = s.spellIssues(ctx, project, &out)
	}
	return out, err
}

// classesNamed are the classes whose folded names contain text, and those under them.
func classesNamed(classes []domain.Class, text string) (ids []string) {
	for _, c := range classes {
		if strings.Contains(fold(c.Name), text) {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return domain.TreeOf(classes).With(ids)
}

func distinct[T ~string](values []T) []T {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

// keptTotal is how many assets f selects, where the kept counts tell: no filter, or one of states, of flags, of verdicts or of
// open threads alone.
func keptTotal(c domain.Counts, f domain.Filter) (int, bool) {
	if len(f.IDs) > 0 || len(f.Classes) > 0 || len(f.Issues) > 0 || len(f.Sources) > 0 || f.Text != "" || f.Model != "" || f.Comments == domain.CommentsAny ||
		f.MinConfidence != nil || f.MaxConfidence != nil {
		return 0, false
	}
	if f.Comments != "" {
		return c.Discussed, len(f.Flags)+len(f.States)+len(f.Verdicts) == 0
	}
	kinds := 0
	for _, n := range []int{len(f.States), len(f.Flags), len(f.Verdicts)} {
		kinds += min(n, 1)
	}
	switch kinds {
	case 0:
		return c.Assets, true
	case 1:
	default:
		return 0, false
	}
	total := 0
	for _, flag := range distinct(f.Flags) {
		total += flagCount(c, flag)
	}
	for _, verdict := range distinct(f.Verdicts) {
		total += verdictCount(c, verdict)
	}
	for _, state := range distinct(f.States) {
		total += stateCount(c, state)
	}
	return total, true
}

// orders are the columns that each sort goes by; seq makes every order total.
var orders = map[string]string{
	domain.SortCreated:   "a.seq",
	domain.SortName:      "a.fold, a.seq",
	domain.SortUncertain: "a.uncertain, a.seq",
}

func sortOf(sort string) (string, error) {
	if sort == "" {
		return domain.SortCreated, nil
	}
	if orders[sort] == "" {
		return "", domain.Errorf(domain.CodeInvalid, "The order %q is not known. Use created, name or uncertain.", sort).In("sort")
	}
	return sort, nil
}

// cursor is the place of the last asset of a page in its order.
type cursor struct {
	Sort string  `json:"s"`
	Seq  int64   `json:"n"`
	Fold string  `json:"f,omitempty"`
	Unc  float64 `json:"u,omitempty"`
}

func (a assetRow) cursor(sort string) (string, error) {
	c := cursor{Sort: sort, Seq: a.seq}
	switch sort {
	case domain.SortName:
		c.Fold = a.fold
	case domain.SortUncertain:
		c.Unc = a.uncertain
	}
	b, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// readCursor reads the cursor of a list in order of sort, nil for "".
func readCursor(sort, text string) (*cursor, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // the beginning of the list
	}
	c := &cursor{}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if err != nil || c.Sort != sort {
		return nil, domain.Errorf(domain.CodeInvalid, "The cursor is not one of this list. Begin at the first page again.").In("cursor")
	}
	return c, nil
}

// after restricts w to what comes after cursor text in order of sort.
func (w *where) after(sort, text string) error {
	c, err := readCursor(sort, text)
	if c == nil || err != nil {
		return err
	}
	switch sort {
	case domain.SortName:
		w.add("(a.fold, a.seq) > (?, ?)", clean(c.Fold), c.Seq)
	case domain.SortUncertain:
		w.add("(a.uncertain, a.seq) > (?, ?)", c.Unc, c.Seq)
	default:
		w.add("a.seq > ?", c.Seq)
	}
	return nil
}
