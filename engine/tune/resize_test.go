package tune_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/engine/vision"
)

func TestSide(t *testing.T) {
	for _, c := range []struct {
		own    int
		images []int
		want   int
	}{
		{300, nil, 300},
		{300, []int{28, 28, 28}, 128},
		{300, []int{50, 20, 60}, 160},
		{300, []int{100}, 300},
		{300, []int{28, 28, 4000}, 128},
		{300, []int{28, 4000, 4000}, 300},
		{224, []int{64}, 192},
		{224, []int{74}, 224},
		{96, []int{28}, 96},
	} {
		if got := tune.Side(c.own, c.images); got != c.want {
			t.Errorf("images of %v pixels to a network of %d: at %d, want %d", c.images, c.own, got, c.want)
		}
	}
}

// TestResized compares a network that was made for a size with one that was resized to it: the weights are the same.
func TestResized(t *testing.T) {
	file, err := tune.Resized(onnx.Write(tune.ResNet(32, 4, 7)), 48)
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read(file)
	if err != nil || m.Meta("irum.input") != "48" || !slices.Equal(m.Graph.Inputs[0].Dims, []int64{1, 3, 48, 48}) {
		t.Fatalf("%v, %+v", err, m.Graph.Inputs)
	}
	p := &tune.Pixels{Count: 2, Image: func(_ context.Context, i int) (*vision.Image, error) {
		img := &vision.Image{Width: 20, Height: 30, Pix: make([]byte, 3*600)}
		for k := range img.Pix {
			img.Pix[k] = byte((k*k + 91*i) % 251)
		}
		return img, nil
	}}
	seen := 0
	vectors, err := tune.Vectors(context.Background(), file, p, 2, func(done int) { seen = done })
	if err != nil || seen != 2 || p.Side != 0 {
		t.Fatal(err, seen)
	}
	net, err := engine.Load(onnx.Write(tune.ResNet(48, 4, 7)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.Compile(context.Background(), net, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for i, v := range vectors {
		img, _ := p.Image(context.Background(), i)
		want, err := s.Run(context.Background(), vision.Tensor(img, 48, 1/127.5, -1))
		if err != nil || len(v) != 16 {
			t.Fatal(err, len(v))
		}
		for k := range v {
			if math.Abs(float64(v[k]-want[0][k])) > 1e-5 {
				t.Fatalf("image %d, number %d: %v, want %v", i, k, v[k], want[0][k])
			}
		}
	}
}

func TestResizedRefusals(t *testing.T) {
	fixed := tune.ResNet(32, 4, 1) // one whose embedding has as many numbers as its last maps
	g := &fixed.Graph
	last := len(g.Nodes) - 2
	g.Nodes[last+1].Inputs = g.Nodes[last].Inputs
	g.Nodes = append(g.Nodes[:last], g.Nodes[last+1])
	g.Outputs[0].Dims = []int64{1, 16 * 8 * 8}
	if _, err := tune.Resized(onnx.Write(fixed), 48); err == nil || !strings.Contains(err.Error(), "48 pixels") {
		t.Errorf("maps as the embedding: %v", err)
	}
	if _, err := tune.Resized(onnx.Write(fixed), 32); err != nil {
		t.Errorf("its own size: %v", err)
	}
	if _, err := tune.Resized([]byte("no network"), 48); err == nil {
		t.Error("no network was resized")
	}
}
