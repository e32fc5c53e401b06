package detect

import (
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/vision"
)

// leastSeen is the share of an object that a view has to show for it to be one.
const leastSeen = 0.4

// window is a part of an image, in pixels, that may stick out of it; flipped is the mirror image.
type window struct {
	x, y, w, h int
	flipped    bool
}

// draw gives the k-th view of an image: itself, its mirror image, then random windows.
func draw(k, width, height int, rng *rand.Rand) window {
	if k < 2 {
		return window{0, 0, width, height, k == 1}
	}
	zoom, aspect := exp(log(0.6)+rng.Float64()*log(1.25/0.6)), exp((rng.Float64()-0.5)*0.3)
	w, h := max(int(float64(width)*zoom*aspect), 1), max(int(float64(height)*zoom/aspect), 1)
	place := func(size, part int) int {
		return int(math.Floor(float64(size-part) * rng.Float64()))
	}
	return window{place(width, w), place(height, h), w, h, rng.IntN(2) == 1}
}

// cut gives the window of img; what lies outside of the image has its mean colour.
func (v window) cut(img *vision.Image) *vision.Image {
	if v == (window{0, 0, img.Width, img.Height, false}) {
		return img
	}
	out := &vision.Image{Width: v.w, Height: v.h, Pix: make([]byte, 3*v.w*v.h)}
	mean := meanColour(img)
	for y := range v.h {
		for x := range v.w {
			sx, sy := v.x+x, v.y+y
			if v.flipped {
				sx = v.x + v.w - 1 - x
			}
			to := out.Pix[3*(y*v.w+x):][:3]
			if sx < 0 || sy < 0 || sx >= img.Width || sy >= img.Height {
				copy(to, mean[:])
				continue
			}
			copy(to, img.Pix[3*(sy*img.Width+sx):][:3])
		}
	}
	return out
}

func meanColour(img *vision.Image) (out [3]byte) {
	var sum [3]int
	for i, v := range img.Pix {
		sum[i%3] += int(v)
	}
	for c := range out {
		out[c] = byte(sum[c] / max(img.Width*img.Height, 1))
	}
	return out
}

// objects gives those of an image, in pixels, that the window shows, in units of a place of rows x cols.
func (v window) objects(list []Object, rows, cols int) []Object {
	var out []Object
	for _, o := range list {
		whole := o.Area()
		o.X0, o.X1 = max(o.X0-float64(v.x), 0), min(o.X1-float64(v.x), float64(v.w))
		o.Y0, o.Y1 = max(o.Y0-float64(v.y), 0), min(o.Y1-float64(v.y), float64(v.h))
		if o.Area() < leastSeen*whole || o.Area() <= 0 {
			continue
		}
		if v.flipped {
			o.X0, o.X1 = float64(v.w)-o.X1, float64(v.w)-o.X0
		}
		sx, sy := float64(cols)/float64(v.w), float64(rows)/float64(v.h)
		o.X0, o.X1, o.Y0, o.Y1 = o.X0*sx, o.X1*sx, o.Y0*sy, o.Y1*sy
		out = append(out, o)
	}
	return out
}
