package detect

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
)

// localHost runs networks by the engine in this process.
type localHost struct {
	session  *engine.Session
	executor string
}

func (h *localHost) Open(ctx context.Context, file []byte) error {
	net, err := engine.Load(file)
	if err != nil {
		return err
	}
	h.close()
	h.session, err = engine.Compile(ctx, net, engine.Options{Executor: h.executor})
	return err
}

func (h *localHost) close() {
	if h.session != nil {
		_ = h.session.Close()
	}
}

func (h *localHost) Run(ctx context.Context, img *vision.Image) ([]float32, error) {
	out, err := h.session.Run(ctx, vision.Tensor(img, h.session.Info().Input[2], 1/127.5, -1))
	if err != nil {
		return nil, err
	}
	return slices.Clone(out[len(out)-1]), nil
}

func (h *localHost) Parallel() int { return 1 }

func (h *localHost) Fit(ctx context.Context, s Set, o FitOptions, progress func(done, total int)) (*Fitted, error) {
	return Fit(ctx, s, o, progress)
}

// cells are the photos of BCCD, a folder with JPEGImages and Annotations in VOC's format.
type cells struct {
	files   []string
	objects [][]Object
}

var cellClasses = []string{"RBC", "WBC", "Platelets"}

func readCells(t *testing.T, root string) *cells {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "Annotations", "*.xml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no annotations in %s: %v", root, err)
	}
	b := &cells{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
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
		if err := xml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		var list []Object
		for _, o := range doc.Objects {
			for c, n := range cellClasses {
				if n == o.Name {
					list = append(list, Object{Box: Box{o.Box.X0 - 1, o.Box.Y0 - 1, o.Box.X1, o.Box.Y1}, Class: c})
				}
			}
		}
		base := filepath.Base(name)
		b.files = append(b.files, filepath.Join(root, "JPEGImages", base[:len(base)-len(".xml")]+".jpg"))
		b.objects = append(b.objects, list)
	}
	return b
}

func (b *cells) image(i int) (*vision.Image, error) {
	data, err := os.ReadFile(b.files[i])
	if err != nil {
		return nil, err
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	return img, err
}

func setting(name string, def int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return v
	}
	return def
}

// TestQualityBCCD trains on 30, 100 and 291 photos of IRUM_BCCD (the folder with Annotations) and measures on 73 others, by the network that was
// written. IRUM_IMAGES and IRUM_SPLIT choose one of the numbers and of the splits.
func TestQualityBCCD(t *testing.T) {
	root := os.Getenv("IRUM_BCCD")
	if root == "" {
		t.Skip("IRUM_BCCD names no folder")
	}
	ctx, all := context.Background(), readCells(t, root)
	data, err := os.ReadFile("../../web/dist/backbone.onnx")
	if err != nil {
		t.Fatal(err)
	}
	backbone, err := onnx.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{30, 100, 291} {
		for split := range 3 {
			if want := setting("IRUM_IMAGES", n); want != n || setting("IRUM_SPLIT", split) != split {
				continue
			}
			order := rand.New(rand.NewPCG(uint64(split), 77)).Perm(len(all.files))
			test, learnt := order[:73], order[73:73+n]
			var objects [][]Object
			for _, i := range learnt {
				objects = append(objects, all.objects[i])
			}
			started := time.Now()
			var computed time.Time
			h := &localHost{}
			made, err := Train(ctx, h, backbone, func(_ context.Context, i int) (*vision.Image, error) { return all.image(learnt[i]) }, objects, len(cellClasses),
				Options{FitOptions: FitOptions{Seed: 1, Folds: setting("IRUM_FOLDS", 0), Steps: setting("IRUM_STEPS", 0)}, Size: setting("IRUM_SIZE", 0), Views: setting("IRUM_VIEWS", 0)},
				func(phase string, done, total int) {
					if phase == PhaseEmbed && done == total {
						computed = time.Now()
					}
				})
			if err != nil {
				t.Fatal(err)
			}
			learning := time.Since(computed)
			held, err := Evaluate(objects, made.Found, len(cellClasses))
			if err != nil {
				t.Fatal(err)
			}
			file, err := made.Head.Append(made.Stem.File, `["RBC","WBC","Platelets"]`)
			if err != nil {
				t.Fatal(err)
			}
			if name := os.Getenv("IRUM_KEEP"); name != "" {
				if err := os.WriteFile(name, file, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			fmt.Printf("%d images, split %d: own %.3f %.3f F1 %.3f at %.2f, %.1f s + %.1f s; ", n, split, held.MAP50, held.MAP, held.F1, held.Threshold,
				computed.Sub(started).Seconds(), learning.Seconds())
			all.measure(t, h, file, test)
		}
	}
}

// measure prints how good a network of boxes is on some photos, and what it makes of rough boxes.
func (b *cells) measure(t *testing.T, h *localHost, file []byte, test []int) {
	ctx := context.Background()
	if err := h.Open(ctx, file); err != nil {
		t.Fatal(err)
	}
	defer h.close()
	var truth, found [][]Object
	var rough [2]tightening
	rng, ran := rand.New(rand.NewPCG(5, 5)), time.Duration(0)
	for _, i := range test {
		img, err := b.image(i)
		if err != nil {
			t.Fatal(err)
		}
		w, h1 := float64(img.Width), float64(img.Height)
		begun := time.Now()
		out, err := h.Run(ctx, img)
		if err != nil {
			t.Fatal(err)
		}
		truth, found = append(truth, b.objects[i]), append(found, Decode(out, len(cellClasses), w, h1, 0.01))
		ran += time.Since(begun)
		for _, o := range b.objects[i] {
			for k, box := range []Box{jitter(o.Box, rng), enlarged(o.Box, 1.3)} {
				box = Box{max(box.X0, 0), max(box.Y0, 0), min(box.X1, w), min(box.Y1, h1)}
				tight, _ := Tighten(out, len(cellClasses), w, h1, box)
				rough[k].add(o.Class, IoU(o.Box, box), IoU(o.Box, tight))
			}
		}
	}
	r, err := Evaluate(truth, found, len(cellClasses))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("mAP50 %.3f mAP %.3f P %.3f R %.3f F1 %.3f at %.2f, %.0f ms an image;", r.MAP50, r.MAP, r.Precision, r.Recall, r.F1, r.Threshold,
		ran.Seconds()*1000/float64(len(test)))
	for c, k := range r.Classes {
		fmt.Printf(" %s %.3f %.3f", cellClasses[c], k.AP50, k.AP)
	}
	fmt.Printf(" scores off by %.3f\n  edges moved by up to a fifth: %s\n  a third too large: %s\n", calibrationGap(truth, found), rough[0].String(), rough[1].String())
}

// jitter moves each edge of b by up to a fifth of its side.
func jitter(b Box, rng *rand.Rand) Box {
	w, h := b.X1-b.X0, b.Y1-b.Y0
	move := func(side float64) float64 { return (rng.Float64()*2 - 1) * side / 5 }
	return Box{b.X0 + move(w), b.Y0 + move(h), b.X1 + move(w), b.Y1 + move(h)}
}

// enlarged is b with sides that are by a factor longer, about its centre.
func enlarged(b Box, factor float64) Box {
	w, h := (b.X1-b.X0)*(factor-1)/2, (b.Y1-b.Y0)*(factor-1)/2
	return Box{b.X0 - w, b.Y0 - h, b.X1 + w, b.Y1 + h}
}

// tightening counts what became of rough boxes, by class and, last, of all: their IoU with what people drew, before and after.
type tightening [4]struct {
	before, after        float64
	better, worse, count int
}

func (s *tightening) add(class int, before, after float64) {
	for _, c := range []int{class, len(s) - 1} {
		s[c].before, s[c].after, s[c].count = s[c].before+before, s[c].after+after, s[c].count+1
		if after > before+0.01 {
			s[c].better++
		} else if after < before-0.01 {
			s[c].worse++
		}
	}
}

func (s *tightening) String() string {
	out := ""
	for c, name := range append(slices.Clone(cellClasses), "all") {
		n := float64(max(s[c].count, 1))
		out += fmt.Sprintf("%s IoU %.3f -> %.3f (%.0f %% better, %.0f %% worse)  ", name, s[c].before/n, s[c].after/n, 100*float64(s[c].better)/n, 100*float64(s[c].worse)/n)
	}
	return out
}

// calibrationGap is by how much scores of 0.3 and more are off the share that is right, in mean over ten bins.
func calibrationGap(truth, found [][]Object) float64 {
	var sum [10]float64
	var hits, count [10]int
	for i := range truth {
		for c := range cellClasses {
			for _, m := range take(ofClass(truth[i], c), ofClass(found[i], c)) {
				k := min(int(m.score*10), 9)
				sum[k] += m.score
				count[k]++
				if m.right[0] {
					hits[k]++
				}
			}
		}
	}
	gap, n := 0.0, 0
	for k := 3; k < 10; k++ {
		gap += math.Abs(sum[k] - float64(hits[k]))
		n += count[k]
	}
	return gap / float64(max(n, 1))
}

// TestTrain makes a detector on pictures of bright squares by a small backbone, and compares the network that is written with the head.
func TestTrain(t *testing.T) {
	ctx, h := context.Background(), &localHost{}
	defer h.close()
	backbone := smallBackbone()
	objects, pictures := squares(16)
	made, err := Train(ctx, h, backbone, func(_ context.Context, i int) (*vision.Image, error) { return pictures[i], nil }, objects, 1,
		Options{FitOptions: FitOptions{Steps: 250, Folds: 2}, Size: 64, Views: 2}, func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(objects, made.Found, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.MAP50 < 0.6 {
		t.Errorf("mAP50 %.3f", r.MAP50)
	}
	file, err := made.Head.Append(made.Stem.File, `["square"]`, onnx.Property{Key: "irum.name", Value: "squares"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read(file)
	if err != nil || m.Meta("irum.embedding") != FoundName || m.Meta("irum.name") != "squares" {
		t.Fatalf("metadata %v: %v", m.Metadata, err)
	}
	if err := h.Open(ctx, made.Stem.File); err != nil {
		t.Fatal(err)
	}
	features, err := h.Run(ctx, pictures[0])
	if err != nil {
		t.Fatal(err)
	}
	c, err := made.Head.towers()
	if err != nil {
		t.Fatal(err)
	}
	tw := c[0]
	p := tw.newPass()
	for k := range tw.in {
		for i, v := range features[k*64:][:64] {
			p.input[i*tw.in+k] = v
		}
	}
	scores, boxes := tw.answers(c.answer(p))
	want := append(scores, boxes...)
	for _, h.executor = range engine.Executors(ctx) { // wazero runs the module that browsers run
		if err := h.Open(ctx, file); err != nil {
			t.Fatal(err)
		}
		got, err := h.Run(ctx, pictures[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if math.Abs(float64(v-want[i])) > 1e-4 {
				t.Fatalf("output %d of the network by %s is %v, of the head %v", i, h.executor, v, want[i])
			}
		}
		t.Logf("%s gives the same", h.executor)
	}
	if _, err := made.Head.Append(file, "[]"); err == nil {
		t.Error("a head fits behind a head")
	}
}

// squares are pictures of one bright square each.
func squares(n int) (objects [][]Object, pictures []*vision.Image) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range n {
		img := &vision.Image{Width: 80, Height: 64, Pix: bytes.Repeat([]byte{40}, 3*80*64)}
		size := 16 + rng.IntN(16)
		at := image.Pt(rng.IntN(80-size), rng.IntN(64-size))
		for y := range size {
			for x := range size {
				for c := range 3 {
					img.Pix[3*((at.Y+y)*80+at.X+x)+c] = byte(200 + 20*c)
				}
			}
		}
		pictures = append(pictures, img)
		objects = append(objects, []Object{{Box: Box{float64(at.X), float64(at.Y), float64(at.X + size), float64(at.Y + size)}}})
	}
	return objects, pictures
}

// TestMaps: of an odd number of fine places the last ones reach over the end.
func TestMaps(t *testing.T) {
	for size, want := range map[int][2]int{0: {16, 8}, 64: {16, 8}, 72: {18, 9}, 68: {17, 9}} {
		_, maps, err := Maps(smallBackbone(), size)
		if err != nil {
			t.Fatal(err)
		}
		if len(maps) != 2 || !maps[0].Halved || maps[1].Halved || maps[0].Rows != want[0] || maps[1].Rows != want[1] || maps[0].numbers() != 32 {
			t.Errorf("at %d pixels the maps are %+v", size, maps)
		}
	}
	m := Map{Channels: 2, Rows: 3, Cols: 3, Halved: true}
	values := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3, -4, -5, -6, -7, -8, -9}
	for at, want := range map[int][]float32{4: {1, 2, 4, 5, -1, -2, -4, -5}, 5: {3, 0, 6, 0, -3, 0, -6, 0}, 8: {9, 0, 0, 0, -9, 0, 0, 0}} {
		if got := m.appendPlace(nil, values, at); !slices.Equal(got, want) {
			t.Errorf("place %d is %v, want %v", at, got, want)
		}
	}
}

// smallBackbone halves the image three times, with 8 channels each time, by weights that are drawn.
func smallBackbone() *onnx.Model {
	rng := rand.New(rand.NewPCG(9, 9))
	m := &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 13}}}
	m.Graph.Inputs = []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 64, 64}}}
	from, in := "image", 3
	for i := range 3 {
		name := fmt.Sprintf("conv%d", i)
		weights := make([]float32, 8*in*9)
		for k := range weights {
			weights[k] = float32(rng.NormFloat64() / math.Sqrt(float64(in*9)/2))
		}
		m.Graph.Initializers = append(m.Graph.Initializers, onnx.FloatTensor(name+"/w", weights, 8, int64(in), 3, 3), onnx.FloatTensor(name+"/b", make([]float32, 8), 8))
		m.Graph.Nodes = append(m.Graph.Nodes,
			onnx.Node{Name: name, Op: "Conv", Inputs: []string{from, name + "/w", name + "/b"}, Outputs: []string{name}, Attrs: []onnx.Attr{
				onnx.IntsAttr("kernel_shape", 3, 3), onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 1, 1, 1),
			}},
			onnx.Node{Name: name + "/relu", Op: "Relu", Inputs: []string{name}, Outputs: []string{name + "/relu"}})
		from, in = name+"/relu", 8
	}
	m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{Name: "pool", Op: "GlobalAveragePool", Inputs: []string{from}, Outputs: []string{"pool"}},
		onnx.Node{Name: "embedding", Op: "Flatten", Inputs: []string{"pool"}, Outputs: []string{"embedding"}})
	m.Graph.Outputs = []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, 8}}}
	return m
}
