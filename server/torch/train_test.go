package torch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/onnx"
)

// smallBackbone has batch norms, a depthwise convolution and a residual sum: image [1,3,24,24] to 16 numbers.
func smallBackbone() []byte {
	weights := func(name string, reach float32, dims ...int64) onnx.Tensor {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		data := noise(int(n), uint64(len(name))+uint64(n))
		for i := range data {
			data[i] *= reach
		}
		return onnx.FloatTensor(name, data, dims...)
	}
	fill := func(name string, v float32, n int) onnx.Tensor {
		return onnx.FloatTensor(name, slices.Repeat([]float32{v}, n), int64(n))
	}
	node := func(op, output string, inputs ...string) onnx.Node {
		return onnx.Node{Op: op, Inputs: inputs, Outputs: []string{output}}
	}
	window := func(n onnx.Node, stride, group int64) onnx.Node {
		n.Attrs = []onnx.Attr{onnx.IntsAttr("strides", stride, stride), onnx.IntsAttr("pads", 1, 1, 1, 1), onnx.IntAttr("group", group)}
		return n
	}
	g := onnx.Graph{
		Name:    "small",
		Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int64{1, 3, 24, 24}}},
		Outputs: []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, 16}}},
		Initializers: []onnx.Tensor{
			weights("w1", 0.5, 16, 3, 3, 3), weights("w2", 0.5, 16, 1, 3, 3), weights("w3", 0.4, 16, 16, 1, 1), fill("b3", 0, 16),
			fill("one", 1, 16), fill("zero", 0, 16), fill("mean", 0, 16), fill("variance", 1, 16),
			fill("one2", 1, 16), fill("zero2", 0, 16), fill("mean2", 0, 16), fill("variance2", 1, 16),
			onnx.FloatTensor("low", []float32{0}), onnx.FloatTensor("high", []float32{6}),
		},
		Nodes: []onnx.Node{
			window(node("Conv", "a", "x", "w1"), 2, 1), node("BatchNormalization", "b", "a", "one", "zero", "mean", "variance"), node("Relu", "c", "b"),
			window(node("Conv", "d", "c", "w2"), 1, 16), node("BatchNormalization", "e", "d", "one2", "zero2", "mean2", "variance2"), node("Clip", "f", "e", "low", "high"),
			node("Conv", "g", "f", "w3", "b3"), node("Add", "h", "g", "c"), node("GlobalAveragePool", "i", "h"), node("Flatten", "embedding", "i"),
		},
	}
	m := &onnx.Model{IRVersion: 9, Opsets: []onnx.Opset{{Version: 17}}, Graph: g}
	m.SetMeta("irum.scale", "0.0078431373")
	m.SetMeta("irum.shift", "-1")
	return onnx.Write(m)
}

// stripes draws n pictures of three textures, of several sizes.
func stripes(n int) (files [][]byte, labels [][]int) {
	random := rand.New(rand.NewPCG(5, 5))
	for i := range n {
		class, side := i%3, 20+i%17
		img := image.NewRGBA(image.Rect(0, 0, side, side))
		phase, tint := random.IntN(4), uint8(random.IntN(120))
		for y := range side {
			for x := range side {
				at := [3]int{x + phase, y + phase, x + y + phase}[class] / 2 % 2
				v := uint8(60*at + random.IntN(130))
				img.Set(x, y, color.RGBA{v + tint/2, v, v + tint, 255})
			}
		}
		var out bytes.Buffer
		if err := png.Encode(&out, img); err != nil {
			panic(err)
		}
		files, labels = append(files, out.Bytes()), append(labels, []int{class})
	}
	return files, labels
}

// job trains the small backbone on stripes in a few seconds, to the same bits every time.
func job(t *testing.T, images int) Job {
	t.Helper()
	files, labels := stripes(images)
	r := NewRecipe(images)
	r.Epochs, r.Batch, r.Rate, r.Deterministic, r.CheckpointSeconds, r.ProgressSeconds, r.Norm, r.EMA = 6, 32, 0.02, true, 0, 0, "train", 0.9
	r.Augment = Augment{Crop: 0.9, Colour: 0.1, Operations: 1, Magnitude: 0.1, Mixup: 0.1}
	return Job{
		Folder: filepath.Join(t.TempDir(), "run"), Host: pytorch(t), Processes: 1, Device: "cpu", Backbone: smallBackbone(),
		Classes: []string{"down", "across", "aslant"}, Labels: labels, Recipe: r,
		Image: func(_ context.Context, i int) ([]byte, error) { return files[i], nil },
	}
}

const scoreScript = `
import json
import numpy as np, torch
from images import network_input
from network import Classifier, Head, Network
folder, classes, multi = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "true"
description = json.load(open(folder + "/network.json"))
result = np.fromfile(folder + "/result.f32", np.float32)
n = classes * (description["dim"] + 1)
net, head = Network(description, result[:-n], False), Head(description["dim"], classes)
tail = torch.from_numpy(result[-n:])
with torch.no_grad():
    head.linear.weight.copy_(tail[:-classes].view(classes, -1))
    head.linear.bias.copy_(tail[-classes:])
    size = description["size"]
    pixels = torch.from_numpy(np.fromfile(folder + "/images.u8", np.uint8)[:100 * size * size * 3]).reshape(-1, size, size, 3)
    logits = Classifier(net, head).eval()(network_input(pixels, description["scale"], description["shift"]))
    (torch.sigmoid(logits) if multi else torch.softmax(logits, 1)).numpy().tofile(folder + "/scores.f32")
`

// agrees compares the probabilities of PyTorch and of Irum's engine with the exported model, on image files, 100 of them.
func agrees(t *testing.T, j Job, r *Result) {
	t.Helper()
	python(t, j.Host, scoreScript, j.Folder, fmt.Sprint(len(j.Classes)), fmt.Sprint(j.Multi))
	want := readFloats(t, filepath.Join(j.Folder, "scores.f32"))
	teach, tune, _ := split(j.Labels, j.Groups, len(j.Classes), j.Recipe.Seed)
	order := append(teach, tune...)
	count := len(want) / len(j.Classes)
	if count < min(100, len(order)) {
		t.Fatalf("%d images were scored", count)
	}
	inner := *r
	inner.Held = order[:count]
	at := &training{Job: j, tell: func(any) {}, result: &inner}
	var err error
	if at.net, err = readNetwork(j.Backbone); err != nil {
		t.Fatal(err)
	}
	if err := at.finish(context.Background(), resultFile); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, scores := range inner.Scores {
		for c, p := range scores {
			worst = max(worst, math.Abs(p-float64(want[i*len(j.Classes)+c])))
		}
	}
	if worst > 1e-3 {
		t.Errorf("PyTorch and the engine differ by %g", worst)
	}
	t.Logf("the largest difference of a probability on %d images is %.2g", count, worst)
}

// TestTrain: the file of a trained network says the same in PyTorch and in Irum.
func TestTrain(t *testing.T) {
	j := job(t, 240)
	phases := map[string]int{}
	r, err := Train(context.Background(), j, func(m any) {
		if p, ok := m.(Phase); ok && p.Done > phases[p.Name] {
			phases[p.Name] = p.Done
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	truth := make([][]int, len(r.Held))
	for k, i := range r.Held {
		truth[k] = j.Labels[i]
	}
	report, err := metrics.Evaluate(truth, r.Scores, len(j.Classes), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("held out: %d images, accuracy %.3f; %+v, course %+v", len(r.Held), report.Accuracy, r.Hello, r.Course)
	if report.Accuracy < 0.9 {
		t.Errorf("accuracy %.3f", report.Accuracy)
	}
	if len(r.Course) != r.Epochs+1 || r.Epochs != 6 || r.Reason != "epochs" || r.BestEpoch < 0 || r.BestEpoch > 6 || r.Taught < 160 {
		t.Errorf("%d epochs told of %d, best %d, %s, %d taught", len(r.Course), r.Epochs, r.BestEpoch, r.Reason, r.Taught)
	}
	if phases["prepare"] != len(j.Labels)-len(r.Held) || phases["evaluate"] != len(r.Held) {
		t.Errorf("phases %v", phases)
	}
	m, err := onnx.Read(r.Model)
	if err != nil {
		t.Fatal(err)
	}
	if m.Meta("irum.task") != "single" || !strings.Contains(m.Meta("irum.classes"), "aslant") {
		t.Errorf("metadata %v", m.Metadata)
	}
	agrees(t, j, r)
}

// TestSeveralClassesAndProcesses trains a multi-label model on two processes.
func TestSeveralClassesAndProcesses(t *testing.T) {
	j := job(t, 120)
	for i, list := range j.Labels {
		if list[0] == 2 {
			j.Labels[i] = []int{0, 1} // aslant is both
		} else if i%10 == 0 {
			j.Labels[i] = nil
		}
	}
	j.Classes, j.Multi, j.Processes = j.Classes[:2], true, 2
	j.Recipe.Epochs, j.Recipe.Batch, j.Recipe.Optimiser, j.Recipe.ClassWeights, j.Recipe.CheckpointSeconds = 2, 16, "sgd", balance(j.Labels, 2), 3600
	r, err := Train(context.Background(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Hello.Processes != 2 || len(r.Scores) != len(r.Held) || len(r.Scores[0]) != 2 {
		t.Errorf("%+v, %d scores", r.Hello, len(r.Scores))
	}
	agrees(t, j, r)
}

// TestInterruptedTrainingsEndTheSame: killed once, cancelled once, and taken up again in another folder each time, a training gives
// the same bits as one that ran through.
func TestInterruptedTrainingsEndTheSame(t *testing.T) {
	whole := job(t, 100)
	whole.Recipe.Epochs = 12
	want, err := Train(context.Background(), whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	j := whole
	var kept []byte
	var keeps int
	j.KeepCheckpoint = func(_ context.Context, r io.Reader) (err error) {
		keeps++
		kept, err = io.ReadAll(r)
		return err
	}
	restart := func() {
		j.Folder = filepath.Join(t.TempDir(), "again")
		if keeps = 0; kept != nil {
			j.Checkpoint = bytes.NewReader(kept)
		}
	}
	restart()
	_, err = Train(context.Background(), j, func(m any) {
		if _, ok := m.(*Checkpoint); ok && keeps == 3 {
			for _, pid := range descendants(os.Getpid()) {
				if p, err := os.FindProcess(pid); err == nil {
					_ = p.Kill()
				}
			}
		}
	})
	if !errors.Is(err, ErrDied) || kept == nil {
		t.Fatalf("a killed training: %v, %d bytes kept", err, len(kept))
	}
	restart()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err = Train(ctx, j, func(m any) {
		if _, ok := m.(*Progress); ok && keeps > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || keeps == 0 {
		t.Fatalf("a cancelled training: %v after %d checkpoints", err, keeps)
	}
	restart()
	got, err := Train(context.Background(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Model, want.Model) || !slices.Equal(got.Held, want.Held) || len(got.Course) != len(want.Course) || got.BestEpoch != want.BestEpoch {
		t.Errorf("the models differ: best epochs %d and %d", got.BestEpoch, want.BestEpoch)
	}
	restart()
	j.Recipe.Seed = 1
	var failed *TrainerError
	if _, err := Train(context.Background(), j, nil); !errors.As(err, &failed) || failed.Code != "checkpoint" {
		t.Errorf("another training's checkpoint: %v", err)
	}
}

func TestJobsThatCannotBeDoneAreRefused(t *testing.T) {
	files, labels := stripes(60)
	good := Job{
		Folder: t.TempDir(), Backbone: smallBackbone(), Classes: []string{"a", "b", "c"}, Labels: labels, Recipe: NewRecipe(60),
		Image:   func(_ context.Context, i int) ([]byte, error) { return files[i], nil },
		command: []string{filepath.Join(t.TempDir(), "nothing")},
	}
	for name, c := range map[string]struct {
		change func(*Job)
		want   string
	}{
		"no images":        {func(j *Job) { j.Labels = nil }, "nothing to train on"},
		"a class too many": {func(j *Job) { j.Labels[7] = []int{3} }, "class 3 of 3"},
		"two classes":      {func(j *Job) { j.Labels[7] = []int{0, 1} }, "2 classes"},
		"one group":        {func(j *Job) { j.Groups = make([]int, 60) }, "near-duplicates"},
		"groups":           {func(j *Job) { j.Groups = make([]int, 3) }, "3 groups for 60"},
		"a recipe":         {func(j *Job) { j.Recipe.Rate = math.NaN() }, "rate"},
		"a word":           {func(j *Job) { j.Recipe.Optimiser = "best" }, "optimiser"},
		"weights":          {func(j *Job) { j.Recipe.ClassWeights = []float64{1} }, "1 class weights for 3"},
		"a picture":        {func(j *Job) { files[30] = []byte("no picture") }, "image 31"},
	} {
		saved := slices.Clone(files)
		j := good
		j.Labels = slices.Clone(labels)
		c.change(&j)
		if _, err := Train(context.Background(), j, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		copy(files, saved)
	}
	if _, err := Train(context.Background(), good, nil); err == nil || !strings.Contains(err.Error(), "start the trainer") {
		t.Errorf("a trainer that is not there: %v", err)
	}
}

func TestSplitKeepsGroupsAndClasses(t *testing.T) {
	var labels [][]int
	var groups []int
	for i := range 300 {
		labels, groups = append(labels, []int{i % 4}), append(groups, i/3)
	}
	teach, tune, held := split(labels, groups, 4, 1)
	part, count := map[int]int{}, [3][4]int{}
	for k, list := range [][]int{teach, tune, held} {
		for _, i := range list {
			if before, seen := part[groups[i]]; seen && before != k {
				t.Fatalf("group %d is in two parts", groups[i])
			}
			part[groups[i]] = k
			count[k][labels[i][0]]++
		}
	}
	if len(teach)+len(tune)+len(held) != 300 || len(held) < 50 || len(held) > 70 || len(tune) < 20 || len(tune) > 40 {
		t.Errorf("%d, %d and %d images", len(teach), len(tune), len(held))
	}
	for c := range 4 {
		if count[2][c] < 9 || count[1][c] < 3 {
			t.Errorf("class %d: %v", c, count)
		}
	}
	again, _, _ := split(labels, groups, 4, 1)
	other, _, _ := split(labels, groups, 4, 2)
	if !slices.Equal(teach, again) || slices.Equal(teach, other) {
		t.Error("the seed does not choose the split")
	}
}

func TestBalanceFavoursTheRare(t *testing.T) {
	labels := [][]int{{0}, {0}, {0}, {0}, {1}}
	w := balance(labels, 3)
	if !(w[1] > w[0]) || math.Abs((4*w[0]+w[1])/5-1) > 1e-9 || w[2] > 10*w[0]+1e-9 {
		t.Errorf("%v", w)
	}
}
