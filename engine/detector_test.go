package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/vision"
)

// detectorHost is a detect.Host in this process that remembers digests of all that goes by.
type detectorHost struct {
	session *Session
	info    Info
	mu      sync.Mutex
	kept    map[string][]string // digests, by stage
}

func (h *detectorHost) keep(stage string, data any) {
	sum := sha256.New()
	_ = binary.Write(sum, binary.LittleEndian, data)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept[stage] = append(h.kept[stage], hex.EncodeToString(sum.Sum(nil)[:12]))
}

func (h *detectorHost) Open(ctx context.Context, file []byte) error {
	h.keep("networks", file)
	net, err := Load(file)
	if err != nil {
		return err
	}
	if h.session, err = Compile(ctx, net, Options{}); err == nil {
		h.info = h.session.Info()
	}
	return err
}

func (h *detectorHost) Run(ctx context.Context, img *vision.Image) ([]float32, error) {
	h.keep("images", img.Pix)
	out, err := h.session.Run(ctx, vision.Tensor(img, h.info.Input[2], 1/127.5, -1))
	if err != nil {
		return nil, err
	}
	h.keep("maps", out[0])
	return slices.Clone(out[0]), nil
}

func (h *detectorHost) Parallel() int { return 1 }

func (h *detectorHost) Fit(ctx context.Context, s detect.Set, o detect.FitOptions, progress func(done, total int)) (*detect.Fitted, error) {
	h.keep("features", s.Features)
	begun := time.Now()
	out, err := detect.Fit(ctx, s, o, progress)
	if err == nil {
		h.kept["time of fitting"] = []string{time.Since(begun).String()}
	}
	return out, err
}

// TestDetectorBits trains a detector in a few steps on the photos in the folder that IRUM_DETECTOR names. web/e2e runs it twice: natively it
// writes digests of all that it computed to the file IRUM_DETECTOR_TO, and in Chromium they must be those of IRUM_DETECTOR_FROM.
func TestDetectorBits(t *testing.T) {
	folder := os.Getenv("IRUM_DETECTOR")
	if folder == "" {
		t.Skip("web/e2e runs it, in two hosts")
	}
	startKernels(t)
	var names []string
	if err := json.Unmarshal([]byte(os.Getenv("IRUM_DETECTOR_NAMES")), &names); err != nil {
		t.Fatal(err)
	}
	backbone := made(t)(tflite.Backbone(read(t, bundlePath)))
	model, err := onnx.Read(backbone)
	if err != nil {
		t.Fatal(err)
	}
	objects := make([][]detect.Object, len(names))
	for i, name := range names {
		objects[i] = vocObjects(t, filepath.Join(folder, name+".xml"))
	}
	h := &detectorHost{kept: map[string][]string{}}
	image := func(_ context.Context, i int) (*vision.Image, error) {
		img, _, err := vision.Decode(read(t, filepath.Join(folder, names[i]+".jpg")), vision.Limits{})
		return img, err
	}
	got, err := detect.Train(context.Background(), h, model, image, objects, 3, detect.Options{FitOptions: detect.FitOptions{Seed: 1, Folds: 2, Steps: 12}, Views: 1},
		func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	h.keep("the detector", got.Head.Weights)
	for _, list := range got.Found {
		for _, o := range list {
			h.keep("what is found", []float64{o.X0, o.Y0, o.X1, o.Y1, float64(o.Class), o.Score})
		}
	}
	img, err := image(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	h.keep("answers", detectorAnswers(t, got, img))
	t.Logf("%d boxes are found; fitting took %s", len(h.kept["what is found"]), h.kept["time of fitting"])
	delete(h.kept, "time of fitting")
	compareKept(t, h.kept)
}

// detectorAnswers is what the whole network says of an image.
func detectorAnswers(t *testing.T, d *detect.Trained, img *vision.Image) []float32 {
	t.Helper()
	net, err := Load(made(t)(d.Head.Append(d.Stem.File, `["RBC","WBC","Platelets"]`)))
	if err != nil {
		t.Fatal(err)
	}
	session, err := Compile(context.Background(), net, Options{Outputs: []string{detect.FoundName}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.Run(context.Background(), vision.Tensor(img, session.Info().Input[2], 1/127.5, -1))
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// compareKept writes digests for another host, or compares them with those of another.
func compareKept(t *testing.T, kept map[string][]string) {
	t.Helper()
	if to := os.Getenv("IRUM_DETECTOR_TO"); to != "" {
		data, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	var want map[string][]string
	if err := json.Unmarshal(read(t, os.Getenv("IRUM_DETECTOR_FROM")), &want); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"networks", "images", "maps", "features", "the detector", "what is found", "answers"} {
		if len(want[stage]) == 0 || !slices.Equal(kept[stage], want[stage]) {
			same := 0
			for i := range min(len(kept[stage]), len(want[stage])) {
				if kept[stage][i] == want[stage][i] {
					same++
				}
			}
			t.Errorf("%s: %d of %d have the bits of the other host, which has %d", stage, same, len(kept[stage]), len(want[stage]))
		}
	}
}

// vocObjects reads boxes of blood cells.
func vocObjects(t *testing.T, path string) []detect.Object {
	t.Helper()
	var file struct {
		Objects []struct {
			Name string `xml:"name"`
			Box  struct {
				X0 float64 `xml:"xmin"`
				Y0 float64 `xml:"ymin"`
				X1 float64 `xml:"xmax"`
				Y1 float64 `xml:"ymax"`
			} `xml:"bndbox"`
		} `xml:"object"`
	}
	if err := xml.Unmarshal(read(t, path), &file); err != nil {
		t.Fatal(err)
	}
	var out []detect.Object
	for _, o := range file.Objects {
		class := slices.Index([]string{"RBC", "WBC", "PLATELETS"}, strings.ToUpper(o.Name))
		out = append(out, detect.Object{Box: detect.Box{X0: o.Box.X0 - 1, Y0: o.Box.Y0 - 1, X1: o.Box.X1, Y1: o.Box.Y1}, Class: class})
	}
	return out
}
