package transfer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store/storetest"
)

// twoFiles are images, twice the same one among them, with labels in two files of which the second names them the other way
// round, gives some a split, and some another class or an image that is not there.
func twoFiles(n int) []part {
	var images []part
	first, second := strings.Builder{}, strings.Builder{}
	first.WriteString("image,label\n")
	second.WriteString("image,label,split\n")
	for i := range n {
		name := fmt.Sprintf("set/%d/img%03d.png", i%4, i)
		images = append(images, picture(name, i+1))
		fmt.Fprintf(&first, "%s,%s\n", name, []string{"cat", "dog", "bird"}[i%3])
		j := n - 1 - i
		class := []string{"cat", "dog", "bird"}[j%3]
		if j%10 == 4 {
			class = "horse"
		}
		split := []string{"train", "", "val"}[j%3]
		fmt.Fprintf(&second, "img%03d.png,%s,%s\n", j, class, split)
		if j%10 == 7 {
			fmt.Fprintf(&second, "gone%d.png,cat,\n", j)
		}
	}
	images = append(images, part{"again/img000.png", images[0].data})
	return append([]part{{"images.zip", zipOf(images...)}}, text("first.csv", first.String()), text("second.csv", second.String()))
}

// TestWindowsChangeNothing imports the same by large and by small windows and pages: labels, splits, classes and lines are the same.
func TestWindowsChangeNothing(t *testing.T) {
	folders := []part{{"f.zip", zipOf(picture("a/1.png", 1), picture("b/2.png", 2), picture("a/3.png", 3), picture("b/1.png", 1), picture("b/4.png", 4), picture("a/5.png", 5))}}
	for _, c := range []struct {
		name  string
		task  domain.Task
		parts []part
	}{{"single", domain.TaskSingle, twoFiles(60)}, {"multi", domain.TaskMulti, twoFiles(60)}, {"folders", domain.TaskSingle, folders}, {"boxes", domain.TaskBoxes, folders}} {
		t.Run(c.name, func(t *testing.T) {
			var was domain.ImportReport
			var labels map[string]string
			for i, size := range []int{0, 7, 1} {
				s := New(storetest.SQLite(t), blob.NewMemory())
				s.window, s.spill = size, 200*size
				b := &bench{Service: s, t: t, ctx: t.Context()}
				b.project = b.newProject(c.task)
				rep := b.run("auto", c.parts...)
				if got := b.bySHA(b.project); i == 0 {
					was, labels = rep, got
				} else if !maps.Equal(got, labels) {
					t.Errorf("windows of %d: %v, not %v", size, got, labels)
				}
				if rep.Labelled != was.Labelled || !slices.Equal(codes(rep.Refused), codes(was.Refused)) || !slices.Equal(codes(rep.Notes), codes(was.Notes)) {
					t.Errorf("windows of %d: labelled %d of %d\n%v\n%v\n%v\n%v", size, rep.Labelled, was.Labelled, rep.Refused, was.Refused, rep.Notes, was.Notes)
				}
			}
			if c.task != domain.TaskBoxes && (was.Labelled == 0 || len(labels) < 5) {
				t.Errorf("%d of %d were labelled", was.Labelled, len(labels))
			}
		})
	}
}

// TestReportsAreBounded refuses many files: answers hold the first lines and the counts, and all can be read page by page.
func TestReportsAreBounded(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	var bad []part
	for i := range reportLines + 250 {
		bad = append(bad, text(fmt.Sprintf("no%04d.gif", i), "none"))
	}
	rep, err := b.Start(b.ctx, b.project, "auto")
	if err != nil {
		t.Fatal(err)
	}
	n := len(bad)
	if rep, err = b.File(b.ctx, b.project, rep.ID, "bad.zip", strings.NewReader(string(zipOf(bad...)))); err != nil {
		t.Fatal(err)
	}
	if len(rep.Refused) != fileLines || rep.RefusedCount != n {
		t.Errorf("while it goes on: %d lines of %d", len(rep.Refused), rep.RefusedCount)
	}
	if p := rep.Progress; p == nil || *p != (domain.ImportProgress{Phase: "images", Done: n, Total: n}) {
		t.Errorf("progress %+v", p)
	}
	if rep, err = b.Finish(b.ctx, b.project, rep.ID); err != nil {
		t.Fatal(err)
	}
	if len(rep.Refused) != reportLines || rep.RefusedCount != n || rep.RefusedBy["not_image"] != n || rep.Progress != nil {
		t.Errorf("finished: %d lines of %d, %v", len(rep.Refused), rep.RefusedCount, rep.RefusedBy)
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		lines, next, err := b.Store.ImportLines(b.ctx, b.project, rep.ID, false, cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			seen[l.Path] = true
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d lines can be read", len(seen), n)
	}
}

// TestSameNameManyTimes finds images by names that thousands share in time that does not grow with their square.
func TestSameNameManyTimes(t *testing.T) {
	x := newIndex()
	const n = 30_000
	for i := range n {
		x.add(fmt.Sprintf("d%d/image.jpg", i), "", fmt.Sprint(i%(n/2)))
	}
	if id, several := x.find(item{Kind: kindCSV, Image: "image.jpg"}); id != "" || several != n/2 {
		t.Errorf("found %q and %d", id, several)
	}
	if id, _ := x.find(item{Kind: kindCSV, Image: "d7/image.jpg"}); id != "7" {
		t.Errorf("found %q", id)
	}
	if size := len(x.slots); size > 3*n+10 {
		t.Errorf("%d slots for %d names", size, n)
	}
}
