package augment

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/vision"
)

// scene is a picture in which every pixel differs from its neighbours.
func scene(w, h int) *vision.Image {
	img := &vision.Image{Width: w, Height: h, Pix: make([]byte, 3*w*h)}
	for y := range h {
		for x := range w {
			p := img.Pix[3*(y*w+x):]
			p[0], p[1], p[2] = byte(255*x/w), byte(255*y/h), byte(40+7*(x+y)%150)
		}
	}
	return img
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

var everything = Options{Flip: true, Area: 0.3, Colour: 0.4, Hue: 0.1, Operations: 2, Magnitude: 0.9, Shift: 0.1}

func TestApplyIsRepeatableAndLeavesTheImage(t *testing.T) {
	img := scene(50, 40)
	before := bytes.Clone(img.Pix)
	different := 0
	for seed := range uint64(40) {
		a, b := Apply(img, 40, everything, source(seed)), Apply(img, 40, everything, source(seed))
		if !bytes.Equal(a.Pix, b.Pix) || a.Width != 40 || a.Height != 40 || len(a.Pix) != 3*40*40 {
			t.Fatalf("seed %d: the draws differ, or the size is %d x %d", seed, a.Width, a.Height)
		}
		if !bytes.Equal(a.Pix, Apply(img, 40, everything, source(seed+1000)).Pix) {
			different++
		}
	}
	if different < 39 {
		t.Errorf("only %d of 40 draws differ", different)
	}
	Apply(scene(40, 40), 40, everything, source(1))
	if !bytes.Equal(img.Pix, before) {
		t.Error("the image was changed")
	}
	square := scene(32, 32)
	before = bytes.Clone(square.Pix)
	for seed := range uint64(40) {
		Apply(square, 32, everything, source(seed))
		Apply(square, 32, Options{Colour: 0.5, Operations: 3, Magnitude: 1}, source(seed))
	}
	if !bytes.Equal(square.Pix, before) {
		t.Error("an image of the right size was changed in place")
	}
}

func TestZeroOptionsOnlyResize(t *testing.T) {
	img := scene(50, 40)
	if !bytes.Equal(Apply(img, 24, Options{}, source(1)).Pix, vision.Resize(img, 24, 24).Pix) {
		t.Error("no option changed the image")
	}
}

func TestFlipMirrorsHalfOfThem(t *testing.T) {
	img := scene(16, 16)
	flipped := 0
	for seed := range uint64(200) {
		out := Apply(img, 16, Options{Flip: true}, source(seed))
		if bytes.Equal(out.Pix, img.Pix) {
			continue
		}
		flipped++
		mirror(out)
		if !bytes.Equal(out.Pix, img.Pix) {
			t.Fatal("a flip is no mirror image")
		}
	}
	if flipped < 70 || flipped > 130 {
		t.Errorf("%d of 200 were mirrored", flipped)
	}
}

func TestCropsKeepTheirShare(t *testing.T) {
	for seed := range uint64(300) {
		box := crop(90, 60, 0.4, source(seed))
		share := float64(box.w*box.h) / (90 * 60)
		ratio := float64(box.w) / float64(box.h) / 1.5
		if box.x < 0 || box.y < 0 || box.x+box.w > 90 || box.y+box.h > 60 || share < 0.38 || ratio < 0.7 || ratio > 1.42 {
			t.Fatalf("crop %+v: share %.2f, ratio %.2f", box, share, ratio)
		}
	}
}

// TestGreyStaysGrey: colours may turn, but not come from nothing.
func TestGreyStaysGrey(t *testing.T) {
	img := &vision.Image{Width: 8, Height: 8, Pix: bytes.Repeat([]byte{128}, 3*64)}
	for seed := range uint64(50) {
		out := Apply(img, 8, Options{Colour: 0.5, Hue: 0.3}, source(seed))
		for at := 0; at < len(out.Pix); at += 3 {
			if p := out.Pix[at:][:3]; p[0] != p[1] || p[1] != p[2] {
				t.Fatalf("grey became %v", p)
			}
		}
	}
}

func TestOperations(t *testing.T) {
	img := scene(33, 33)
	if out := affine(img, [6]float64{1, 0, 0, 0, 1, 0}); !bytes.Equal(out.Pix, img.Pix) {
		t.Error("moving by nothing changes the image")
	}
	shifted := affine(img, [6]float64{1, 0, 5, 0, 1, 0})
	if !bytes.Equal(shifted.Pix[3*10:3*20], img.Pix[3*15:3*25]) {
		t.Error("a shift by five pixels is none")
	}
	narrow := &vision.Image{Width: 2, Height: 1, Pix: []byte{100, 100, 100, 150, 150, 150}}
	if out := autoContrast(narrow, 0, nil); out.Pix[0] != 0 || out.Pix[3] != 255 {
		t.Errorf("stretched contrast: %v", out.Pix)
	}
	few := &vision.Image{Width: 4, Height: 1, Pix: []byte{9, 9, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12}}
	if out := equalise(few, 0, nil); out.Pix[0] != 0 || out.Pix[3] != 85 || out.Pix[6] != 170 || out.Pix[9] != 255 {
		t.Errorf("equalised: %v", out.Pix)
	}
	flat := &vision.Image{Width: 2, Height: 1, Pix: []byte{7, 7, 7, 7, 7, 7}}
	if out := equalise(autoContrast(flat, 0, nil), 0, nil); out.Pix[0] != 7 {
		t.Errorf("one colour became %v", out.Pix)
	}
	for i, op := range operations {
		in := scene(20, 20)
		if out := op(in, 1, source(uint64(i))); out.Width != 20 || len(out.Pix) != len(in.Pix) {
			t.Errorf("operation %d gives %d x %d", i, out.Width, out.Height)
		}
	}
}
