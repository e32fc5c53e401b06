package autolabel_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/domain"
)

// proposing is a small backbone that halves images four times, and a head of proposals on its last map.
func proposing() (backbone, head []byte) {
	rng := rand.New(rand.NewSource(3))
	weights := func(n int, scale float64) []float32 {
		out := make([]float32, n)
		for k := range out {
			out[k] = float32(rng.NormFloat64() * scale)
		}
		return out
	}
	b := &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 13}}}
	b.SetMeta("irum.input", "64")
	b.Graph.Inputs = []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 64, 64}}}
	from, in := "image", 3
	for i := range 4 {
		name := fmt.Sprintf("map%d", i)
		b.Graph.Initializers = append(b.Graph.Initializers, onnx.FloatTensor(name+"/w", weights(8*in*9, math.Sqrt(2/float64(in*9))), 8, int64(in), 3, 3))
		b.Graph.Nodes = append(b.Graph.Nodes,
			onnx.Node{Op: "Conv", Inputs: []string{from, name + "/w"}, Outputs: []string{name + "/linear"}, Attrs: []onnx.Attr{
				onnx.IntsAttr("kernel_shape", 3, 3), onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 1, 1, 1),
			}},
			onnx.Node{Op: "Relu", Inputs: []string{name + "/linear"}, Outputs: []string{name}})
		from, in = name, 8
	}
	b.Graph.Nodes = append(b.Graph.Nodes, onnx.Node{Op: "GlobalAveragePool", Inputs: []string{from}, Outputs: []string{"pool"}},
		onnx.Node{Op: "Flatten", Inputs: []string{"pool"}, Outputs: []string{"embedding"}})
	b.Graph.Outputs = []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, 8}}}
	h := &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 13}}}
	h.Graph.Inputs = []onnx.Value{{Name: "map3", Type: onnx.Float, Dims: []int64{1, 8, 4, 4}}}
	for name, channels := range map[string]int64{"boxes": 12, "classes": 72} {
		h.Graph.Initializers = append(h.Graph.Initializers, onnx.FloatTensor(name+"/w", weights(int(channels)*8, 0.3), channels, 8, 1, 1))
		h.Graph.Nodes = append(h.Graph.Nodes, onnx.Node{Op: "Conv", Inputs: []string{"map3", name + "/w"}, Outputs: []string{name}})
	}
	h.Graph.Outputs = []onnx.Value{
		{Name: "boxes", Type: onnx.Float, Dims: []int64{1, 12, 4, 4}}, {Name: "classes", Type: onnx.Float, Dims: []int64{1, 72, 4, 4}},
	}
	return onnx.Write(b), onnx.Write(h)
}

// TestProposals: boxes are proposed in images without any label, in the order of their scores and within the image.
func TestProposals(t *testing.T) {
	backbone, head := proposing()
	h := newHost(t)
	h.config.Backbone = func(context.Context) ([]byte, error) { return backbone, nil }
	s := h.open(t)
	p, _ := h.squares(t, 2, 2)
	a := h.assets(t, p.ID)[0]
	_, err := s.Propose(ctx, p.ID, a.ID, 10)
	wantCode(t, err, domain.CodeUnsupported)
	h.config.Proposals = func(context.Context) ([]byte, error) { return head, nil }
	s = h.open(t)
	got := must[domain.Proposals](t)(s.Propose(ctx, p.ID, a.ID, 300))
	if len(got.Boxes) < 20 || !slices.IsSortedFunc(got.Boxes, func(x, y domain.Proposal) int { return int(math.Copysign(1, y.Score-x.Score)) }) {
		t.Errorf("%d proposals: %+v", len(got.Boxes), got.Boxes)
	}
	for _, b := range got.Boxes {
		if b.X < 0 || b.Y < 0 || b.X+b.W > float64(a.Width) || b.Y+b.H > float64(a.Height) || b.Score <= 0 || b.Score >= 1 {
			t.Errorf("proposal %+v in an image of %d x %d", b, a.Width, a.Height)
		}
	}
	if few := must[domain.Proposals](t)(s.Propose(ctx, p.ID, a.ID, 5)); len(few.Boxes) > 5 || few.Boxes[0] != got.Boxes[0] {
		t.Errorf("of five proposals %+v is the first", few.Boxes)
	}
	_, err = s.Propose(ctx, p.ID, "x", 5)
	wantCode(t, err, domain.CodeNotFound)
}
