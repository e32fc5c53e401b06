package transfer

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// csv writes one row an image and label; an image without a label has a row with an empty one. In a project of boxes it is
// a row a box, with four columns more. Fields are quoted as RFC 4180 says; whoever opens the table in a spreadsheet must
// know that a name may begin with "=".
func (o *output) csv(ctx context.Context, w io.Writer) error {
	out := csv.NewWriter(w)
	header := []string{"filename", "label", "state", "source", "confidence", "split", "width", "height", "sha256"}
	if o.snap.Project.Task == domain.TaskBoxes {
		header = append(header, "box_x", "box_y", "box_w", "box_h")
	}
	if err := out.Write(o.flagColumn(header, "flag")); err != nil {
		return err
	}
	for _, a := range o.snap.Assets {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := o.csvRows(out, a, a.Name); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (o *output) csvRows(out *csv.Writer, a domain.Asset, name string) error {
	l := a.Label
	row := func(label string, score float64, more ...string) []string {
		confidence := ""
		if l.Source == domain.SourceModel {
			if score == 0 {
				score = l.Confidence
			}
			confidence = plain(score)
		}
		return append([]string{
			name, label, string(l.State), string(l.Source), confidence, a.Split, strconv.Itoa(a.Width), strconv.Itoa(a.Height), a.SHA256,
		}, more...)
	}
	var rows [][]string
	for _, c := range l.Classes {
		rows = append(rows, row(o.className(c.ClassID), c.Score))
	}
	for _, b := range l.Boxes {
		rows = append(rows, row(o.className(b.ClassID), b.Score, plain(b.X), plain(b.Y), plain(b.W), plain(b.H)))
	}
	if len(rows) == 0 {
		r := row("", 0)
		if o.snap.Project.Task == domain.TaskBoxes {
			r = append(r, "", "", "", "")
		}
		rows = [][]string{r}
	}
	for i := range rows {
		rows[i] = o.flagColumn(rows[i], string(l.Flag))
	}
	return out.WriteAll(rows)
}

// flagColumn appends a column to row where images have flags.
func (o *output) flagColumn(row []string, text string) []string {
	if !o.flagged {
		return row
	}
	return append(row, text)
}

// plain is the shortest decimal that reads back as v, without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

type cocoInfo struct {
	Description string `json:"description"`
	Version     string `json:"version"`
	DateCreated string `json:"date_created"`
	Notes       string `json:"notes"`
}

type cocoOutImage struct {
	ID       int    `json:"id"`
	FileName string `json:"file_name"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	SHA256   string `json:"sha256"`
	State    string `json:"state"`
	Flag     string `json:"flag,omitempty"`
	Split    string `json:"split,omitempty"`
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
}

type cocoOut struct {
	Info        cocoInfo            `json:"info"`
	Licenses    []struct{}          `json:"licenses"`
	Images      []cocoOutImage      `json:"images"`
	Categories  []cocoOutCategory   `json:"categories"`
	Annotations []cocoOutAnnotation `json:"annotations"`
	Predictions []cocoOutAnnotation `json:"predictions,omitempty"`
}

// coco writes all images, labelled or not. Category ids are places in the project's list of classes, from 1, so that
// they keep their meaning from export to export.
func (o *output) coco(_ context.Context, w io.Writer) error {
	out := cocoOut{
		Info: cocoInfo{
			Description: o.snap.Project.Name, Version: "1.0", DateCreated: o.export.CreatedAt.UTC().Format("2006-01-02T15:04:05Z"),
			Notes: "Made by Irum. Boxes are in pixels of the image as people see it (EXIF orientation applied). " +
				"Annotations without bbox are labels of the whole image. images[].state tells labelled without annotations " +
				"(nothing is there) from unlabelled and skipped; What a model proposed and nobody accepted is in predictions.",
		},
		Licenses: []struct{}{}, Annotations: []cocoOutAnnotation{},
	}
	if o.flagged {
		out.Info.Notes += " images[].flag is unsure or bad where a person said so."
	}
	place := map[string]int{}
	used := map[string]bool{}
	for _, a := range o.snap.Assets {
		for _, id := range labelClasses(a.Label) {
			used[id] = true
		}
	}
	for i, c := range o.snap.Project.Classes {
		place[c.ID] = i + 1
		if !c.Archived || used[c.ID] {
			out.Categories = append(out.Categories, cocoOutCategory{ID: i + 1, Name: c.Name})
		}
	}
	for i, a := range o.snap.Assets {
		out.Images = append(out.Images, cocoOutImage{i + 1, a.Name, a.Width, a.Height, a.SHA256, string(a.Label.State), string(a.Label.Flag), a.Split})
		to := &out.Annotations
		if a.Label.State == domain.StateAuto {
			to = &out.Predictions
		}
		for _, c := range a.Label.Classes {
			*to = append(*to, cocoOutAnnotation{ID: len(*to) + 1, Image: i + 1, Category: place[c.ClassID], Score: proposed(a.Label, c.Score)})
		}
		for _, b := range a.Label.Boxes {
			area, crowd := b.W*b.H, 0
			*to = append(*to, cocoOutAnnotation{
				ID: len(*to) + 1, Image: i + 1, Category: place[b.ClassID], Box: []float64{b.X, b.Y, b.W, b.H},
				Area: &area, Crowd: &crowd, Score: proposed(a.Label, b.Score),
			})
		}
	}
	if out.Categories == nil {
		out.Categories = []cocoOutCategory{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

// proposed is the score of what nobody has accepted; accepted labels carry none, since readers take a score for a prediction.
func proposed(l domain.Label, score float64) *float64 {
	if l.State != domain.StateAuto {
		return nil
	}
	if score == 0 {
		score = l.Confidence
	}
	return &score
}
