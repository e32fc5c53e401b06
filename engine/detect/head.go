package detect

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/onnx"
)

// Head is a trained tower: what turns the features of a Stem, In of them at each of Rows x Cols places, into objects of Classes. Weights
// are its tensors one after another.
type Head struct {
	In, Wide, Depth, Classes, Rows, Cols int
	Weights                              []float32
}

// head packs t.
func (t *tower) head() *Head {
	h := &Head{In: t.in, Wide: t.wide, Depth: len(t.blocks), Classes: t.classes, Rows: t.rows, Cols: t.cols}
	for _, p := range t.params() {
		h.Weights = append(h.Weights, p.value...)
	}
	return h
}

// tower unpacks h.
func (h *Head) tower() (*tower, error) {
	const most = 1 << 14
	for _, v := range []int{h.In, h.Wide, h.Classes, h.Rows, h.Cols} {
		if v < 1 || v > most {
			return nil, fmt.Errorf("a head cannot have %d channels, classes or places", v)
		}
	}
	if h.Depth < 0 || h.Depth > 16 {
		return nil, fmt.Errorf("a head cannot have %d blocks", h.Depth)
	}
	t := newTower(h.In, h.Wide, h.Depth, h.Classes, h.Rows, h.Cols, [4]float64{1, 1, 1, 1}, rand.New(rand.NewPCG(0, 0)))
	left := h.Weights
	for _, p := range t.params() {
		if len(left) < len(p.value) {
			return nil, errors.New("a head has too few weights")
		}
		left = left[copy(p.value, left):]
	}
	if len(left) > 0 {
		return nil, errors.New("a head has too many weights")
	}
	return t, nil
}

// Outputs of a detector's network, by name: ScoresName [1,classes,rows,cols] are probabilities, BoxesName [1,4,rows,cols] are x0, y0, x1, y1 as
// shares of the image, and FoundName [1,classes+4,rows,cols] is both, for hosts that take one output.
const (
	ScoresName = "scores"
	BoxesName  = "boxes"
	FoundName  = "found"
)

// Append gives the complete detector: image in, what FoundName and the others say out, for the stem that h was trained with. Metadata gets
// irum.task, irum.classes (JSON), irum.embedding (FoundName) and meta. The same input gives the same bytes.
func (h *Head) Append(stem []byte, classes string, meta ...onnx.Property) ([]byte, error) {
	m, err := onnx.Read(stem)
	if err != nil {
		return nil, fmt.Errorf("append a detector's head: %w", err)
	}
	if out := m.Graph.Outputs; len(out) != 1 || out[0].Name != featuresName || len(out[0].Dims) != 4 ||
		out[0].Dims[1] != int64(h.In) || out[0].Dims[2] != int64(h.Rows) || out[0].Dims[3] != int64(h.Cols) {
		return nil, errors.New("append a detector's head: it was trained with another stem")
	}
	t, err := h.tower()
	if err != nil {
		return nil, fmt.Errorf("append a detector's head: %w", err)
	}
	appendTower(m, t)
	m.SetMeta("irum.task", "boxes")
	m.SetMeta("irum.classes", classes)
	m.SetMeta("irum.embedding", FoundName)
	for _, p := range meta {
		m.SetMeta(p.Key, p.Value)
	}
	return onnx.Write(m), nil
}
