package transfer

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// cvatText is a file with the labels dog and cat, in this order.
func cvatText(images ...string) string {
	return `<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><task><labels><label><name>dog</name></label><label><name>cat</name></label></labels></task></meta>` +
		strings.Join(images, "") + `</annotations>`
}

func TestCVAT(t *testing.T) {
	image := func(inside string) string {
		return cvatText(`<image id="0" name="d/a.png" width="8" height="6">` + inside + `</image>`)
	}
	for name, c := range map[string]struct {
		task    domain.Task
		file    string
		want    string // of d/a.png and e/a.png
		refused []string
		note    string
	}{
		"box":             {"boxes", image(`<box label="cat" occluded="0" source="manual" xtl="1.50" ytl="2.00" xbr="4.00" ybr="5.00" z_order="0"></box>`), "cat@1.5,2,2.5,3 -", nil, "labels_from_cvat"},
		"closed tag":      {"boxes", image(`<box label="cat" xtl="0" ytl="0" xbr="8" ybr="6"/>`), "cat@0,0,8,6 -", nil, ""},
		"attributes":      {"boxes", image(`<box label="cat" xtl="0" ytl="0" xbr="8" ybr="6"><attribute name="age">3</attribute></box>`), "cat@0,0,8,6 -", nil, ""},
		"tags":            {"multi", image(`<tag label="cat" source="manual"/><tag label="dog" source="manual"/>`), "cat,dog -", nil, ""},
		"one tag":         {"single", image(`<tag label="a &lt;b&gt; &amp; &quot;c&quot;" source="manual"/>`), `a <b> & "c" -`, nil, ""},
		"by a model":      {"single", image(`<tag label="cat" source="auto"/>`), "auto -", nil, "predictions"},
		"accepted":        {"single", image(`<tag label="cat" source="semi-auto"/>`), "cat -", nil, ""},
		"nothing":         {"multi", image(``), "- -", nil, ""},
		"turned":          {"boxes", image(`<box label="cat" xtl="2" ytl="2" xbr="6" ybr="4" rotation="90"/>`), "cat@3,1,2,4 -", nil, "polygons"},
		"polygon":         {"boxes", image(`<polygon label="cat" points="1.0,1.0;4.0,1.0;4.0,5.0"/>`), "cat@1,1,3,4 -", nil, "polygons"},
		"ellipse":         {"boxes", image(`<ellipse label="cat" cx="4" cy="3" rx="2" ry="1"/>`), "cat@2,2,4,2 -", nil, "polygons"},
		"points":          {"boxes", image(`<points label="cat" points="1,1"/><mask label="cat" rle="1"/>`), "- -", nil, "other_shapes"},
		"no number":       {"boxes", image(`<box label="cat" xtl="x" ytl="0" xbr="8" ybr="6"/>`), "- -", []string{"x.xml cvat_shape"}, ""},
		"backwards":       {"boxes", image(`<box label="cat" xtl="5" ytl="0" xbr="2" ybr="6"/>`), "- -", []string{"x.xml cvat_shape"}, ""},
		"no label":        {"single", image(`<tag source="manual"/>`), "- -", []string{"x.xml cvat_shape"}, ""},
		"another folder":  {"single", cvatText(`<image name="set/e/a.png" width="8" height="6"><tag label="cat"/></image>`), "- cat", nil, ""},
		"no such folder":  {"single", cvatText(`<image name="a.png" width="8" height="6"><tag label="cat"/></image>`), "- -", []string{"x.xml ambiguous"}, ""},
		"no name":         {"single", cvatText(`<image id="3" width="8" height="6"><tag label="cat"/></image>`), "- -", []string{"x.xml cvat_xml"}, ""},
		"another size":    {"boxes", cvatText(`<image name="d/a.png" width="80" height="60"><box label="cat" xtl="1" ytl="1" xbr="2" ybr="2"/></image>`), "- -", []string{"x.xml box"}, ""},
		"a video":         {"boxes", cvatText(`<track id="0" label="cat"><box frame="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track>`), "- -", []string{"x.xml cvat_xml"}, ""},
		"cut":             {"single", `<annotations><image name="d/a.png"><tag label="cat"/></image>`, "cat -", []string{"x.xml cvat_xml"}, ""},
		"bad attribute":   {"single", `<annotations><image name=d/a.png></image></annotations>`, "- -", []string{"x.xml cvat_xml"}, ""},
		"twice":           {"single", `<annotations><image name="a" name="b"></image></annotations>`, "- -", []string{"x.xml cvat_xml"}, ""},
		"angle in a name": {"single", image(`<tag label="a>b"/>`), "a>b -", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", append(pictures("d/a.png", "e/a.png"), text("x.xml", c.file))...)
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("d/a.png", "e/a.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.note != "" && !hasNote(rep, c.note) {
				t.Errorf("notes %v", rep.Notes)
			}
		})
	}
	b := newBench(t, domain.TaskSingle)
	b.run("cvat", append(pictures("d/a.png"), text("x.xml", cvatText(`<image name="d/a.png" subset="Validation"><tag label="cat" source="manual"/></image>`)))...)
	p, _ := b.Store.Project(b.ctx, b.project)
	if a := b.assets(b.project)[0]; a.Split != "val" || a.Label.Source != domain.SourceHuman || len(p.Classes) != 2 || p.Classes[0].Name != "dog" {
		t.Errorf("%+v %+v", a, p.Classes)
	}
}

// datumaroFile is a file with the labels dog and cat, in this order.
func datumaroFile(items ...string) string {
	return `{"dm_format_version":"1.0","infos":{},"categories":{"label":{"labels":[{"name":"dog","parent":"","attributes":[]},{"name":"cat","parent":"","attributes":[]}]}},"items":[` +
		strings.Join(items, ",") + `]}`
}

func TestDatumaro(t *testing.T) {
	about := func(annotations string) string {
		return datumaroFile(`{"id":"a","annotations":[` + annotations + `],"attr":{"frame":0},"image":{"path":"a.png","size":[6,8]}}`)
	}
	for name, c := range map[string]struct {
		task    domain.Task
		file    string
		want    string // of images/train/a.png and images/val/a.png
		refused []string
		note    string
	}{
		"box":          {"boxes", about(`{"id":0,"type":"bbox","attributes":{},"group":0,"label_id":1,"z_order":0,"bbox":[1.5,2,2.5,3]}`), "cat@1.5,2,2.5,3 -", nil, "labels_from_datumaro"},
		"labels":       {"multi", about(`{"type":"label","label_id":1},{"type":"label","label_id":0}`), "cat,dog -", nil, ""},
		"polygon":      {"boxes", about(`{"type":"polygon","label_id":1,"points":[1,1,4,1,4,5]}`), "cat@1,1,3,4 -", nil, "polygons"},
		"predictions":  {"single", about(`{"type":"label","label_id":1,"attributes":{"score":0.7}}`), "auto -", nil, "predictions"},
		"others":       {"boxes", about(`{"type":"mask","label_id":1,"rle":{}},{"type":"points","label_id":1,"points":[1,1]}`), "- -", nil, "other_shapes"},
		"nothing":      {"multi", about(``), "- -", nil, ""},
		"no class":     {"single", about(`{"type":"label","label_id":7},{"type":"label"}`), "- -", []string{"annotations/train.json datumaro_annotation", "annotations/train.json datumaro_annotation"}, ""},
		"no place":     {"boxes", about(`{"type":"bbox","label_id":1,"bbox":[1,2]}`), "- -", []string{"annotations/train.json datumaro_annotation"}, ""},
		"media":        {"single", datumaroFile(`{"id":"a","annotations":[{"type":"label","label_id":1}],"media":{"path":"train/a.png"}}`), "cat -", nil, ""},
		"id alone":     {"single", datumaroFile(`{"id":"a","annotations":[{"type":"label","label_id":1}]}`), "cat -", nil, ""},
		"no image":     {"single", datumaroFile(`{"annotations":[]}`), "- -", []string{"annotations/train.json datumaro_json"}, ""},
		"items first":  {"single", `{"items":[{"id":"a","annotations":[{"type":"label","label_id":0}],"image":{"path":"a.png"}}],"categories":{"label":{"labels":[{"name":"dog"}]}}}`, "dog -", nil, ""},
		"another size": {"boxes", strings.Replace(about(`{"type":"bbox","label_id":1,"bbox":[1,1,2,2]}`), "[6,8]", "[60,80]", 1), "- -", []string{"annotations/train.json box"}, ""},
		"cut":          {"single", strings.TrimSuffix(about(`{"type":"label","label_id":1}`), "]}"), "cat -", []string{"annotations/train.json datumaro_json"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", append(pictures("images/train/a.png", "images/val/a.png"), text("annotations/train.json", c.file))...)
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("images/train/a.png", "images/val/a.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.note != "" && !hasNote(rep, c.note) {
				t.Errorf("notes %v", rep.Notes)
			}
		})
	}
	b := newBench(t, domain.TaskSingle)
	b.run("datumaro", append(pictures("a.png"), text("annotations/test.json", about(`{"type":"label","label_id":1}`)))...)
	p, _ := b.Store.Project(b.ctx, b.project)
	if a := b.assets(b.project)[0]; a.Split != "test" || len(p.Classes) != 2 || p.Classes[0].Name != "dog" {
		t.Errorf("%+v %+v", a, p.Classes)
	}
}
