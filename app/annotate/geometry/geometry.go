// Package geometry is the plane geometry of drawing boxes: points of the image and of the screen, rectangles, what a pointer
// hits, where edges snap to. It stands beside the screen that uses it and not in engine, because all of it is about pointers
// and hands; it knows neither the page nor labels, so that its tests need no browser.
package geometry

import "math"

// ImagePt is a point in pixels of the image as people see it, origin top left. Pixel (0, 0) covers 0..1 in both directions.
type ImagePt struct{ X, Y float64 }

// ScreenPt is a point in CSS pixels of the stage, origin at its top left corner.
type ScreenPt struct{ X, Y float64 }

// Distance is how far b is from a on the screen.
func (a ScreenPt) Distance(b ScreenPt) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }

// Size is the size of an image in pixels.
type Size struct{ W, H float64 }

// Rect is a rectangle of the image by its edges: X0 <= X1, Y0 <= Y1.
type Rect struct{ X0, Y0, X1, Y1 float64 }

// Span is the rectangle between two corners in any order.
func Span(a, b ImagePt) Rect {
	return Rect{math.Min(a.X, b.X), math.Min(a.Y, b.Y), math.Max(a.X, b.X), math.Max(a.Y, b.Y)}
}

// W is the width.
func (r Rect) W() float64 { return r.X1 - r.X0 }

// H is the height.
func (r Rect) H() float64 { return r.Y1 - r.Y0 }

// Area is the area.
func (r Rect) Area() float64 { return r.W() * r.H() }

// Contains tells whether p lies in r, edges included.
func (r Rect) Contains(p ImagePt) bool {
	return p.X >= r.X0 && p.X <= r.X1 && p.Y >= r.Y0 && p.Y <= r.Y1
}

// Overlaps tells whether r and o have area in common.
func (r Rect) Overlaps(o Rect) bool { return r.X0 < o.X1 && o.X0 < r.X1 && r.Y0 < o.Y1 && o.Y0 < r.Y1 }

// Grow is r with every edge d further out.
func (r Rect) Grow(d float64) Rect { return Rect{r.X0 - d, r.Y0 - d, r.X1 + d, r.Y1 + d} }

// Move is r moved by dx, dy.
func (r Rect) Move(dx, dy float64) Rect { return Rect{r.X0 + dx, r.Y0 + dy, r.X1 + dx, r.Y1 + dy} }

// Union is the smallest rectangle around r and o.
func (r Rect) Union(o Rect) Rect {
	return Rect{math.Min(r.X0, o.X0), math.Min(r.Y0, o.Y0), math.Max(r.X1, o.X1), math.Max(r.Y1, o.Y1)}
}

// Clip is the part of r inside an image of size s.
func (r Rect) Clip(s Size) Rect {
	c := func(v, size float64) float64 { return math.Max(0, math.Min(v, size)) }
	return Rect{c(r.X0, s.W), c(r.Y0, s.H), c(r.X1, s.W), c(r.Y1, s.H)}
}

// Inside is how far r can be moved in the direction dx, dy without leaving an image of size s. It never goes further than
// asked, nor the other way; what sticks out already does not move further out.
func (r Rect) Inside(s Size, dx, dy float64) (float64, float64) {
	limit := func(d, from, to, size float64) float64 {
		if d < 0 {
			return math.Max(d, math.Min(0, -from))
		}
		return math.Min(d, math.Max(0, size-to))
	}
	return limit(dx, r.X0, r.X1, s.W), limit(dy, r.Y0, r.Y1, s.H)
}

// IoU is the area that a and b have in common, as a share of the area of both together: 0 for apart, 1 for equal.
func IoU(a, b Rect) float64 {
	w, h := math.Min(a.X1, b.X1)-math.Max(a.X0, b.X0), math.Min(a.Y1, b.Y1)-math.Max(a.Y0, b.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	common := w * h
	return common / (a.Area() + b.Area() - common)
}

// Whole is p on the nearest corner between whole pixels.
func (p ImagePt) Whole() ImagePt { return ImagePt{math.Round(p.X), math.Round(p.Y)} }

// Clip is the point of an image of size s that is nearest to p.
func (p ImagePt) Clip(s Size) ImagePt {
	return ImagePt{math.Max(0, math.Min(p.X, s.W)), math.Max(0, math.Min(p.Y, s.H))}
}
