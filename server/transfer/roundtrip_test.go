package transfer

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// dailyTrip is how many images of a data set make the round trips in daily work; IRUM_ROUNDTRIP=all takes all of them.
const dailyTrip = 12

// tripTable says what may differ after a trip through a format: codes of domain.Loss. What is not named must come back as it was.
var tripTable = map[string][]string{
	"json": {"images"}, "csv": {"images"}, "coco": {"images"}, "labelstudio": {"images"},
	"folder": {"name"}, "yolo": {"name"}, "voc": {"name"}, "cvat": {"name"}, "datumaro": {"name"}, "tfrecord": {},
}

// TestRoundTripTable sends BCCD (boxes, and as sets of classes) and sign digits (one class each) through every format that holds
// them, into an empty project, and prints what came back: a line of a table for each.
func TestRoundTripTable(t *testing.T) {
	n := dailyTrip
	if os.Getenv("IRUM_ROUNDTRIP") == "all" {
		n = 1 << 20
	}
	images, notes := bccd(t, n)
	each := max(1, n/10)
	var digits []part
	for d := range 10 {
		digits = append(digits, dataFiles(t, each, fmt.Sprintf("sign-digits/%d/*.JPG", d))...)
	}
	fmt.Println("| data set | format | images | annotations | differences |\n|---|---|---|---|---|")
	for _, set := range []struct {
		name   string
		task   domain.Task
		labels string
		images []part
		notes  []part
	}{
		{"BCCD, boxes", domain.TaskBoxes, "voc", images, notes},
		{"BCCD, classes", domain.TaskMulti, "voc", images, notes},
		{"sign digits", domain.TaskSingle, "folder", digits, nil},
	} {
		b := newBench(t, set.task)
		rep := b.run(set.labels, part{"set.zip", zipOf(append(slices.Clone(set.images), set.notes...)...)})
		if rep.Imported != len(set.images) || rep.Labelled != len(set.images) {
			t.Fatalf("%s: %+v", set.name, rep)
		}
		e := b.export(b.project)
		for _, f := range domain.Formats {
			if f.Holds(set.task) {
				b.trip(set.name, e, f, set.images)
			}
		}
	}
}

// trip sends an export through a format and back, prints its line, and fails where more or less differs than tripTable and the
// export's check say.
func (b *bench) trip(set string, e domain.Export, f domain.Format, images []part) {
	b.t.Helper()
	check, err := b.Check(b.ctx, b.project, e.ID, f.Name, "")
	if err != nil {
		b.t.Fatal(err)
	}
	files := []part{{"x.zip", b.download(b.project, e.ID, f.Name)}}
	if !f.Images {
		files = append(slices.Clone(images), part{"labels" + path.Ext(f.Ending), files[0].data})
	}
	back := b.newProject(e.Task)
	if rep := b.into(back, "auto", files...); len(rep.Refused) > 0 {
		b.t.Errorf("%s %s: refused %v", set, f.Name, rep.Refused)
	}
	annotations, lost := b.differences(b.project, back)
	if !f.Images {
		lost["images"] = e.Items
	}
	stated := map[string]int{}
	for _, l := range check.Losses {
		stated[l.Code] = l.Count
	}
	if !maps.Equal(lost, stated) {
		b.t.Errorf("%s %s: %v differ, the check states %v", set, f.Name, lost, stated)
	}
	if codes := slices.Sorted(maps.Keys(lost)); !slices.Equal(codes, tripTable[f.Name]) {
		b.t.Errorf("%s %s: %v differ, not %v", set, f.Name, codes, tripTable[f.Name])
	}
	words := "none"
	for _, code := range slices.Sorted(maps.Keys(lost)) {
		words = strings.TrimPrefix(fmt.Sprintf("%s, %s of %d", words, code, lost[code]), "none, ")
	}
	fmt.Printf("| %s | %s | %d | %d | %s |\n", set, f.Name, e.Items, annotations, words)
}

// differences counts what is not in project back as it is in project, by the codes of domain.Loss, and the annotations that are.
func (b *bench) differences(project, back string) (annotations int, lost map[string]int) {
	b.t.Helper()
	lost = map[string]int{}
	names := func(id string) map[string]string {
		p, err := b.Store.Project(b.ctx, id)
		if err != nil {
			b.t.Fatal(err)
		}
		out := map[string]string{}
		for _, c := range p.Classes {
			out[c.ID] = c.Name
		}
		return out
	}
	was, is := names(project), names(back)
	got := map[string]domain.Asset{}
	for _, a := range b.assets(back) {
		got[a.SHA256] = a
	}
	for _, a := range b.assets(project) {
		c, ok := got[a.SHA256]
		count := func(code string, differs bool) {
			if ok && differs {
				lost[code]++
			}
		}
		if !ok {
			lost["missing"]++
		}
		annotations += len(c.Label.Boxes) + len(c.Label.Classes)
		count("name", a.Name != c.Name)
		count("state", a.Label.State != c.Label.State)
		count("split", a.Split != c.Split)
		count("source", a.Label.Source != c.Label.Source)
		count("flag", a.Label.Flag != c.Label.Flag)
		count("class", !slices.Equal(classNamesOf(func(id string) string { return was[id] }, a.Label), classNamesOf(func(id string) string { return is[id] }, c.Label)))
		moved, same := boxesMoved(a.Label.Boxes, c.Label.Boxes, func(x, y domain.Box) bool { return was[x.ClassID] == is[y.ClassID] })
		count("box", !same)
		count("rounded", same && moved > 1e-6)
	}
	return annotations, lost
}
