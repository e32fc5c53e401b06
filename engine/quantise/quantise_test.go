package quantise

import (
	"bytes"
	"context"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

func random(rng *rand.Rand, n int, spread float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64() * spread)
	}
	return out
}

// network is 3 -> 64 -> 256 -> 64 channels, a pool and a product by a matrix, 64 -> 300. The 64 channels of the first layer have ranges
// from 1 to 1,000, which the weights that read them make up for.
func network(rng *rand.Rand) *onnx.Model {
	first, second := random(rng, 64*3*9, 0.2), random(rng, 256*64, 0.1)
	for c := range 64 {
		factor := float32(math.Pow(1000, float64(c)/63))
		for k := range 27 {
			first[27*c+k] *= factor
		}
		for f := range 256 {
			second[64*f+c] /= factor
		}
	}
	m := &onnx.Model{IRVersion: 7, Opsets: []onnx.Opset{{Version: 13}}, Graph: onnx.Graph{
		Inputs:  []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 24, 24}}},
		Outputs: []onnx.Value{{Name: "y", Type: onnx.Float, Dims: []int64{1, 300}}},
		Initializers: []onnx.Tensor{
			onnx.FloatTensor("w1", first, 64, 3, 3, 3), onnx.FloatTensor("w2", second, 256, 64, 1, 1),
			onnx.FloatTensor("b2", random(rng, 256, 0.1), 256), onnx.FloatTensor("w3", random(rng, 64*64*9, 0.05), 64, 64, 3, 3),
			onnx.FloatTensor("w4", random(rng, 64*300, 0.1), 64, 300), onnx.FloatTensor("p", random(rng, 64*256, 0.1), 64, 256, 1, 1),
		},
		Nodes: []onnx.Node{
			{Op: "Conv", Inputs: []string{"image", "w1"}, Outputs: []string{"c1"}},
			{Op: "Relu", Inputs: []string{"c1"}, Outputs: []string{"r1"}},
			{Op: "Conv", Inputs: []string{"r1", "w2", "b2"}, Outputs: []string{"c2"}},
			{Op: "Relu", Inputs: []string{"c2"}, Outputs: []string{"r2"}},
			{Op: "Conv", Inputs: []string{"r2", "p"}, Outputs: []string{"c3"}},
			{Op: "Relu", Inputs: []string{"c3"}, Outputs: []string{"r3"}},
			{Op: "Conv", Inputs: []string{"r3", "w3"}, Outputs: []string{"c4"}, Attrs: []onnx.Attr{onnx.IntsAttr("kernel_shape", 3, 3)}},
			{Op: "GlobalAveragePool", Inputs: []string{"c4"}, Outputs: []string{"g"}},
			{Op: "Flatten", Inputs: []string{"g"}, Outputs: []string{"v"}},
			{Op: "MatMul", Inputs: []string{"v", "w4"}, Outputs: []string{"y"}},
		},
	}}
	m.SetMeta("irum.scale", "0.0078")
	m.SetMeta("irum.shift", "-1")
	return m
}

// TestWeights: the tensors that are large are integers with the axis that suits them, and the network says nearly the same.
func TestWeights(t *testing.T) {
	m := network(rand.New(rand.NewSource(5)))
	whole := onnx.Write(m)
	small, moved, err := Weights(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onnx.Write(m), whole) {
		t.Error("the model that was given is changed")
	}
	file := onnx.Write(small)
	if again, _, _ := Weights(context.Background(), m); !bytes.Equal(onnx.Write(again), file) {
		t.Error("made twice it has other bytes")
	}
	if len(file) > len(whole)*3/10 {
		t.Errorf("%d bytes of %d", len(file), len(whole))
	}
	if !(moved > 0 && moved < 0.06) {
		t.Errorf("the output moves by %v of its spread", moved)
	}
	axes := map[string]int64{}
	for _, n := range small.Graph.Nodes {
		if n.Op == "DequantizeLinear" {
			axes[n.Outputs[0]] = n.Int("axis", -1)
		}
	}
	if want := map[string]int64{"w2": 1, "p": axes["p"], "w3": axes["w3"], "w4": axes["w4"]}; len(axes) != 4 || !reflect.DeepEqual(axes, want) {
		t.Errorf("axes %v: w1 is small, and the input channels of w2 have ranges of their own", axes)
	}
	if _, err := onnx.Read(file); err != nil {
		t.Error(err)
	}
	t.Logf("%d bytes of %d, the output moves by %.4f of its spread", len(file), len(whole), moved)
}

// TestBiasTakesUpTheError: on average over the pictures every channel of a quantised convolution is what it was.
func TestBiasTakesUpTheError(t *testing.T) {
	m := network(rand.New(rand.NewSource(6)))
	m.Graph.Outputs = []onnx.Value{{Name: "c2", Type: onnx.Float}}
	onnx.Prune(&m.Graph)
	small, _, err := Weights(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	plain := *small // the same weights with the bias as it was
	plain.Graph.Initializers = nil
	for _, i := range small.Graph.Initializers {
		if i.Name == "b2" {
			i = m.Graph.Initializers[2]
		}
		plain.Graph.Initializers = append(plain.Graph.Initializers, i)
	}
	off := func(other *onnx.Model) (sum float64) {
		want, err := observe(context.Background(), m, []string{"c2"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := observe(context.Background(), other, []string{"c2"})
		if err != nil {
			t.Fatal(err)
		}
		for c, v := range want.means["c2"] {
			sum += math.Abs(v - got.means["c2"][c])
		}
		return sum
	}
	if corrected, before := off(small), off(&plain); corrected > before/50 {
		t.Errorf("channels are off by %g together with the bias that was corrected, %g without", corrected, before)
	}
}

// TestLeftAlone: what cannot be integers, or would be no smaller, stays.
func TestLeftAlone(t *testing.T) {
	for name, change := range map[string]func(m *onnx.Model){
		"old opset": func(m *onnx.Model) { m.Opsets[0].Version = 12 },
		"read elsewhere": func(m *onnx.Model) {
			m.Graph.Outputs = append(m.Graph.Outputs, onnx.Value{Name: "w2", Type: onnx.Float})
		},
		"shared": func(m *onnx.Model) {
			m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{Op: "Relu", Inputs: []string{"w2"}, Outputs: []string{"z"}})
		},
		"not finite":   func(m *onnx.Model) { m.Graph.Initializers[1].Raw[3], m.Graph.Initializers[1].Raw[2] = 0x7f, 0xc0 },
		"other domain": func(m *onnx.Model) { m.Graph.Nodes[2].Domain = "com.example" },
		"small": func(m *onnx.Model) {
			m.Graph.Initializers[1] = onnx.FloatTensor("w2", make([]float32, 255*64), 255, 64, 1, 1)
		},
	} {
		m := network(rand.New(rand.NewSource(7)))
		change(m)
		if survey(m).chosen["w2"] {
			t.Errorf("%s: taken", name)
		}
	}
	m := network(rand.New(rand.NewSource(7)))
	m.Opsets[0].Version = 12
	if same, moved, err := Weights(context.Background(), m); same != m || moved != 0 || err != nil {
		t.Errorf("a model without weights to take: %v, %v", moved, err)
	}
	m = network(rand.New(rand.NewSource(7)))
	m.Graph.Nodes[1].Op = "Multinomial"
	if _, _, err := Weights(context.Background(), m); err == nil {
		t.Error("a network that does not run was quantised")
	}
}

// TestHalfPrecisionAndOldInputs: the Cast of half-precision weights goes, and so does their name among the inputs.
func TestHalfPrecisionAndOldInputs(t *testing.T) {
	m := network(rand.New(rand.NewSource(8)))
	w := &m.Graph.Initializers[1]
	half := onnx.HalfTensor("half", w.Floats(), w.Dims...)
	*w = half
	m.Graph.Nodes = append([]onnx.Node{{Op: "Cast", Inputs: []string{"half"}, Outputs: []string{"w2"}, Attrs: []onnx.Attr{onnx.IntAttr("to", 1)}}}, m.Graph.Nodes...)
	m.Graph.Inputs = append(m.Graph.Inputs, onnx.Value{Name: "half", Type: onnx.Float16, Dims: half.Dims}, onnx.Value{Name: "w3", Type: onnx.Float, Dims: []int64{64, 64, 3, 3}})
	small, _, err := Weights(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range small.Graph.Nodes {
		if n.Op == "Cast" {
			t.Error("the Cast is still there")
		}
	}
	if len(small.Graph.Inputs) != 1 {
		t.Errorf("inputs %v", small.Graph.Inputs)
	}
	if _, err := graph.Build(small); err != nil {
		t.Error(err)
	}
}

// TestScaleIsTheBest compares with the best of two thousand scales.
func TestScaleIsTheBest(t *testing.T) {
	rng := rand.New(rand.NewSource(9))
	for name, w := range map[string][]float32{
		"bell": random(rng, 900, 3), "few": random(rng, 9, 1e-4), "one": {-7}, "zeros": make([]float32, 5), "tiny": {1e-40, -1e-41},
		"outlier": append(random(rng, 4000, 1), 9),
	} {
		scale, squares := nearestScale(w)
		if !(scale > 0) || math.IsInf(float64(scale), 0) {
			t.Errorf("%s: scale %v", name, scale)
		}
		errorOf := func(s float32) (sum float64) {
			for _, v := range w {
				e := float64(v) - float64(s)*nearest(v, s)
				sum += e * e
			}
			return sum
		}
		if got := errorOf(scale); name != "tiny" && math.Abs(got-squares) > 1e-9*squares {
			t.Errorf("%s: the error is %g, not %g", name, got, squares)
		}
		reach := 0.0
		for _, v := range w {
			reach = max(reach, math.Abs(float64(v)))
		}
		best, widest := math.Inf(1), errorOf(float32(max(reach, 1e-30)/most))
		for k := range 2000 {
			best = min(best, errorOf(float32(max(reach, 1e-30)/most*(1-float64(k)/4000))))
		}
		if squares > widest || squares > best*1.05+1e-30 {
			t.Errorf("%s: squared error %g; %g is possible, the whole range gives %g", name, squares, best, widest)
		}
	}
}

// TestPictures: they use the range of pixels, no two are the same, and they have large things as well as small ones.
func TestPictures(t *testing.T) {
	var before []float32
	for seed := range uint32(pictures) {
		p := leaves(seed, 64, 64, 1, 0)
		mean, steps := 0.0, 0
		for i, v := range p {
			if v < 0 || v > 255 {
				t.Fatalf("picture %d has the pixel %v", seed, v)
			}
			mean += float64(v) / float64(len(p))
			if i%64 > 0 && v != p[i-1] {
				steps++
			}
		}
		if mean < 64 || mean > 192 {
			t.Errorf("picture %d has the mean %v", seed, mean)
		}
		if share := float64(steps) / float64(len(p)); share < 0.1 || share > 0.7 {
			t.Errorf("picture %d: %.2f of the pixels differ from their neighbour", seed, share)
		}
		if reflect.DeepEqual(p, before) {
			t.Errorf("picture %d is the one before", seed)
		}
		before = p
	}
	if again := leaves(pictures-1, 64, 64, 1, 0); !reflect.DeepEqual(again, before) {
		t.Error("the same picture came out differently")
	}
}
