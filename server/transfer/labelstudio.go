package transfer

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strings"
)

// lsAnswer is one person's (or model's) answer to a task of Label Studio.
type lsAnswer struct {
	Result    []lsResult `json:"result"`
	Cancelled bool       `json:"was_cancelled"`
	Truth     bool       `json:"ground_truth"`
	Created   string     `json:"created_at"`
	Updated   string     `json:"updated_at"`
	Version   string     `json:"model_version"`
	Score     float64    `json:"score"`
}

// lsResult is one region or choice. Places are percent of the image.
type lsResult struct {
	ID     json.RawMessage            `json:"id"`
	Type   string                     `json:"type"`
	Value  map[string]json.RawMessage `json:"value"`
	Width  float64                    `json:"original_width"`
	Height float64                    `json:"original_height"`
	Score  float64                    `json:"score"`
}

// lsExtra is what our exports keep in a task's data.
type lsExtra struct {
	extra
	Scores []float64 `json:"scores,omitempty"` // of choices, in their order
}

// parseLabelStudio reads a list of tasks (JSON), of rows (JSON-MIN), or one of them.
func parseLabelStudio(p *parsed, text string) {
	list := strings.NewReader(text)
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		list = strings.NewReader("[" + text + "]")
	}
	d := json.NewDecoder(list)
	err := decodeList(d, func(i int) error {
		var task map[string]json.RawMessage
		if err := d.Decode(&task); err != nil {
			return err
		}
		parseTask(p, i+1, task)
		return nil
	})
	if err != nil {
		p.refuse("labelstudio_json", "The JSON cannot be read: %v.", err)
	}
}

func parseTask(p *parsed, n int, task map[string]json.RawMessage) {
	if inner := field[map[string]json.RawMessage](task, "task"); inner["data"] != nil { // an annotation kept in a bucket
		task = map[string]json.RawMessage{"data": inner["data"], "annotations": slices.Concat([]byte("["), mustJSON(task), []byte("]"))}
	}
	data, rows := field[map[string]json.RawMessage](task, "data"), false
	if data == nil {
		data, rows = task, true
	}
	it := item{Kind: kindLabelStudio, Line: n, Image: lsImage(data)}
	if it.Image == "" {
		p.refuse("labelstudio_task", "Task %d names no image.", n)
		return
	}
	own := field[lsExtra](data, "irum")
	truth, proposed := own.items(it)
	if rows {
		lsRow(p, &truth, task)
		p.add(truth)
		return
	}
	answers := append(lsAnswers(p, n, task, "annotations"), lsAnswers(p, n, task, "completions")...)
	if best, several := lsBest(answers); best != nil {
		if several > 0 {
			truth.info().Several += several
		}
		if best.Cancelled {
			truth.State = stateSkipped
		}
		lsTake(p, &truth, best.Result)
		truth.Empty = len(best.Result) == 0 && !best.Cancelled
	}
	if guesses := lsAnswers(p, n, task, "predictions"); len(guesses) > 0 {
		last := guesses[len(guesses)-1]
		proposed.By = givenBy("model", last.Score, last.Version)
		proposed.Empty = len(last.Result) == 0
		lsTake(p, &proposed, last.Result)
	}
	if len(own.Scores) > 0 {
		truth.Scores, proposed.Scores = own.Scores, own.Scores
	}
	p.addBoth(truth, proposed)
}

func lsAnswers(p *parsed, n int, task map[string]json.RawMessage, k string) (all []lsAnswer) {
	if raw := task[k]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &all); err != nil {
			p.refuse("labelstudio_task", "Task %d: its %s cannot be read: %v.", n, k, err)
			return nil
		}
	}
	return all
}

// lsBest chooses among the answers of several people: the one marked as the truth, else the newest. An answer goes before
// "skipped". several is 1 where there was a choice.
func lsBest(all []lsAnswer) (best *lsAnswer, several int) {
	given := 0
	for i := range all {
		a := &all[i]
		if !a.Cancelled {
			given++
		}
		newer := best != nil && max(a.Updated, a.Created) >= max(best.Updated, best.Created)
		switch {
		case best == nil, best.Cancelled && !a.Cancelled:
			best = a
		case a.Cancelled != best.Cancelled:
		case a.Truth != best.Truth:
			if a.Truth {
				best = a
			}
		case newer:
			best = a
		}
	}
	return best, min(max(given-1, 0), 1)
}

// lsImage finds the image among a task's data.
func lsImage(data map[string]json.RawMessage) string {
	for _, k := range []string{"image", "img", "url", "file", "$undefined$"} {
		if s := field[string](data, k); s != "" {
			return lsName(s)
		}
	}
	names := make([]string, 0, len(data))
	for k := range data {
		if s := field[string](data, k); looksLikeImageName(imageName(s)) {
			names = append(names, s)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return lsName(names[0])
}

// lsName takes a local file out of its address; uploads keep theirs, whose digest is only taken off when a name matches.
func lsName(s string) string {
	if _, local, ok := strings.Cut(s, "local-files/?d="); ok {
		if plain, err := url.QueryUnescape(local); err == nil {
			return plain
		}
		return local
	}
	return s
}

// uploadedName is the name of a file before Label Studio put eight hex digits and a dash in front, "" where it did not.
func uploadedName(base string) string {
	front, rest, ok := strings.Cut(base, "-")
	if !ok || len(front) != 8 || strings.Trim(front, "0123456789abcdef") != "" {
		return ""
	}
	return rest
}

// lsTake adds regions and choices to it.
func lsTake(p *parsed, it *item, results []lsResult) {
	named := map[string][]string{} // labels told apart from their region, by its id
	for _, r := range results {
		if r.Type == "labels" {
			named[string(r.ID)] = field[[]string](r.Value, "labels")
		}
	}
	for _, r := range results {
		if r.Width > 0 && r.Height > 0 {
			it.Size = [2]int{cocoSize(r.Width), cocoSize(r.Height)}
		}
		names := field[[]string](r.Value, r.Type)
		switch r.Type {
		case "labels":
			continue
		case "taxonomy":
			for _, path := range field[[][]string](r.Value, r.Type) {
				if name := p.line(path); name != "" {
					it.class(name, asScore(r.Score))
				}
			}
			continue
		case "choices":
			for _, name := range names {
				it.class(strings.TrimSpace(name), asScore(r.Score))
			}
			continue
		case "rectangle", "ellipse", "polygon":
			names = named[string(r.ID)]
		}
		box, ok := lsBox(r)
		if !ok || len(names) == 0 {
			if strings.HasPrefix(r.Type, "rectangle") && len(names) > 0 {
				p.refuse("labelstudio_region", "Task %d: the region %s has no place.", it.Line, strings.Join(names, ", "))
				continue
			}
			it.info().Other++
			continue
		}
		if strings.HasPrefix(r.Type, "polygon") || strings.HasPrefix(r.Type, "ellipse") {
			it.info().Polygons++
		}
		for _, name := range names {
			it.Boxes = append(it.Boxes, rawBox{Class: strings.TrimSpace(name), At: box, Of: 100, Score: asScore(r.Score)})
		}
	}
}

// line takes a class with all above it, the topmost first, and gives its name.
func (p *parsed) line(path []string) string {
	it, text := item{Kind: kindClasses}, strings.Join(path, "\x00")
	for i, name := range path {
		path[i] = strings.TrimSpace(name)
		above := ""
		if i > 0 {
			above = path[i-1]
		}
		it.Classes, it.Parents = append(it.Classes, path[i]), append(it.Parents, above)
	}
	if len(path) == 0 {
		return ""
	}
	if !p.lines[text] && len(path) > 1 {
		if p.lines == nil {
			p.lines = map[string]bool{}
		}
		p.lines[text] = true
		p.add(it)
	}
	return path[len(path)-1]
}

// lsBox gives the place of a region, in percent; of one that is turned the box around.
func lsBox(r lsResult) (box [4]float64, ok bool) {
	at := func(k string) float64 { return field[float64](r.Value, k) }
	switch strings.TrimSuffix(r.Type, "labels") {
	case "rectangle":
		box = [4]float64{at("x"), at("y"), at("width"), at("height")}
	case "ellipse":
		rx, ry := at("radiusX"), at("radiusY")
		box = [4]float64{at("x") - rx, at("y") - ry, 2 * rx, 2 * ry}
	case "polygon":
		return around(slices.Concat(field[[][]float64](r.Value, "points")...))
	default:
		return box, false
	}
	if !finite(box[:]) || box[2] <= 0 || box[3] <= 0 {
		return box, false
	}
	if turn := at("rotation"); turn != 0 && r.Width > 0 && r.Height > 0 && !math.IsInf(turn, 0) {
		sx, sy := r.Width/100, r.Height/100
		box = turned(box[0]*sx, box[1]*sy, box[2]*sx, box[3]*sy, 0, 0, turn)
		box = [4]float64{box[0] / sx, box[1] / sy, box[2] / sx, box[3] / sy}
	}
	return box, true
}

// turned gives the box around the rectangle x, y, w, h that is turned clockwise by degrees about its point (cx, cy), which is
// told from its corner.
func turned(x, y, w, h, cx, cy, degrees float64) [4]float64 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	var points []float64
	for _, c := range [4][2]float64{{0, 0}, {w, 0}, {w, h}, {0, h}} {
		dx, dy := c[0]-cx, c[1]-cy
		points = append(points, x+cx+dx*cos-dy*sin, y+cy+dx*sin+dy*cos)
	}
	box, _ := around(points)
	return box
}

// lsRow reads a row of JSON-MIN: controls stand beside the data, choices as text or list, regions as a list of objects.
func lsRow(p *parsed, it *item, row map[string]json.RawMessage) {
	for _, k := range sortedKeys(row) {
		if slices.Contains(lsOwnKeys, k) || lsName(field[string](row, k)) == it.Image {
			continue
		}
		var regions []map[string]json.RawMessage
		if json.Unmarshal(row[k], &regions) == nil && len(regions) > 0 {
			for _, v := range regions {
				r := lsResult{Value: v, Width: field[float64](v, "original_width"), Height: field[float64](v, "original_height")}
				for name := range v {
					if strings.HasSuffix(name, "labels") {
						r.Type = name
					}
				}
				lsTake(p, it, []lsResult{r})
			}
			continue
		}
		if k != "choice" && k != "label" && k != "class" && k != "choices" && k != "labels" && k != "classes" && k != "tag" && k != "tags" {
			continue // some other column of the data
		}
		var several struct {
			Choices []string `json:"choices"`
		}
		_ = json.Unmarshal(row[k], &several)
		for _, name := range append(several.Choices, append(field[[]string](row, k), field[string](row, k))...) {
			if name = strings.TrimSpace(name); name != "" {
				it.class(name, 0)
			}
		}
	}
}

// lsOwnKeys are keys of a row that Label Studio writes.
var lsOwnKeys = []string{"id", "annotation_id", "annotator", "created_at", "updated_at", "lead_time", "image", "irum"}
