package transfer

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// csv writes one row an image and label; an image without a label has a row with an empty one. In a project of boxes it is
// a row a box, with four columns more. Fields are quoted as RFC 4180 says; whoever opens the table in a spreadsheet must
// know that a name may begin with "=".
func (o *output) csv(ctx context.Context, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := o.csvHeader(out); err != nil {
		return err
	}
	err := o.each(ctx, func(_ int, a domain.Asset) error { return o.csvRows(out, a, a.Name) })
	out.Flush()
	return errors.Join(err, out.Error())
}

func (o *output) csvHeader(out *csv.Writer) error {
	header := []string{"filename", "label", "state", "source", "confidence", "split", "width", "height", "sha256", "model", "score", "flag"}
	if o.project.Task == domain.TaskBoxes {
		header = append(header, "box_x", "box_y", "box_w", "box_h")
	}
	return out.Write(header)
}

func (o *output) csvRows(out *csv.Writer, a domain.Asset, name string) error {
	l := a.Label
	row := func(label string, score float64, more ...string) []string {
		confidence, scored := "", ""
		if l.Source == domain.SourceModel {
			confidence = plain(l.Confidence)
		}
		if score != 0 {
			scored = plain(score)
		}
		return append([]string{
			name, label, string(l.State), string(l.Source), confidence, a.Split, strconv.Itoa(a.Width), strconv.Itoa(a.Height), a.SHA256,
			l.ModelID, scored, string(l.Flag),
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
		if o.project.Task == domain.TaskBoxes {
			r = append(r, "", "", "", "")
		}
		rows = [][]string{r}
	}
	return out.WriteAll(rows)
}

// plain is the shortest decimal that reads back as v, without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
