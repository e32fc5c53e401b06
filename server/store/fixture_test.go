package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		writeUntilKilled(path)
		return
	}
	storetest.Main(m)
}

var ctx = context.Background()

func must[T any](t testing.TB) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode fails t unless err is a Problem of code (about field, unless that is "").
func wantCode(t testing.TB, err error, code, field string) {
	t.Helper()
	var p *domain.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got error %v, want a problem of code %s", err, code)
	}
	if p.Code != code || (field != "" && p.Field != field) {
		t.Fatalf("got problem %s in %q (%s), want %s in %q", p.Code, p.Field, p.Detail, code, field)
	}
}

// project makes a project with classes cat, dog and owl.
func project(t testing.TB, s *store.Store, task domain.Task) domain.Project {
	t.Helper()
	return must[domain.Project](t)(s.CreateProject(ctx, domain.Project{
		Name: "Animals", Task: task, Classes: []domain.Class{{ID: "cat", Name: "Cat"}, {ID: "dog", Name: "Dog"}, {ID: "owl", Name: "Owl"}},
	}))
}

// image is an asset whose bytes are its name.
func image(name string) domain.Asset {
	return domain.Asset{
		Name: name, SHA256: blob.Sum([]byte(name)), ThumbSHA: blob.Sum([]byte("thumb " + name)), Format: "png",
		Width: 40, Height: 30, Orientation: 1, Bytes: int64(len(name)), DHash: "00ff00ff00ff00ff",
	}
}

// addImages adds images of these names and gives them.
func addImages(t testing.TB, s *store.Store, project string, names ...string) []domain.Asset {
	t.Helper()
	in := make([]domain.Asset, len(names))
	for i, name := range names {
		in[i] = image(name)
	}
	return must[store.AddResult](t)(s.AddAssets(ctx, project, in, store.LabelWrite{})).Assets
}

// human is a label that a person gave.
func human(classes ...string) domain.Label {
	l := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
	for _, c := range classes {
		l.Classes = append(l.Classes, domain.ClassScore{ClassID: c})
	}
	return l
}

// guess is a label that a model proposes.
func guess(class string, confidence float64) domain.Label {
	return domain.Label{
		State: domain.StateAuto, Source: domain.SourceModel, Confidence: confidence, ModelID: "m1",
		Classes: []domain.ClassScore{{ClassID: class, Score: confidence}},
	}
}

// set is a write of the same label to some assets.
func set(l domain.Label, ids ...string) store.LabelWrite {
	w := store.LabelWrite{Kind: "label", Actor: "ann"}
	for _, id := range ids {
		w.Changes = append(w.Changes, store.Change{AssetID: id, Label: l})
	}
	return w
}

func write(t testing.TB, s *store.Store, project string, w store.LabelWrite) domain.Operation {
	t.Helper()
	return must[domain.Operation](t)(s.WriteLabels(ctx, project, w))
}

// says is the label of an asset in short: state, classes.
func says(t testing.TB, s *store.Store, project, asset string) string {
	t.Helper()
	return short(must[domain.Asset](t)(s.Asset(ctx, project, asset)).Label)
}

func short(l domain.Label) string {
	out := string(l.State)
	for _, c := range l.Classes {
		out += " " + c.ClassID
	}
	for _, b := range l.Boxes {
		out += fmt.Sprintf(" %s@%v,%v,%v,%v", b.ClassID, b.X, b.Y, b.W, b.H)
	}
	return out
}

// exactCounts fails t unless the kept counts are what a recount gives, and gives them.
func exactCounts(t testing.TB, s *store.Store, project string) domain.Counts {
	t.Helper()
	kept := must[domain.Project](t)(s.Project(ctx, project)).Counts
	ok(t, s.RecountProject(ctx, project))
	counted := must[domain.Project](t)(s.Project(ctx, project)).Counts
	for _, c := range []*domain.Counts{&kept, &counted} {
		if len(c.ByClass) == 0 {
			c.ByClass = nil
		}
		if len(c.AutoClass) == 0 {
			c.AutoClass = nil
		}
	}
	if !reflect.DeepEqual(kept, counted) {
		t.Fatalf("kept counts %+v, counted %+v", kept, counted)
	}
	return kept
}

func names(assets []domain.Asset) string {
	out := make([]string, len(assets))
	for i, a := range assets {
		out[i] = a.Name
	}
	return strings.Join(out, " ")
}
