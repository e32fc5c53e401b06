// Package servetest makes what tests of the API, the server and the command line need: images that can be told apart, and
// backbones.
package servetest

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tflite"
)

// PNG is a 32 x 24 image of roughly a colour, with a spot and noise of its own; the same seed gives the same bytes.
func PNG(t testing.TB, c color.RGBA, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, uint64(c.R)<<16|uint64(c.G)<<8|uint64(c.B)))
	img := image.NewRGBA(image.Rect(0, 0, 32, 24))
	clamp := func(v int) uint8 { return uint8(max(0, min(255, v))) }
	tint := [3]int{random.IntN(81) - 40, random.IntN(81) - 40, random.IntN(81) - 40}
	spotX, spotY, light := random.IntN(32), random.IntN(24), random.IntN(121)-60
	for y := range 24 {
		for x := range 32 {
			v := random.IntN(21) - 10
			if (x-spotX)*(x-spotX)+(y-spotY)*(y-spotY) < 64 {
				v += light
			}
			img.SetRGBA(x, y, color.RGBA{clamp(int(c.R) + tint[0] + v), clamp(int(c.G) + tint[1] + v), clamp(int(c.B) + tint[2] + v), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The colours that tests use as classes.
var (
	Red   = color.RGBA{200, 40, 40, 255}
	Green = color.RGBA{40, 180, 60, 255}
	Blue  = color.RGBA{50, 60, 200, 255}
)

// Backbone gives a network that takes a millisecond and sees colours: 16 x 16 pixels in, 16 numbers out.
func Backbone(context.Context) ([]byte, error) { return tiny(), nil }

var tiny = sync.OnceValue(func() []byte {
	const channels, kernel = 16, 4
	random := rand.New(rand.NewPCG(1, 2))
	weights := make([]float32, channels*3*kernel*kernel)
	for i := range weights {
		weights[i] = float32(random.NormFloat64()) / 7
	}
	m := &onnx.Model{
		IRVersion: 8, Producer: "irum-test", Opsets: []onnx.Opset{{Version: 13}},
		Graph: onnx.Graph{
			Name:         "tiny",
			Inputs:       []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 16, 16}}},
			Outputs:      []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, channels}}},
			Initializers: []onnx.Tensor{onnx.FloatTensor("w", weights, channels, 3, kernel, kernel)},
			Nodes: []onnx.Node{
				{Op: "Conv", Inputs: []string{"image", "w"}, Outputs: []string{"conv"}, Attrs: []onnx.Attr{
					onnx.IntsAttr("kernel_shape", kernel, kernel), onnx.IntsAttr("strides", kernel, kernel),
				}},
				{Op: "Relu", Inputs: []string{"conv"}, Outputs: []string{"relu"}},
				{Op: "GlobalAveragePool", Inputs: []string{"relu"}, Outputs: []string{"pool"}},
				{Op: "Flatten", Inputs: []string{"pool"}, Outputs: []string{"embedding"}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}},
			},
		},
	}
	for _, meta := range [][2]string{ // in order: all processes of a test need the same bytes
		{"irum.name", "Tiny"},
		{"irum.source", "made by a test"},
		{"irum.license", "Apache-2.0"},
		{"irum.input", "16"},
		{"irum.scale", "0.00784313725490196"},
		{"irum.shift", "-1"},
		{"irum.embedding", "embedding"},
	} {
		m.SetMeta(meta[0], meta[1])
	}
	return onnx.Write(m)
})

// Shipped gives the backbone that Irum comes with, made of the npm package; ok is false where that is not installed.
func Shipped() (data []byte, ok bool) {
	_, here, _, _ := runtime.Caller(0)
	bundle, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"))
	if err != nil {
		return nil, false
	}
	data, err = tflite.Backbone(bundle)
	return data, err == nil
}
