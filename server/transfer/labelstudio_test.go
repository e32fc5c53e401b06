package transfer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func lsTasks(tasks ...string) string { return "[" + strings.Join(tasks, ",") + "]" }

// lsAnswered is a task about a.png with one answer of these results.
func lsAnswered(results ...string) string {
	return `{"id":1,"data":{"image":"/data/upload/3/0a1b2c3d-a.png"},"annotations":[{"id":1,"was_cancelled":false,"result":[` + strings.Join(results, ",") + `]}],"predictions":[]}`
}

func lsRect(class string, x, y, w, h, turn float64) string {
	return fmt.Sprintf(`{"id":"q","type":"rectanglelabels","from_name":"label","to_name":"image","original_width":8,"original_height":6,"value":{"x":%g,"y":%g,"width":%g,"height":%g,"rotation":%g,"rectanglelabels":[%q]}}`, x, y, w, h, turn, class)
}

func TestLabelStudio(t *testing.T) {
	about := func(image, rest string) string { return lsTasks(`{"data":{"image":"` + image + `"},` + rest + `}`) }
	choice := func(c string) string { return `{"type":"choices","value":{"choices":["` + c + `"]}}` }
	for name, c := range map[string]struct {
		task    domain.Task
		file    string
		want    string // of a.png and d/b.png
		refused []string
		note    string
	}{
		"percent":          {"boxes", lsTasks(lsAnswered(lsRect("cat", 25, 50, 50, 50, 0))), "cat@2,3,4,3 -", nil, "labels_from_labelstudio"},
		"turned":           {"boxes", lsTasks(lsAnswered(lsRect("cat", 50, 50, 25, 50, 90))), "cat@1,3,3,2 -", nil, ""},
		"choices":          {"multi", lsTasks(lsAnswered(`{"type":"choices","value":{"choices":["cat","dog"]}}`)), "cat,dog -", nil, ""},
		"uploaded name":    {"single", about("/data/upload/1/ffffffff-b.png", `"annotations":[{"result":[`+choice("cat")+`]}]`), "- cat", nil, ""},
		"local file":       {"single", about("/data/local-files/?d=set%2Fd%2Fb.png", `"annotations":[{"result":[`+choice("cat")+`]}]`), "- cat", nil, ""},
		"bucket":           {"single", about("s3://bucket/d/b.png", `"annotations":[{"result":[`+choice("cat")+`]}]`), "- cat", nil, ""},
		"hash-like name":   {"single", about("beefbeef-b.jpeg", `"annotations":[{"result":[`+choice("cat")+`]}]`), "- -", []string{"l.json no_image"}, ""},
		"skipped":          {"single", about("a.png", `"annotations":[{"was_cancelled":true,"result":[]}]`), "skipped -", nil, ""},
		"skipped by one":   {"single", about("a.png", `"annotations":[{"result":[`+choice("cat")+`]},{"was_cancelled":true,"result":[]}]`), "cat -", nil, ""},
		"nothing there":    {"multi", about("a.png", `"annotations":[{"result":[]}]`), "none -", nil, ""},
		"not labelled":     {"multi", about("a.png", `"annotations":[]`), "- -", nil, ""},
		"newest":           {"single", about("a.png", `"annotations":[{"updated_at":"2026-02-01","result":[`+choice("new")+`]},{"updated_at":"2026-01-01","result":[`+choice("old")+`]}]`), "new -", nil, "several_answers"},
		"the truth":        {"single", about("a.png", `"annotations":[{"ground_truth":true,"updated_at":"2025","result":[`+choice("true")+`]},{"updated_at":"2026","result":[`+choice("new")+`]}]`), "true -", nil, "several_answers"},
		"predictions":      {"single", about("a.png", `"predictions":[{"score":0.5,"model_version":"m","result":[`+choice("cat")+`]}]`), "auto -", nil, "predictions"},
		"beside an answer": {"single", about("a.png", `"annotations":[{"result":[`+choice("dog")+`]}],"predictions":[{"result":[`+choice("cat")+`]}]`), "dog -", nil, ""},
		"old name":         {"single", about("a.png", `"completions":[{"result":[`+choice("dog")+`]}]`), "dog -", nil, ""},
		"ellipse":          {"boxes", lsTasks(lsAnswered(`{"type":"ellipselabels","value":{"x":50,"y":50,"radiusX":25,"radiusY":50,"ellipselabels":["cat"]}}`)), "cat@2,0,4,6 -", nil, "polygons"},
		"polygon":          {"boxes", lsTasks(lsAnswered(`{"type":"polygonlabels","value":{"points":[[25,50],[75,50],[75,100]],"polygonlabels":["cat"]}}`)), "cat@2,3,4,3 -", nil, "polygons"},
		"label apart":      {"boxes", lsTasks(lsAnswered(`{"id":"r","type":"rectangle","value":{"x":0,"y":0,"width":100,"height":100}}`, `{"id":"r","type":"labels","value":{"labels":["cat"]}}`)), "cat@0,0,8,6 -", nil, ""},
		"masks":            {"boxes", lsTasks(lsAnswered(`{"type":"brushlabels","value":{"rle":[1],"brushlabels":["cat"]}}`)), "- -", nil, "other_shapes"},
		"no place":         {"boxes", lsTasks(lsAnswered(`{"type":"rectanglelabels","value":{"rectanglelabels":["cat"]}}`)), "- -", []string{"l.json labelstudio_region"}, ""},
		"no image":         {"boxes", lsTasks(`{"data":{"text":"hello"},"annotations":[]}`), "- -", []string{"l.json labelstudio_task"}, ""},
		"bad answers":      {"boxes", about("a.png", `"annotations":[5]`), "- -", []string{"l.json labelstudio_task"}, ""},
		"one task":         {"single", `{"data":{"image":"a.png"},"annotations":[{"result":[` + choice("cat") + `]}]}`, "cat -", nil, ""},
		"from a bucket":    {"single", `{"id":4,"result":[` + choice("cat") + `],"task":{"id":1,"data":{"image":"a.png"}}}`, "cat -", nil, ""},
		"min, choice":      {"single", `[{"image":"/data/upload/1/00000000-a.png","id":1,"choice":"cat","annotator":1}]`, "cat -", nil, ""},
		"min, choices":     {"multi", `[{"image":"a.png","choice":{"choices":["cat","dog"]}}]`, "cat,dog -", nil, ""},
		"min, boxes":       {"boxes", `[{"image":"a.png","label":[{"x":25,"y":50,"width":50,"height":50,"rotation":0,"rectanglelabels":["cat"],"original_width":8,"original_height":6}]}]`, "cat@2,3,4,3 -", nil, ""},
		"cut":              {"single", lsTasks(lsAnswered(choice("cat")), `{"data":`), "cat -", []string{"l.json labelstudio_json"}, ""},
		"other size":       {"boxes", lsTasks(strings.ReplaceAll(lsAnswered(lsRect("cat", 25, 50, 50, 50, 0)), `"original_width":8`, `"original_width":80`)), "- -", []string{"l.json box"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", append(pictures("a.png", "d/b.png"), text("l.json", c.file))...)
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("a.png", "d/b.png"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.note != "" && !hasNote(rep, c.note) {
				t.Errorf("notes %v", rep.Notes)
			}
		})
	}
}
