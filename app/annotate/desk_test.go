package annotate

import (
	"fmt"
	"slices"
	"testing"

	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/server/domain"
)

var (
	unlabelled = domain.Label{State: domain.StateUnlabelled}
	skipped    = domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman}
)

func labelled(classes ...string) domain.Label {
	l := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
	for _, c := range classes {
		l.Classes = append(l.Classes, domain.ClassScore{ClassID: c})
	}
	return l
}

func proposed(class string, score float64) domain.Label {
	return domain.Label{
		State: domain.StateAuto, Source: domain.SourceModel, ModelID: "m", Confidence: score,
		Classes: []domain.ClassScore{{ClassID: class, Score: score}},
	}
}

// newTestDesk lays out images i0, i1... with these labels.
func newTestDesk(task domain.Task, review, filtered bool, labels ...domain.Label) *desk {
	var ids, open []string
	var assets []domain.Asset
	d := &desk{review: review}
	for i, l := range labels {
		id := fmt.Sprintf("i%d", i)
		ids = append(ids, id)
		if d.wants(l.State) {
			open = append(open, id)
		}
		assets = append(assets, domain.Asset{ID: id, Label: l})
	}
	d = newDesk(task, review, filtered, ids, open)
	d.learn(assets, func(string) bool { return false })
	return d
}

func TestAfterAnImage(t *testing.T) {
	done := labelled("a")
	auto := proposed("a", .5)
	for _, tt := range []struct {
		name             string
		review, filtered bool
		labels           []domain.Label
		at               int
		wasOpen          bool
		want             int
	}{
		{"the next that has no label", false, false, []domain.Label{done, done, unlabelled}, 0, true, 2},
		{"the one after, where a filter chose the list", false, true, []domain.Label{done, done, unlabelled}, 0, true, 1},
		{"the end, when the last open one is done", false, false, []domain.Label{unlabelled, done, done}, 1, true, 3},
		{"the one after, when correcting what is done", false, false, []domain.Label{done, done, unlabelled}, 0, false, 1},
		{"review goes on with the next proposal", true, false, []domain.Label{done, done, auto}, 0, true, 2},
		{"review comes back to what was passed over", true, false, []domain.Label{auto, done, done}, 2, true, 0},
		{"review ends when nothing waits", true, false, []domain.Label{done, done}, 1, true, 2},
		{"review of a filtered list is the same", true, true, []domain.Label{done, done, auto}, 0, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newTestDesk(domain.TaskSingle, tt.review, tt.filtered, tt.labels...)
			d.at = tt.at
			if got := d.after(tt.wasOpen); got != tt.want {
				t.Errorf("goes to %d, want %d", got, tt.want)
			}
		})
	}
}

func TestResultIsWhatTheHostMakes(t *testing.T) {
	auto := proposed("a", .7)
	accepted := auto
	accepted.State = domain.StateLabelled
	for _, tt := range []struct {
		name   string
		now    domain.Label
		change domain.LabelChange
		want   domain.Label
	}{
		{"set", unlabelled, domain.LabelChange{Action: "set", Classes: []string{"b"}}, labelled("b")},
		{"set none", labelled("a"), domain.LabelChange{Action: "set"}, labelled()},
		{"accept keeps who proposed", auto, domain.LabelChange{Action: "accept"}, accepted},
		{"accept of a label changes nothing", labelled("a"), domain.LabelChange{Action: "accept"}, labelled("a")},
		{"reject", auto, domain.LabelChange{Action: "reject"}, unlabelled},
		{"reject of a label changes nothing", labelled("a"), domain.LabelChange{Action: "reject"}, labelled("a")},
		{"skip", labelled("a"), domain.LabelChange{Action: "skip"}, skipped},
		{"unsure", labelled("a"), domain.LabelChange{Action: "flag", Flag: domain.FlagUnsure}, labelled("a").Flagged(domain.FlagUnsure)},
		{"bad", auto, domain.LabelChange{Action: "flag", Flag: domain.FlagBad}, skipped.Flagged(domain.FlagBad)},
		{"clear", labelled("a"), domain.LabelChange{Action: "clear"}, unlabelled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := outbox.Result(tt.now, tt.change); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestStepsGoBackAndForth(t *testing.T) {
	d := newTestDesk(domain.TaskSingle, false, false, unlabelled, unlabelled, unlabelled)
	for i, class := range []string{"a", "b"} {
		d.at = i
		if _, ok := d.act(fmt.Sprint("op", i), "labelled", domain.LabelChange{Action: "set", Classes: []string{class}}); !ok {
			t.Fatalf("step %d changed nothing", i)
		}
	}
	if len(d.open) != 1 || d.tally()["labelled"] != 2 {
		t.Fatalf("open %v, tally %v", d.open, d.tally())
	}
	d.at = 2
	st, ok := d.back()
	if !ok || st.op != "op1" || d.at != 1 || d.assets["i1"].Label.State != domain.StateUnlabelled || len(d.open) != 2 {
		t.Fatalf("undo gave %+v at %d, label %+v, open %v", st, d.at, d.assets["i1"].Label, d.open)
	}
	st, ok = d.again("op2")
	if !ok || st.op != "op2" || d.at != 1 || !holds(d.assets["i1"].Label, "b") {
		t.Fatalf("redo gave %+v at %d, label %+v", st, d.at, d.assets["i1"].Label)
	}
	// The redone step is undone by its new name.
	if st, _ = d.back(); st.op != "op2" {
		t.Errorf("undo of the redone step names %q", st.op)
	}
	d.at = 2
	d.act("op3", "skipped", domain.LabelChange{Action: "skip"})
	if _, ok := d.again("op4"); ok {
		t.Error("a new step leaves something to redo")
	}
}

func TestUndoBringsBackWhatHasLeftTheList(t *testing.T) {
	d := newTestDesk(domain.TaskSingle, true, false, proposed("a", .4), proposed("b", .5))
	d.act("op", "accepted", domain.LabelChange{Action: "accept"})
	fresh := newTestDesk(domain.TaskSingle, true, false)
	fresh.ids, fresh.index = []string{"i1"}, map[string]int{"i1": 0}
	fresh.open = map[string]bool{"i1": true}
	fresh.done = d.done
	if st, ok := fresh.back(); !ok || fresh.current() != st.asset || fresh.current() != "i0" {
		t.Fatalf("looks at %q after the undo", fresh.current())
	}
	if !slices.Equal(fresh.ids, []string{"i0", "i1"}) || fresh.index["i1"] != 1 || !fresh.open["i0"] {
		t.Errorf("list %v, index %v, open %v", fresh.ids, fresh.index, fresh.open)
	}
}

func TestActLeavesAloneWhatIsSo(t *testing.T) {
	d := newTestDesk(domain.TaskSingle, false, false, labelled("a"))
	if _, changed := d.act("op", "labelled", domain.LabelChange{Action: "set", Classes: []string{"a"}}); changed {
		t.Error("the same label again is a step")
	}
	d.at = 1
	if _, changed := d.act("op", "labelled", domain.LabelChange{Action: "set", Classes: []string{"b"}}); changed {
		t.Error("past the end something was changed")
	}
}

func TestDraft(t *testing.T) {
	d := newTestDesk(domain.TaskMulti, false, false, labelled("a"), unlabelled)
	d.tick("b")
	if !d.changed() || !sameClasses(d.ticked(), []string{"a", "b"}) {
		t.Fatalf("ticked %v", d.ticked())
	}
	d.tick("b")
	if d.changed() {
		t.Error("ticking and unticking counts as a change")
	}
	d.tick("a")
	if !d.changed() || len(d.ticked()) != 0 {
		t.Errorf("ticked %v", d.ticked())
	}
	d.at = 1
	if d.changed() || len(d.ticked()) != 0 {
		t.Error("the draft of one image shows on another")
	}
}

func TestLearnKeepsWhatIsOnItsWay(t *testing.T) {
	d := newTestDesk(domain.TaskSingle, false, false, unlabelled, unlabelled)
	d.act("op", "labelled", domain.LabelChange{Action: "set", Classes: []string{"a"}})
	d.learn([]domain.Asset{{ID: "i0", Name: "new", Label: unlabelled}, {ID: "i1", Label: labelled("b")}}, func(id string) bool { return id == "i0" })
	if a := d.assets["i0"]; a.Name != "new" || !holds(a.Label, "a") {
		t.Errorf("the image with a write on its way became %+v", a)
	}
	if !holds(d.assets["i1"].Label, "b") || d.open["i1"] {
		t.Errorf("the other became %+v", d.assets["i1"])
	}
}

func TestAround(t *testing.T) {
	labels := make([]domain.Label, 40)
	for i := range labels {
		labels[i] = labelled("a")
	}
	labels[30], labels[35] = unlabelled, unlabelled
	d := newTestDesk(domain.TaskSingle, false, false, labels...)
	d.at = 10
	got := d.around(8, 4)
	if got[0] != "i10" {
		t.Errorf("first is %s", got[0])
	}
	for _, want := range []string{"i11", "i30", "i35", "i9", "i6"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing in %v", want, got)
		}
	}
	d.at = 40
	if got := d.around(8, 4); !slices.Equal(got, []string{"i39", "i38", "i37", "i36"}) {
		t.Errorf("at the end: %v", got)
	}
	if got := newTestDesk(domain.TaskSingle, false, false).around(8, 4); len(got) != 0 {
		t.Errorf("of an empty list: %v", got)
	}
}

func TestShiftCounts(t *testing.T) {
	c := domain.Counts{Assets: 2, Unlabelled: 1, Auto: 1, AutoClass: map[string]int{"a": 1}}
	shift(&c, proposed("a", .9), labelled("b"))
	shift(&c, unlabelled, skipped)
	if c.Auto != 0 || c.AutoClass["a"] != 0 || c.Labelled != 1 || c.ByClass["b"] != 1 || c.Unlabelled != 0 || c.Skipped != 1 {
		t.Errorf("counts are %+v", c)
	}
}

func TestWindow(t *testing.T) {
	for _, tt := range []struct{ at, n, size, from, to int }{
		{0, 5, 100, 0, 5}, {50, 5, 100, 48, 53}, {99, 5, 100, 95, 100}, {100, 5, 100, 95, 100}, {1, 5, 3, 0, 3}, {0, 5, 0, 0, 0},
	} {
		if from, to := window(tt.at, tt.n, tt.size); from != tt.from || to != tt.to {
			t.Errorf("window(%d, %d, %d) = %d, %d; want %d, %d", tt.at, tt.n, tt.size, from, to, tt.from, tt.to)
		}
	}
}
