package vision

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// photos are real pictures of two kinds, every so many of each; the test is skipped where they are not.
func photos(t *testing.T, every int) map[string][]*Image {
	t.Helper()
	out := map[string][]*Image{}
	for name, glob := range map[string]string{"hands": "sign-digits/*/*.JPG", "blood": "bccd/BCCD/JPEGImages/*.jpg"} {
		files, err := filepath.Glob(filepath.Join("../../../shared/data", glob))
		if err != nil || len(files) == 0 {
			t.Skipf("no photos in ../shared/data/%s", glob)
		}
		for i := 0; i < len(files); i += every {
			data, err := os.ReadFile(files[i])
			if err != nil {
				t.Fatal(err)
			}
			img, _, err := Decode(data, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			out[name] = append(out[name], img)
		}
	}
	return out
}

// asKept measures as imports do: the thumbnail.
func asKept(t *testing.T, img *Image) Measures {
	t.Helper()
	thumb, err := Thumbnail(img, MeasureSide)
	if err != nil {
		t.Fatal(err)
	}
	small, _, err := Decode(thumb, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return Measure(small)
}

func noisy(img *Image, deviation float64) *Image {
	r := rand.New(rand.NewPCG(uint64(img.Width), uint64(img.Pix[0])))
	return changed(img, func(v float64) float64 { return v + deviation*r.NormFloat64() })
}

func savedAgain(t *testing.T, img *Image, quality int) *Image {
	t.Helper()
	rgba := image.NewRGBA(image.Rect(0, 0, img.Width, img.Height))
	for i := range img.Width * img.Height {
		copy(rgba.Pix[4*i:], img.Pix[3*i:][:3])
		rgba.Pix[4*i+3] = 255
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, rgba, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	out, _, err := Decode(file.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// flaws are told at the default limits of domain.Scales, which this package does not know.
var flaws = []struct {
	name string
	has  func(m Measures) bool
}{
	{"blurred", func(m Measures) bool { return m.Sharpness < 430 }},
	{"dark", func(m Measures) bool { return m.Light < 85 }},
	{"bright", func(m Measures) bool { return m.Shade >= 225 }},
	{"blank", func(m Measures) bool { return m.Contrast < 20 }},
}

// always are the harms that every run tries; those from the third on have to be found.
var always = []string{"as it is", "saved again at quality 40", "blur of 3", "-4 stops", "+4 stops", "0.05 of the contrast"}

// harm is something done to a photo. flaw is what it should be found to be, "" for nothing.
type harm struct {
	name, flaw string
	do         func(t *testing.T, img *Image) *Image
}

func harms() []harm {
	out := []harm{
		{"as it is", "", func(_ *testing.T, img *Image) *Image { return img }},
		{"saved again at quality 40", "", func(t *testing.T, img *Image) *Image { return savedAgain(t, img, 40) }},
		{"noise of 8", "", func(_ *testing.T, img *Image) *Image { return noisy(img, 8) }},
	}
	blur := func(img *Image, sigma float64) *Image {
		return blurred(img, sigma*max(float64(max(img.Width, img.Height))/MeasureSide, 1))
	}
	for _, sigma := range []float64{1, 1.5, 2, 3} {
		out = append(out, harm{fmt.Sprintf("blur of %g", sigma), "blurred", func(_ *testing.T, img *Image) *Image { return blur(img, sigma) }})
	}
	out = append(out, harm{"blur of 2, noise of 4", "blurred", func(_ *testing.T, img *Image) *Image { return noisy(blur(img, 2), 4) }})
	for _, stops := range []float64{-2, -3, -4, -5} {
		out = append(out, harm{fmt.Sprintf("%g stops", stops), "dark", func(_ *testing.T, img *Image) *Image { return exposed(img, stops) }})
	}
	for _, stops := range []float64{1, 2, 3, 4} {
		out = append(out, harm{fmt.Sprintf("%+g stops", stops), "bright", func(_ *testing.T, img *Image) *Image { return exposed(img, stops) }})
	}
	for _, share := range []float64{0.25, 0.1, 0.05} {
		out = append(out, harm{fmt.Sprintf("%g of the contrast", share), "blank", func(_ *testing.T, img *Image) *Image {
			return changed(img, func(v float64) float64 { return 128 + share*(v-128) })
		}})
	}
	return out
}

// TestTriageOfPhotos harms photos by known amounts: what is harmed more measures worse, and the default limits find it and leave the
// untouched alone. With IRUM_QUALITY it takes many photos and prints a table.
func TestTriageOfPhotos(t *testing.T) {
	every, all := 60, os.Getenv("IRUM_QUALITY") != ""
	if all {
		every = 3
	}
	for name, set := range photos(t, every) {
		clean := map[string]int{}
		for _, h := range harms() {
			if !all && !slices.Contains(always, h.name) {
				continue
			}
			found := map[string]int{}
			for _, img := range set {
				m := asKept(t, h.do(t, img))
				for _, f := range flaws {
					if f.has(m) {
						found[f.name]++
					}
				}
			}
			if h.name == "as it is" {
				clean = found
			}
			n := len(set)
			t.Logf("%s (%d) | %s | blurred %d, dark %d, bright %d, blank %d | %s", name, n, h.name, found["blurred"], found["dark"], found["bright"], found["blank"], verdict(h, found, clean, n))
			if h.flaw == "" && most(found) > n/100 {
				t.Errorf("%s, %s: found to be %v", name, h.name, found)
			}
			if slices.Contains(always[2:], h.name) && found[h.flaw] < n*9/10 {
				t.Errorf("%s, %s: %d of %d found to be %s", name, h.name, found[h.flaw], n, h.flaw)
			}
		}
	}
}

func most(found map[string]int) (n int) {
	for _, v := range found {
		n = max(n, v)
	}
	return n
}

func verdict(h harm, found, clean map[string]int, n int) string {
	if h.flaw == "" {
		return ""
	}
	hits := found[h.flaw]
	return fmt.Sprintf("recall %.3f, precision %.3f", float64(hits)/float64(n), float64(hits)/float64(max(hits+clean[h.flaw], 1)))
}

// TestCopiesOfPhotos: what is nearly the same is found, and different photos of one kind are not taken for it.
func TestCopiesOfPhotos(t *testing.T) {
	every := 20
	if os.Getenv("IRUM_QUALITY") != "" {
		every = 1
	}
	for name, set := range photos(t, every) {
		hashes := make([]uint64, len(set))
		for i, img := range set {
			hashes[i] = DHash(img)
		}
		apart := map[string][]int{} // bits, by what was done
		for i, img := range set {
			for change, again := range map[string]*Image{
				"quality 30": savedAgain(t, img, 30), "half the size": Resize(img, img.Width/2, img.Height/2),
				"brighter": changed(img, func(v float64) float64 { return 1.15*v + 8 }),
			} {
				apart[change] = append(apart[change], bits.OnesCount64(hashes[i]^DHash(again)))
			}
		}
		for limit := range MaxCopyBits + 1 {
			alone := 0
			for i, of := range Copies(hashes, limit) {
				if of != i {
					alone++
				}
			}
			found := map[string]string{}
			for change, distances := range apart {
				hits := 0
				for _, d := range distances {
					if d <= limit {
						hits++
					}
				}
				share := float64(hits) / float64(len(set))
				if found[change] = fmt.Sprintf("%.3f", share); limit == 2 && share < 0.9 {
					t.Errorf("%s: %.2f found of those saved again, %s", name, share, change)
				}
			}
			t.Logf("%s (%d) | limit %d | taken for copies: %d | found: %v", name, len(set), limit, alone, found)
			if limit == 2 && alone > len(set)/20 {
				t.Errorf("%s: %d of %d are taken for copies", name, alone, len(set))
			}
		}
	}
}
