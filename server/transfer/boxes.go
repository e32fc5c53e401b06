package transfer

import (
	"fmt"
	"math"

	"github.com/irum-app/irum/server/domain"
)

// pixelBox gives a box as written in a label of kind as pixels of the upright asset. clipped tells that more than half a
// pixel of it lay outside. A problem, when not "", says why it is no box of this image.
func pixelBox(it item, raw rawBox, a domain.Asset, vocZero bool) (box domain.Box, clipped bool, problem string) {
	x, y, w, h := raw.At[0], raw.At[1], raw.At[2], raw.At[3]
	if raw.Of > 0 {
		sx, sy := float64(a.Width)/raw.Of, float64(a.Height)/raw.Of
		x, y, w, h = x*sx, y*sy, w*sx, h*sy
	}
	switch {
	case it.Kind == kindYOLO:
		x, y = x-w/2, y-h/2
	case raw.Edges && it.Kind == kindVOC && !vocZero: // counted from 1, the last pixel included
		x, y, w, h = x-1, y-1, w-x+1, h-y+1
	case raw.Edges:
		w, h = w-x, h-y
	}
	if raw.Of > 0 {
		digits := 1e6
		if it.Kind == kindTFRecord { // a float32 share of an image of 8,192 pixels is exact to a thousandth of one
			digits = 1e3
		}
		for _, v := range []*float64{&x, &y, &w, &h} {
			*v = math.Round(*v*digits) / digits
		}
	}
	if it.Size[0] > 0 && it.Size[1] > 0 && (it.Size[0] != a.Width || it.Size[1] != a.Height) {
		if a.Orientation < 5 || it.Size[0] != a.Height || it.Size[1] != a.Width {
			return box, false, fmt.Sprintf("the label is for an image of %d x %d pixels, and this one has %d x %d.", it.Size[0], it.Size[1], a.Width, a.Height)
		}
		x, y, w, h = turn(a.Orientation, float64(it.Size[0]), float64(it.Size[1]), x, y, w, h)
	}
	x0, y0 := math.Max(0, x), math.Max(0, y)
	x1, y1 := math.Min(float64(a.Width), x+w), math.Min(float64(a.Height), y+h)
	if !(x1-x0 >= domain.MinBoxSide) || !(y1-y0 >= domain.MinBoxSide) {
		return box, false, fmt.Sprintf("the box (%g, %g, %g, %g) lies outside the image or has no area.", x, y, w, h)
	}
	clipped = x0-x > 0.5 || y0-y > 0.5 || x+w-x1 > 0.5 || y+h-y1 > 0.5
	if x0 != x || x1 != x+w { // otherwise w stays exact
		w = x1 - x0
	}
	if y0 != y || y1 != y+h {
		h = y1 - y0
	}
	return domain.Box{X: x0, Y: y0, W: w, H: h, Score: raw.Score}, clipped, ""
}

// settle takes from a pixel's place what only came by multiplying a share: a millionth of a pixel.
func settle(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// turn moves a box from the stored pixels (sw x sh) to the upright image, for the EXIF orientations that swap width and
// height: a tool that ignores EXIF draws boxes on the stored pixels.
func turn(orientation int, sw, sh, x, y, w, h float64) (float64, float64, float64, float64) {
	switch orientation {
	case 5:
		return y, x, h, w
	case 6:
		return sh - y - h, x, h, w
	case 7:
		return sh - y - h, sw - x - w, h, w
	default: // 8
		return y, sw - x - w, h, w
	}
}
