package annotate

import (
	"math"

	"github.com/irum-app/irum/app/annotate/geometry"
)

const (
	maxZoom = 40 // screen pixels per image pixel
	// A small image is enlarged to fill the stage, but no further than this scale, or this many pixels where that is more:
	// further on there is nothing more to see.
	fitZoom, fitSize = 6, 360
	margin           = 12 // pixels left free around a fitted image
)

// view is how an image of width x height pixels lies in a stage of stageW x stageH: scaled by scale, its top left corner
// at x, y of the stage.
type view struct {
	stageW, stageH float64
	width, height  float64
	scale, x, y    float64
	free           bool // zoomed or moved by hand: a new size of the stage keeps the scale
}

func (v *view) fitScale() float64 {
	if v.width <= 0 || v.height <= 0 {
		return 1
	}
	room := math.Min((v.stageW-2*margin)/v.width, (v.stageH-2*margin)/v.height)
	most := math.Max(fitZoom, math.Min(fitSize/math.Max(v.width, v.height), maxZoom))
	return math.Max(math.Min(room, most), 0.001)
}

// fit shows the whole image in the middle.
func (v *view) fit() {
	v.scale, v.free = v.fitScale(), false
	v.x, v.y = (v.stageW-v.width*v.scale)/2, (v.stageH-v.height*v.scale)/2
}

// zoom scales by factor so that the point px, py of the stage stays where it is.
func (v *view) zoom(factor, px, py float64) {
	least := math.Min(v.fitScale(), 1)
	scale := math.Max(least, math.Min(v.scale*factor, maxZoom))
	if scale <= least*1.001 && v.fitScale() <= 1 {
		v.fit()
		return
	}
	k := scale / v.scale
	v.x, v.y = px-(px-v.x)*k, py-(py-v.y)*k
	v.scale, v.free = scale, true
	v.keep()
}

// pan moves the image.
func (v *view) pan(dx, dy float64) {
	v.x, v.y, v.free = v.x+dx, v.y+dy, true
	v.keep()
}

// keep lets no image leave the stage: the middle of the stage stays on it. It may not be kept closer, or the point under the
// pointer would not stay where it is near the edges of the image.
func (v *view) keep() {
	v.x = inside(v.x, v.width*v.scale, v.stageW)
	v.y = inside(v.y, v.height*v.scale, v.stageH)
}

func inside(at, size, stage float64) float64 {
	return math.Max(stage/2-size, math.Min(at, stage/2))
}

// resize gives the stage a new size.
func (v *view) resize(w, h float64) {
	dx, dy := (w-v.stageW)/2, (h-v.stageH)/2
	v.stageW, v.stageH = w, h
	if !v.free {
		v.fit()
		return
	}
	v.x, v.y = v.x+dx, v.y+dy
	v.keep()
}

// toggle goes between the whole image and one screen pixel per image pixel at px, py (or, where that is the same, twice
// the size).
func (v *view) toggle(px, py float64) {
	if v.free {
		v.fit()
		return
	}
	to := 1.0
	if v.scale > 0.8 {
		to = v.scale * 2
	}
	v.zoom(to/v.scale, px, py)
}

// actual shows one screen pixel per image pixel at px, py, or the whole image where it stands so already.
func (v *view) actual(px, py float64) {
	if v.free && math.Abs(v.scale-1) < 1e-6 {
		v.fit()
		return
	}
	v.zoom(1/v.scale, px, py)
}

// overflows tells whether there is something to pan to.
func (v *view) overflows() bool {
	return v.width*v.scale > v.stageW+1 || v.height*v.scale > v.stageH+1
}

// image is what lies under a point of the stage. It may be outside the image.
func (v *view) image(p geometry.ScreenPt) geometry.ImagePt {
	return geometry.ImagePt{X: (p.X - v.x) / v.scale, Y: (p.Y - v.y) / v.scale}
}
