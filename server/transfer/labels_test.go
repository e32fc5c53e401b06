package transfer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func pictures(names ...string) (out []part) {
	for i, n := range names {
		out = append(out, picture(n, i+1))
	}
	return out
}

func TestFoldersAsLabels(t *testing.T) {
	for name, c := range map[string]struct {
		mode  string
		files []string
		want  string // class per file, "-" for none; then splits
	}{
		"classes":              {"auto", []string{"cat/1.png", "cat/2.png", "dog/3.png", "dog/4.png"}, "cat cat dog dog"},
		"under a root":         {"auto", []string{"pets/cat/1.png", "pets/cat/2.png", "pets/dog/3.png", "pets/dog/4.png"}, "cat cat dog dog"},
		"splits above":         {"auto", []string{"train/cat/1.png", "train/dog/2.png", "valid/cat/3.png", "valid/dog/4.png"}, "cat/train dog/train cat/val dog/val"},
		"splits below":         {"auto", []string{"cat/train/1.png", "cat/test/2.png", "dog/train/3.png", "dog/test/4.png"}, "cat/train cat/test dog/train dog/test"},
		"generic below":        {"auto", []string{"cat/images/1.png", "cat/images/2.png", "dog/images/3.png", "dog/images/4.png"}, "cat cat dog dog"},
		"a class called train": {"auto", []string{"car/1.png", "car/2.png", "train/3.png", "train/4.png"}, "car car train train"},
		"one root":             {"auto", []string{"holiday/1.png", "holiday/2.png", "holiday/3.png"}, "- - -"},
		"generic":              {"auto", []string{"images/1.png", "images/2.png", "photos/3.png", "photos/4.png"}, "- - - -"},
		"only splits":          {"auto", []string{"images/train/1.png", "images/train/2.png", "images/val/3.png", "images/val/4.png"}, "-/train -/train -/val -/val"},
		"a folder each":        {"auto", []string{"a/1.png", "b/2.png", "c/3.png"}, "- - -"},
		"mostly loose":         {"auto", []string{"1.png", "2.png", "3.png", "a/4.png", "b/5.png"}, "- - - - -"},
		"flat":                 {"auto", []string{"1.png", "2.png"}, "- -"},
		"known class":          {"auto", []string{"known/1.png", "known/2.png"}, "known known"},
		"asked":                {"folder", []string{"images/1.png", "holiday/2.png", "3.png"}, "images holiday -"},
		"asked, our own apart": {"folder", []string{"_unlabelled/1.png", "_auto/cat/2.png", "cat/3.png"}, "- - cat"},
		"none":                 {"none", []string{"cat/1.png", "cat/2.png", "dog/3.png", "dog/4.png"}, "- - - -"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, domain.TaskSingle, "known")
			b.run(c.mode, part{"x.zip", zipOf(pictures(c.files...)...)})
			got := map[string]string{}
			p, _ := b.Store.Project(b.ctx, b.project)
			for _, a := range b.assets(b.project) {
				_, class, _ := strings.Cut(describe(p, a.Label), ":")
				if class == "" {
					class = "-"
				}
				if a.Split != "" {
					class += "/" + a.Split
				}
				got[a.Name] = class
			}
			var line []string
			for _, f := range c.files {
				line = append(line, got[f])
			}
			if s := strings.Join(line, " "); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestCSVForms(t *testing.T) {
	images := []string{"a.png", "d/b.png", "c.png"}
	for name, c := range map[string]struct {
		task domain.Task
		file part
		want string // of a, b, c
	}{
		"plain":            {"single", text("l.csv", "filename,label\na.png,cat\nd/b.png,dog\n"), "cat dog -"},
		"other words":      {"single", text("l.csv", "Image Path,Class\r\n./a.png,cat\r\nC:\\set\\d\\b.png,dog\r\n"), "cat dog -"},
		"mark and quotes":  {"single", text("l.csv", "\uFEFFfile,label\na.png,\"cat, small\"\n\"d/b.png\",\"the \"\"dog\"\"\"\n"), `cat, small the "dog" -`},
		"semicolons":       {"single", text("l.csv", "file;label\na.png;cat\nb.png;dog\n"), "cat dog -"},
		"tabs":             {"single", text("l.tsv", "file\tlabel\na.png\tcat\nb.png\tdog\n"), "cat dog -"},
		"utf-16":           {"single", part{"l.csv", utf16le("file\tlabel\na.png\tcat\n")}, "cat - -"},
		"cp949":            {"single", part{"l.csv", []byte("file,label\na.png,\xb0\xed\xbe\xe7\xc0\xcc\n")}, "고양이 - -"},
		"headerless":       {"single", text("l.csv", "a.png,cat\nb.png,dog\n"), "cat dog -"},
		"stems":            {"single", text("l.csv", "id,label\na,cat\nb,dog\n"), "cat dog -"},
		"another ending":   {"single", text("l.csv", "file,label\na.jpg,cat\n"), "cat - -"},
		"urls":             {"single", text("l.csv", "file,label\nhttps://h.example/x/a.png?size=1,cat\nhttps://h.example/d/b%2Epng,dog\n"), "cat dog -"},
		"single keeps |":   {"single", text("l.csv", "file,label\na.png,cat|dog\n"), "cat|dog - -"},
		"several rows":     {"multi", text("l.csv", "file,label\na.png,cat\na.png,dog\nb.png,cat\n"), "cat,dog cat -"},
		"bars":             {"multi", text("l.csv", "file,labels\na.png,cat|dog\nb.png,cat; bird\n"), "cat,dog bird,cat -"},
		"one-hot":          {"multi", text("l.csv", "file,cat,dog\na.png,1,1\nb.png,0,1\nc.png,0,0\n"), "cat,dog dog none"},
		"make-sense":       {"multi", text("l.csv", "a.png,\"[cat,dog]\"\nb.png,\"[dog]\"\n"), "cat,dog dog -"},
		"make-sense boxes": {"boxes", text("l.csv", "cat,1,2,3,3,a.png,8,6\ndog,0,0,8,6,a.png,8,6\n"), "cat@1,2,3,3,dog@0,0,8,6 - -"},
		"edges":            {"boxes", text("l.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,8,6,cat,1,2,4,5\n"), "cat@1,2,3,3 - -"},
		"boxes as classes": {"multi", text("l.csv", "filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,4,5\na.png,dog,1,2,4,5\n"), "cat,dog - -"},
		"states":           {"multi", text("l.csv", "file,label,state\na.png,cat,auto\nb.png,,labelled\nc.png,,skipped\n"), "auto none skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("csv", append(pictures(images...), c.file)...)
			if len(rep.Refused) > 0 {
				t.Errorf("refused %v", rep.Refused)
			}
			if got := b.short("a.png", "d/b.png", "c.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// short gives the labels of names: - for none, none for labelled with nothing.
func (b *bench) short(names ...string) string {
	b.t.Helper()
	all := map[string]string{}
	for _, l := range b.labels(b.project) {
		name, label, _ := strings.Cut(l, "=")
		state, what, _ := strings.Cut(label, ":")
		switch {
		case state == "unlabelled":
			what = "-"
		case state == "labelled" && what == "":
			what = "none"
		case state != "labelled":
			what = state
		}
		all[name] = what
	}
	var out []string
	for _, n := range names {
		out = append(out, all[n])
	}
	return strings.Join(out, " ")
}

func utf16le(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, c := range s {
		out = append(out, byte(c), byte(c>>8))
	}
	return out
}

func TestCSVDialectIsTold(t *testing.T) {
	for file, want := range map[string]string{
		"filename,label\na.png,cat\n":                             "",
		"filename;label\na.png;cat\n":                             "semicolons between fields",
		"a.png,cat\n":                                             "no line of headings",
		"filename\tcat\tdog\na.png\t1\t0\n":                       "tabs between fields, 2 columns of 0 and 1, one a class",
		"filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,1,2,2\n": "boxes by their edges",
	} {
		b := newBench(t, domain.TaskMulti)
		rep := b.run("auto", picture("a.png", 1), text("l.csv", file))
		i := slices.IndexFunc(rep.Notes, func(n domain.Refusal) bool { return n.Code == "csv_dialect" })
		if (i >= 0) != (want != "") || i >= 0 && !strings.Contains(rep.Notes[i].Reason, want) || rep.Labelled != 1 {
			t.Errorf("%q: %+v, want %q", file, rep, want)
		}
	}
}

func TestCSVLinesSayWhere(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	table := "file,label\na.png,cat\nmissing.png,cat\n,cat\na \"b\" c,x\na.png,cat,extra\nb.png,cat\nb.png,dog\nc.png," + strings.Repeat("x", 201) + "\n"
	rep := b.run("auto", append(pictures("a.png", "b.png", "c.png"), text("l.csv", table))...)
	b.wantLines("refused", rep.Refused, "l.csv no_image", "l.csv csv_row", "l.csv csv_row", "l.csv csv_row", "l.csv class_name", "l.csv conflicting_labels")
	for _, want := range []string{"Line 3: no image of the name \"missing.png\"", "Line 4: no image is named", "Line 5: ", "Line 6: 3 fields", "Line 9: the label has 201", "several labels (cat, dog)"} {
		if !slices.ContainsFunc(rep.Refused, func(r domain.Refusal) bool { return strings.Contains(r.Reason, want) }) {
			t.Errorf("no line says %q: %v", want, rep.Refused)
		}
	}
	b.wantLabels("a.png=labelled:cat", "b.png=unlabelled:", "c.png=unlabelled:")

	for name, want := range map[string]string{
		"x,y\n1,2\n":           "csv_header",
		"filename,size\na,b\n": "csv_header",
		"":                     "empty",
		"\n\n":                 "empty",
	} {
		rep := b.run("csv", text("l.csv", name))
		b.wantLines(fmt.Sprintf("%q", name), rep.Refused, "l.csv "+want)
	}
	many := "file,label\n"
	for i := range 1000 {
		many += fmt.Sprintf("gone%d.png,cat\n", i)
	}
	if rep := b.run("csv", text("l.csv", many)); len(rep.Refused) != maxLines+1 || rep.Refused[maxLines].Code != "more" {
		t.Errorf("%d lines", len(rep.Refused))
	}
}

func voc(file string, w, h int, objects ...string) string {
	return fmt.Sprintf("<annotation><filename>%s</filename><size><width>%d</width><height>%d</height></size>%s</annotation>", file, w, h, strings.Join(objects, ""))
}

func object(name string, x0, y0, x1, y1 any) string {
	return fmt.Sprintf("<object><name>%s</name><bndbox><xmin>%v</xmin><ymin>%v</ymin><xmax>%v</xmax><ymax>%v</ymax></bndbox></object>", name, x0, y0, x1, y1)
}

func TestVOC(t *testing.T) {
	for name, c := range map[string]struct {
		task    domain.Task
		xml     string
		want    string
		refused []string
		note    string
	}{
		"one-based":       {"boxes", voc("a.png", 8, 6, object("cat", 1, 1, 8, 6)), "cat@0,0,8,6", nil, "voc_one_based"},
		"zero-based":      {"boxes", voc("a.png", 8, 6, object("cat", 0, 1, 7, 6), object("dog", 2, 2, 4, 4)), "cat@0,1,7,5,dog@2,2,2,2", nil, "voc_zero_based"},
		"fractions":       {"boxes", voc("a.png", 8, 6, object("cat", 1.5, 1, 4, 4)), "cat@1.5,1,2.5,3", nil, "voc_zero_based"},
		"over the edge":   {"boxes", voc("a.png", 8, 6, object("cat", 3, 3, 20, 6)), "cat@2,2,6,4", nil, "clipped"},
		"nothing there":   {"boxes", voc("a.png", 8, 6), "none", nil, ""},
		"no size":         {"boxes", voc("a.png", 0, 0, object("cat", 1, 1, 8, 6)), "cat@0,0,8,6", nil, ""},
		"another size":    {"boxes", voc("a.png", 80, 60, object("cat", 1, 1, 8, 6)), "-", []string{"a.xml box"}, ""},
		"backwards":       {"boxes", voc("a.png", 8, 6, object("cat", 5, 1, 2, 6)), "-", []string{"a.xml voc_object"}, ""},
		"no numbers":      {"boxes", voc("a.png", 8, 6, object("cat", "x", 1, 2, 6)), "-", []string{"a.xml voc_object"}, ""},
		"infinite":        {"boxes", voc("a.png", 8, 6, object("cat", "NaN", 1, "Inf", 6)), "-", []string{"a.xml voc_object"}, ""},
		"outside":         {"boxes", voc("a.png", 8, 6, object("cat", 50, 50, 60, 60)), "-", []string{"a.xml box"}, ""},
		"no name":         {"boxes", voc("a.png", 8, 6, object(" ", 1, 1, 2, 2)), "-", []string{"a.xml voc_object"}, ""},
		"escaped":         {"boxes", voc("a.png", 8, 6, object("&lt;b&gt;&amp;", 1, 1, 8, 6)), "<b>&@0,0,8,6", nil, ""},
		"classes":         {"multi", voc("a.png", 8, 6, object("cat", 1, 1, 8, 6), object("cat", 1, 1, 2, 6), object("dog", 1, 1, 2, 6)), "cat,dog", nil, "labels_from_voc"},
		"none of them":    {"multi", voc("a.png", 8, 6), "none", nil, ""},
		"one class":       {"single", voc("a.png", 8, 6, object("cat", 1, 1, 8, 6), object("cat", 1, 1, 2, 6)), "cat", nil, ""},
		"two classes":     {"single", voc("a.png", 8, 6, object("cat", 1, 1, 8, 6), object("dog", 1, 1, 2, 6)), "-", []string{"a.xml conflicting_labels"}, ""},
		"no class":        {"single", voc("a.png", 8, 6), "-", []string{"a.xml no_class"}, ""},
		"image-level":     {"boxes", voc("a.png", 8, 6, "<object><name>cat</name></object>"), "-", []string{"a.xml needs_boxes"}, ""},
		"broken":          {"boxes", "<annotation><object>", "-", []string{"a.xml voc_xml"}, ""},
		"entities":        {"boxes", `<!DOCTYPE x [<!ENTITY a "aaaa">]><annotation><filename>&a;</filename></annotation>`, "-", []string{"a.xml voc_xml"}, ""},
		"another XML":     {"boxes", "<html></html>", "-", []string{"a.xml not_labels"}, ""},
		"declared korean": {"boxes", `<?xml version="1.0" encoding="EUC-KR"?>` + voc("a.png", 8, 6, object("\xb0\xed", 1, 1, 8, 6)), "고@0,0,8,6", nil, "charset"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", text("a.xml", c.xml), picture("a.png", 1))
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("a.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.note != "" && !hasNote(rep, c.note) {
				t.Errorf("notes %v", rep.Notes)
			}
		})
	}
}

// A tool that ignores EXIF draws boxes on the stored pixels; the label's size tells.
func TestBoxesOnStoredPixelsAreTurned(t *testing.T) {
	// Stored 32 x 16. The box of 4 x 2 pixels at the stored top left corner is seen where the corner is.
	for o, want := range map[uint16]string{5: "c@0,0,2,4", 6: "c@14,0,2,4", 7: "c@14,28,2,4", 8: "c@0,28,2,4"} {
		b := newBench(t, domain.TaskBoxes)
		b.run("auto", part{"a.jpg", withOrientation(jpegOf(32, 16, 1), o)}, text("a.xml", voc("a.jpg", 32, 16, object("c", 1, 1, 4, 2))))
		if got := b.short("a.jpg"); got != want {
			t.Errorf("orientation %d: got %s, want %s", o, got, want)
		}
	}
}

func TestCOCO(t *testing.T) {
	const head = `{"images":[{"id":7,"file_name":"d/a.png","width":8,"height":6},{"id":"x","file_name":"b.png"}],"categories":[{"id":0,"name":"zebra"},{"id":90071992547409931,"name":"cat"}],"annotations":[`
	for name, c := range map[string]struct {
		task    domain.Task
		notes   string // annotations
		want    string
		refused []string
		note    string
	}{
		"boxes":          {"boxes", `{"image_id":7,"category_id":0,"bbox":[1,2,3.5,3]},{"image_id":"x","category_id":90071992547409931,"bbox":[0,0,8,6]}`, "zebra@1,2,3.5,3 cat@0,0,8,6", nil, "labels_from_coco"},
		"image-level":    {"single", `{"image_id":7,"category_id":0},{"image_id":"x","category_id":90071992547409931,"bbox":[]}`, "zebra cat", nil, ""},
		"sets":           {"multi", `{"image_id":7,"category_id":0,"bbox":[1,2,3,3]},{"image_id":7,"category_id":90071992547409931,"bbox":[1,2,3,3]}`, "cat,zebra -", nil, ""},
		"polygons":       {"boxes", `{"image_id":7,"category_id":0,"segmentation":[[1,1,4,1,4,5]]}`, "zebra@1,1,3,4 -", nil, "polygons"},
		"predictions":    {"boxes", `{"image_id":7,"category_id":0,"bbox":[1,2,3,3],"score":0.9}`, "auto -", nil, "predictions"},
		"crowds":         {"boxes", `{"image_id":7,"category_id":0,"bbox":[1,2,3,3],"iscrowd":1}`, "- -", []string{"c.json coco_annotation"}, ""},
		"unknown ids":    {"boxes", `{"image_id":8,"category_id":0,"bbox":[1,2,3,3]},{"image_id":7,"category_id":5,"bbox":[1,2,3,3]}`, "- -", []string{"c.json coco_annotation", "c.json coco_annotation"}, ""},
		"bad boxes":      {"boxes", `{"image_id":7,"category_id":0,"bbox":[1,2,0,3]},{"image_id":7,"category_id":0,"bbox":[1,2]},{"image_id":7,"category_id":0,"bbox":[1,2,1e300,3]}`, "- -", []string{"c.json coco_annotation", "c.json coco_annotation", "c.json coco_annotation"}, ""},
		"boxes required": {"boxes", `{"image_id":7,"category_id":0}`, "- -", []string{"c.json needs_boxes"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", append(pictures("a.png", "b.png"), text("c.json", head+c.notes+"]}"))...)
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("a.png", "b.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.note != "" && !hasNote(rep, c.note) {
				t.Errorf("notes %v", rep.Notes)
			}
		})
	}
	b := newBench(t, domain.TaskBoxes)
	rep := b.run("auto", text("r.json", `[{"image_id":1,"score":1}]`), text("o.json", `{"a":1}`), text("b.json", `{"images":`), text("t.json", `{"images":[{"id":{}}],"annotations":[]}`))
	b.wantLines("refused", rep.Refused, "r.json predictions", "o.json not_labels", "b.json coco_json", "t.json coco_json")
	// The order of categories is that of the new classes.
	b = newBench(t, domain.TaskSingle)
	b.run("coco", append(pictures("a.png", "b.png"), text("c.json", head+`{"image_id":7,"category_id":90071992547409931}]}`))...)
	if p, _ := b.Store.Project(b.ctx, b.project); len(p.Classes) != 2 || p.Classes[0].Name != "zebra" {
		t.Errorf("%+v", p.Classes)
	}
}

func TestYOLO(t *testing.T) {
	const box = "1 0.5 0.5 0.25 0.5\n"
	images := pictures("images/train/a.png", "images/val/b.png")
	for name, c := range map[string]struct {
		task    domain.Task
		files   []part
		want    string
		refused []string
		note    string
	}{
		"list":             {"boxes", []part{text("labels/train/a.txt", box), text("data.yaml", "names: [dog, cat]\nnc: 2\n")}, "cat@3,1.5,2,3 -", nil, "labels_from_yolo"},
		"map":              {"boxes", []part{text("labels/train/a.txt", box), text("data.yaml", "names:\n  1: cat\n  0: \"dog: big\"\n")}, "cat@3,1.5,2,3 -", nil, ""},
		"classes.txt":      {"boxes", []part{text("classes.txt", "dog\ncat\n\n"), text("labels/train/a.txt", box)}, "cat@3,1.5,2,3 -", nil, ""},
		"obj.names":        {"boxes", []part{text("obj.names", "dog\r\ncat\r\n"), text("labels/train/a.txt", box)}, "cat@3,1.5,2,3 -", nil, ""},
		"beside the image": {"boxes", []part{text("classes.txt", "dog\ncat\n"), text("images/val/b.txt", box)}, "- cat@3,1.5,2,3", nil, ""},
		"nearest names":    {"boxes", []part{text("classes.txt", "x\ny\n"), text("labels/train/classes.txt", "dog\ncat\n"), text("labels/train/a.txt", box)}, "cat@3,1.5,2,3 -", nil, ""},
		"empty":            {"boxes", []part{text("labels/train/a.txt", "")}, "none -", nil, ""},
		"confidence":       {"boxes", []part{text("classes.txt", "dog\ncat\n"), text("labels/train/a.txt", "1 0.5 0.5 0.25 0.5 0.93\n")}, "auto -", nil, "predictions"},
		"polygon":          {"boxes", []part{text("classes.txt", "dog\ncat\n"), text("labels/train/a.txt", "1 0.25 0.5 0.5 0.5 0.5 1\n")}, "cat@2,3,2,3 -", nil, "polygons"},
		"classes":          {"multi", []part{text("classes.txt", "dog\ncat\n"), text("labels/train/a.txt", box+"0 0.5 0.5 0.1 0.1\n")}, "cat,dog -", nil, ""},
		"no names":         {"boxes", []part{text("labels/train/a.txt", box)}, "- -", []string{"labels/train/a.txt yolo_names"}, ""},
		"unnamed index":    {"boxes", []part{text("classes.txt", "dog\n"), text("labels/train/a.txt", box)}, "- -", []string{"labels/train/a.txt yolo_names"}, ""},
		"pixels":           {"boxes", []part{text("classes.txt", "dog\ncat\n"), text("labels/train/a.txt", "1 100 100 20 20\n")}, "- -", []string{"labels/train/a.txt yolo_line"}, ""},
		"no image":         {"boxes", []part{text("classes.txt", "dog\ncat\n"), text("labels/train/z.txt", box)}, "- -", []string{"labels/train/z.txt no_image"}, ""},
		"bad names":        {"boxes", []part{text("data.yaml", "names: 5\n"), text("x.yaml", "names: [a, [b]]\n"), text("y.yaml", "names: {x: a}\n"), text("z.yaml", "names: [\n")}, "- -", []string{"data.yaml yolo_names", "x.yaml yolo_names", "y.yaml yolo_names", "z.yaml yolo_names"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", append(c.files, images...)...)
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("images/train/a.png", "images/val/b.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.note != "" && !hasNote(rep, c.note) {
				t.Errorf("notes %v", rep.Notes)
			}
		})
	}
	b := newBench(t, domain.TaskBoxes, "dog", "cat") // the project's own order, said so
	rep := b.run("yolo", append(images, text("labels/train/a.txt", box))...)
	if got := b.short("images/train/a.png"); got != "cat@3,1.5,2,3" || !hasNote(rep, "yolo_names") {
		t.Errorf("%s %v", got, rep.Notes)
	}
}

func TestLabelFilesWinOverFoldersAndNamesMustBeClear(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	rep := b.run("auto", append(pictures("x/1.png", "x/2.png", "y/1.png", "y/2.png"), text("l.csv", "file,label\nx/1.png,cat\n1.png,dog\n"))...)
	b.wantLines("refused", rep.Refused, "l.csv ambiguous")
	b.wantLabels("x/1.png=labelled:cat", "x/2.png=unlabelled:", "y/1.png=unlabelled:", "y/2.png=unlabelled:")
}

func TestSplitsFromListsInsideAZIP(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	b.run("auto", part{"x.zip", zipOf(append(pictures("JPEGImages/a.png", "JPEGImages/b.png", "JPEGImages/c.png"),
		text("ImageSets/Main/train.txt", "a\n"), text("ImageSets/Main/val.txt", "b\n"), text("l.csv", "file,label,split\nc.png,cat,test\n"))...)})
	var got []string
	for _, a := range b.assets(b.project) {
		got = append(got, a.Split)
	}
	if !slices.Equal(got, []string{"train", "val", "test"}) {
		t.Errorf("splits %q", got)
	}
}

func TestSameBytesInTwoClassesIsAConflict(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	same := pngOf(8, 6, 1)
	rep := b.run("folder", part{"cat/1.png", same}, part{"dog/1.png", same}, picture("dog/2.png", 2))
	if rep.Duplicates != 1 || len(rep.Refused) != 1 || rep.Refused[0].Code != "conflicting_labels" {
		t.Errorf("%+v", rep)
	}
	b.wantLabels("cat/1.png=unlabelled:", "dog/2.png=labelled:dog")
}

func TestTooManyClassesLabelNothing(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	b.Limits.Classes = 2
	rep := b.run("csv", append(pictures("a.png", "b.png", "c.png"), text("l.csv", "file,label\na.png,1\nb.png,2\nc.png,3\n"))...)
	if rep.Imported != 3 || rep.Labelled != 0 || !rep.Finished {
		t.Errorf("%+v", rep)
	}
	b.wantLines("refused", rep.Refused, " too_many_classes")
}

func TestAskedLabelsOnly(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	rep := b.run("csv", append(pictures("a.png"), text("a.xml", voc("a.png", 8, 6)), text("l.csv", "file,label\na.png,1\n"))...)
	b.wantLines("refused", rep.Refused, "a.xml not_asked")
	rep = b.run("none", text("l.csv", "file,label\na.png,2\n"))
	b.wantLines("refused", rep.Refused, "l.csv labels_off")
	b.wantLabels("a.png=labelled:1")
}

func TestArchivedClassesComeBackAndOrderIsNatural(t *testing.T) {
	b := newBench(t, domain.TaskSingle, "b")
	p, _ := b.Store.Project(b.ctx, b.project)
	p.Classes[0].Archived = true
	if _, err := b.Store.UpdateProject(b.ctx, p); err != nil {
		t.Fatal(err)
	}
	table := "file,label\na.png,b\n"
	var files []part
	for i := range 12 {
		files = append(files, picture(fmt.Sprintf("%d.png", i), i+2))
		table += fmt.Sprintf("%d.png,class %d\n", i, i)
	}
	b.run("csv", append(append(files, picture("a.png", 1)), text("l.csv", table))...)
	p, _ = b.Store.Project(b.ctx, b.project)
	if p.Classes[0].Archived || p.Classes[3].Name != "class 2" || p.Classes[11].Name != "class 10" || p.Classes[12].Key == "" {
		t.Errorf("%+v", p.Classes)
	}
}
