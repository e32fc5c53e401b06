package detect

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/onnx"
)

// Head is what turns the features of a Stem, In of them at each of Rows x Cols places, into objects of Classes: Towers trained towers, each of Depth
// blocks of Wide channels, of whose answers the mean is taken. Weights are the tensors of the first one after another, then those of the next.
type Head struct {
	In, Wide, Depth, Classes, Rows, Cols int
	Towers                               int
	Weights                              []float32
}

// crowd is several towers of one shape that answer together.
type crowd []*tower

// head packs c.
func (c crowd) head() *Head {
	t := c[0]
	h := &Head{In: t.in, Wide: t.wide, Depth: len(t.blocks), Classes: t.classes, Rows: t.rows, Cols: t.cols, Towers: len(c)}
	for _, t := range c {
		for _, p := range t.params() {
			h.Weights = append(h.Weights, p.value...)
		}
	}
	return h
}

// find gives what c finds in a view, in units of a place. p is a pass of one of its towers.
func (c crowd) find(p *pass, features []int8) []Object {
	unpack(p.input, features)
	scores, boxes := c[0].answers(c.answer(p))
	return Decode(append(scores, boxes...), c[0].classes, float64(c[0].cols), float64(c[0].rows), leastKept)
}

// answer is the mean of the towers' answers to the input of p.
func (c crowd) answer(p *pass) []float32 {
	sum := make([]float32, len(p.out))
	for _, t := range c {
		t.forward(p)
		for i, v := range p.out {
			sum[i] += v / float32(len(c))
		}
	}
	return sum
}

// towers unpacks h.
func (h *Head) towers() (crowd, error) {
	const most = 1 << 14
	for _, v := range []int{h.In, h.Wide, h.Classes, h.Rows, h.Cols} {
		if v < 1 || v > most {
			return nil, fmt.Errorf("a head cannot have %d channels, classes or places", v)
		}
	}
	if h.Depth < 0 || h.Depth > 16 || h.Towers < 1 || h.Towers > 64 {
		return nil, fmt.Errorf("a head cannot have %d towers of %d blocks", h.Towers, h.Depth)
	}
	c, left := crowd(nil), h.Weights
	for range h.Towers {
		t := newTower(h.In, h.Wide, h.Depth, h.Classes, h.Rows, h.Cols, [4]float64{1, 1, 1, 1}, rand.New(rand.NewPCG(0, 0)))
		for _, p := range t.params() {
			if len(left) < len(p.value) {
				return nil, errors.New("a head has too few weights")
			}
			left = left[copy(p.value, left):]
		}
		c = append(c, t)
	}
	if len(left) > 0 {
		return nil, errors.New("a head has too many weights")
	}
	return c, nil
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
	c, err := h.towers()
	if err != nil {
		return nil, fmt.Errorf("append a detector's head: %w", err)
	}
	appendTowers(m, c)
	m.SetMeta("irum.task", "boxes")
	m.SetMeta("irum.classes", classes)
	m.SetMeta("irum.embedding", FoundName)
	for _, p := range meta {
		m.SetMeta(p.Key, p.Value)
	}
	return onnx.Write(m), nil
}
