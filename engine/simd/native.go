//go:build !js

package simd

import "github.com/irum-app/irum/engine/native"

// Work does one kernel of a native program over the program's memory.
type Work func(memory []float32)

// Bind gives the work of a kernel of a native program, or ok false for a kernel that there is none for natively.
func (k Kernel) Bind(with native.Kernels) (work Work, ok bool) {
	m := machine{Kernels: with, at: make([]int, len(k.args))}
	for i, address := range k.args {
		m.at[i] = address / 4
	}
	switch s := k.spec.(type) {
	case convSpec:
		return m.conv(s), m.ends(s.ending)
	case windowSpec:
		return m.window(s), m.ends(s.ending)
	case elementSpec:
		return m.element(s), m.ends(s.ending)
	case moveSpec:
		return m.move(s), true
	case copySpec:
		return m.copying(s), true
	case fillSpec:
		return m.fill(s), true
	case shuffleSpec:
		return m.shuffle(s), true
	case softmaxSpec:
		return m.softmax(s), true
	case reduceSpec:
		return m.reduce(s), true
	case resizeSpec:
		return m.resize(s), true
	case meanSpec:
		return m.mean(s), true
	}
	return nil, false
}

// machine makes the work of one kernel, whose arguments lie at those floats of the memory. It means what the generated
// function of the same specification does.
type machine struct {
	native.Kernels
	at []int
}

// ends tells whether the ending's activation is known.
func (m machine) ends(e ending) bool { return e.act.Op == "" || activations[e.act.Op] != nil }

// bounds are those that a kernel may apply itself: none if an activation comes before them.
func (e ending) bounds() (lo, hi float32) {
	if e.act.Op != "" {
		return native.Unbounded()
	}
	return e.lo, e.hi
}

// chunk is how many floats go through the steps of an activation at a time: they stay in the first cache.
const chunk = 1024

// activate does what a kernel could not do itself: an activation and the bounds after it.
func (m machine) activate(e ending, x []float32) {
	if e.act.Op == "" {
		return
	}
	var scratch [2][chunk]float32
	act := activations[e.act.Op]
	for len(x) > 0 {
		n := min(chunk, len(x))
		act(m.Kernels, e.act, x[:n], scratch[0][:n], scratch[1][:n])
		if !noBound(e.lo, -1) || !noBound(e.hi, 1) {
			m.Clamp(x[:n], e.lo, e.hi)
		}
		x = x[n:]
	}
}

// element is the work of elementSpec.
func (m machine) element(s elementSpec) Work {
	each := 4 * s.vecs
	if !s.binary() {
		return func(memory []float32) {
			from, to := memory[m.at[0]:][:each], memory[m.at[1]:][:each]
			copy(to, from)
			if s.act.Op == "" {
				m.Clamp(to, s.lo, s.hi)
			}
			m.activate(s.ending, to)
		}
	}
	op := binaries[s.op]
	lo, hi := s.bounds()
	apply := func(to, x, y []float32) {
		if s.swapped {
			x, y = y, x
		}
		m.Binary(op, to, x, y, lo, hi)
		m.activate(s.ending, to)
	}
	repeated := make([]float32, min(each, chunk))
	fill := func(v float32) {
		for i := range repeated {
			repeated[i] = v
		}
	}
	// strip goes over one pixel, whose second operand is y, or one number if y is nil.
	strip := func(to, x, y []float32) {
		for i := 0; i < each; i += chunk {
			n, second := min(chunk, each-i), repeated
			if y != nil {
				second = y[i:]
			}
			apply(to[i:][:n], x[i:], second)
		}
	}
	return func(memory []float32) {
		x, y, to := memory[m.at[0]:], memory[m.at[1]:], memory[m.at[2]:]
		if s.second == single {
			fill(y[0])
		}
		for p := range s.pixels {
			switch s.second {
			case perPixel:
				fill(y[p])
				fallthrough
			case single:
				strip(to[p*each:], x[p*each:], nil)
			default:
				strip(to[p*each:], x[p*each:], y)
			}
		}
	}
}

var binaries = map[string]native.Binary{
	"Add": native.Add, "Sub": native.Sub, "Mul": native.Mul, "Div": native.Div, "Min": native.Min, "Max": native.Max, "PRelu": native.PRelu,
}

// mean is the work of meanSpec. It sums rows by themselves: sums of like size lose less.
func (m machine) mean(s meanSpec) Work {
	each := 4 * s.vecs
	row := make([]float32, each)
	lo, hi := native.Unbounded()
	return func(memory []float32) {
		from, to := memory[m.at[0]:], memory[m.at[1]:][:each]
		clear(to)
		for range s.h {
			copy(row, from)
			for x := 1; x < s.w; x++ {
				m.Binary(native.Add, row, row, from[x*each:], lo, hi)
			}
			m.Binary(native.Add, to, to, row, lo, hi)
			from = from[s.w*each:]
		}
		for i := range to {
			to[i] /= float32(s.h * s.w)
		}
	}
}

// window is the work of windowSpec: each row of results in pieces whose windows have the same places inside the image.
func (m machine) window(s windowSpec) Work {
	each := 4 * s.vecs
	line, image := s.outW*each, s.h*s.w*each
	parts := s.parts()
	return func(memory []float32) {
		x, weights, bias := memory[m.at[0]:][:image], memory[m.at[1]:], memory[m.at[2]:]
		for row := range parts {
			for i := range parts[row] {
				p := &parts[row][i]
				to := memory[m.at[3]+p.to:]
				var residual []float32
				if s.residual {
					residual = memory[m.at[5]+p.to:]
				}
				switch s.kind {
				case depthwise:
					m.Depthwise(&p.Window, x, p.from, weights, bias, to, residual)
				case maximum:
					m.Maximum(&p.Window, x, p.from, to, residual)
				case average:
					m.Average(&p.Window, x, p.from, to, residual)
				}
			}
			m.activate(s.ending, memory[m.at[3]+row*line:][:line])
		}
	}
}

// windowPart is a piece of a row of results.
type windowPart struct {
	native.Window
	from, to int // floats to the window's origin and to the result
}

// parts cuts the rows of results.
func (s windowSpec) parts() [][]windowPart {
	g, each := s.geometry, 4*s.vecs
	type span struct{ rowFrom, rowTo, colFrom, colTo int }
	known := map[span][]native.Tap{}
	// inside gives the first place of a line of kernel places that lies inside the image, and that after the last.
	inside := func(origin, kernel, dilation, size int) (from, to int) {
		for from < kernel && origin+from*dilation < 0 {
			from++
		}
		for to = from; to < kernel && origin+to*dilation < size; to++ {
		}
		return from, to
	}
	rows := make([][]windowPart, s.outH)
	first, last := s.interior()
	for row := range rows {
		y := row*g.StrideH - g.Top
		for col := 0; col < s.outW; {
			n, x := 1, col*g.StrideW-g.Left
			if col == first && first < last {
				n = last - first
			}
			var at span
			at.rowFrom, at.rowTo = inside(y, g.KernelH, g.DilationH, s.h)
			at.colFrom, at.colTo = inside(x, g.KernelW, g.DilationW, s.w)
			taps, ok := known[at]
			if !ok {
				for r := at.rowFrom; r < at.rowTo; r++ {
					for c := at.colFrom; c < at.colTo; c++ {
						taps = append(taps, native.Tap{X: (r*g.DilationH*s.w + c*g.DilationW) * each, W: (r*g.KernelW + c) * each})
					}
				}
				known[at] = taps
			}
			part := windowPart{from: (y*s.w + x) * each, to: (row*s.outW + col) * each}
			part.Window = native.Window{Taps: taps, Channels: each, Count: n, StepX: g.StrideW * each, StepTo: each, Divisor: float32(max(len(taps), 1))}
			part.Lo, part.Hi = s.bounds()
			if s.countPad {
				part.Divisor = float32(g.KernelH * g.KernelW)
			}
			rows[row] = append(rows[row], part)
			col += n
		}
	}
	return rows
}
