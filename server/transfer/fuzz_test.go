package transfer

import (
	"archive/zip"
	"bytes"
	"errors"
	"math"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// checkParsed fails for what Finish must never meet.
func checkParsed(t *testing.T, p *parsed) {
	t.Helper()
	for _, line := range append(p.refused, p.notes...) {
		if line.Code == "" || line.Reason == "" {
			t.Errorf("a line without a reason: %+v", line)
		}
	}
	if len(p.refused) > maxLines+1 {
		t.Errorf("%d lines", len(p.refused))
	}
	asset := domain.Asset{Width: 640, Height: 480, Orientation: 6}
	for _, it := range p.items {
		if it.File != p.file || it.Kind == "" {
			t.Errorf("%+v", it)
		}
		queries(it)
		for _, raw := range it.Boxes {
			box, _, problem := pixelBox(it, raw, asset, false)
			if problem != "" {
				continue
			}
			for _, v := range []float64{box.X, box.Y, box.W, box.H} {
				if math.IsNaN(v) || v < 0 || v > 640 {
					t.Errorf("%v became %+v", raw, box)
				}
			}
			if box.W <= 0 || box.H <= 0 {
				t.Errorf("%v became %+v", raw, box)
			}
		}
	}
}

func fuzzLabels(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkParsed(t, parseLabels(name, data, modeAuto)) })
}

func FuzzCSV(f *testing.F) {
	fuzzLabels(f, "d/l.csv", "filename,label\na.png,cat\n", "file;label\n\"a;b\";c\n", "a.png,\"[a,b]\"\n", "file,cat,dog\na,1,0\n",
		"cat,1,2,3,4,a.png,8,6\n", "filename,class,xmin,ymin,xmax,ymax\na,b,1,2,3,4\n", "file,label,state,sha256\na,b,auto,00\n",
		"\xff\xfef\x00i\x00", "\"", "file,label\n\"a", ",,,\n,,")
}

func FuzzVOC(f *testing.F) {
	fuzzLabels(f, "Annotations/a.xml", voc("a.png", 8, 6, object("cat", 1, 1, 8, 6)), voc("", 0, 0, object("", "", "", "", "")),
		"<annotation/>", "<annotation><size><width>1e400</width></size></annotation>", "<annotation><object><bndbox/></object></annotation>", "<svg><annotation")
}

func FuzzCOCO(f *testing.F) {
	fuzzLabels(f, "c.json", `{"images":[{"id":1,"file_name":"a"}],"categories":[{"id":0,"name":"c"}],"annotations":[{"image_id":1,"category_id":0,"bbox":[1,2,3,4]}]}`,
		`{"images":[{"id":"1"}],"annotations":[{"image_id":"1","segmentation":[[1,1,2,2,3,1]]}],"categories":null}`, `[]`, `{"images":[]}`,
		`{"format":"`+SnapshotFormat+`","project":{"classes":[{"id":"a","name":"b"}]},"assets":[{"name":"x","label":{"state":"labelled","classes":[{"class":"a"}],"boxes":[{"class":"a","w":1,"h":1}]}}]}`)
}

func FuzzLabelStudio(f *testing.F) {
	fuzzLabels(f, "l.json", lsTasks(lsAnswered(`{"type":"choices","value":{"choices":["a"]}}`)), lsTasks(lsAnswered(lsRect("a", 1, 2, 3, 4, 30))),
		`[{"data":{"image":"a"},"predictions":[{"score":0.5,"model_version":"m","result":[]}]}]`, `[{"image":"a.png","choice":"b","label":[{"x":1,"y":1,"width":5,"height":5,"rectanglelabels":["q"]}]}]`,
		`{"data":{"image":"a"},"annotations":[{"result":[{"type":"ellipselabels","value":{"x":5,"y":5,"radiusX":1,"radiusY":2,"ellipselabels":["e"]}},{"type":"polygonlabels","value":{"points":[[1,1],[2,2],[1,3]],"polygonlabels":["p"]}}]}]}`,
		`{"result":[],"task":{"data":{"image":"b"}}}`)
}

func FuzzCVAT(f *testing.F) {
	fuzzLabels(f, "annotations.xml", cvatText(`<image id="0" name="a.png" subset="Train" width="8" height="6"><tag label="a" source="auto"></tag><box label="b" xtl="1" ytl="1" xbr="2" ybr="2" rotation="30"/></image>`),
		cvatText(`<image name="a"><polygon label="p" points="1,1;2,2;1,3"/><ellipse label="e" cx="3" cy="3" rx="1" ry="2"/><points label="q" points="1,1"/><mask/></image>`),
		`<annotations><track/></annotations>`, `<annotations x='1' x='2'>`, `<annotations><image name="&#x41;&amp;"`, `<annotations a = "b"c="d"/>`)
}

func FuzzDatumaro(f *testing.F) {
	fuzzLabels(f, "annotations/train.json", datumaroFile(`{"id":"a","annotations":[{"type":"bbox","label_id":0,"bbox":[1,2,3,4],"attributes":{"score":0.5}}],"image":{"path":"a.png","size":[6,8]}}`),
		datumaroFile(`{"id":"a","annotations":[{"type":"polygon","label_id":1,"points":[1,1,2,2,1,3]},{"type":"mask","label_id":0},{"type":"label","label_id":9}],"media":{"path":"b"}}`),
		`{"items":[{"id":"a"}],"categories":{"label":{"labels":[{"name":"x"}]}}}`, `{"dm_format_version":"1.0","items":{}}`, `{"categories":{}, "items":[`)
}

func FuzzTFRecord(f *testing.F) {
	e := &exampleWriter{}
	e.strings(tfFile, "a.png")
	e.ints(tfLabel, 1, 2)
	e.floats(tfBoxes+"xmin", 0.1, 0.2)
	e.floats(tfBoxes+"ymin", 0.1, 0.2)
	e.floats(tfBoxes+"xmax", 0.5, 0.6)
	e.floats(tfBoxes+"ymax", 0.5, 0.6)
	e.strings(tfClass, "cat")
	e.bytes(tfEncoded, pngOf(4, 4, 1))
	f.Add(recordsOf(e.example()), true)
	f.Add(recordsOf(e.example(), nil, []byte{10, 2, 8, 1}), true)
	f.Add(e.example(), false)
	f.Add([]byte("item { id: 1 name: 'a' }"), false)
	f.Fuzz(func(t *testing.T, data []byte, framed bool) {
		take := func(n int, record []byte) error {
			e, err := parseExample(record)
			if err != nil {
				return nil
			}
			truth, proposed, _ := e.read("train.tfrecord", n)
			p := &parsed{file: "train.tfrecord"}
			p.addBoth(truth, proposed)
			checkParsed(t, p)
			return nil
		}
		if !framed {
			_ = take(1, data)
			checkParsed(t, parseLabels("label_map.pbtxt", data, modeAuto))
			return
		}
		err := readTFRecords(bytes.NewReader(data), 1<<20, take)
		var bad errTFRecord
		if err != nil && !errors.As(err, &bad) {
			t.Error(err)
		}
	})
}

func FuzzYOLO(f *testing.F) {
	fuzzLabels(f, "labels/a.txt", "0 0.5 0.5 0.25 0.5\n", "0 0.5 0.5 0.25 0.5 0.9\n", "1 0 0 1 0 1 1\n", "0 NaN 1 1 1", "0 -1 -1 9 9", "", "99999999999 1 1 1 1")
}

func FuzzNames(f *testing.F) {
	fuzzLabels(f, "data.yaml", "names: [a, b]\n", "names:\n  0: a\n  5: b\n", "names: &a [*a]\n", "names: {99999999: a}", "names: !!binary x", "a: &a [1]\nnames: *a")
}

func FuzzArchive(f *testing.F) {
	f.Add(zipOf(picture("a/b.png", 1), text("../x", "y"), text("C:\\x", ""), text("__MACOSX/x", "")))
	f.Add(zipOf(part{"zeros", make([]byte, 3<<20)}))
	f.Add(zipOf(part{"in.zip", zipOf()}, text("l.csv", "file,label\n")))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &Service{Limits: Limits{FileBytes: 1 << 20, LabelBytes: 1 << 20}}
		a := &archive{s: s, rec: store.ImportRecord{}, limits: s.Limits.filled(), size: int64(len(data))}
		r, err := zip.NewReader(&directoryGuard{at: bytes.NewReader(data), left: directoryBytes}, a.size)
		if err != nil {
			return
		}
		for _, e := range a.check(r.File) {
			if path.IsAbs(e.name) || strings.Contains("/"+e.name+"/", "/../") || strings.ContainsAny(e.name, "\\\x00") || !utf8.ValidString(e.name) {
				t.Errorf("entry %q was let in", e.name)
			}
			if got, ok := a.read(e); ok && len(got) > 1<<20 {
				t.Errorf("entry %q gave %d bytes", e.name, len(got))
			}
			if a.unpacked > 64<<20 {
				return
			}
		}
	})
}
