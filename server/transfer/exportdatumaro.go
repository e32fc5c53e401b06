package transfer

import (
	"context"
	"io"
	"path"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// datumaro writes a JSON file for each split ("default" for images that have none) and the images beside.
func (o *output) datumaro(ctx context.Context, p *pack) error {
	names := namer{byStem: true}
	for _, split := range []string{"", "train", "val", "test"} {
		if o.splits[split] == 0 {
			continue
		}
		subset := split
		if subset == "" {
			subset = "default"
		}
		err := p.stream("annotations/"+subset+".json", func(w io.Writer) error { return o.datumaroSubset(ctx, w, split, subset, names.clone()) })
		if err != nil {
			return err
		}
		err = o.each(ctx, func(_ int, a domain.Asset) error {
			if splitName(a.Split) != split {
				return nil
			}
			return p.image(ctx, "images/"+names.name(subset, path.Base(a.Name)), a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *output) datumaroSubset(ctx context.Context, w io.Writer, split, subset string, names namer) error {
	type label struct {
		Name       string   `json:"name"`
		Parent     string   `json:"parent"`
		Attributes []string `json:"attributes"`
	}
	labels, place := []label{}, map[string]int{}
	for i, c := range o.project.Classes {
		place[c.ID] = i
		labels = append(labels, label{Name: c.Name, Parent: o.className(c.Parent), Attributes: []string{}})
	}
	j := newJSONWriter(w)
	j.key("dm_format_version", "1.0")
	j.key("media_type", 2)
	j.key("infos", map[string]string{"made_by": "Irum"})
	j.key("categories", map[string]any{"label": map[string]any{"labels": labels, "label_groups": []string{}, "attributes": []string{}}})
	err := j.list("items", func() error {
		return o.each(ctx, func(_ int, a domain.Asset) error {
			if splitName(a.Split) != split {
				return nil
			}
			name := strings.TrimPrefix(names.name(subset, path.Base(a.Name)), subset+"/")
			it := datumaroItem{
				ID: strings.TrimSuffix(name, path.Ext(name)), Annotations: []datumaroAnnotation{},
				Image: datumaroImage{Path: name, Size: []int{a.Height, a.Width}},
			}
			it.Media.Path = name
			it.Attr.Irum.extra = extraOf(a)
			if list := datumaroAnnotations(a.Label, place); a.Label.State == domain.StateAuto {
				it.Attr.Irum.Proposals = list
			} else {
				it.Annotations = append(it.Annotations, list...)
			}
			return j.element(it)
		})
	})
	if err != nil {
		return err
	}
	return j.end()
}

func datumaroAnnotations(l domain.Label, place map[string]int) (out []datumaroAnnotation) {
	add := func(kind, class string, score float64, box []float64) {
		id := place[class]
		a := datumaroAnnotation{ID: len(out), Type: kind, Label: &id, Attributes: map[string]any{}, Box: box}
		if score != 0 {
			key := "accepted_score"
			if l.State == domain.StateAuto {
				key = "score"
			}
			a.Attributes[key] = score
		}
		out = append(out, a)
	}
	for _, c := range l.Classes {
		add("label", c.ClassID, c.Score, nil)
	}
	for _, b := range l.Boxes {
		add("bbox", b.ClassID, b.Score, []float64{b.X, b.Y, b.W, b.H})
	}
	return out
}
