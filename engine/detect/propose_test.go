package detect

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tflite"
)

const bundlePath = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"

// proposer is the network of proposals of the default backbone, and the head that it has.
func proposer(t *testing.T) ([]byte, *onnx.Model) {
	t.Helper()
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skip("the npm packages are not installed")
	}
	var models [2]*onnx.Model
	for k, convert := range []func([]byte) ([]byte, error){tflite.Backbone, tflite.ProposalHead} {
		file, err := convert(bundle)
		if err != nil {
			t.Fatal(err)
		}
		if models[k], err = onnx.Read(file); err != nil {
			t.Fatal(err)
		}
	}
	file, err := Proposer(models[0], models[1])
	if err != nil {
		t.Fatal(err)
	}
	return file, models[1]
}

// TestProposals reads what was laid out by hand: one thing at each size, and one twice.
func TestProposals(t *testing.T) {
	found := make([]float32, proposalNumbers())
	at := 0
	set := func(size, a, y, x int, logit float32, code [4]float32) {
		side := (size + 15) / 16
		places := side * side
		for k, v := range code {
			found[at+(4*a+k)*places+y*side+x] = v
		}
		found[at+12*places+(a*24+7)*places+y*side+x] = logit
	}
	for k := range found {
		found[k] = -20
	}
	zero := func(size int) {
		places := (size + 15) / 16 * ((size + 15) / 16)
		clear(found[at:][:12*places])
	}
	zero(428)
	set(428, 0, 0, 0, 2, [4]float32{})
	set(428, 0, 0, 1, 1, [4]float32{0, -10 / 0.1 / 27 / (300.0 / 428), 0, 0}) // moved onto the first
	at += 27 * 27 * 84
	zero(300)
	set(300, 1, 9, 9, 3, [4]float32{0, 0, 0, 0})
	at += 19 * 19 * 84
	zero(160)
	set(160, 2, 4, 4, 4, [4]float32{10, 0, 0, 5}) // by one height lower, e times as wide
	got, err := Proposals(found, 1000, 500, 3)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d proposals: %v", len(got), err)
	}
	larger := 300.0 / 160
	w, h := 0.2/1.4142135623730951*larger*2.718281828459045*1000, 0.2*1.4142135623730951*larger*500
	wide := 0.2 * 1.4142135623730951 * 1000
	side := 0.1 * 300 / 428
	for k, want := range []Box{
		{450 - w/2, 225 + h/2, 450 + w/2, 500},
		{500 - wide/2, 250 - wide/8, 500 + wide/2, 250 + wide/8},
		{0, 0, (0.5/27 + side/2) * 1000, (0.5/27 + side/2) * 500},
	} {
		for e, v := range []float64{got[k].X0 - want.X0, got[k].Y0 - want.Y0, got[k].X1 - want.X1, got[k].Y1 - want.Y1} {
			if v > 1e-2 || v < -1e-2 {
				t.Errorf("edge %d of proposal %d is %v off: %+v, want %+v", e, k, v, got[k].Box, want)
			}
		}
	}
	if _, err := Proposals(found[1:], 1, 1, 10); err == nil {
		t.Error("too few numbers are proposals")
	}
}

// TestProposer: in a picture of some bright squares most are among the first ten proposals.
func TestProposer(t *testing.T) {
	h := &localHost{}
	defer h.close()
	file, head := proposer(t)
	if err := h.Open(context.Background(), file); err != nil {
		t.Fatal(err)
	}
	truth, pictures := squares(12)
	hits := 0
	for i, img := range pictures {
		out, err := h.Run(context.Background(), img)
		if err != nil {
			t.Fatal(err)
		}
		list, err := Proposals(out, float64(img.Width), float64(img.Height), 10)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(list, func(o Object) bool { return IoU(o.Box, truth[i][0].Box) >= 0.5 }) {
			hits++
		}
	}
	if hits < 9 {
		t.Errorf("%d of 12 squares are among ten proposals", hits)
	}
	if _, err := Proposer(smallBackbone(), head); err == nil {
		t.Error("a head stands on a backbone that has not its map")
	}
	if _, err := Proposer(smallBackbone(), smallBackbone()); err == nil {
		t.Error("a whole network is a head")
	}
}

// TestProposalsBCCD prints how many of what people drew is among the first proposals, on photos of IRUM_BCCD that nothing was chosen on.
func TestProposalsBCCD(t *testing.T) {
	root := os.Getenv("IRUM_BCCD")
	if root == "" {
		t.Skip("IRUM_BCCD names no folder")
	}
	all, h := readCells(t, root), &localHost{}
	defer h.close()
	file, _ := proposer(t)
	if err := h.Open(context.Background(), file); err != nil {
		t.Fatal(err)
	}
	limits := []int{10, 50, 100}
	hits, count, ran := make([][4]int, len(limits)), [4]int{}, time.Duration(0)
	photos := rand.New(rand.NewPCG(1, 77)).Perm(len(all.files))[:setting("IRUM_PHOTOS", 364)]
	for _, i := range photos {
		img, err := all.image(i)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		out, err := h.Run(context.Background(), img)
		if err != nil {
			t.Fatal(err)
		}
		list, err := Proposals(out, float64(img.Width), float64(img.Height), 100)
		if err != nil {
			t.Fatal(err)
		}
		ran += time.Since(begun)
		for _, o := range all.objects[i] {
			first := slices.IndexFunc(list, func(p Object) bool { return IoU(p.Box, o.Box) >= 0.5 })
			for _, c := range []int{o.Class, 3} {
				count[c]++
				for k, limit := range limits {
					if first >= 0 && first < limit {
						hits[k][c]++
					}
				}
			}
		}
	}
	for k, limit := range limits {
		fmt.Printf("%d proposals:", limit)
		for c, name := range append(slices.Clone(cellClasses), "all") {
			fmt.Printf(" %s %.3f", name, float64(hits[k][c])/float64(count[c]))
		}
		fmt.Println()
	}
	fmt.Printf("%d photos, %d boxes, %.0f ms a photo\n", len(photos), count[3], ran.Seconds()*1000/float64(len(photos)))
}
