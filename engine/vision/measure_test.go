package vision

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// scene is a picture with edges, ramps and texture.
func scene(w, h int) *Image {
	img := &Image{Width: w, Height: h, Pix: make([]byte, 3*w*h)}
	for y := range h {
		for x := range w {
			u, v := 12*x/w, 12*y/h // 12 x 12 fields, whatever the size
			value := 40 + 170*((u*7+v*5)%4)/3 + 20*x/w
			for c := range 3 {
				img.Pix[3*(y*w+x)+c] = byte(min(value+6*c, 255))
			}
		}
	}
	return img
}

// blurred is img after a Gaussian of sigma pixels.
func blurred(img *Image, sigma float64) *Image {
	reach := int(math.Ceil(3 * sigma))
	kernel, total := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		kernel[i] = math.Exp(-float64((i-reach)*(i-reach)) / (2 * sigma * sigma))
		total += kernel[i]
	}
	pass := func(from []byte, step, length, lines, stride int) []byte {
		out := make([]byte, len(from))
		for line := range lines {
			for i := range length {
				for c := range 3 {
					sum := 0.0
					for k, share := range kernel {
						sum += share * float64(from[3*(line*stride+min(max(i+k-reach, 0), length-1)*step)+c])
					}
					out[3*(line*stride+i*step)+c] = byte(sum/total + 0.5)
				}
			}
		}
		return out
	}
	across := pass(img.Pix, 1, img.Width, img.Height, img.Width)
	return &Image{Width: img.Width, Height: img.Height, Pix: pass(across, img.Width, img.Height, img.Width, 1)}
}

// changed is img with every value changed.
func changed(img *Image, change func(v float64) float64) *Image {
	out := &Image{Width: img.Width, Height: img.Height, Pix: slices.Clone(img.Pix)}
	for i, v := range img.Pix {
		out.Pix[i] = byte(min(max(change(float64(v)), 0), 255) + 0.5)
	}
	return out
}

// exposed is img as if it had been exposed by so many stops more, of encoded values with a gamma of 2.2.
func exposed(img *Image, stops float64) *Image {
	return changed(img, func(v float64) float64 { return 255 * math.Pow(math.Pow(v/255, 2.2)*math.Exp2(stops), 1/2.2) })
}

func TestBlurLowersSharpness(t *testing.T) {
	for _, size := range [][2]int{{256, 192}, {120, 160}, {800, 600}} {
		img := scene(size[0], size[1])
		last := Measure(img).Sharpness
		scale := math.Max(float64(max(size[0], size[1]))/MeasureSide, 1)
		for _, sigma := range []float64{0.7, 1, 1.5, 2, 3, 4} {
			now := Measure(blurred(img, sigma*scale)).Sharpness
			if now >= last {
				t.Errorf("%v: sharpness %d after a blur of %v, %d before", size, now, sigma, last)
			}
			last = now
		}
	}
}

func TestSharpnessIsOfContrastAndSizeIndependent(t *testing.T) {
	img := blurred(scene(512, 384), 5)
	want := Measure(img).Sharpness
	faint := Measure(changed(img, func(v float64) float64 { return 100 + v/3 })).Sharpness
	large := Measure(Resize(img, 1024, 768)).Sharpness
	for name, got := range map[string]int{"a third of the contrast": faint, "twice the size": large} {
		if abs(got-want) > 25 {
			t.Errorf("sharpness %d at %s, %d as it is", got, name, want)
		}
	}
	if upright := Measure(&Image{Width: 2, Height: 2, Pix: make([]byte, 12)}); upright.Sharpness != 1000 || upright.Contrast != 0 {
		t.Errorf("an image too small to tell anything of measures %+v", upright)
	}
}

func abs(v int) int { return max(v, -v) }

func TestExposureMovesLightAndShade(t *testing.T) {
	img := scene(256, 192)
	at := Measure(img)
	for _, stops := range []float64{1, 2, 3} {
		dark, bright := Measure(exposed(img, -stops)), Measure(exposed(img, stops))
		if dark.Light >= at.Light || bright.Shade <= at.Shade {
			t.Errorf("%v stops: light %d of %d, shade %d of %d", stops, dark.Light, at.Light, bright.Shade, at.Shade)
		}
	}
	if flat := Measure(changed(img, func(v float64) float64 { return 128 + v/50 })); flat.Contrast > 6 || at.Contrast < 100 {
		t.Errorf("contrast %d, of a flat copy %d", at.Contrast, flat.Contrast)
	}
}

// TestMeasuresStay pins what is kept in databases: a change of these numbers needs all images to be measured again.
func TestMeasuresStay(t *testing.T) {
	if got, want := Measure(scene(300, 200)), (Measures{Sharpness: 806, Light: 241, Shade: 48, Contrast: 189}); got != want {
		t.Errorf("measured %+v, want %+v", got, want)
	}
}

func TestPercentilesAreOfTheNearestRank(t *testing.T) {
	var tally [256]int
	for v := range 100 {
		tally[v+1] = 1
	}
	for percent, want := range map[int]int{1: 1, 10: 10, 99: 99, 100: 100} {
		if got := rank(&tally, 100, percent); got != want {
			t.Errorf("%d %% of 1..100: %d, want %d", percent, got, want)
		}
	}
}

func TestCopiesAreLikeWhatIsKept(t *testing.T) {
	const base = 0x0f1e2d3c4b5a6978
	hashes := []uint64{base, base ^ 0b1, base ^ 0b111, base ^ 0b111111, ^uint64(base), 0, 0, base ^ 0b1111}
	for _, test := range []struct {
		limit int
		want  []int
	}{
		{0, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{1, []int{0, 0, 2, 3, 4, 5, 6, 2}}, // the last is one bit from the third, which is kept
		{3, []int{0, 0, 0, 3, 4, 5, 6, 3}}, // the fourth is near the third, but that is a copy itself
		{5, []int{0, 0, 0, 3, 4, 5, 6, 3}},
	} {
		if got := Copies(hashes, test.limit); !slices.Equal(got, test.want) {
			t.Errorf("limit %d: copies of %v, want %v", test.limit, got, test.want)
		}
	}
}

func TestCopiesAreThoseOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	hashes := make([]uint64, 3000)
	for i := range hashes {
		hashes[i] = r.Uint64()
		for i > 0 && r.IntN(2) == 0 { // few bits from an earlier one
			hashes[i] = hashes[r.IntN(i)]
			for range r.IntN(7) {
				hashes[i] ^= 1 << r.IntN(64)
			}
			break
		}
	}
	for limit := range MaxCopyBits + 1 {
		got := Copies(hashes, limit)
		want := allPairs(hashes, limit)
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: not the copies that comparing all pairs finds", limit)
		}
	}
}

func TestCopiesOfAPhotoSavedAgain(t *testing.T) {
	img := scene(640, 480)
	rgba := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range 640 * 480 {
		copy(rgba.Pix[4*i:], img.Pix[3*i:][:3])
		rgba.Pix[4*i+3] = 255
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, rgba, &jpeg.Options{Quality: 40}); err != nil {
		t.Fatal(err)
	}
	again, _, err := Decode(file.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if of := Copies([]uint64{DHash(img), DHash(again), DHash(Resize(img, 320, 240))}, 3); !slices.Equal(of, []int{0, 0, 0}) {
		t.Errorf("copies %v", of)
	}
}

// allPairs is Copies without shelves.
func allPairs(hashes []uint64, limit int) []int {
	of := make([]int, len(hashes))
	for i, h := range hashes {
		of[i] = i
		nearest := limit + 1
		for k, g := range hashes[:i] {
			if of[k] != k || bits.OnesCount64(g) < plainBits || bits.OnesCount64(g) > 64-plainBits {
				continue
			}
			if d := bits.OnesCount64(h ^ g); d < nearest {
				nearest, of[i] = d, k
			}
		}
		if n := bits.OnesCount64(h); n < plainBits || n > 64-plainBits {
			of[i] = i
		}
	}
	return of
}

func BenchmarkMeasure(b *testing.B) {
	small := Resize(scene(640, 480), 256, 192)
	for b.Loop() {
		Measure(small)
	}
}

// TestStrongColoursAreNeitherDarkNorBright: pure blue has little luma, pure yellow much.
func TestStrongColoursAreNeitherDarkNorBright(t *testing.T) {
	for name, c := range map[string][3]byte{"blue": {0, 0, 230}, "yellow": {255, 255, 20}} {
		img := &Image{Width: 40, Height: 30, Pix: bytes.Repeat(c[:], 1200)}
		if m := Measure(img); m.Light < 200 || m.Shade > 50 {
			t.Errorf("%s measures %+v", name, m)
		}
	}
}
