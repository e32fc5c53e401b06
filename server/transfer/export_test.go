package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func (b *bench) export(project string) domain.Export {
	b.t.Helper()
	e, err := b.CreateExport(b.ctx, project, "My export", domain.Filter{})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) download(project, export, format string) []byte {
	b.t.Helper()
	d, err := b.Download(b.ctx, project, export, format, "")
	if err != nil {
		b.t.Fatalf("%s: %v", format, err)
	}
	var out [2]bytes.Buffer
	for i := range out {
		if err := d.Write(b.ctx, &out[i]); err != nil {
			b.t.Fatalf("%s: %v", format, err)
		}
	}
	if !bytes.Equal(out[0].Bytes(), out[1].Bytes()) {
		b.t.Errorf("%s: two downloads differ", format)
	}
	return out[0].Bytes()
}

func entries(t *testing.T, data []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(in); err != nil {
			t.Fatal(err)
		}
		if _, twice := out[f.Name]; twice {
			t.Errorf("%s is twice in the archive", f.Name)
		}
		out[f.Name] = text.String()
	}
	return out
}

// set labels an asset by name; class "" with state skipped or labelled gives a label without classes.
func (b *bench) set(name string, state domain.State, source domain.Source, confidence float64, classes ...string) {
	b.t.Helper()
	p, _ := b.Store.Project(b.ctx, b.project)
	label := domain.Label{State: state, Source: source, Confidence: confidence}
	for _, c := range classes {
		at := slices.IndexFunc(p.Classes, func(x domain.Class) bool { return x.Name == c })
		if p.Task == domain.TaskBoxes {
			label.Boxes = append(label.Boxes, domain.Box{ClassID: p.Classes[at].ID, X: 0.4, Y: 1, W: 3.2, H: 2})
			continue
		}
		label.Classes = append(label.Classes, domain.ClassScore{ClassID: p.Classes[at].ID, Score: confidence})
	}
	for _, a := range b.assets(b.project) {
		if a.Name == name {
			_, err := b.Store.WriteLabels(b.ctx, b.project, store.LabelWrite{Changes: []store.Change{{AssetID: a.ID, Label: label}}})
			if err != nil {
				b.t.Fatal(err)
			}
			return
		}
	}
	b.t.Fatalf("no asset %s", name)
}

// flag notes something about an asset by name.
func (b *bench) flag(name string, flag domain.Flag) {
	b.t.Helper()
	for _, a := range b.assets(b.project) {
		if a.Name == name {
			_, err := b.Store.WriteLabels(b.ctx, b.project, store.LabelWrite{Changes: []store.Change{{AssetID: a.ID, Label: a.Label.Flagged(flag)}}})
			if err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

func TestExportIsASnapshotThatStays(t *testing.T) {
	b := newBench(t, domain.TaskSingle, "cat", "dog")
	b.run("auto", pictures("a.png", "b.png", "c.png", "d.png")...)
	b.set("a.png", domain.StateLabelled, domain.SourceHuman, 0, "cat")
	b.set("b.png", domain.StateAuto, domain.SourceModel, 0.75, "dog")
	b.set("c.png", domain.StateSkipped, domain.SourceHuman, 0)
	e := b.export(b.project)
	p, _ := b.Store.Project(b.ctx, b.project)
	if e.Items != 4 || e.Labelled != 1 || e.ByClass[p.Classes[0].ID] != 1 || len(e.ByClass) != 1 || e.Name != "My export" || e.ID == "" {
		t.Errorf("%+v", e)
	}
	before := map[string][]byte{}
	for _, format := range []string{"json", "csv", "coco", "folder"} {
		before[format] = b.download(b.project, e.ID, format)
	}
	if again := b.export(b.project); again.SHA256 != e.SHA256 || again.ID == e.ID {
		t.Errorf("the same labels gave %s and %s", again.SHA256, e.SHA256)
	}
	b.set("a.png", domain.StateLabelled, domain.SourceHuman, 0, "dog")
	if _, err := b.Store.DeleteAssets(b.ctx, b.project, domain.Filter{Text: "d.png"}, "", ""); err != nil {
		t.Fatal(err)
	}
	for format, want := range before {
		if !bytes.Equal(b.download(b.project, e.ID, format), want) {
			t.Errorf("%s changed after the labels did", format)
		}
	}
	snap, err := b.Snapshot(b.ctx, b.project, e.ID)
	if err != nil || len(snap.Assets) != 4 || snap.Project.ID != b.project || snap.Assets[0].Label.Classes[0].ClassID != p.Classes[0].ID {
		t.Errorf("%+v %v", snap, err)
	}
	for name := range entries(t, before["folder"]) {
		if !slices.Contains([]string{"cat/a.png", "_auto/dog/b.png", "_unlabelled/c.png", "_unlabelled/d.png", "labels.csv"}, name) {
			t.Error(name)
		}
	}
	want := "filename,label,state,source,confidence,split,width,height,sha256,model,score,flag\na.png,cat,labelled,human,,,8,6,"
	if !strings.HasPrefix(string(before["csv"]), want) || !strings.Contains(string(before["csv"]), "\nb.png,dog,auto,model,0.75,,8,6,") || !strings.Contains(string(before["csv"]), "\nd.png,,unlabelled,,,,8,6,") {
		t.Errorf("%s", before["csv"])
	}
	var c struct {
		Images                   []cocoOutImage
		Annotations, Predictions []cocoOutAnnotation
	}
	if err := json.Unmarshal(before["coco"], &c); err != nil || len(c.Images) != 4 || len(c.Annotations) != 1 || len(c.Predictions) != 1 || *c.Predictions[0].Score != 0.75 {
		t.Errorf("%s %v", before["coco"], err)
	}
	only, err := b.CreateExport(b.ctx, b.project, "", domain.Filter{States: []domain.State{domain.StateLabelled}})
	if err != nil || only.Items != 1 || only.Name != "Test" {
		t.Errorf("%+v %v", only, err)
	}
}

func TestDownloadProblems(t *testing.T) {
	b := newBench(t, domain.TaskSingle, "cat")
	code := func(err error) string {
		var p *domain.Problem
		errors.As(err, &p)
		if p == nil {
			return ""
		}
		return p.Code
	}
	if _, err := b.CreateExport(b.ctx, b.project, "", domain.Filter{}); code(err) != domain.CodeInvalid {
		t.Error(err)
	}
	if _, err := b.CreateExport(b.ctx, "nowhere", "", domain.Filter{}); code(err) != domain.CodeNotFound {
		t.Error(err)
	}
	b.run("none", picture("a.png", 1))
	if _, err := b.CreateExport(b.ctx, b.project, strings.Repeat("x", 201), domain.Filter{}); code(err) != domain.CodeInvalid {
		t.Error(err)
	}
	e := b.export(b.project)
	for format, want := range map[string]string{"yolo": domain.CodeUnsupported, "voc": domain.CodeUnsupported, "excel": domain.CodeInvalid} {
		if _, err := b.Download(b.ctx, b.project, e.ID, format, ""); code(err) != want {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, err := b.Download(b.ctx, b.newProject(domain.TaskBoxes), e.ID, "csv", ""); code(err) != domain.CodeNotFound {
		t.Errorf("another project's export: %v", err)
	}
	if err := b.Blobs.Delete(b.ctx, b.assets(b.project)[0].SHA256); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, b.download(b.project, e.ID, "folder")); !strings.Contains(got["MISSING.txt"], "_unlabelled/a.png") || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

var nastyNames = []string{
	"plain", "with space", `q"u'o,te`, "a/b", `back\slash`, "..", "CON", "con", "Ünïcode", "고양이", "😀", "=cmd()", "<b>&amp;</b>",
	"שלום", "trailing.", "_unlabelled", "train", "a|b", "colon: yes", "#hash", "- dash", strings.Repeat("long", 50),
}

func TestNastyClassNamesSurviveEveryFormat(t *testing.T) {
	for _, task := range []domain.Task{domain.TaskSingle, domain.TaskMulti, domain.TaskBoxes} {
		b := newBench(t, task, nastyNames...)
		var files []part
		for i := range nastyNames {
			files = append(files, picture(strings.Repeat("d/", i)+"x.PNG", i+1)) // all of one base name
		}
		b.run("none", files...)
		for i, n := range nastyNames {
			b.set(files[i].name, domain.StateLabelled, domain.SourceImport, 0, n)
		}
		e := b.export(b.project)
		for _, f := range domain.Formats {
			if !f.Holds(task) {
				continue
			}
			format := f.Name
			data := b.download(b.project, e.ID, format)
			project := b.newProject(task)
			var rep domain.ImportReport
			if f.Images {
				checkNames(t, data)
				rep = b.into(project, "auto", part{"x.zip", data})
			} else {
				rep = b.into(project, "auto", append(slices.Clone(files), part{"labels" + path.Ext(f.Ending), data})...)
			}
			if len(rep.Refused) > 0 {
				t.Errorf("%s %s: refused %v", task, format, rep.Refused)
			}
			want, got := b.bySHA(b.project), b.bySHA(project)
			if format == "voc" { // whole pixels
				for sha, l := range want {
					want[sha] = strings.Replace(l, "@0.4,1,3.2,2", "@0,1,4,2", 1)
				}
			}
			for sha, l := range want {
				if got[sha] != l {
					t.Errorf("%s %s: got %q, want %q", task, format, got[sha], l)
				}
			}
		}
	}
}

// checkNames fails for entries that some file system would refuse or merge.
func checkNames(t *testing.T, data []byte) {
	t.Helper()
	seen := map[string]bool{}
	for name := range entries(t, data) {
		if clean, reason := entryName(name); reason != "" || clean != name {
			t.Errorf("entry %q: %s", name, reason)
		}
		if seen[strings.ToLower(name)] {
			t.Errorf("entry %q is there in another case", name)
		}
		seen[strings.ToLower(name)] = true
		for _, part := range strings.Split(name, "/") {
			first, _, _ := strings.Cut(strings.ToLower(part), ".")
			if len(part) > 255 || strings.ContainsAny(part, `<>:"\|?*`) || reserved[first] || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") {
				t.Errorf("entry %q", name)
			}
		}
	}
}

func TestFilePart(t *testing.T) {
	for in, want := range map[string]string{
		"a.png": "a.png", "": "_", "..": "_", ".": "_", "a/../b": "a_.._b", "CON": "_CON", "con.txt": "_con.txt", "lpt1": "_lpt1",
		"a\x00b\n": "a_b_", "x. . ": "x", "évé": "évé", "\u202egnp.exe": "_gnp.exe", "console": "console",
	} {
		if got := filePart(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if n := len(filePart(strings.Repeat("고", 300) + ".png")); n > 200 {
		t.Errorf("%d bytes", n)
	}
}

// roundTrip exports, imports into a new project, and compares labels and splits by content, and then the files themselves.
func roundTrip(t *testing.T, b *bench, format string, images []part) {
	t.Helper()
	p, _ := b.Store.Project(b.ctx, b.project)
	f, _ := domain.FormatNamed(format)
	e := b.export(b.project)
	data := b.download(b.project, e.ID, format)
	project := b.newProject(p.Task)
	packed := func(data []byte) part {
		if !f.Images {
			data = zipOf(append([]part{{"labels" + path.Ext(f.Ending), data}}, images...)...)
		}
		return part{"x.zip", data}
	}
	rep := b.into(project, "auto", packed(data))
	if len(rep.Refused) > 0 {
		t.Errorf("refused %v", rep.Refused)
	}
	if c := b.wantCheck(e.ID, format, "images", "name"); c.Same != len(images) {
		t.Errorf("%d of %d images are the same", c.Same, len(images))
	}
	want, got := b.bySHA(b.project), b.bySHA(project)
	if len(want) != len(got) {
		t.Errorf("%d images became %d", len(want), len(got))
	}
	for sha, l := range want {
		if got[sha] != l {
			t.Errorf("got %q, want %q", got[sha], l)
		}
	}
	again := b.download(project, b.export(project).ID, format)
	second := b.newProject(p.Task)
	b.into(second, "auto", packed(again))
	if !mapsEqual(b.bySHA(second), got) {
		t.Errorf("the second round changed labels")
	}
	if format == "json" {
		return // holds ids and times
	}
	first, third := undated(t, f, data), undated(t, f, again)
	for name, text := range first {
		if ok := third[name] == text; !ok && !utf8.ValidString(text) {
			t.Errorf("%s is another, or missing", name)
		} else if !ok {
			t.Errorf("%s of the second export is another:\n%.600s\nwas\n%.600s", name, third[name], text)
		}
	}
	if len(first) != len(third) {
		t.Errorf("%d files became %d", len(first), len(third))
	}
}

var dates = regexp.MustCompile(`"date_created":"[^"]*"`)

// undated gives the files of a download without the time at which it was made.
func undated(t *testing.T, f domain.Format, data []byte) map[string]string {
	t.Helper()
	if f.Images {
		files := entries(t, data)
		for name, text := range files { // the order is that of names, which are others the second time
			end := map[string]string{"csv": "\n", "txt": "\n", "json": ","}[ext(name)]
			if end != "" {
				if ext(name) == "json" {
					text = strings.NewReplacer(`"items":`, "", "[", "", "]", "", "{", "", "}", "").Replace(text)
				}
				lines := strings.Split(strings.TrimSpace(text), end)
				slices.Sort(lines)
				files[name] = strings.Join(lines, end)
			}
		}
		return files
	}
	return map[string]string{"labels": dates.ReplaceAllString(string(data), "")}
}

func mapsEqual(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// wantCheck fails for losses that may not be, and where the check and a true import do not agree.
func (b *bench) wantCheck(export, format string, may ...string) domain.ExportCheck {
	b.t.Helper()
	c, err := b.Check(b.ctx, b.project, export, format, "")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, l := range c.Losses {
		if !slices.Contains(may, l.Code) || l.Count < 1 {
			b.t.Errorf("%s loses %+v", format, l)
		}
	}
	return c
}

func TestRoundTripsOfClasses(t *testing.T) {
	var images []part
	for _, class := range []string{"0", "3", "7", "9"} {
		images = append(images, dataFiles(t, 7, "sign-digits/"+class+"/*")...)
	}
	for i := range images { // with splits, as sets come
		images[i].name = []string{"train/", "val/", "test/"}[i%3] + path.Base(path.Dir(images[i].name)) + "/" + path.Base(images[i].name)
	}
	b := newBench(t, domain.TaskSingle)
	rep := b.run("auto", part{"signs.zip", zipOf(images...)})
	if rep.Imported != 28 || rep.Labelled != 28 || len(rep.Refused) > 0 || !hasNote(rep, "labels_from_folders") {
		t.Fatalf("%+v", rep)
	}
	b.set(images[1].name, domain.StateUnlabelled, "", 0)
	for _, f := range domain.Formats {
		if f.Holds(domain.TaskSingle) {
			t.Run(f.Name, func(t *testing.T) { roundTrip(t, b, f.Name, images) })
		}
	}
	b.set(images[2].name, domain.StateSkipped, domain.SourceHuman, 0)
	b.flag(images[3].name, domain.FlagBad)
	b.flag(images[4].name, domain.FlagUnsure)
	for _, f := range domain.Formats {
		if f.Holds(domain.TaskSingle) {
			t.Run("skipped "+f.Name, func(t *testing.T) { roundTrip(t, b, f.Name, images) })
		}
	}
}

func bccd(t *testing.T, n int) (images, notes []part) {
	t.Helper()
	for _, p := range dataFiles(t, n, "bccd/BCCD/JPEGImages/*.jpg") {
		images = append(images, part{strings.TrimPrefix(p.name, "bccd/"), p.data})
		x := dataFiles(t, 1, "bccd/BCCD/Annotations/"+stem(path.Base(p.name))+".xml")[0]
		notes = append(notes, part{strings.TrimPrefix(x.name, "bccd/"), x.data})
	}
	return images, notes
}

func TestRoundTripsOfBoxes(t *testing.T) {
	images, notes := bccd(t, 20)
	b := newBench(t, domain.TaskBoxes)
	rep := b.run("auto", part{"bccd.zip", zipOf(append(slices.Clone(images), notes...)...)})
	if rep.Imported != 20 || rep.Labelled != 20 || !hasNote(rep, "labels_from_voc") {
		t.Fatalf("%+v", rep)
	}
	p, _ := b.Store.Project(b.ctx, b.project)
	if len(p.Classes) != 3 || p.Counts.Labelled != 20 {
		t.Errorf("%+v", p)
	}
	b.set(images[3].name, domain.StateUnlabelled, "", 0)
	b.set(images[4].name, domain.StateLabelled, domain.SourceImport, 0) // looked at, nothing there
	for _, f := range domain.Formats {
		if f.Holds(domain.TaskBoxes) {
			t.Run(f.Name, func(t *testing.T) { roundTrip(t, b, f.Name, images) })
		}
	}
	t.Run("as sets of classes", func(t *testing.T) {
		b := newBench(t, domain.TaskMulti)
		rep := b.run("voc", append(notes, images...)...) // loose, labels before images
		if rep.Imported != 20 || rep.Labelled != 20 || len(rep.Refused) > 0 {
			t.Fatalf("%+v", rep)
		}
		for _, f := range domain.Formats {
			if f.Holds(domain.TaskMulti) {
				t.Run(f.Name, func(t *testing.T) { roundTrip(t, b, f.Name, images) })
			}
		}
	})
}

func TestLoosePartsOfASetEqualItsArchive(t *testing.T) {
	images, notes := bccd(t, 5)
	loose, packed := newBench(t, domain.TaskBoxes), newBench(t, domain.TaskBoxes)
	loose.run("auto", append(slices.Clone(images), notes...)...)
	packed.run("voc", part{"x.zip", zipOf(append(slices.Clone(notes), images...)...)})
	if !mapsEqual(loose.bySHA(loose.project), packed.bySHA(packed.project)) {
		t.Error("the labels differ")
	}
}

func TestThumbAndImage(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	turned := withOrientation(jpegOf(400, 200, 1), 6)
	b.run("none", part{"turned.jpg", turned}, part{"plain.png", pngOf(300, 100, 2)}, part{"t.tiff", dataTIFF()})
	want := map[string]struct{ kind, format string }{"turned.jpg": {"image/jpeg", "jpeg"}, "plain.png": {"image/png", "png"}, "t.tiff": {"image/png", "png"}}
	for _, a := range b.assets(b.project) {
		data, kind, err := b.Image(b.ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		img, info, err := vision.Decode(data, vision.Limits{})
		if err != nil || kind != want[a.Name].kind || info.Format != want[a.Name].format || img.Width != a.Width || img.Height != a.Height || info.Orientation != 1 {
			t.Errorf("%s: %s %+v %v", a.Name, kind, info, err)
		}
		if a.Name == "plain.png" && !bytes.Equal(data, pngOf(300, 100, 2)) {
			t.Error("the original bytes were not given")
		}
		data, kind, err = b.Thumb(b.ctx, a)
		if err != nil || kind != "image/jpeg" {
			t.Fatal(err)
		}
		if img, _, err = vision.Decode(data, vision.Limits{}); err != nil || max(img.Width, img.Height) > ThumbSide || (img.Width > img.Height) != (a.Width > a.Height) {
			t.Errorf("%s: thumbnail %d x %d, %v", a.Name, img.Width, img.Height, err)
		}
	}
	if _, _, err := b.Image(b.ctx, domain.Asset{SHA256: blob.Sum([]byte("nothing")), Format: "png"}); err == nil {
		t.Error("an image whose bytes are not there was given")
	}
}

func TestCSVIsQuoted(t *testing.T) {
	b := newBench(t, domain.TaskMulti, `a"b`, "c,d\ne")
	b.run("none", picture("x,y.png", 1))
	b.set("x,y.png", domain.StateLabelled, domain.SourceHuman, 0, `a"b`, "c,d\ne")
	rows, err := csv.NewReader(bytes.NewReader(b.download(b.project, b.export(b.project).ID, "csv"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][0] != "x,y.png" || rows[1][1] != `a"b` || rows[2][1] != "c,d\ne" {
		t.Errorf("%q %v", rows, err)
	}
}
