package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// tfrecord writes a file of tf.Examples for each split, with the original bytes of the images in them, and the label map. Class
// numbers are places in the project's list of classes, from 1.
func (o *output) tfrecord(ctx context.Context, p *pack) error {
	var labels strings.Builder
	for i, c := range o.project.Classes {
		fmt.Fprintf(&labels, "item {\n  id: %d\n  name: %s\n}\n", i+1, quoted(c.Name))
	}
	if err := p.text("label_map.pbtxt", labels.String()); err != nil {
		return err
	}
	for _, split := range []string{"", "train", "val", "test"} {
		if o.splits[split] == 0 {
			continue
		}
		file := split + ".tfrecord"
		if split == "" {
			file = "data.tfrecord"
		}
		err := p.stream(file, func(w io.Writer) error {
			return o.each(ctx, func(_ int, a domain.Asset) error {
				if splitName(a.Split) != split {
					return nil
				}
				return o.tfWrite(ctx, p, w, file, a)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *output) tfWrite(ctx context.Context, p *pack, w io.Writer, file string, a domain.Asset) error {
	e := o.tfExample(a)
	if p.back != nil {
		return p.back.record(file, e.example(), a)
	}
	data, err := blob.Bytes(ctx, o.s.Blobs, a.SHA256, 0)
	var problem *domain.Problem
	if errors.As(err, &problem) && problem.Code == domain.CodeNotFound {
		p.missing = append(p.missing, a.Name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", a.Name, err)
	}
	e.bytes(tfEncoded, data)
	return writeTFRecord(w, e.example())
}

// tfExample holds all but the image's bytes.
func (o *output) tfExample(a domain.Asset) *exampleWriter {
	e, l := &exampleWriter{}, a.Label
	e.ints(tfHeight, a.Height)
	e.ints(tfWidth, a.Width)
	e.strings(tfFile, a.Name)
	e.strings(tfSource, a.Name)
	e.strings(tfKey, a.SHA256)
	e.strings(tfFormat, a.Format)
	for _, own := range [][2]string{{"state", string(l.State)}, {"flag", string(l.Flag)}, {"source", string(l.Source)}, {"model", l.ModelID}} {
		if own[1] != "" {
			e.strings(tfOwn+own[0], own[1])
		}
	}
	if l.Confidence != 0 {
		e.floats(tfOwn+"confidence", l.Confidence)
	}
	place := map[string]int{}
	for i, c := range o.project.Classes {
		place[c.ID] = i + 1
	}
	var names []string
	var ids []int
	var scores []float64
	var edges [4][]float64
	add := func(class string, score float64) {
		names, ids, scores = append(names, o.className(class)), append(ids, place[class]), append(scores, score)
	}
	for _, c := range l.Classes {
		add(c.ClassID, c.Score)
	}
	for _, b := range l.Boxes {
		add(b.ClassID, b.Score)
		w, h := float64(a.Width), float64(a.Height)
		for i, v := range [4]float64{b.X / w, b.Y / h, (b.X + b.W) / w, (b.Y + b.H) / h} {
			edges[i] = append(edges[i], v)
		}
	}
	if len(names) == 0 {
		return e
	}
	text, label, boxes := tfClass, tfClassNum, tfBoxes
	switch boxed, auto := o.project.Task == domain.TaskBoxes, l.State == domain.StateAuto; {
	case boxed && auto:
		text, label, boxes = tfGuess+"class/text", tfGuess+"class/label", tfGuess+"bbox/"
	case boxed:
		text, label = tfText, tfLabel
	case auto:
		text, label = tfOwn+"proposed/text", tfOwn+"proposed/label"
	}
	e.strings(text, names...)
	e.ints(label, ids...)
	if l.Source == domain.SourceModel {
		e.floats(tfOwn+"scores", scores...)
	}
	if len(l.Boxes) > 0 {
		for i, name := range []string{"xmin", "ymin", "xmax", "ymax"} {
			e.floats(boxes+name, edges[i]...)
		}
	}
	return e
}
