package e2e

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// blood makes a project of n photos of blood cells, of which the first labelled ones come with their boxes, and an export of it.
func (s *setup) blood(n, labelled int) string {
	s.t.Helper()
	ctx := context.Background()
	photos, _ := filepath.Glob(filepath.Join(cellsPath, "JPEGImages", "*.jpg"))
	if len(photos) < n {
		s.t.Skipf("the photos of blood cells are not there: %s", cellsPath)
	}
	p, err := s.CreateProject(ctx, domain.Project{Name: "Blood cells", Task: domain.TaskBoxes, Classes: []domain.Class{
		{Name: "RBC", Color: "#e76f51", Key: "1"}, {Name: "WBC", Color: "#3d7dd8", Key: "2"}, {Name: "Platelets", Color: "#e9b44c", Key: "3"},
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	in, err := s.StartImport(ctx, p.ID, client.ImportOptions{Labels: "auto"})
	for i, photo := range photos[:n] {
		stem := strings.TrimSuffix(filepath.Base(photo), ".jpg")
		files := map[string]string{stem + ".jpg": photo}
		if i < labelled {
			files[stem+".xml"] = filepath.Join(cellsPath, "Annotations", stem+".xml")
		}
		for name, file := range files {
			data, readErr := os.ReadFile(file)
			if readErr != nil || err != nil {
				s.t.Fatal(readErr, err)
			}
			_, err = s.ImportFile(ctx, p.ID, in.ID, name, nil, data)
		}
	}
	if err == nil {
		_, err = s.FinishImport(ctx, p.ID, in.ID)
	}
	if err == nil {
		_, err = s.CreateExport(ctx, p.ID, "Cells by hand", domain.Filter{States: []domain.State{domain.StateLabelled}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return p.ID
}

// smallBackbone is a network of random weights that halves images of 96 x 96 pixels three times: what stands on it is trained in seconds.
func smallBackbone() []byte {
	rng := rand.New(rand.NewSource(3))
	m := &onnx.Model{IRVersion: 8, Opsets: []onnx.Opset{{Version: 13}}}
	m.SetMeta("irum.input", "96")
	m.SetMeta("irum.scale", "0.00784313725490196")
	m.SetMeta("irum.shift", "-1")
	m.Graph.Inputs = []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []int64{1, 3, 96, 96}}}
	from, in := "image", 3
	for i := range 3 {
		name, weights := fmt.Sprintf("conv%d", i), make([]float32, 16*in*9)
		for k := range weights {
			weights[k] = float32(rng.NormFloat64() / math.Sqrt(float64(in*9)/2))
		}
		m.Graph.Initializers = append(m.Graph.Initializers, onnx.FloatTensor(name+"/w", weights, 16, int64(in), 3, 3))
		m.Graph.Nodes = append(m.Graph.Nodes,
			onnx.Node{Op: "Conv", Inputs: []string{from, name + "/w"}, Outputs: []string{name}, Attrs: []onnx.Attr{
				onnx.IntsAttr("kernel_shape", 3, 3), onnx.IntsAttr("strides", 2, 2), onnx.IntsAttr("pads", 1, 1, 1, 1),
			}},
			onnx.Node{Op: "Relu", Inputs: []string{name}, Outputs: []string{name + "/relu"}})
		from, in = name+"/relu", 16
	}
	m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{Op: "GlobalAveragePool", Inputs: []string{from}, Outputs: []string{"pool"}},
		onnx.Node{Op: "Flatten", Inputs: []string{"pool"}, Outputs: []string{"embedding"}})
	m.Graph.Outputs = []onnx.Value{{Name: "embedding", Type: onnx.Float, Dims: []int64{1, 16}}}
	return onnx.Write(m)
}

// TestBoxSuggestions trains on boxes that people drew, reads the card, labels with what the model suggests, and lets it label the rest.
func TestBoxSuggestions(t *testing.T) {
	url, _ := host(t)
	h := &haunted{setup: newSetup(t, url)}
	h.project = h.blood(16, 12)
	if _, err := h.AddBackbone(context.Background(), "Small", "", nil, smallBackbone()); err != nil {
		t.Fatal(err)
	}
	h.looks = &loop{person: newPerson(t, 1440, 900)}
	h.drawer = drawer{h.looks.person}
	h.places(url)
	h.open(url + "/p/s/" + h.project + "/ai")
	h.sees("It then suggests boxes while you label", time.Minute)
	h.click("Create")
	h.click("Cells by hand")
	h.sees("Learns to find objects from the boxes that people drew", time.Minute)
	h.until("the networks", `document.querySelector('#model-backbone')`, time.Minute)
	eval[bool](h.person, `(e => { e.value = [...e.options].find(o => o.text === 'Small').value; return e.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector('#model-backbone'))`)
	h.sees("Estimated cost", time.Minute)
	h.shot("box-01-confirm")
	h.click("Confirm and train")
	h.looks.boxCard()

	h.open(url + "/p/s/" + h.project + "/annotate")
	h.sees("Accept", time.Minute)
	h.looks.looksOf("box-05-ghosts", "Unlabelled", 900)
	h.byKey()
	h.byHand()
	h.fits()
	h.press(kb.Enter)
	h.until("the next image", `document.querySelector('.an-place').innerText.startsWith('14')`, time.Minute)
	h.saved()
	if a := h.asset(12); a.Label.State != domain.StateLabelled || len(a.Label.Boxes) < 3 || a.Label.Suggested != nil {
		t.Errorf("after Enter the image has %+v", a.Label)
	}
	h.until("suggestions for it", suggested+` > 0`, time.Minute)
	h.press("i")
	h.until("no suggestions", suggested+` === 0`, 10*time.Second)
	h.press("i")
	h.until("suggestions again", suggested+` > 0`, 10*time.Second)
	h.labelsTheRest(url)
}

// haunted is a person who labels blood cells with the help of a model.
type haunted struct {
	*setup
	drawer
	looks   *loop // the same window
	project string
}

// suggested is how many boxes Enter accepts, 0 for none.
const suggested = `parseInt((/Accept (\d+)/.exec((document.querySelector('.an-actions .primary') || {innerText: ''}).innerText) || [0, 0])[1])`

// asset is the n-th image by name, as the host has it.
func (h *haunted) asset(n int) domain.Asset {
	h.t.Helper()
	page, err := h.Assets(context.Background(), h.project, domain.Filter{}, domain.SortName, "", 50)
	if err != nil || len(page.Items) <= n {
		h.t.Fatalf("%d images, %v", len(page.Items), err)
	}
	return page.Items[n]
}

// boxCard reads the card of the model that has just been trained.
func (l *loop) boxCard() {
	l.t.Helper()
	l.sees("Precision and recall", 5*time.Minute)
	l.sees("of the boxes that it gives are right", time.Minute)
	l.until("a curve for each class", `document.querySelectorAll('.plot-area path.pr').length >= 2 && document.querySelectorAll('.plot-area .measured').length >= 2`, time.Minute)
	l.looksOf("box-03-card", "Custom Auto-Label", 1500)
	n := eval[int](l.person, `document.querySelectorAll('.plot-area path.pr').length`)
	l.click("WBC")
	l.until("one curve less", fmt.Sprintf(`document.querySelectorAll('.plot-area path.pr').length === %d`, n-1), 10*time.Second)
	l.click("WBC")
	l.until("all curves", fmt.Sprintf(`document.querySelectorAll('.plot-area path.pr').length === %d`, n), 10*time.Second)
}

// places makes a box of a place that may hold something, before there is a model, and takes it back.
func (h *haunted) places(url string) {
	h.t.Helper()
	h.open(url + "/p/s/" + h.project + "/annotate")
	h.sees("places may hold something", time.Minute)
	h.sees("Nothing here", time.Minute) // to which alone Enter says yes
	h.press("e")
	h.press("2")
	h.has(1)
	if rows := h.rows(); !strings.HasPrefix(rows[0], "WBC") {
		h.t.Errorf("a place that was given the class WBC is listed as %v", rows)
	}
	h.press("z")
	h.has(0)
	h.saved()
}

// byKey accepts, refuses and undoes by keys.
func (h *haunted) byKey() {
	h.t.Helper()
	h.until("suggestions", suggested+` > 0`, time.Minute)
	n := eval[int](h.person, suggested)
	h.press("e")
	h.until("a suggestion that keys mean", `/^Suggestion 1 of/m.test([...document.querySelectorAll('.an > [role=status]')].map(e => e.innerText).join('\n'))`, 10*time.Second)
	h.shot("box-06-focus")
	h.press("y")
	h.has(1)
	h.saved()
	if a := h.asset(12); len(a.Label.Boxes) != 1 || a.Label.Suggested == nil || a.Label.Suggested.Labels != 12 || a.Label.Source != domain.SourceHuman {
		h.t.Errorf("what was accepted is %+v", a.Label)
	}
	h.sees("1 accepted, 0 adjusted, 0 rejected", 10*time.Second)
	h.press("z")
	h.has(0)
	h.until("the suggestion again", fmt.Sprintf(suggested+` === %d`, n), 10*time.Second)
	h.press("y")
	h.has(1)
	left := eval[int](h.person, suggested)
	h.press("x")
	h.until("one suggestion less", fmt.Sprintf(suggested+` === %d`, left-1), 10*time.Second)
	h.press("z")
	h.until("it is back", fmt.Sprintf(suggested+` === %d`, left), 10*time.Second)
	h.has(1)
	for range 3 {
		h.press(">")
	}
	h.until("fewer suggestions", fmt.Sprintf(suggested+` < %d`, left), 10*time.Second)
	for range 3 {
		h.press("<")
	}
	h.until("more again", fmt.Sprintf(suggested+` >= %d`, left-2), 10*time.Second)
}

// meant gives the surest suggestion that a press can mean, and where: where it is the smallest under the pointer and no box lies.
func (h *haunted) meant() (b domain.Box, x, y float64) {
	h.t.Helper()
	a := h.asset(12)
	got, err := h.SuggestBoxes(context.Background(), h.project, a.ID, "")
	if err != nil {
		h.t.Fatal(err)
	}
	over := func(o domain.Box) bool { return x > o.X-3 && x < o.X+o.W+3 && y > o.Y-3 && y < o.Y+o.H+3 }
	for _, b := range got.Boxes {
		if b.Score < got.Threshold+.1 || b.X+b.W > float64(a.Width)-14 || b.Y+b.H > float64(a.Height)-14 {
			continue
		}
		for k := range 81 {
			x, y = b.X+b.W*float64(1+k%9)/10, b.Y+b.H*float64(1+k/9)/10
			smaller := func(o domain.Box) bool { return o != b && o.Score > got.Threshold-.1 && o.W*o.H <= b.W*b.H && over(o) }
			if !slices.ContainsFunc(got.Boxes, smaller) && !slices.ContainsFunc(a.Label.Boxes, over) {
				return b, x, y
			}
		}
	}
	h.t.Fatalf("no suggestion can be held: %+v", got.Boxes)
	return b, x, y
}

// byHand takes hold of a suggestion and moves it.
func (h *haunted) byHand() {
	h.t.Helper()
	b, x, y := h.meant()
	h.click("Select and move")
	h.drag(x, y, x+12, y+9)
	h.has(2)
	h.until("its numbers", `document.querySelector('.an-numbers')`, 5*time.Second)
	if got := h.numbers(); math.Abs(got[0]-b.X-12) > 1.5 || math.Abs(got[1]-b.Y-9) > 1.5 || math.Abs(got[2]-b.W) > .1 {
		h.t.Errorf("moved by (12, 9) from %+v: the fields show %v", b, got)
	}
	h.sees("1 accepted, 1 adjusted, 0 rejected", 10*time.Second)
	h.shot("box-07-adjusted")
}

// fits lets the model fit the box that was moved to its object, and takes that back.
func (h *haunted) fits() {
	h.t.Helper()
	before := h.numbers()
	changed := func(n float64) string {
		return fmt.Sprintf(`Math.abs(document.querySelector('#an-number-x').valueAsNumber - %g) %s .5`, before[0], map[bool]string{true: ">", false: "<="}[n > 0])
	}
	h.press("t")
	h.until("the box to fit", changed(1), 20*time.Second)
	h.shot("box-08-fitted")
	h.press("z")
	h.until("the box as it was", changed(0), 10*time.Second)
	h.has(2)
	h.saved()
}

// labelsTheRest lets the model label what nobody has, looks at what it did, and takes it back in one step.
func (h *haunted) labelsTheRest(url string) {
	h.t.Helper()
	h.open(url + "/p/s/" + h.project + "/ai")
	h.click("Apply")
	h.sees("of the boxes that it gives are right", time.Minute)
	h.click("Preview")
	h.sees("would be labelled", time.Minute)
	h.shot("box-09-apply")
	h.click("Label 3 images")
	h.sees("3 images auto-labelled", time.Minute)
	h.until("proposed boxes", `document.querySelector('.an-boxlist li')`, time.Minute)
	h.shot("box-10-review")
	if a := h.asset(13); a.Label.State != domain.StateAuto || len(a.Label.Boxes) == 0 || a.Label.Boxes[0].Score <= 0 {
		h.t.Errorf("the model labelled %+v", a.Label)
	}
	h.click("Undo")
	h.sees("Undone", time.Minute)
	for i := 13; i < 16; i++ {
		if a := h.asset(i); a.Label.State != domain.StateUnlabelled {
			h.t.Errorf("after undo image %d has %+v", i, a.Label)
		}
	}
}
