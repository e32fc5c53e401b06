package main

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// leastBox is the score from which on boxes count for average precision.
const leastBox = 0.01

// boxes compares what a detector finds with the boxes that people drew. Precision, recall and F1 are at the threshold of the model's card, which was chosen on
// other images.
func (e *evaluation) boxes(a *app, assets []domain.Asset) (summary, error) {
	if e.images = len(assets); e.images == 0 || e.model.Metrics.Boxes == nil {
		return summary{}, domain.Errorf(domain.CodeInvalid, "None of the images has a label. Give boxes by VOC, COCO or YOLO files.").In("against")
	}
	rows, err := e.predictAll(a, assets, e.find)
	if err != nil {
		return summary{}, err
	}
	classes := make([]domain.Class, len(e.names))
	for i, name := range e.names {
		classes[i].Name = name
		if i < len(e.model.Classes) {
			classes[i].ID = e.model.Classes[i].ID
		}
	}
	names := map[string]string{}
	for _, c := range e.truth.Classes {
		names[c.ID] = c.Name
	}
	truth, found := make([][]detect.Object, len(assets)), make([][]detect.Object, len(assets))
	for i, asset := range assets {
		for _, b := range asset.Label.Boxes {
			truth[i] = append(truth[i], detect.Object{Box: detect.Box{X0: b.X, Y0: b.Y, X1: b.X + b.W, Y1: b.Y + b.H}, Class: e.index[names[b.ClassID]]})
		}
		for row := rows[i]; len(row) > 0; row = row[6:] {
			found[i] = append(found[i], detect.Object{Class: int(row[0]), Score: row[1], Box: detect.Box{X0: row[2], Y0: row[3], X1: row[4], Y1: row[5]}})
		}
	}
	r, err := detect.Evaluate(truth, found, len(e.names))
	if err != nil {
		return summary{}, err
	}
	r.At(e.model.Metrics.Boxes.Threshold)
	card := autolabel.BoxCard(r, classes)
	s := summary{Macro: domain.Averages{Precision: r.Precision, Recall: r.Recall, F1: r.F1}, Boxes: card, Classes: []domain.ClassMetrics{}}
	for _, c := range card.Classes {
		s.Classes = append(s.Classes, domain.ClassMetrics{
			ClassID: c.ClassID, Name: c.Name, Support: c.Support, TP: c.TP, FP: c.FP, FN: c.FN, Precision: c.Precision, Recall: c.Recall, F1: c.F1,
		})
	}
	return s, nil
}

// find gives what the network finds in an image, six numbers each: class, score, x0, y0, x1, y1 in pixels.
func (e *evaluation) find(ctx context.Context, session *engine.Session, asset domain.Asset) ([]float64, error) {
	out, err := e.look(ctx, session, asset)
	if err != nil {
		return nil, err
	}
	n := len(e.model.Classes)
	found := out[len(out)-1]
	if len(found)%(n+4) != 0 {
		return nil, fmt.Errorf("the model's file gives %d numbers for %d classes", len(found), n)
	}
	var row []float64
	for _, o := range detect.Decode(found, n, float64(asset.Width), float64(asset.Height), leastBox) {
		row = append(row, float64(o.Class), o.Score, o.X0, o.Y0, o.X1, o.Y1)
	}
	return row, nil
}
