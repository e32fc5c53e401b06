package autolabel_test

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// right counts auto labels that say what the name of the image says, and all auto labels.
func right(assets []domain.Asset) (hits, auto int) {
	for _, a := range assets {
		if a.Label.State != domain.StateAuto {
			continue
		}
		auto++
		if len(a.Label.Classes) == 1 && strings.HasPrefix(a.Name, a.Label.Classes[0].ClassID+"/") {
			hits++
		}
	}
	return hits, auto
}

func TestApplyProposesAndIsUndoneInOneStep(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 12, 5)
	m := h.train(t, s, p.ID)
	spent := h.balance(t)
	skipped := domain.Label{State: domain.StateSkipped}
	for _, a := range h.assets(t, p.ID) {
		if a.Name == "red/011.png" {
			must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, store.LabelWrite{Changes: []store.Change{{AssetID: a.ID, Label: skipped}}}))
		}
	}
	before := h.assets(t, p.ID)

	dry := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{DryRun: true})))
	if r := dry.Apply; !r.DryRun || r.Labelled != 14 || r.Skipped != 0 || r.OperationID != "" || r.ByClass["blue"] != 5 || len(r.Histogram) != 20 {
		t.Errorf("dry run %+v", r)
	}
	for i, a := range h.assets(t, p.ID) {
		if a.Label.State != before[i].Label.State {
			t.Fatalf("the dry run changed %s to %s", a.Name, a.Label.State)
		}
	}

	real := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{})))
	hits, auto := right(h.assets(t, p.ID))
	if auto != 14 || hits < 13 || real.Apply.Labelled != 14 || real.Apply.OperationID == "" {
		t.Errorf("%d of %d proposals are right; report %+v", hits, auto, real.Apply)
	}
	for i, a := range h.assets(t, p.ID) {
		if old := before[i].Label; old.State != domain.StateUnlabelled && (a.Label.State != old.State || a.Label.Rev != old.Rev) {
			t.Errorf("%s was %s and is %s", a.Name, old.State, a.Label.State)
		}
		if a.Label.State == domain.StateAuto && (a.Label.ModelID != m.ID || a.Label.Source != domain.SourceModel || a.Label.Confidence < 0.3 || a.Label.Classes[0].Score != a.Label.Confidence) {
			t.Errorf("proposal %+v", a.Label)
		}
	}
	if h.balance(t) != spent {
		t.Error("labelling cost credits")
	}
	if _, err := h.st.Undo(ctx, p.ID, real.Apply.OperationID); err != nil {
		t.Fatal(err)
	}
	if _, auto := right(h.assets(t, p.ID)); auto != 0 {
		t.Errorf("%d proposals are left after the undo", auto)
	}
}

func TestMinConfidenceAndFilter(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 8, 3)
	m := h.train(t, s, p.ID)
	j := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{MinConfidence: 1})))
	if j.Apply.Labelled+j.Apply.Skipped != 9 || j.Apply.Labelled > 3 {
		t.Errorf("with confidence 1 asked for: %+v", j.Apply)
	}
	j = done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Filter: domain.Filter{Text: "blue/"}})))
	if j.Apply.Labelled != 3 {
		t.Errorf("of the blue ones: %+v", j.Apply)
	}
	j = done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}})))
	if j.Apply.Labelled+j.Apply.Skipped != 0 {
		t.Errorf("of those that people labelled: %+v", j.Apply)
	}
	for _, min := range []float64{-0.1, 1.1} {
		_, err := s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{MinConfidence: min})
		wantCode(t, err, domain.CodeInvalid)
	}
	_, err := s.Apply(ctx, p.ID, "x", domain.ApplyRequest{})
	wantCode(t, err, domain.CodeNotFound)
}

// TestALabelGivenMeanwhileWins: a person labels an image while the apply is computing.
func TestALabelGivenMeanwhileWins(t *testing.T) {
	h := newHost(t)
	gate := newGated(h.config.Engine, 0)
	open := h.config.Engine
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 6, 2)
	m := h.train(t, s, p.ID)
	s.Close()
	gate.Engine, h.config.Engine = open, gate
	s = h.open(t)
	j := must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{}))
	gate.free <- struct{}{}
	until(t, s, j, func(j domain.Job) bool { return j.Done == 1 })
	for _, a := range h.assets(t, p.ID) {
		if a.Name == "green/005.png" {
			must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, store.LabelWrite{Changes: []store.Change{{AssetID: a.ID, Label: human("red")}}}))
		}
	}
	close(gate.free)
	j = done(t, s, j)
	if j.Apply.Labelled != 5 || j.Apply.Skipped != 1 || j.Apply.ByClass["green"] != 1 {
		t.Errorf("report %+v", j.Apply)
	}
	for _, a := range h.assets(t, p.ID) {
		if a.Name == "green/005.png" && (a.Label.State != domain.StateLabelled || a.Label.Classes[0].ClassID != "red") {
			t.Errorf("the person's label became %+v", a.Label)
		}
	}
}

func TestMultiLabel(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskMulti, 12, 3)
	w := store.LabelWrite{}
	for _, a := range h.assets(t, p.ID) { // green pictures hold nothing, red ones are warm: red and blue
		if a.Label.State != domain.StateLabelled {
			continue
		}
		switch {
		case strings.HasPrefix(a.Name, "green/"):
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: human()})
		case strings.HasPrefix(a.Name, "red/"):
			w.Changes = append(w.Changes, store.Change{AssetID: a.ID, Label: human("red", "blue")})
		}
	}
	must[domain.Operation](t)(h.st.WriteLabels(ctx, p.ID, w))
	m := h.train(t, s, p.ID)
	if len(m.Classes) != 2 || m.Images != 27 || m.Metrics.Confusion != nil || m.Metrics.Accuracy < 0.9 {
		t.Errorf("model of %d classes and %d images, accuracy %.2f", len(m.Classes), m.Images, m.Metrics.Accuracy)
	}
	j := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{})))
	if j.Apply.Labelled != 9 {
		t.Errorf("report %+v", j.Apply)
	}
	want := map[string]string{"red": "red blue", "green": "", "blue": "blue"}
	wrong := 0
	for _, a := range h.assets(t, p.ID) {
		if a.Label.State != domain.StateAuto {
			continue
		}
		var got []string
		for _, c := range a.Label.Classes {
			got = append(got, c.ClassID)
		}
		if hue, _, _ := strings.Cut(a.Name, "/"); strings.Join(got, " ") != want[hue] {
			wrong++
		}
		if a.Label.Confidence < 0.5 {
			t.Errorf("confidence %v of a set whose answers are all over a half", a.Label.Confidence)
		}
	}
	if wrong > 1 {
		t.Errorf("%d of 9 sets are wrong", wrong)
	}
}

// TestModelOutlivesItsBackbone: the model's own file serves where its backbone is not registered any more.
func TestModelOutlivesItsBackbone(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 6, 2)
	m := h.train(t, s, p.ID)
	s.Close()
	h.config.Backbone = nil
	h.config.Engine = newGated(h.config.Engine, 1000)
	s = h.open(t)
	done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{})))
	if hits, auto := right(h.assets(t, p.ID)); auto != 6 || hits < 5 {
		t.Errorf("%d of %d proposals are right", hits, auto)
	}
}

func TestArchivedClassIsNotProposed(t *testing.T) {
	h := newHost(t)
	s := h.open(t)
	p := h.project(t, domain.TaskSingle, 6, 2)
	m := h.train(t, s, p.ID)
	now := must[domain.Project](t)(h.st.Project(ctx, p.ID))
	for i := range now.Classes {
		now.Classes[i].Archived = now.Classes[i].ID == "blue"
	}
	must[domain.Project](t)(h.st.UpdateProject(ctx, now))
	j := done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{})))
	if j.Apply.ByClass["blue"] != 0 || j.Apply.Skipped < 1 {
		t.Errorf("report %+v", j.Apply)
	}
}
