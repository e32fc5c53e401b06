package train_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/vision"
)

// tensorOf reads a photo as net's input.
func tensorOf(t *testing.T, info engine.Info, p photo) []float32 {
	t.Helper()
	data, err := p.file, error(nil)
	if data == nil {
		if data, err = os.ReadFile(p.path); err != nil {
			t.Fatal(err)
		}
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	scale, _ := strconv.ParseFloat(info.Metadata["irum.scale"], 32)
	shift, _ := strconv.ParseFloat(info.Metadata["irum.shift"], 32)
	return vision.Tensor(img, info.Input[2], float32(scale), float32(shift))
}

// embedIn embeds all images by sessions of those options, and tells of one of them.
func embedIn(t *testing.T, net *engine.Network, o engine.Options, images [][]float32) (vectors [][]float32, info engine.Info) {
	t.Helper()
	vectors = make([][]float32, len(images))
	next := make(chan int)
	var group sync.WaitGroup
	for k := range runtime.GOMAXPROCS(0) {
		session, err := engine.Compile(context.Background(), net, o)
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			info = session.Info()
		}
		group.Go(func() {
			defer func() { _ = session.Close() }()
			for i := range next {
				out, err := session.Run(context.Background(), images[i])
				if err != nil {
					t.Error(err)
					continue
				}
				vectors[i] = slices.Clone(out[0])
			}
		})
	}
	for i := range images {
		next <- i
	}
	close(next)
	group.Wait()
	return vectors, info
}

// TestIntegerArithmetic: what the default backbone in 8-bit integers makes of photos is as good for a head as what it makes of them in
// float32. Two photos of each class, which neither head sees, calibrate it.
func TestIntegerArithmetic(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("embeds a thousand photos in wazero: set IRUM_QUALITY to run it")
	}
	const count, seeds = 40, 10
	sets := map[string]func(*testing.T, int) [][]photo{"hand signs": handSigns, "clothes": clothes}
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skipf("the npm package with the backbone is not there: %v", err)
	}
	file, err := tflite.Backbone(bundle)
	if err != nil {
		t.Fatal(err)
	}
	net, err := engine.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	_, info := embedIn(t, net, engine.Options{}, nil)
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			var first, images [][]float32
			byClass := set(t, count+2)
			for _, list := range byClass {
				for i, p := range list {
					if i < 2 {
						first = append(first, tensorOf(t, info, p))
					} else {
						images = append(images, tensorOf(t, info, p))
					}
				}
			}
			int8s, err := engine.Calibrate(context.Background(), net, engine.Options{}, first)
			if err != nil {
				t.Fatal(err)
			}
			whole, _ := embedIn(t, net, engine.Options{}, images)
			rounded, told := embedIn(t, net, engine.Options{Executor: exec.Wazero, Int8: int8s}, images)
			var a, b [][]photo
			for c := range byClass {
				var lists [2][]photo
				for k := range count {
					i := c*count + k
					lists[0] = append(lists[0], photo{labels: []int{c}, vector: whole[i]})
					lists[1] = append(lists[1], photo{labels: []int{c}, vector: rounded[i]})
				}
				a, b = append(a, lists[0]), append(b, lists[1])
			}
			got := compare(t, a, b, count*2/3, seeds)
			t.Logf("%d convolutions, %d photos, %d learnt from, %d choices: accuracy %.4f in float32, %.4f in integers; the heads agree on %.4f; one head over both on %.4f; embedding error %.4f of the spread, %.4f when it was calibrated",
				told.Int8, 10*count, 10*(count*2/3), seeds, got.published, got.integers, got.agree, got.moved, got.error, told.Int8Loss)
			if told.Int8 < 15 || got.error > 0.25 || got.integers < got.published-0.05 {
				t.Errorf("%d convolutions in integers, an error of %.3f, accuracy from %.4f to %.4f", told.Int8, got.error, got.published, got.integers)
			}
		})
	}
}
