package train_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/vision"
)

const (
	bundlePath = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	dataPath   = "../../../shared/data"
)

// photo is one labelled image of a set.
type photo struct {
	path   string
	file   []byte // where there is no path
	labels []int
	vector []float32
}

// embeddedSigns gives all photos of hands, ten digits one after another, with vectors by the default backbone. That takes long, so
// without IRUM_QUALITY the test is skipped.
func embeddedSigns(t *testing.T) (all []photo) {
	t.Helper()
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos")
	}
	for c := range 10 {
		files, _ := filepath.Glob(filepath.Join(dataPath, "sign-digits", fmt.Sprint(c), "*"))
		for _, f := range files {
			all = append(all, photo{path: f, labels: []int{c}})
		}
	}
	if len(all) == 0 {
		t.Skip("the photos are not there")
	}
	embedAll(t, all)
	return all
}

// embedAll fills in the vectors by the default backbone.
func embedAll(t *testing.T, photos []photo) {
	t.Helper()
	embedBy(t, tflite.Backbone, photos)
}

// embedBy fills in the vectors by a backbone that is made of the npm package's bundle.
func embedBy(t *testing.T, backbone func(bundle []byte) ([]byte, error), photos []photo) {
	t.Helper()
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skipf("the npm package with the backbone is not there: %v", err)
	}
	file, err := backbone(bundle)
	if err != nil {
		t.Fatal(err)
	}
	net, err := engine.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	next := make(chan *photo)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			session, err := engine.Compile(context.Background(), net, engine.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = session.Close() }()
			info := session.Info()
			scale, _ := strconv.ParseFloat(info.Metadata["irum.scale"], 32)
			shift, _ := strconv.ParseFloat(info.Metadata["irum.shift"], 32)
			for p := range next {
				data := p.file
				if data == nil {
					if data, err = os.ReadFile(p.path); err != nil {
						t.Error(err)
						continue
					}
				}
				img, _, err := vision.Decode(data, vision.Limits{})
				if err != nil {
					t.Error(err)
					continue
				}
				out, err := session.Run(context.Background(), vision.Tensor(img, info.Input[2], float32(scale), float32(shift)))
				if err != nil {
					t.Error(err)
					continue
				}
				p.vector = append([]float32(nil), out[0]...)
			}
		})
	}
	for i := range photos {
		next <- &photos[i]
	}
	close(next)
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// judge trains on some photos and measures on the others: what new photos would meet.
func judge(t *testing.T, learn, test []photo, classes int, multi bool) (accuracy, loss, validated float64) {
	t.Helper()
	d := train.Dataset{N: len(learn), D: len(learn[0].vector), Classes: classes, Multi: multi}
	for _, p := range learn {
		d.X, d.Labels = append(d.X, p.vector...), append(d.Labels, p.labels)
	}
	head, eval, err := train.Fit(context.Background(), d, train.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := metrics.Evaluate(d.Labels, eval.Scores, classes, multi)
	if err != nil {
		t.Fatal(err)
	}
	truth, scores := make([][]int, len(test)), make([][]float64, len(test))
	for i, p := range test {
		truth[i], scores[i] = p.labels, head.Scores(p.vector)
		holds := make([]bool, classes)
		for _, c := range p.labels {
			holds[c] = true
		}
		for c, v := range scores[i] {
			switch {
			case holds[c]:
				loss -= math.Log(max(v, 1e-12)) / float64(len(test))
			case multi:
				loss -= math.Log(max(1-v, 1e-12)) / float64(len(test))
			}
		}
	}
	report, err := metrics.Evaluate(truth, scores, classes, multi)
	if err != nil {
		t.Fatal(err)
	}
	return report.Accuracy, loss, inside.Accuracy
}

// TestQuality says how good heads are on real photos that they never saw. It embeds a thousand of them, so it runs only
// when IRUM_QUALITY is set.
func TestQuality(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos")
	}
	t.Run("hand signs", func(t *testing.T) {
		byClass := make([][]photo, 10)
		all := embeddedSigns(t)
		for _, p := range all {
			byClass[p.labels[0]] = append(byClass[p.labels[0]], p)
		}
		for n, floor := range map[int]float64{10: 0.75, 20: 0.84, 30: 0.89} {
			const seeds = 3
			accuracy, loss, validated := 0.0, 0.0, 0.0
			for seed := range seeds {
				rng := rand.New(rand.NewSource(int64(seed)))
				var learn, test []photo
				for _, list := range byClass {
					rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
					learn, test = append(learn, list[:n]...), append(test, list[n:]...)
				}
				a, l, v := judge(t, learn, test, 10, false)
				accuracy, loss, validated = accuracy+a/seeds, loss+l/seeds, validated+v/seeds
			}
			t.Logf("%d a class: accuracy %.3f, log loss %.3f, cross-validated accuracy %.3f", n, accuracy, loss, validated)
			if accuracy < floor {
				t.Errorf("%d a class: accuracy %.3f, it was over %.2f", n, accuracy, floor)
			}
		}
	})
	t.Run("blood cells", func(t *testing.T) {
		names := regexp.MustCompile(`<name>([^<]*)</name>`)
		files, _ := filepath.Glob(filepath.Join(dataPath, "bccd/BCCD/Annotations/*.xml"))
		var all []photo
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			p := photo{path: filepath.Join(dataPath, "bccd/BCCD/JPEGImages", filepath.Base(f[:len(f)-4])+".jpg")}
			for c, name := range []string{"RBC", "WBC", "Platelets"} {
				for _, m := range names.FindAllSubmatch(text, -1) {
					if string(m[1]) == name {
						p.labels = append(p.labels, c)
						break
					}
				}
			}
			all = append(all, p)
		}
		if len(all) == 0 {
			t.Skip("the photos are not there")
		}
		embedAll(t, all)
		for _, n := range []int{60, 200} {
			rng := rand.New(rand.NewSource(1))
			rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
			accuracy, loss, validated := judge(t, all[:n], all[n:], 3, true)
			t.Logf("%d images: the whole set is right on %.3f, log loss %.3f, cross-validated %.3f", n, accuracy, loss, validated)
		}
	})
}
