package embedmap

import (
	"math"
	"unsafe"
)

// beyond keeps places a little outside of the picture from being rounded towards it.
const beyond = 256

// picture is w x h pixels, row by row. A pixel holds red, green, blue and alpha from its lowest byte up, as a canvas wants them: all
// processors that Irum runs on keep the lowest byte first. Whole words are written, since Go makes four writes of four bytes in WebAssembly.
type picture struct {
	w, h int
	pix  []uint32
}

func newPicture(w, h int) picture { return picture{w, h, make([]uint32, w*h)} }

// bytes is p as a canvas takes it, without a copy.
func (p picture) bytes() []byte {
	if len(p.pix) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&p.pix[0])), 4*len(p.pix))
}

func (c colour) word() uint32 {
	return uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16 | 255<<24
}

// fill makes the pixels of a rectangle of one colour.
func (p picture) fill(x0, y0, x1, y1 int, word uint32) {
	first := p.pix[y0*p.w+x0 : y0*p.w+x1]
	for i := range first {
		first[i] = word
	}
	for y := y0 + 1; y < y1; y++ {
		copy(p.pix[y*p.w+x0:y*p.w+x1], first)
	}
}

// scroll moves what is seen by whole pixels. What comes in from outside stays as it was.
func (p picture) scroll(dx, dy int) {
	from, to := max(-dx, 0), min(p.w-dx, p.w)
	if from >= to {
		return
	}
	for k := range p.h {
		y := k
		if dy > 0 {
			y = p.h - 1 - k // from the end, so that no line is read after it was written
		}
		if was := y - dy; was >= 0 && was < p.h {
			copy(p.pix[y*p.w+from+dx:y*p.w+to+dx], p.pix[was*p.w+from:was*p.w+to])
		}
	}
}

// disc gives, for each line of a disc, how far it reaches to both sides.
func disc(radius int) []int {
	out := make([]int, 2*radius+1)
	for y := -radius; y <= radius; y++ {
		out[y+radius] = int(math.Sqrt((float64(radius)+0.4)*(float64(radius)+0.4) - float64(y*y)))
	}
	return out
}

// dot draws a disc about a place, as much of it as is inside of the rectangle.
func (p picture) dot(x, y int, shape []int, word uint32, x0, y0, x1, y1 int) {
	radius := len(shape) / 2
	if x >= x0+radius && y >= y0+radius && x < x1-radius && y < y1-radius {
		at := (y-radius)*p.w + x
		for _, reach := range shape {
			line := p.pix[at-reach : at+reach+1]
			for i := range line {
				line[i] = word
			}
			at += p.w
		}
		return
	}
	for k, reach := range shape {
		line := y + k - radius
		from, to := max(x-reach, x0), min(x+reach+1, x1)
		if line < y0 || line >= y1 || from >= to {
			continue
		}
		part := p.pix[line*p.w+from : line*p.w+to]
		for i := range part {
			part[i] = word
		}
	}
}

// paint draws all that is seen over a ground. A canvas that is asked for each of 50,000 points would take a second.
func (p *plot) paint(on picture, ground, rim colour) { p.paintPart(on, ground, rim, 0, 0, on.w, on.h) }

// paintPart draws what is in a rectangle of the picture; points that are selected lie above the others, with a rim.
func (p *plot) paintPart(on picture, ground, rim colour, x0, y0, x1, y1 int) {
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, on.w), min(y1, on.h)
	if x0 >= x1 || y0 >= y1 {
		return
	}
	on.fill(x0, y0, x1, y1, ground.word())
	words := make([]uint32, len(p.colours)) // 0, which is no opaque colour, for what is hidden
	dim := make([]uint32, len(p.colours))
	for i, c := range p.colours {
		if p.hidden[i] {
			continue
		}
		words[i], dim[i] = c.word(), c.word()
		if p.picked > 0 {
			dim[i] = c.mixed(ground, dimShare).word()
		}
	}
	small, large := disc(p.radius), disc(p.radius+max(p.radius/3, 1))
	v := p.window(on, len(large)/2, x0, y0, x1, y1)
	under, over := make([]uint32, len(dim)), dim // what has no label lies below what has one
	if none := len(dim) - 2; none >= 0 {
		under[none], over[none] = dim[none], 0
		v.dots(p, small, under)
	}
	v.dots(p, small, over)
	if p.picked > 0 {
		for i, chosen := range p.selected {
			if word := words[p.row[i]]; chosen && word != 0 {
				v.one(p, i, large, rim.word())
				v.one(p, i, small, word)
			}
		}
	}
}

// window is a rectangle of a picture, and where points of the map are in it.
type window struct {
	on                       picture
	x0, y0, x1, y1           int
	left, top, right, bottom float32 // of places whose discs reach into it
	scale, mx, my            float32
}

func (p *plot) window(on picture, reach, x0, y0, x1, y1 int) window {
	r := float32(reach)
	return window{
		on, x0, y0, x1, y1, float32(x0) - r, float32(y0) - r, float32(x1) + r, float32(y1) + r,
		float32(p.scale), float32(float64(p.w)/2 - p.cx*p.scale), float32(float64(p.h)/2 + p.cy*p.scale),
	}
}

// one draws the disc of a point.
func (v *window) one(p *plot, i int, shape []int, word uint32) {
	fx, fy := p.xy[2*i]*v.scale+v.mx, v.my-p.xy[2*i+1]*v.scale
	if fx >= v.left && fy >= v.top && fx < v.right && fy < v.bottom {
		v.on.dot(int(fx+beyond)-beyond, int(fy+beyond)-beyond, shape, word, v.x0, v.y0, v.x1, v.y1)
	}
}

// dots draws the discs of all points that are not selected, in the colours of their rows, 0 for none. What one and dot do is written out, since
// calls are what costs most in WebAssembly.
func (v *window) dots(p *plot, shape []int, words []uint32) {
	pix, w, radius := v.on.pix, v.on.w, len(shape)/2
	ix0, iy0, ix1, iy1 := v.x0+radius, v.y0+radius, v.x1-radius, v.y1-radius
	xy, selected := p.xy[:2*len(p.row)], p.selected[:len(p.row)]
	for i, row := range p.row {
		word := words[row]
		if word == 0 || selected[i] {
			continue
		}
		fx, fy := xy[2*i]*v.scale+v.mx, v.my-xy[2*i+1]*v.scale
		if fx < v.left || fy < v.top || fx >= v.right || fy >= v.bottom {
			continue
		}
		x, y := int(fx+beyond)-beyond, int(fy+beyond)-beyond
		if x < ix0 || y < iy0 || x >= ix1 || y >= iy1 {
			v.on.dot(x, y, shape, word, v.x0, v.y0, v.x1, v.y1)
			continue
		}
		at := (y-radius)*w + x
		for _, reach := range shape {
			switch reach { // the widths of small discs, without a loop
			case 1:
				line := (*[3]uint32)(pix[at-1:])
				line[0], line[1], line[2] = word, word, word
			case 2:
				line := (*[5]uint32)(pix[at-2:])
				line[0], line[1], line[2], line[3], line[4] = word, word, word, word, word
			default:
				line := pix[at-reach : at+reach+1]
				for k := range line {
					line[k] = word
				}
			}
			at += w
		}
	}
}
