package transfer

import (
	"encoding/json"
	"path"
	"strings"
)

// datumaroItem is one image. Its own name has no extension; the path has.
type datumaroItem struct {
	ID          string               `json:"id"`
	Annotations []datumaroAnnotation `json:"annotations"`
	Attr        struct {
		Irum datumaroExtra `json:"irum"`
	} `json:"attr"`
	Image datumaroImage `json:"image"`
	Media datumaroImage `json:"media"`
}

type datumaroImage struct {
	Path string `json:"path"`
	Size []int  `json:"size,omitempty"` // height, width
}

// datumaroExtra is what our exports keep in an item's attributes.
type datumaroExtra struct {
	extra
	Proposals []datumaroAnnotation `json:"proposals,omitempty"`
}

// datumaroAnnotation is a label of the whole image, a box, or something else.
type datumaroAnnotation struct {
	ID         int            `json:"id"`
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
	Group      int            `json:"group"`
	Label      *int           `json:"label_id"`
	Z          int            `json:"z_order"`
	Box        []float64      `json:"bbox,omitempty"`
	Points     []float64      `json:"points,omitempty"`
}

// parseDatumaro reads the JSON file of one subset, which is named like it. Items come one by one.
func parseDatumaro(p *parsed, text string) {
	classes, parents, err := datumaroClasses(text)
	if err == nil || len(classes) > 0 { // the end of a file that is cut off is told below
		p.add(item{Kind: kindClasses, Classes: classes, Parents: parents})
		subset := stem(path.Base(p.file))
		d := json.NewDecoder(strings.NewReader(text))
		err = decodeMembers(d, func(name string) error {
			if name != "items" {
				var other json.RawMessage
				return d.Decode(&other)
			}
			return decodeList(d, func(int) error {
				var it datumaroItem
				if err := d.Decode(&it); err != nil {
					return err
				}
				it.read(p, subset, classes)
				return nil
			})
		})
	}
	if err != nil {
		p.refuse("datumaro_json", "The JSON cannot be read: %v.", err)
	}
}

// datumaroClasses gives the labels in their order, and what each is under. They may stand behind the items.
func datumaroClasses(text string) (names, parents []string, err error) {
	var head struct {
		Categories struct {
			Label struct {
				Labels []struct {
					Name   string `json:"name"`
					Parent string `json:"parent"`
				} `json:"labels"`
			} `json:"label"`
		} `json:"categories"`
	}
	d := json.NewDecoder(strings.NewReader(text))
	err = decodeMembers(d, func(name string) error {
		if name == "categories" {
			return d.Decode(&head.Categories)
		}
		var other json.RawMessage
		return d.Decode(&other)
	})
	for _, l := range head.Categories.Label.Labels {
		names, parents = append(names, strings.TrimSpace(l.Name)), append(parents, strings.TrimSpace(l.Parent))
	}
	return names, parents, err
}

func (di *datumaroItem) read(p *parsed, subset string, classes []string) {
	img := di.Image
	if img.Path == "" {
		img = di.Media
	}
	it := item{Kind: kindDatumaro, Image: img.Path, Split: splitName(subset)}
	if it.Image == "" {
		it.Image = di.ID
	}
	if it.Image == "" {
		p.refuse("datumaro_json", "An item names no image.")
		return
	}
	if !strings.Contains(it.Image, "/") {
		it.Image = "images/" + subset + "/" + it.Image
	}
	if len(img.Size) == 2 {
		it.Size = [2]int{cocoSize(float64(img.Size[1])), cocoSize(float64(img.Size[0]))}
	}
	truth, proposed := di.Attr.Irum.items(it)
	for i, a := range append(di.Annotations, di.Attr.Irum.Proposals...) {
		to := &truth
		score, guess := a.Attributes["score"].(float64)
		if guess || i >= len(di.Annotations) {
			to = &proposed
		} else {
			score, _ = a.Attributes["accepted_score"].(float64)
		}
		if a.Label == nil || *a.Label < 0 || *a.Label >= len(classes) || classes[*a.Label] == "" {
			p.refuse("datumaro_annotation", "%s: annotation %d names no class of the file.", it.Image, i+1)
			continue
		}
		a.put(p, to, classes[*a.Label], asScore(score))
	}
	p.addBoth(truth, proposed)
}

// put adds the annotation to its image.
func (a datumaroAnnotation) put(p *parsed, it *item, name string, score float64) {
	box, ok := [4]float64{}, true
	switch a.Type {
	case "label":
		it.class(name, score)
		return
	case "bbox":
		if ok = len(a.Box) == 4 && finite(a.Box) && a.Box[2] > 0 && a.Box[3] > 0; ok {
			box = [4]float64(a.Box)
		}
	case "polygon":
		if box, ok = around(a.Points); ok {
			it.info().Polygons++
		}
	default:
		it.info().Other++
		return
	}
	if !ok {
		p.refuse("datumaro_annotation", "%s: a %s (%s) has no place.", it.Image, a.Type, name)
		return
	}
	it.Boxes = append(it.Boxes, rawBox{Class: name, At: box, Score: score})
}
