package tuning

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/engine/tune/augment"
	"github.com/irum-app/irum/server/autolabel"
)

const (
	// probeBatch and probeBatches are what is timed before the first training at a depth: a moment, not a minute.
	probeBatch   = 8
	probeBatches = 2
)

// pace is what is kept of a measurement: how long images take at a size.
type pace struct {
	tune.Pace
	Side int // pixels
}

// Estimate implements autolabel.Tuner: it times some steps on this host, unless known says how long they take.
func (t *Trainer) Estimate(ctx context.Context, r *autolabel.Run, known string) (seconds float64, measured string, err error) {
	backbone, err := network(ctx, r)
	if err != nil {
		return 0, "", err
	}
	var pace pace
	if known == "" || json.Unmarshal([]byte(known), &pace) != nil || pace.Side != sideOf(backbone) {
		pace.Side = sideOf(backbone)
		if pace.Pace, err = t.measure(ctx, r, backbone); err != nil {
			return 0, "", err
		}
		text, err := json.Marshal(pace)
		if err != nil {
			return 0, "", fmt.Errorf("encode a pace: %w", err)
		}
		known = string(text)
	}
	n := len(r.Images())
	held := int(heldShare * float64(n))
	o := t.defaults(tune.Depth(r.Request().Level), n)
	if err := t.enlarge(ctx, r, pace.Side, &o, &augment.Options{}); err != nil {
		return 0, "", err
	}
	return pace.Time(n-held, held, o.Epochs).Seconds(), known, nil
}

// measure times some steps of a training that is thrown away.
func (t *Trainer) measure(ctx context.Context, r *autolabel.Run, backbone []byte) (tune.Pace, error) {
	m := &tune.Model{Depth: tune.Depth(r.Request().Level), Backbone: backbone, Labels: r.Labels(), Threads: t.Threads, Memory: mapMemory}
	for _, c := range r.Classes() {
		m.Names = append(m.Names, c.Name)
	}
	dim, err := dimOf(m.Backbone)
	if err != nil {
		return tune.Pace{}, err
	}
	m.Head = tune.Untrained(dim, len(m.Names), r.Multi())
	m.Pixels = newPictures(r, make([]bool, len(m.Labels)), sideOf(m.Backbone)).pixels(m.Depth)
	o := t.defaults(m.Depth, len(m.Labels))
	o.Batch = probeBatch
	return m.Measure(ctx, o, probeBatches)
}

// dimOf is the length of a backbone's embedding.
func dimOf(backbone []byte) (int, error) {
	m, err := onnx.Read(backbone)
	if err != nil {
		return 0, err
	}
	if len(m.Graph.Outputs) == 0 || len(m.Graph.Outputs[0].Dims) != 2 || m.Graph.Outputs[0].Dims[1] < 1 {
		return 0, fmt.Errorf("the backbone gives no embedding [1,D]")
	}
	return int(m.Graph.Outputs[0].Dims[1]), nil
}
