package annotate

import (
	"math"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6*math.Max(1, math.Abs(b)) }

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		name                         string
		stageW, stageH, w, h         float64
		wantScale, wantLeft, wantTop float64
	}{
		{"a wide photo", 1024, 824, 4000, 2000, .25, 12, 162},
		{"a tall photo", 1024, 824, 1000, 1600, .5, 262, 12},
		{"a small image is not blown up without end", 1024, 824, 100, 50, fitZoom, 212, 262},
		{"a tiny one can still be seen", 1024, 824, 36, 18, 10, 332, 322},
		{"one of a few pixels", 1024, 824, 2, 2, maxZoom, 472, 372},
		{"nothing known yet", 1024, 824, 0, 0, 1, 512, 412},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := view{width: tt.w, height: tt.h}
			v.resize(tt.stageW, tt.stageH)
			if !near(v.scale, tt.wantScale) || !near(v.x, tt.wantLeft) || !near(v.y, tt.wantTop) {
				t.Errorf("scale %g at %g, %g; want %g at %g, %g", v.scale, v.x, v.y, tt.wantScale, tt.wantLeft, tt.wantTop)
			}
		})
	}
}

func TestActualSize(t *testing.T) {
	for _, size := range []float64{4000, 100} { // larger than the stage, and smaller
		v := view{width: size, height: size}
		v.resize(1000, 800)
		fitted := v
		v.actual(500, 400)
		if !near(v.scale, 1) || !v.free {
			t.Errorf("%g pixels are shown at %g", size, v.scale)
		}
		v.actual(500, 400)
		if !near(v.scale, fitted.scale) || !near(v.x, fitted.x) || !near(v.y, fitted.y) || v.free {
			t.Errorf("%g pixels, once more: %g at %g, %g", size, v.scale, v.x, v.y)
		}
	}
}

func TestZoomKeepsThePointUnderThePointer(t *testing.T) {
	v := view{width: 4000, height: 3000}
	v.resize(1000, 800)
	px, py := 40.0, 760.0 // near a corner of the image
	imageX, imageY := (px-v.x)/v.scale, (py-v.y)/v.scale
	for range 12 {
		v.zoom(1.3, px, py)
	}
	if gotX, gotY := (px-v.x)/v.scale, (py-v.y)/v.scale; !near(gotX, imageX) || !near(gotY, imageY) {
		t.Errorf("under the pointer is %g, %g; was %g, %g", gotX, gotY, imageX, imageY)
	}
	for range 100 {
		v.zoom(1.3, px, py)
	}
	if v.scale != maxZoom {
		t.Errorf("scale goes to %g", v.scale)
	}
	for range 100 {
		v.zoom(0.7, px, py)
	}
	if v.free || !near(v.scale, v.fitScale()) {
		t.Errorf("zooming out ends at scale %g, free %v; want the whole image", v.scale, v.free)
	}
}

func TestPanKeepsTheImageOnTheStage(t *testing.T) {
	v := view{width: 2000, height: 1000}
	v.resize(1000, 800)
	v.zoom(1/v.scale, 500, 400)
	for _, d := range [][2]float64{{1e6, 1e6}, {-1e6, -1e6}} {
		v.pan(d[0], d[1])
		if v.x > v.stageW/2 || v.x+v.width*v.scale < v.stageW/2 || v.y > v.stageH/2 || v.y+v.height*v.scale < v.stageH/2 {
			t.Errorf("panned by %v the image lies at %g, %g", d, v.x, v.y)
		}
	}
}

func TestToggle(t *testing.T) {
	v := view{width: 4000, height: 3000}
	v.resize(1000, 800)
	v.toggle(500, 400)
	if !near(v.scale, 1) {
		t.Errorf("a large photo goes to scale %g", v.scale)
	}
	v.toggle(500, 400)
	if v.free || !near(v.scale, v.fitScale()) {
		t.Errorf("and back to %g", v.scale)
	}
	small := view{width: 100, height: 100}
	small.resize(1000, 800)
	small.toggle(500, 400)
	if !near(small.scale, 2*fitZoom) {
		t.Errorf("a small image goes to scale %g", small.scale)
	}
}
