package transfer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

type cocoFile struct {
	Images      []cocoImage      `json:"images"`
	Annotations []cocoAnnotation `json:"annotations"`
	Categories  []cocoCategory   `json:"categories"`
	Predictions []cocoAnnotation `json:"predictions"` // of ours: what a model proposed
}

// Ids are kept as text: some tools write numbers, others strings, and databases use all 64 bits.
type cocoImage struct {
	ID       cocoID  `json:"id"`
	FileName string  `json:"file_name"`
	Width    float64 `json:"width"`
	Height   float64 `json:"height"`
	extra
}

type cocoAnnotation struct {
	Image        cocoID          `json:"image_id"`
	Category     cocoID          `json:"category_id"`
	Box          []float64       `json:"bbox"`
	Segmentation json.RawMessage `json:"segmentation"`
	Crowd        json.RawMessage `json:"iscrowd"`
	Score        *float64        `json:"score"`
	Was          float64         `json:"accepted_score"`
}

type cocoCategory struct {
	ID    cocoID `json:"id"`
	Name  string `json:"name"`
	Super string `json:"supercategory"`
}

type cocoID string

// UnmarshalJSON takes a number or a string.
func (id *cocoID) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*id = cocoID(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("id %s is neither a number nor a string", b)
	}
	*id = cocoID(strings.TrimSuffix(n.String(), ".0"))
	return nil
}

// parseCOCO reads boxes, or image-level classes where annotations have no bbox.
func parseCOCO(p *parsed, text string) {
	var f cocoFile
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		p.refuse("coco_json", "The JSON cannot be read: %v.", err)
		return
	}
	if f.Images == nil || f.Categories == nil && f.Annotations == nil {
		p.refuse("not_labels", `The JSON is not COCO: it has no "images", "annotations" and "categories".`)
		return
	}
	names := map[cocoID]string{}
	for _, c := range f.Categories {
		names[c.ID] = strings.TrimSpace(c.Name)
	}
	p.add(cocoClasses(f.Categories))
	items, proposed := make([]item, len(f.Images)), make([]item, len(f.Images))
	at := make(map[cocoID]int, len(f.Images))
	for i, im := range f.Images {
		at[im.ID] = i
		items[i], proposed[i] = im.items(item{Kind: kindCOCO, Image: im.FileName, Size: [2]int{cocoSize(im.Width), cocoSize(im.Height)}})
	}
	for i, a := range append(f.Annotations, f.Predictions...) {
		to, ok := at[a.Image]
		if !ok {
			p.refuse("coco_annotation", "Annotation %d is about image %q, which the file does not list.", i+1, string(a.Image))
			continue
		}
		it := &items[to]
		if a.Score != nil || i >= len(f.Annotations) {
			it = &proposed[to]
		}
		if name := names[a.Category]; name == "" {
			p.refuse("coco_annotation", "Annotation %d has category %q, which the file does not name.", i+1, string(a.Category))
		} else if problem := a.put(it, name); problem != "" {
			p.refuse("coco_annotation", "Annotation %d (%s): %s", i+1, name, problem)
		}
	}
	for i := range items {
		p.addBoth(items[i], proposed[i])
	}
}

// cocoClasses lists the categories in their order, and after them what they are under. Many tools write "none", or the name
// itself, where there is nothing above.
func cocoClasses(all []cocoCategory) item {
	it := item{Kind: kindClasses}
	listed, above := map[string]bool{}, []string{}
	for _, c := range all {
		name, super := strings.TrimSpace(c.Name), strings.TrimSpace(c.Super)
		if strings.EqualFold(super, name) || strings.EqualFold(super, "none") {
			super = ""
		}
		it.Classes, it.Parents = append(it.Classes, name), append(it.Parents, super)
		listed[key(name)] = true
		above = append(above, super)
	}
	for _, name := range above {
		if name != "" && !listed[key(name)] {
			listed[key(name)] = true
			it.Classes, it.Parents = append(it.Classes, name), append(it.Parents, "")
		}
	}
	return it
}

func cocoSize(v float64) int {
	if v < 0 || v > 1e9 || v != math.Trunc(v) {
		return 0
	}
	return int(v)
}

// put adds the annotation to its image.
func (a cocoAnnotation) put(it *item, name string) (problem string) {
	score := a.Was
	if a.Score != nil {
		score = *a.Score
	}
	score = asScore(score)
	switch {
	case string(a.Crowd) == "1" || string(a.Crowd) == "true":
		return "regions of crowds are not boxes of one object and are left out."
	case len(a.Box) == 4:
		if !finite(a.Box) || a.Box[2] <= 0 || a.Box[3] <= 0 {
			return fmt.Sprintf("the bbox %v has no area.", a.Box)
		}
		it.Boxes = append(it.Boxes, rawBox{Class: name, At: [4]float64(a.Box), Score: score})
		return ""
	case len(a.Box) != 0:
		return fmt.Sprintf("the bbox has %d numbers in place of 4.", len(a.Box))
	}
	var polygons [][]float64
	if json.Unmarshal(a.Segmentation, &polygons) == nil && len(polygons) > 0 {
		box, ok := around(slices.Concat(polygons...))
		if !ok {
			return "the polygon has no area."
		}
		it.info().Polygons++
		it.Boxes = append(it.Boxes, rawBox{Class: name, At: box, Score: score})
		return ""
	}
	it.class(name, score)
	return ""
}

func finite(all []float64) bool {
	return !slices.ContainsFunc(all, func(v float64) bool { return math.IsNaN(v) || math.Abs(v) > 1e9 })
}

// around gives x, y, w, h of the box around points x1 y1 x2 y2...
func around(points []float64) (box [4]float64, ok bool) {
	if len(points) < 6 || len(points)%2 != 0 || !finite(points) {
		return box, false
	}
	x0, y0, x1, y1 := points[0], points[1], points[0], points[1]
	for i := 0; i < len(points); i += 2 {
		x0, x1 = min(x0, points[i]), max(x1, points[i])
		y0, y1 = min(y0, points[i+1]), max(y1, points[i+1])
	}
	return [4]float64{x0, y0, x1 - x0, y1 - y0}, x1 > x0 && y1 > y0
}

// parseIrum reads the snapshot of an export.
func parseIrum(p *parsed, text string) {
	var snap Snapshot
	if err := json.Unmarshal([]byte(text), &snap); err != nil || snap.Format != SnapshotFormat {
		p.refuse("irum_json", "The snapshot cannot be read: %v.", err)
		return
	}
	names := map[string]string{}
	listed := item{Kind: kindClasses}
	for _, c := range snap.Project.Classes {
		names[c.ID] = c.Name
	}
	for _, c := range snap.Project.Classes {
		if !c.Archived {
			listed.Classes, listed.Parents = append(listed.Classes, c.Name), append(listed.Parents, names[c.Parent])
		}
	}
	p.add(listed)
	for _, a := range snap.Assets {
		l := a.Label
		it := item{
			Kind: kindIrum, Image: a.Name, SHA: a.SHA256, Split: splitName(a.Split), Size: [2]int{a.Width, a.Height},
			By: givenBy(string(l.Source), l.Confidence, l.ModelID), Flag: string(l.Flag),
		}
		switch l.State {
		case domain.StateSkipped:
			it.State = stateSkipped
		case domain.StateAuto, domain.StateLabelled:
			if l.State == domain.StateAuto {
				it.State = stateAuto
			}
			for _, c := range l.Classes {
				it.class(names[c.ClassID], asScore(c.Score))
			}
			for _, b := range l.Boxes {
				it.Boxes = append(it.Boxes, rawBox{Class: names[b.ClassID], At: [4]float64{b.X, b.Y, b.W, b.H}, Score: asScore(b.Score)})
			}
			it.Empty = len(it.Classes)+len(it.Boxes) == 0
		}
		if slices.Contains(it.Classes, "") || slices.ContainsFunc(it.Boxes, func(b rawBox) bool { return b.Class == "" }) {
			p.refuse("irum_json", "The label of %q gives a class that the snapshot does not name.", a.Name)
			continue
		}
		p.add(it)
	}
}
