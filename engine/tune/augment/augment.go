// Package augment changes images in ways that leave what they show the same: mirroring, crops, turns, light and colour, so
// that a network that learns from few images meets more of them. Every draw comes from the generator that is handed in: the
// same one gives the same pixels.
package augment

import (
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/vision"
)

// Options say what may be done to an image. The zero value does nothing.
type Options struct {
	// Flip mirrors every other image left to right. Leave it out where left and right mean something: letters, signs, hands.
	Flip bool
	// Area is the least share of the image that a random crop keeps, 0 < Area < 1; 0 for no crops. The crop's sides are in a ratio
	// between 3:4 and 4:3 of the image's own, as Szegedy et al. 2015 (Going Deeper with Convolutions) crop.
	Area float64
	// Colour is by how much brightness, contrast and saturation may change: 0.2 is by a factor of 0.8 to 1.2.
	Colour float64
	// Hue is by how much of the colour circle colours may turn, 0 to 0.5.
	Hue float64
	// Operations is how many of RandAugment's operations an image goes through (Cubuk et al. 2020, N), and Magnitude how strong they
	// are, 0 to 1 (their M over 10). Without Flip those that turn or shear an image stay mild.
	Operations int
	Magnitude  float64
	// Shift moves the image by up to this share of its sides, filling with its edge: for small pictures, where a crop would lose
	// what they show.
	Shift float64
}

// Apply gives img at size x size pixels after the draws of rng. img is not changed. Without any option it is only resized.
func Apply(img *vision.Image, size int, o Options, rng *rand.Rand) *vision.Image {
	box := rectangle{0, 0, img.Width, img.Height}
	if o.Area > 0 && o.Area < 1 {
		box = crop(img.Width, img.Height, o.Area, rng)
	}
	out := vision.Resize(cut(img, box), size, size)
	if out == img { // the size was right already: what follows writes
		out = &vision.Image{Width: img.Width, Height: img.Height, Pix: append([]byte(nil), img.Pix...)}
	}
	if o.Shift > 0 {
		reach := o.Shift * float64(size)
		out = affine(out, [6]float64{1, 0, between(rng, -reach, reach), 0, 1, between(rng, -reach, reach)})
	}
	if o.Flip && rng.IntN(2) == 1 {
		mirror(out)
	}
	for range o.Operations {
		out = operations[rng.IntN(len(operations))](out, min(max(o.Magnitude, 0), 1), rng)
	}
	if o.Colour > 0 || o.Hue > 0 {
		jitter(out, o.Colour, o.Hue, rng)
	}
	return out
}

// between draws evenly from low to high.
func between(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

type rectangle struct{ x, y, w, h int }

// crop draws a rectangle of at least the share least of the image, or gives the whole image when ten draws do not fit.
func crop(width, height int, least float64, rng *rand.Rand) rectangle {
	area := float64(width) * float64(height)
	own := float64(width) / float64(height)
	for range 10 {
		part := area * between(rng, least, 1)
		ratio := own * math.Exp(between(rng, math.Log(3.0/4), math.Log(4.0/3)))
		w, h := int(math.Round(math.Sqrt(part*ratio))), int(math.Round(math.Sqrt(part/ratio)))
		if w >= 1 && h >= 1 && w <= width && h <= height {
			return rectangle{rng.IntN(width - w + 1), rng.IntN(height - h + 1), w, h}
		}
	}
	return rectangle{0, 0, width, height}
}

// cut gives the part of img in box.
func cut(img *vision.Image, box rectangle) *vision.Image {
	if box.w == img.Width && box.h == img.Height {
		return img
	}
	out := &vision.Image{Width: box.w, Height: box.h, Pix: make([]byte, 3*box.w*box.h)}
	for y := range box.h {
		copy(out.Pix[3*y*box.w:][:3*box.w], img.Pix[3*((box.y+y)*img.Width+box.x):])
	}
	return out
}

// mirror turns left and right round, in place.
func mirror(img *vision.Image) {
	for y := range img.Height {
		row := img.Pix[3*y*img.Width:][:3*img.Width]
		for a, b := 0, img.Width-1; a < b; a, b = a+1, b-1 {
			for c := range 3 {
				row[3*a+c], row[3*b+c] = row[3*b+c], row[3*a+c]
			}
		}
	}
}
