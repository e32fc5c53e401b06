package transfer

import (
	"fmt"
	"path"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// everyKind is a project with an image of each state and source, and a class that no label holds.
func everyKind(t *testing.T, task domain.Task) *bench {
	t.Helper()
	b := newBench(t, task, "cat", "dog", "spare")
	b.run("none", pictures("human.png", "train/import.png", "val/accepted.png", "proposed.png", "skipped.png", "none.png", "unlabelled.png", "bad.png", "unsure.png")...)
	b.set("human.png", domain.StateLabelled, domain.SourceHuman, 0, "cat")
	b.set("train/import.png", domain.StateLabelled, domain.SourceImport, 0, "dog")
	b.set("val/accepted.png", domain.StateLabelled, domain.SourceModel, 0.75, "cat")
	b.set("proposed.png", domain.StateAuto, domain.SourceModel, 0.5, "dog")
	b.set("skipped.png", domain.StateSkipped, domain.SourceHuman, 0)
	b.set("bad.png", domain.StateSkipped, domain.SourceHuman, 0)
	b.flag("bad.png", domain.FlagBad)
	b.set("unsure.png", domain.StateLabelled, domain.SourceImport, 0, "dog")
	b.flag("unsure.png", domain.FlagUnsure)
	if task != domain.TaskSingle {
		b.set("none.png", domain.StateLabelled, domain.SourceHuman, 0)
	}
	return b
}

// kept says which losses a format has on everyKind: "code" or "code:count".
var kept = map[string][]string{
	"json": {"images"}, "csv": {"images", "unused"}, "coco": {"images"}, "folder": {"name", "unused"},
	"labelstudio": {"images", "unused"}, "cvat": {"name"}, "datumaro": {"name"}, "tfrecord": {},
	"yolo": {"name", "skipped", "proposal", "source", "confidence", "flag"},
	"voc":  {"name", "skipped", "proposal", "source", "confidence", "flag", "rounded", "unused"},
}

func TestCheckTellsWhatAFormatDoesNotHold(t *testing.T) {
	for _, task := range []domain.Task{domain.TaskSingle, domain.TaskMulti, domain.TaskBoxes} {
		b := everyKind(t, task)
		e := b.export(b.project)
		for _, f := range domain.Formats {
			if !f.Holds(task) {
				if _, err := b.Check(b.ctx, b.project, e.ID, f.Name, ""); err == nil {
					t.Errorf("%s %s was checked", task, f.Name)
				}
				continue
			}
			t.Run(fmt.Sprint(task, " ", f.Name), func(t *testing.T) {
				c, err := b.Check(b.ctx, b.project, e.ID, f.Name, "")
				if err != nil {
					t.Fatal(err)
				}
				var codes []string
				for _, l := range c.Losses {
					codes = append(codes, l.Code)
				}
				want := slices.Clone(kept[f.Name])
				if task != domain.TaskBoxes {
					want = slices.DeleteFunc(want, func(s string) bool { return s == "rounded" })
				}
				slices.Sort(codes)
				slices.Sort(want)
				if !slices.Equal(codes, want) || c.Items != 9 {
					t.Errorf("%d images, losses %+v, want %v", c.Items, c.Losses, want)
				}
			})
		}
	}
}

// TestCheckAgreesWithAnImport imports what was downloaded, and finds what the check foretold.
func TestCheckAgreesWithAnImport(t *testing.T) {
	for _, task := range []domain.Task{domain.TaskSingle, domain.TaskMulti, domain.TaskBoxes} {
		b := everyKind(t, task)
		e := b.export(b.project)
		for _, f := range domain.Formats {
			if !f.Holds(task) {
				continue
			}
			c, err := b.Check(b.ctx, b.project, e.ID, f.Name, "")
			if err != nil {
				t.Fatal(err)
			}
			back := b.newProject(task)
			files := []part{{"x.zip", b.download(b.project, e.ID, f.Name)}}
			if !f.Images {
				files = append(pictures("human.png", "train/import.png", "val/accepted.png", "proposed.png", "skipped.png", "none.png", "unlabelled.png", "bad.png", "unsure.png"),
					part{"labels" + path.Ext(f.Ending), files[0].data})
			}
			if rep := b.into(back, "auto", files...); len(rep.Refused) > 0 {
				t.Errorf("%s %s: %v", task, f.Name, rep.Refused)
			}
			same := 0
			got := b.bySHA(back)
			for sha, want := range b.bySHA(b.project) {
				if got[sha] == want {
					same++
				}
			}
			if same != c.Same {
				t.Errorf("%s %s: %d labels came back, the check said %d\n got %v\nwant %v", task, f.Name, same, c.Same, got, b.bySHA(b.project))
			}
		}
	}
}

func TestProposalsDoNotTakeThePlaceOfLabels(t *testing.T) {
	b := newBench(t, domain.TaskSingle, "cat", "dog")
	b.run("none", pictures("a.png", "b.png", "c.png")...)
	b.set("a.png", domain.StateLabelled, domain.SourceHuman, 0, "cat")
	rep := b.run("auto", text("l.csv", "filename,label,state,confidence\na.png,dog,auto,0.9\nb.png,dog,auto,0.8\nc.png,cat,labelled,\nc.png,dog,auto,0.9\n"))
	b.wantLabels("a.png=labelled:cat", "b.png=auto:dog", "c.png=labelled:cat")
	if rep.Labelled != 1 || len(rep.Refused) > 0 || !hasNote(rep, "predictions") {
		t.Errorf("%+v", rep)
	}
	page, err := b.Store.Assets(b.ctx, b.project, store.Query{Filter: domain.Filter{States: []domain.State{domain.StateAuto}}})
	if err != nil || len(page.Items) != 1 || page.Items[0].Label.Confidence != 0.8 {
		t.Errorf("%+v %v", page.Items, err)
	}
}
