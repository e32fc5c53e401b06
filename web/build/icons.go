package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The logo of shell/icon.svg, drawn for the sizes that need PNG: a name tag with an eye for the picture.
var (
	iconGround = color.NRGBA{0x0b, 0x76, 0x62, 0xff}
	iconPaper  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	iconInk    = color.NRGBA{0x1d, 0x1f, 0x23, 0xff}
)

func (b *build) icons() error {
	for _, icon := range []struct {
		name  string
		size  int
		bleed bool // to the edge, for systems that cut their own shape out
	}{{"icon-192.png", 192, false}, {"icon-512.png", 512, false}, {"icon-maskable-512.png", 512, true}} {
		var out bytes.Buffer
		if err := png.Encode(&out, drawIcon(icon.size, icon.bleed)); err != nil {
			return err
		}
		b.files[icon.name] = out.Bytes()
	}
	return nil
}

// drawIcon samples the shape 4 x 4 times a pixel, on the SVG's grid of 64.
func drawIcon(size int, bleed bool) image.Image {
	const over = 4
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			var r, g, b, a int
			for k := range over * over {
				px := (float64(x) + (float64(k%over)+0.5)/over) * 64 / float64(size)
				py := (float64(y) + (float64(k/over)+0.5)/over) * 64 / float64(size)
				c, in := iconAt(px, py, bleed)
				if in {
					r, g, b, a = r+int(c.R), g+int(c.G), b+int(c.B), a+1
				}
			}
			if a > 0 {
				img.SetNRGBA(x, y, color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a * 255 / (over * over))})
			}
		}
	}
	return img
}

// iconAt is the colour at a point of the 64 grid.
func iconAt(x, y float64, bleed bool) (color.NRGBA, bool) {
	if !bleed && rounded(x-32, y-32, 32, 32, 14) > 0 {
		return color.NRGBA{}, false
	}
	if bleed { // all of the drawing in the middle 80 %
		x, y = 32+(x-32)*1.2, 32+(y-32)*1.2
	}
	switch eye := math.Hypot(x-32, y-25); {
	case eye <= 4.5:
		return iconInk, true
	case eye <= 10, segment(x, y, 16, 47, 48, 47) <= 3:
		return iconPaper, true
	}
	return iconGround, true
}

// rounded is the signed distance to a rounded rectangle of half width w and half height h around the origin.
func rounded(x, y, w, h, r float64) float64 {
	dx, dy := math.Abs(x)-w+r, math.Abs(y)-h+r
	return math.Hypot(math.Max(dx, 0), math.Max(dy, 0)) + math.Min(math.Max(dx, dy), 0) - r
}

// segment is the distance to a line from a to b.
func segment(x, y, ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	t := math.Max(0, math.Min(1, ((x-ax)*dx+(y-ay)*dy)/(dx*dx+dy*dy)))
	return math.Hypot(x-ax-t*dx, y-ay-t*dy)
}
