package augment

import (
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/vision"
)

// affine gives the image whose pixel (x, y), from the middle, is img's at (m0 x + m1 y + m2, m3 x + m4 y + m5), bilinear, in fixed
// point, with the edges going on outside.
func affine(img *vision.Image, m [6]float64) *vision.Image {
	const one = 1 << 8 // of a pixel
	w, h := img.Width, img.Height
	out := &vision.Image{Width: w, Height: h, Pix: make([]byte, len(img.Pix))}
	cx, cy := float64(w-1)/2, float64(h-1)/2
	fixed := func(v float64) int { return int(math.Round(v * one)) }
	dxx, dyx := fixed(m[0]), fixed(m[3])
	for y := range h {
		v := float64(y) - cy
		sx := fixed(-m[0]*cx+m[1]*v+m[2]) + fixed(cx)
		sy := fixed(-m[3]*cx+m[4]*v+m[5]) + fixed(cy)
		for x := range w {
			bilinear(out.Pix[3*(y*w+x):][:3], img, sx, sy)
			sx, sy = sx+dxx, sy+dyx
		}
	}
	return out
}

// bilinear writes the pixel at (x, y), in 256ths, clamped to the image.
func bilinear(p []byte, img *vision.Image, x, y int) {
	const shift, one = 8, 1 << 8
	x, y = min(max(x, 0), (img.Width-1)*one), min(max(y, 0), (img.Height-1)*one)
	x0, y0, fx, fy := x>>shift, y>>shift, x&(one-1), y&(one-1)
	x1, y1 := min(x0+1, img.Width-1), min(y0+1, img.Height-1)
	a, b := img.Pix[3*(y0*img.Width+x0):][:3], img.Pix[3*(y0*img.Width+x1):][:3]
	c, d := img.Pix[3*(y1*img.Width+x0):][:3], img.Pix[3*(y1*img.Width+x1):][:3]
	for k := range 3 {
		upper := int(a[k])*(one-fx) + int(b[k])*fx
		lower := int(c[k])*(one-fx) + int(d[k])*fx
		p[k] = byte((upper*(one-fy) + lower*fy + one*one/2) >> (2 * shift))
	}
}

// operation is one of RandAugment's, at a magnitude of 0 to 1.
type operation func(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image

// operations are those of Cubuk et al. 2020 (RandAugment: Practical automated data augmentation with a reduced search space).
var operations = []operation{same, autoContrast, equalise, rotate, solarise, posterise, saturation, contrast, brightness, shearX, shearY, shiftX, shiftY}

// signed gives v or its opposite.
func signed(rng *rand.Rand, v float64) float64 {
	if rng.IntN(2) == 1 {
		return -v
	}
	return v
}

func same(img *vision.Image, _ float64, _ *rand.Rand) *vision.Image { return img }

func rotate(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	s, c := math.Sincos(signed(rng, magnitude*math.Pi/6))
	return affine(img, [6]float64{c, s, 0, -s, c, 0})
}

func shearX(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	return affine(img, [6]float64{1, signed(rng, 0.3*magnitude), 0, 0, 1, 0})
}

func shearY(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	return affine(img, [6]float64{1, 0, 0, signed(rng, 0.3*magnitude), 1, 0})
}

func shiftX(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	return affine(img, [6]float64{1, 0, signed(rng, 0.3*magnitude*float64(img.Width)), 0, 1, 0})
}

func shiftY(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	return affine(img, [6]float64{1, 0, 0, 0, 1, signed(rng, 0.3*magnitude*float64(img.Height))})
}
