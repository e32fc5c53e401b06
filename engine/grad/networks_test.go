package grad

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/native"
	"github.com/irum-app/irum/engine/onnx"
)

// networks are whole networks of well-known kinds over small images.
func networks() map[string]*onnx.Model {
	return map[string]*onnx.Model{
		"resnet18": enginetest.ResNet18(24), "mobilenetv3": enginetest.MobileNetV3(32), "shufflenet": enginetest.ShuffleNet(32),
		"efficientnet": enginetest.EfficientNet(32), "squeezenet": enginetest.SqueezeNet(47),
	}
}

// TestBitsDoNotDependOnThreads trains a few steps and compares all that comes of it.
func TestBitsDoNotDependOnThreads(t *testing.T) {
	for name, m := range networks() {
		for _, kind := range []Norm{FrozenNorm, BatchNorm} {
			var want uint64
			for run, threads := range []int{1, 3} {
				got := trained(t, m, Options{Batch: 3, Threads: threads, Norm: kind}, 2)
				if run == 0 {
					want = got
				}
				if got != want {
					t.Errorf("%s, norm %d: %d threads give other bits than one", name, kind, threads)
				}
			}
		}
	}
}

// trained gives a digest of outputs, gradients and statistics over some steps.
func trained(t *testing.T, m *onnx.Model, o Options, steps int) uint64 {
	t.Helper()
	n, err := New(m, "", o)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(31, 32))
	sum := fnv.New64a()
	digest := func(list []float32) {
		for _, v := range list {
			b := math.Float32bits(v)
			_, _ = sum.Write([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)})
		}
	}
	for step := range steps {
		images := o.Batch - step
		y, err := n.Forward(normal(r, images*product(n.Input())), images)
		if err != nil {
			t.Fatal(err)
		}
		digest(y)
		if err := n.Backward(normal(r, len(y))); err != nil {
			t.Fatal(err)
		}
		for _, p := range n.Parameters() {
			digest(p.Grad)
			for i, g := range p.Grad {
				p.Value[i] -= 0.001 * g
			}
		}
	}
	for _, p := range n.Buffers() {
		digest(p.Value)
	}
	return sum.Sum64()
}

// TestPortableKernels compares a training step by kernels in Go with one by assembly.
func TestPortableKernels(t *testing.T) {
	if _, ok := native.AVX2(); !ok {
		t.Skip("this processor has the portable kernels only")
	}
	for name, kind := range map[string]Norm{"mobilenetv3": BatchNorm, "shufflenet": FrozenNorm} {
		m := networks()[name]
		var results [2][]float32
		for k := range results {
			n := must(t, m, "", Options{Batch: 2, Norm: kind})
			if k == 1 {
				n.kernels = native.Portable()
			}
			stepped(t, n, 2)
			for _, p := range n.Parameters() {
				results[k] = append(results[k], p.Grad...)
			}
		}
		alike(t, name, results[1], results[0])
	}
}
