package grad

import (
	"github.com/irum-app/irum/engine/graph"
)

// frame is the geometry of a convolution from an image inH x inW x inC to one of outH x outW x outC, both channels-last. A place of
// the kernel is a tap; top and left may be negative.
type frame struct {
	inH, inW, inC    int
	outH, outW, outC int
	kH, kW           int
	sH, sW           int
	dH, dW           int
	top, left        int
	bottom, right    int // of pooling that counts its padding
	group            int
}

func newFrame(g graph.Geometry, in, out []int) frame {
	return frame{
		inH: in[2], inW: in[3], inC: in[1], outH: out[2], outW: out[3], outC: out[1],
		kH: g.KernelH, kW: g.KernelW, sH: g.StrideH, sW: g.StrideW, dH: g.DilationH, dW: g.DilationW,
		top: g.Top, left: g.Left, bottom: g.Bottom, right: g.Right, group: max(g.Group, 1),
	}
}

// ins and outs are the channels of one group.
func (f *frame) ins() int  { return f.inC / f.group }
func (f *frame) outs() int { return f.outC / f.group }

func (f *frame) taps() int  { return f.kH * f.kW }
func (f *frame) depth() int { return f.taps() * f.ins() }
func (f *frame) area() int  { return f.outH * f.outW }

// direct tells whether each result depends on the pixel of its place alone, so that the image is the matrix itself.
func (f *frame) direct() bool {
	return f.taps() == 1 && f.sH == 1 && f.sW == 1 && f.top == 0 && f.left == 0 && f.inH == f.outH && f.inW == f.outW
}

// turned is the frame of the convolution that takes a gradient of the result back to the image, for a stride of 1.
func (f *frame) turned() frame {
	return frame{
		inH: f.outH, inW: f.outW, inC: f.outC, outH: f.inH, outW: f.inW, outC: f.inC,
		kH: f.kH, kW: f.kW, sH: 1, sW: 1, dH: f.dH, dW: f.dW,
		top: (f.kH-1)*f.dH - f.top, left: (f.kW-1)*f.dW - f.left, group: f.group,
	}
}

// gather writes what lies under the taps [first, last) of group, for the results [from, from+rows) of the images x, one row for
// each, tap by tap. What lies outside the image is 0.
func (f *frame) gather(to, x []float32, group, first, last, from, rows int) {
	c := f.ins()
	width := (last - first) * c
	offset, image := group*c, f.inH*f.inW*f.inC
	oy, ox := from%f.area()/f.outW, from%f.outW
	pixels := x[from/f.area()*image:]
	for range rows {
		f.row(to[:width], pixels, first, offset, oy*f.sH-f.top, ox*f.sW-f.left)
		to = to[width:]
		if ox++; ox == f.outW {
			ox = 0
			if oy++; oy == f.outH {
				oy = 0
				pixels = pixels[min(image, len(pixels)):]
			}
		}
	}
}

// row gathers for one result, whose window begins at pixel (y, x).
func (f *frame) row(to, pixels []float32, tap, offset, y, x int) {
	c := f.ins()
	inside := x >= 0 && x+(f.kW-1)*f.dW < f.inW
	joined := inside && f.dW == 1 && f.group == 1
	for len(to) > 0 {
		kh, kw := tap/f.kW, tap%f.kW
		iy := y + kh*f.dH
		run := min((f.kW-kw)*c, len(to)) // what is left of this row of the kernel
		line := to[:run]
		to = to[run:]
		tap += run / c
		if iy < 0 || iy >= f.inH {
			clear(line)
			continue
		}
		at := (iy*f.inW+x+kw*f.dW)*f.inC + offset
		if joined {
			copy(line, pixels[at:])
			continue
		}
		for ix := x + kw*f.dW; len(line) > 0; ix += f.dW {
			if inside || ix >= 0 && ix < f.inW {
				copy(line[:c], pixels[at:])
			} else {
				clear(line[:c])
			}
			line = line[c:]
			at += f.dW * f.inC
		}
	}
}

// scatter adds rows, laid out as gather's for all taps, to the image under them.
func (f *frame) scatter(image, rows []float32, group, from, count int, add func(to, x []float32)) {
	c := f.ins()
	for r := range count {
		y, x := (from+r)/f.outW*f.sH-f.top, (from+r)%f.outW*f.sW-f.left
		for kh := range f.kH {
			iy := y + kh*f.dH
			if iy < 0 || iy >= f.inH {
				continue
			}
			for kw := range f.kW {
				ix := x + kw*f.dW
				if ix < 0 || ix >= f.inW {
					continue
				}
				at := (iy*f.inW+ix)*f.inC + group*c
				add(image[at:at+c], rows[r*f.depth()+(kh*f.kW+kw)*c:])
			}
		}
	}
}
