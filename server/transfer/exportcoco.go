package transfer

import (
	"context"
	"io"

	"github.com/irum-app/irum/server/domain"
)

type cocoInfo struct {
	Description string `json:"description"`
	Version     string `json:"version"`
	DateCreated string `json:"date_created"`
	Notes       string `json:"notes"`
}

// cocoOutImage is an image with, in keys of ours, what COCO has no words for.
type cocoOutImage struct {
	ID       int    `json:"id"`
	FileName string `json:"file_name"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	extra
}

type cocoOutCategory struct {
	ID            int    `json:"id"`
	Name          string `json:"name"`
	Supercategory string `json:"supercategory"`
}

type cocoOutAnnotation struct {
	ID       int       `json:"id"`
	Image    int       `json:"image_id"`
	Category int       `json:"category_id"`
	Box      []float64 `json:"bbox,omitempty"`
	Area     *float64  `json:"area,omitempty"`
	Crowd    *int      `json:"iscrowd,omitempty"`
	Score    *float64  `json:"score,omitempty"`
	Was      float64   `json:"accepted_score,omitempty"` // of what a person accepted: readers take a score for a prediction
}

// coco writes all images, labelled or not. Category ids are places in the project's list of classes, from 1, so that
// they keep their meaning from export to export.
func (o *output) coco(ctx context.Context, w io.Writer) error {
	j := newJSONWriter(w)
	j.key("info", cocoInfo{
		Description: o.project.Name, Version: "1.0", DateCreated: o.export.CreatedAt.UTC().Format("2006-01-02T15:04:05Z"),
		Notes: "Made by Irum. Boxes are in pixels of the image as people see it (EXIF orientation applied). " +
			"Annotations without bbox are labels of the whole image. images[].state tells labelled without annotations " +
			"(nothing is there) from unlabelled and skipped; images[].flag is unsure or bad where a person said so. What a model proposed and nobody accepted is in predictions.",
	})
	j.key("licenses", []struct{}{})
	err := j.list("images", func() error {
		return o.each(ctx, func(i int, a domain.Asset) error {
			return j.element(cocoOutImage{i + 1, a.Name, a.Width, a.Height, extraOf(a)})
		})
	})
	if err != nil {
		return err
	}
	categories := []cocoOutCategory{}
	for i, c := range o.project.Classes {
		if !c.Archived || o.used[c.ID] {
			categories = append(categories, cocoOutCategory{ID: i + 1, Name: c.Name, Supercategory: o.className(c.Parent)})
		}
	}
	j.key("categories", categories)
	if err := o.cocoAnnotations(ctx, j, "annotations", false); err != nil {
		return err
	}
	if o.auto > 0 {
		if err := o.cocoAnnotations(ctx, j, "predictions", true); err != nil {
			return err
		}
	}
	return j.end()
}

// cocoAnnotations writes what people gave, or else what models proposed.
func (o *output) cocoAnnotations(ctx context.Context, j *jsonWriter, name string, proposed bool) error {
	place := map[string]int{}
	for i, c := range o.project.Classes {
		place[c.ID] = i + 1
	}
	n := 0
	add := func(a cocoOutAnnotation, score float64) error {
		n++
		a.ID = n
		if a.Was = score; proposed {
			a.Score, a.Was = &score, 0
		}
		return j.element(a)
	}
	return j.list(name, func() error {
		return o.each(ctx, func(i int, a domain.Asset) error {
			if (a.Label.State == domain.StateAuto) != proposed {
				return nil
			}
			for _, c := range a.Label.Classes {
				if err := add(cocoOutAnnotation{Image: i + 1, Category: place[c.ClassID]}, c.Score); err != nil {
					return err
				}
			}
			for _, b := range a.Label.Boxes {
				area, crowd := b.W*b.H, 0
				err := add(cocoOutAnnotation{Image: i + 1, Category: place[b.ClassID], Box: []float64{b.X, b.Y, b.W, b.H}, Area: &area, Crowd: &crowd}, b.Score)
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}
