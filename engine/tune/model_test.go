package tune_test

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/engine/vision"
)

// stripes are pictures of lines: lying, standing and none.
func stripes(n, side int) (pictures []*vision.Image, labels [][]int) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		img := &vision.Image{Width: side, Height: side, Pix: make([]byte, 3*side*side)}
		wide := 2 + rng.IntN(3)
		for y := range side {
			for x := range side {
				v := 90 + rng.IntN(40)
				if i%3 == 0 && y/wide%2 == 0 || i%3 == 1 && x/wide%2 == 0 {
					v += 90
				}
				for c := range 3 {
					img.Pix[3*(y*side+x)+c] = byte(v)
				}
			}
		}
		pictures, labels = append(pictures, img), append(labels, []int{i % 3})
	}
	return pictures, labels
}

// model is a training on stripes at a depth.
func model(depth tune.Depth, n int) (*tune.Model, tune.Options) {
	pictures, labels := stripes(n, 16)
	m := &tune.Model{
		Depth: depth, Backbone: onnx.Write(tune.ResNet(16, 8, 1)), Head: tune.Untrained(32, 3, false), Names: []string{"lying", "standing", "none"}, Labels: labels, Threads: 2,
		Pixels: &tune.Pixels{Count: n, Image: func(_ context.Context, i int) (*vision.Image, error) { return pictures[i], nil }},
	}
	o := tune.Defaults(depth, n)
	o.Epochs, o.Batch, o.Seed, o.Threads = 8, 12, 1, 2
	o.Held = tune.Split(tune.Data{Labels: labels, Classes: 3}, 0.25, 1)
	return m, o
}

// TestModelIsWhatWasMeasured trains at every depth, and compares the written network, run by the engine, with the head that is
// given beside it and with the accuracy that was told.
func TestModelIsWhatWasMeasured(t *testing.T) {
	for _, depth := range []tune.Depth{tune.Scratch, tune.Whole, tune.Last} {
		m, o := model(depth, 72)
		told := 0
		m.Mapped = func(done, _ int) { told = done }
		r, err := m.Train(context.Background(), o)
		if err != nil {
			t.Fatalf("%s: %v", depth, err)
		}
		if depth == tune.Last && told != 72 {
			t.Errorf("the maps of %d images were told", told)
		}
		first, best := r.History[0], r.History[r.Best]
		if depth == tune.Scratch && best.Accuracy < 0.9 {
			t.Errorf("%s: right on %.2f", depth, best.Accuracy)
		}
		if best.Loss >= first.Loss {
			t.Errorf("%s: the loss went from %.3f to %.3f", depth, first.Loss, best.Loss)
		}
		pictures, labels := stripes(72, 16)
		right := 0
		for _, i := range r.Held {
			scores, vector := infer(t, onnx.Write(r.Network), pictures[i])
			top := 0
			for c, p := range r.Head.Scores(vector) {
				if math.Abs(p-float64(scores[c])) > 1e-5 {
					t.Fatalf("%s: the head gives %v, the network %v", depth, r.Head.Scores(vector), scores)
				}
				if scores[c] > scores[top] {
					top = c
				}
			}
			if top == labels[i][0] {
				right++
			}
		}
		if got := float64(right) / float64(len(r.Held)); math.Abs(got-best.Accuracy) > 1e-9 {
			t.Errorf("%s: the written network is right on %.3f, told was %.3f", depth, got, best.Accuracy)
		}
	}
}

// infer runs a written model on one picture and gives probabilities and embedding.
func infer(t *testing.T, file []byte, img *vision.Image) (scores, vector []float32) {
	t.Helper()
	net, err := engine.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.Compile(context.Background(), net, engine.Options{Outputs: []string{train.Probabilities, "embedding"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	out, err := s.Run(context.Background(), vision.Tensor(img, 16, 1/127.5, -1))
	if err != nil {
		t.Fatal(err)
	}
	return out[0], out[1]
}

// TestModelResumes stops a training of a whole network with batch normalisation half way, and compares the files.
func TestModelResumes(t *testing.T) {
	m, o := model(tune.Scratch, 36)
	o.Epochs = 3
	all, err := m.Train(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := onnx.Write(all.Network)
	m, _ = model(tune.Scratch, 36)
	ctx, cancel := context.WithCancel(context.Background())
	var kept []byte
	half := o
	half.Stop = ctx.Done()
	half.Progress = func(p tune.Progress) {
		if p.Step == all.Steps/2 {
			cancel()
		}
	}
	half.Save = func(_ context.Context, data []byte) error {
		kept = bytes.Clone(data)
		return nil
	}
	if _, err := m.Train(ctx, half); err == nil || kept == nil {
		t.Fatalf("not stopped: %v", err)
	}
	m, _ = model(tune.Scratch, 36)
	o.Resume = kept
	again, err := m.Train(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onnx.Write(again.Network), want) {
		t.Error("a training that went on gives another network than one that was not stopped")
	}
}

func TestModelMeasures(t *testing.T) {
	for _, depth := range []tune.Depth{tune.Scratch, tune.Last} {
		m, o := model(depth, 36)
		p, err := m.Measure(context.Background(), o, 1)
		if err != nil {
			t.Fatal(err)
		}
		if p.Learn <= 0 || p.Test <= 0 || (depth == tune.Last) != (p.Map > 0) || p.Time(10, 2, 3) < 30*p.Learn {
			t.Errorf("%s: %+v", depth, p)
		}
	}
}

func TestModelSaysWhatItLacksRoomFor(t *testing.T) {
	m, o := model(tune.Last, 36)
	m.Memory = 1000
	if _, err := m.Train(context.Background(), o); err == nil {
		t.Error("maps were made without memory")
	}
	m, o = model(tune.Last, 36)
	m.Backbone = onnx.Write(enginetest.ResNet18(32))
	if _, err := m.Train(context.Background(), o); err == nil {
		t.Error("a head was put behind a network that it does not fit")
	}
}
