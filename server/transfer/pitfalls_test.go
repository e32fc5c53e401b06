package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// What decides round trips between tools: each test names one thing that formats or tools do in several ways.

// One box of whole pixels, at the first pixel and at the last, in every way of writing it.
func TestBoxesOfTheFirstAndTheLastPixel(t *testing.T) {
	first, last := "cat@0,0,1,1", "cat@7,5,1,1"
	coco := func(x, y float64) part {
		return text("c.json", fmt.Sprintf(`{"images":[{"id":1,"file_name":"a.png","width":8,"height":6}],"categories":[{"id":1,"name":"cat"}],"annotations":[{"image_id":1,"category_id":1,"bbox":[%g,%g,1,1]}]}`, x, y))
	}
	yolo := func(x, y float64) part {
		return text("a.txt", fmt.Sprintf("0 %g %g %g %g\n", (x+.5)/8, (y+.5)/6, 1/8.0, 1/6.0))
	}
	for name, c := range map[string]struct {
		files []part
		want  string
	}{
		"voc, first":          {[]part{text("a.xml", voc("a.png", 8, 6, object("cat", 1, 1, 1, 1)))}, first},
		"voc, last":           {[]part{text("a.xml", voc("a.png", 8, 6, object("cat", 8, 6, 8, 6)))}, last},
		"coco, first":         {[]part{coco(0, 0)}, first},
		"coco, last":          {[]part{coco(7, 5)}, last},
		"yolo, first":         {[]part{text("classes.txt", "cat\n"), yolo(0, 0)}, first},
		"yolo, last":          {[]part{text("classes.txt", "cat\n"), yolo(7, 5)}, last},
		"label studio, first": {[]part{text("l.json", lsTasks(lsAnswered(lsRect("cat", 0, 0, 12.5, 100/6.0, 0))))}, first},
		"label studio, last":  {[]part{text("l.json", lsTasks(lsAnswered(lsRect("cat", 87.5, 500/6.0, 12.5, 100/6.0, 0))))}, last},
		"cvat, last":          {[]part{text("x.xml", cvatText(`<image name="a.png" width="8" height="6"><box label="cat" xtl="7.00" ytl="5.00" xbr="8.00" ybr="6.00"/></image>`))}, last},
		"datumaro, last":      {[]part{text("x.json", datumaroFile(`{"id":"a","annotations":[{"type":"bbox","label_id":1,"bbox":[7,5,1,1]}]}`))}, last},
		"csv, last":           {[]part{text("l.csv", "filename,class,xmin,ymin,xmax,ymax\na.png,cat,7,5,8,6\n")}, last},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, domain.TaskBoxes)
			rep := b.run("auto", append(c.files, picture("a.png", 1))...)
			if got := b.short("a.png"); got != c.want || len(rep.Refused) > 0 {
				t.Errorf("got %s, want %s; %v", got, c.want, rep.Refused)
			}
		})
	}
}

// lost lists the codes and counts of what a format does not hold.
func lost(c domain.ExportCheck) string {
	var out []string
	for _, l := range c.Losses {
		out = append(out, fmt.Sprintf("%s %d", l.Code, l.Count))
	}
	return strings.Join(out, " ")
}

// TestVOCDialectIsKept imports boxes that count from 0, and exports and imports them again, also such as do not show how they count.
func TestVOCDialectIsKept(t *testing.T) {
	hidden := text("b.xml", voc("b.png", 8, 6, object("cat", 2, 2, 4, 4))) // 2,2 to 4,4 from 0; 1,1 to 4,4 from 1
	b := newBench(t, domain.TaskBoxes)
	dialect := func(rep domain.ImportReport, want domain.VOC, boxes string) {
		t.Helper()
		p, err := b.Store.Project(b.ctx, b.project)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.short("b.png"); rep.VOC != want || p.VOC != want || got != boxes {
			t.Errorf("read as %q, kept as %q, %s; not %q, %s", rep.VOC, p.VOC, got, want, boxes)
		}
	}
	asked := func(voc domain.VOC, parts ...part) domain.ImportReport {
		t.Helper()
		rep, err := b.StartAs(b.ctx, b.project, "auto", voc)
		for _, p := range parts {
			if err == nil {
				_, err = b.File(b.ctx, b.project, rep.ID, p.name, bytes.NewReader(p.data))
			}
		}
		if err == nil {
			rep, err = b.Finish(b.ctx, b.project, rep.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	dialect(b.run("auto", append(pictures("b.png"), hidden)...), domain.VOCOne, "cat@1,1,3,3")
	dialect(b.run("auto", picture("a.png", 77), text("a.xml", voc("a.png", 8, 6, object("cat", 0, 1, 4, 4)))), domain.VOCZero, "cat@1,1,3,3")
	dialect(b.run("auto", hidden), domain.VOCZero, "cat@2,2,2,2") // as the project's others
	e := b.export(b.project)
	c, err := b.Check(b.ctx, b.project, e.ID, "voc", "")
	if err != nil || c.VOC != domain.VOCZero || c.Same != 2 || lost(c) != "zero_based 2 name 2" {
		t.Errorf("check %+v %v", c, err)
	}
	zero := b.download(b.project, e.ID, "voc")
	dialect(asked(domain.VOCOne, hidden), domain.VOCOne, "cat@1,1,3,3")
	if c, err := b.Check(b.ctx, b.project, e.ID, "voc", domain.VOCOne); err != nil || c.VOC != domain.VOCOne || c.Same != 2 || lost(c) != "name 2" {
		t.Errorf("check %+v %v", c, err)
	}
	if again := b.download(b.project, e.ID, "voc"); !bytes.Equal(zero, again) {
		t.Error("what an export holds has changed with its project")
	}
	dialect(b.run("auto", part{"zero.zip", zero}), domain.VOCZero, "cat@2,2,2,2") // the file says how it counts
	if _, err := b.Check(b.ctx, b.project, e.ID, "voc", "two"); domain.AsProblem(err).Code != domain.CodeInvalid {
		t.Errorf("dialect two: %v", err)
	}
}

// Which of VOC's two dialects was read is told, and it is found out from all files of an import together: one zero tells.
func TestVOCDialectIsOneForTheImport(t *testing.T) {
	b := newBench(t, domain.TaskBoxes)
	rep := b.run("auto", append(pictures("a.png", "b.png"), text("a.xml", voc("a.png", 8, 6, object("cat", 2, 2, 4, 4))), text("b.xml", voc("b.png", 8, 6, object("cat", 0, 1, 4, 4))))...)
	if got := b.short("a.png", "b.png"); got != "cat@2,2,2,2 cat@0,1,4,3" || !hasNote(rep, "voc_zero_based") || hasNote(rep, "voc_one_based") {
		t.Errorf("%s %v", got, rep.Notes)
	}
}

// Shares of very large images must not lose pixels: six decimals would.
func TestSharesKeepEveryPixelOfHugeImages(t *testing.T) {
	for _, size := range []int{1, 3, 7, 640, 8191, 59_999, 100_003} {
		asset := domain.Asset{Width: size, Height: size}
		for _, x := range []float64{0, 1.0 / 3, float64(size) / 7, float64(size) - 0.5} {
			in := domain.Box{X: math.Floor(x*100) / 100, W: 0.37}
			w := float64(size)
			line := strings.Fields(fmt.Sprintf("%s %s", plain((in.X+in.W/2)/w), plain(in.W/w)))
			p := &parsed{file: "a.txt"}
			parseYOLO(p, fmt.Sprintf("0 %s 0.5 %s 1\n", line[0], line[1]))
			got, _, problem := pixelBox(p.items[0], p.items[0].Boxes[0], asset, false)
			if problem != "" || math.Abs(got.X-in.X) > 1e-6 || math.Abs(got.W-in.W) > 1e-6 {
				t.Errorf("%d pixels: %+v became %+v %s", size, in, got, problem)
			}
		}
	}
}

// A class's number in YOLO and COCO is its place in the project's list, whatever is archived or added later.
func TestClassNumbersKeepTheirMeaning(t *testing.T) {
	b := newBench(t, domain.TaskBoxes, "zebra", "cat")
	b.run("none", picture("a.png", 1))
	b.set("a.png", domain.StateLabelled, domain.SourceHuman, 0, "cat")
	yolo := func() string {
		return entries(t, b.download(b.project, b.export(b.project).ID, "yolo"))["labels/a.txt"]
	}
	before := yolo()
	p, _ := b.Store.Project(b.ctx, b.project)
	p.Classes[0].Archived = true
	p.Classes = append(p.Classes, domain.Class{Name: "aardvark"})
	if _, err := b.Store.UpdateProject(b.ctx, p); err != nil {
		t.Fatal(err)
	}
	if after := yolo(); after != before || !strings.HasPrefix(after, "1 ") {
		t.Errorf("%q became %q", before, after)
	}
	var c struct{ Categories []cocoOutCategory }
	if err := json.Unmarshal(b.download(b.project, b.export(b.project).ID, "coco"), &c); err != nil || len(c.Categories) != 2 || c.Categories[0].ID != 2 || c.Categories[1].ID != 3 {
		t.Errorf("%+v %v", c, err)
	}
}

// COCO's ids may be 0, beyond 32 bits, text, and in any order; names may hold folders; unknown keys are passed over.
func TestCOCOIdsAreNames(t *testing.T) {
	file := `{"info":{"x":[1]},"annotations":[{"id":9,"image_id":9223372036854775807,"category_id":0,"bbox":[1,2,3,3],"area":1,"attributes":{"a":1}},{"image_id":"b","category_id":1000000000000}],
		"categories":[{"id":1000000000000,"name":"dog","supercategory":"x"},{"id":0,"name":"cat"}],
		"images":[{"id":"b","file_name":"set/b.png","license":3},{"id":9223372036854775807,"file_name":"https://host.example/d/a.png?x=1","coco_url":""}],"extra":{}}`
	b := newBench(t, domain.TaskMulti)
	rep := b.run("auto", append(pictures("d/a.png", "set/b.png"), text("c.json", file))...)
	if got := b.short("d/a.png", "set/b.png"); got != "cat dog" || len(rep.Refused) > 0 {
		t.Errorf("%s %v", got, rep.Refused)
	}
}

// Names of images are found again through what systems and tools make of them.
func TestImageNamesAreFoundAgain(t *testing.T) {
	for name, c := range map[string]struct{ image, told string }{
		"the same":           {"d/a.png", "d/a.png"},
		"decomposed":         {norm.NFD.String("고양이.png"), "고양이.png"},
		"composed":           {"고양이.png", norm.NFD.String("고양이.png")},
		"case of the ending": {"a.PNG", "a.png"},
		"jpeg and jpg":       {"a.png", "a.jpeg"},
		"escaped":            {"a b&c.png", "a%20b%26c.png"},
		"windows":            {"d/a.png", `.\d\a.png`},
		"absolute":           {"d/a.png", "/home/me/set/d/a.png"},
		"drive":              {"d/a.png", `C:\set\d\a.png`},
		"no ending":          {"d/a.png", "a"},
		"dots":               {"v1.2.final.png", "v1.2.final.png"},
		"a percent sign":     {"100%.png", "100%.png"},
		"reserved":           {"CON.png", "CON.png"},
		"spaces":             {" a .png", "a .png"},
	} {
		b := newBench(t, domain.TaskSingle)
		rep := b.run("csv", picture(c.image, 1), picture("other/z.png", 2), text("l.csv", "filename,label\n\""+c.told+"\",cat\n"))
		if rep.Labelled != 1 || len(rep.Refused) > 0 {
			t.Errorf("%s: %+v", name, rep)
		}
	}
}

// Names of 200 characters, with everything that some format uses as syntax, in every format that holds them.
func TestImageNamesSurviveEveryFormat(t *testing.T) {
	names := []string{
		"a, \"b\".png", "tab\there.png", "<&>'.png", "=SUM(A1).png", "emoji 😀.png", "שלום.png", "a;b|c.png", "CON.png", "x (1).png", "x.png", "d/x.png", "D/x.PNG",
		strings.Repeat("길", 60) + ".png", "no ending", "trailing .png",
	}
	b := newBench(t, domain.TaskSingle, "cat")
	var files []part
	for i, n := range names {
		files = append(files, picture(n, i+1))
	}
	b.run("none", files...)
	for _, n := range names {
		b.set(n, domain.StateLabelled, domain.SourceHuman, 0, "cat")
	}
	e := b.export(b.project)
	for _, f := range domain.Formats {
		if f.Holds(domain.TaskSingle) {
			if c := b.wantCheck(e.ID, f.Name, "images", "name"); c.Same != len(names) {
				t.Errorf("%s: %d of %d images are the same", f.Name, c.Same, len(names))
			}
		}
	}
}

// A box is told in the frame that people see: each of EXIF's eight orientations, in and out of every format.
func TestBoxesAreInTheFrameThatIsSeen(t *testing.T) {
	for o := uint16(0); o <= 9; o++ {
		b := newBench(t, domain.TaskBoxes, "cat")
		b.run("none", part{"a.jpg", withOrientation(jpegOf(32, 16, int(o)+1), o)})
		b.set("a.jpg", domain.StateLabelled, domain.SourceImport, 0, "cat")
		a := b.assets(b.project)[0]
		if turned := o >= 5 && o <= 8; turned != (a.Width == 16) || o > 8 && a.Orientation != 1 {
			t.Fatalf("orientation %d: %d x %d, %d", o, a.Width, a.Height, a.Orientation)
		}
		e := b.export(b.project)
		for _, f := range domain.Formats {
			if f.Holds(domain.TaskBoxes) {
				if c := b.wantCheck(e.ID, f.Name, "images", "name", "rounded"); c.Same != 1 && f.Name != "voc" {
					t.Errorf("orientation %d, %s: %+v", o, f.Name, c.Losses)
				}
			}
		}
	}
}

// An empty label file says "looked at, nothing there", a missing one "not labelled"; both survive every format of boxes.
func TestEmptyAndUnlabelledStayApart(t *testing.T) {
	b := newBench(t, domain.TaskBoxes, "cat")
	b.run("none", pictures("empty.png", "unlabelled.png", "boxed.png")...)
	b.set("empty.png", domain.StateLabelled, domain.SourceImport, 0)
	b.set("boxed.png", domain.StateLabelled, domain.SourceImport, 0, "cat")
	e := b.export(b.project)
	for _, f := range domain.Formats {
		if f.Holds(domain.TaskBoxes) {
			b.wantCheck(e.ID, f.Name, "images", "name", "rounded")
		}
	}
}

// TestDownloadsTakeTheMemoryOfOneImage writes 100,000 images' labels and watches what is held.
func TestDownloadsTakeTheMemoryOfOneImage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const n = 100_000
	b := newBench(t, domain.TaskBoxes, "cat", "dog")
	p, _ := b.Store.Project(b.ctx, b.project)
	snap := Snapshot{Format: SnapshotFormat, Project: p, Assets: make([]domain.Asset, n)}
	for i := range snap.Assets {
		snap.Assets[i] = domain.Asset{
			ID: store.NewID(), Name: fmt.Sprintf("folder/%06d.jpg", i), SHA256: blob.Sum([]byte(fmt.Sprint(i))), Format: "jpeg", Width: 640, Height: 480, Orientation: 1,
			Split: []string{"train", "val", "test"}[i%3], Label: domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Boxes: []domain.Box{{ClassID: p.Classes[i%2].ID, X: 1, Y: 2, W: 30, H: 40}}},
		}
	}
	data, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	snap.Assets = nil
	sha, err := b.Blobs.PutBytes(b.ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	data = nil
	e, err := b.Store.SaveExport(b.ctx, domain.Export{ProjectID: b.project, Name: "Many", Items: n, SHA256: sha, ByClass: map[string]int{}})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, format := range []string{"csv", "coco", "labelstudio"} {
		d, err := b.Download(b.ctx, b.project, e.ID, format, "")
		if err != nil {
			t.Fatal(err)
		}
		w := &watcher{}
		if err := d.Write(context.Background(), w); err != nil {
			t.Fatal(err)
		}
		if grown := int64(w.most) - int64(before.HeapAlloc); grown > 16<<20 || w.n < n*50 {
			t.Errorf("%s: %d bytes were written, and %d bytes more were held", format, w.n, grown)
		}
	}
}

// watcher looks from time to time at what is held.
type watcher struct {
	n, next int
	most    uint64
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.n += len(p); w.n >= w.next {
		w.next = w.n + 2<<20
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.most = max(w.most, m.HeapAlloc)
	}
	return len(p), nil
}

var _ io.Writer = (*watcher)(nil)
