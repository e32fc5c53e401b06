//go:build !js

package simd

import (
	"math"

	"github.com/irum-app/irum/engine/native"
)

// move is the work of moveSpec.
func (m machine) move(s moveSpec) Work {
	width, area := s.left+s.w+s.right, s.h*s.w
	return func(memory []float32) {
		from, to := memory[m.at[0]:], memory[m.at[1]:]
		s.border(to)
		if s.toPlain {
			for c := range s.channels {
				plane := to[c*area:][:area]
				for i := range plane {
					plane[i] = from[i*s.fromPitch+c]
				}
			}
			return
		}
		for y := range s.h {
			line := to[((s.top+y)*width+s.left)*s.toPitch:]
			switch {
			case s.fromPlain:
				for c := range s.channels {
					for x, v := range from[c*area+y*s.w:][:s.w] {
						line[x*s.toPitch+c] = v
					}
				}
			case s.fromPitch == s.toPitch:
				copy(line, from[y*s.w*s.fromPitch:][:s.w*s.fromPitch])
			default:
				for x := range s.w {
					copy(line[x*s.toPitch:], from[(y*s.w+x)*s.fromPitch:][:s.channels])
				}
			}
		}
	}
}

// border sets the border to zeros.
func (s moveSpec) border(to []float32) {
	if !s.bordered() {
		return
	}
	width := (s.left + s.w + s.right) * s.toPitch
	clear(to[:s.top*width])
	for y := s.top; y < s.top+s.h; y++ {
		line := to[y*width:][:width]
		clear(line[:s.left*s.toPitch])
		clear(line[(s.left+s.w)*s.toPitch:])
	}
	clear(to[(s.top+s.h)*width:][:s.bottom*width])
}

// copying is the work of copySpec.
func (m machine) copying(s copySpec) Work {
	var loops []copyLoop
	for _, l := range s.loops {
		if l.count > 0 {
			loops = append(loops, copyLoop{l.count, l.from / 4, l.to / 4})
		}
	}
	var nest func(memory []float32, loops []copyLoop, from, to int)
	nest = func(memory []float32, loops []copyLoop, from, to int) {
		if len(loops) == 0 {
			copy(memory[to:][:s.run], memory[from:][:s.run])
			return
		}
		l := loops[0]
		if len(loops) == 1 && s.run == 1 {
			for i := range l.count {
				memory[to+i*l.to] = memory[from+i*l.from]
			}
			return
		}
		for i := range l.count {
			nest(memory, loops[1:], from+i*l.from, to+i*l.to)
		}
	}
	return func(memory []float32) { nest(memory, loops, m.at[0], m.at[1]) }
}

// fill is the work of fillSpec.
func (m machine) fill(s fillSpec) Work {
	return func(memory []float32) {
		to := memory[m.at[0]:][:4*s.vecs]
		for i := range to {
			to[i] = s.value
		}
	}
}

// shuffle is the work of shuffleSpec.
func (m machine) shuffle(s shuffleSpec) Work {
	return func(memory []float32) {
		for p := range s.pixels {
			from, to := memory[m.at[0]+p*s.pitch:][:2*s.half], memory[m.at[1]+p*s.pitch:][:2*s.half]
			for i, v := range from[:s.half] {
				to[2*i], to[2*i+1] = v, from[s.half+i]
			}
		}
	}
}

// sequences runs body for each of the sequences of n numbers that a softmaxSpec or a reduceSpec describes. body gets the
// numbers side by side and may change them; store then says where the first of them lay, counted in floats of the input, and
// the number of the sequence.
func sequences(memory []float32, at, rows, n, pitch, inner int, body func(numbers []float32, first, index int)) {
	numbers := make([]float32, n)
	for row := range rows {
		for k := range inner {
			first := row*pitch + k
			for i := range numbers {
				numbers[i] = memory[at+first+i*inner]
			}
			body(numbers, first, row*inner+k)
		}
	}
}

// softmax is the work of softmaxSpec.
func (m machine) softmax(s softmaxSpec) Work {
	return func(memory []float32) {
		sequences(memory, m.at[0], s.rows, s.n, s.pitch, s.inner, func(numbers []float32, first, _ int) {
			top, sum := float32(math.Inf(-1)), float32(0)
			for _, v := range numbers {
				if v > top {
					top = v
				}
			}
			for i := range numbers {
				numbers[i] -= top
			}
			m.Unary(native.Exp, numbers)
			for _, v := range numbers {
				sum += v
			}
			for i, v := range numbers {
				memory[m.at[1]+first+i*s.inner] = v / sum
			}
		})
	}
}

// reduce is the work of reduceSpec.
func (m machine) reduce(s reduceSpec) Work {
	return func(memory []float32) {
		sequences(memory, m.at[0], s.rows, s.n, s.pitch, s.inner, func(numbers []float32, _, index int) {
			result := numbers[0]
			for _, v := range numbers[1:] {
				switch s.op {
				case "ReduceMax":
					result = max(result, v)
				case "ReduceMin":
					result = min(result, v)
				default:
					result += v
				}
			}
			if s.op == "ReduceMean" {
				result /= float32(s.n)
			}
			memory[m.at[1]+index] = result
		})
	}
}

// resize is the work of resizeSpec. Its tables hold integers as the bits of floats.
func (m machine) resize(s resizeSpec) Work {
	each := 4 * s.vecs
	place := func(memory []float32, table, i int) int { return int(math.Float32bits(memory[table+i])) / 4 }
	if !s.linear {
		return func(memory []float32) {
			to := memory[m.at[3]:]
			for row := range s.rows {
				line := m.at[0] + place(memory, m.at[1], row)
				for col := range s.cols {
					copy(to[:each], memory[line+place(memory, m.at[2], col):])
					to = to[each:]
				}
			}
		}
	}
	return func(memory []float32) {
		to := memory[m.at[3]:]
		for row := range s.rows {
			upper, lower, wy := m.at[0]+place(memory, m.at[1], 3*row), m.at[0]+place(memory, m.at[1], 3*row+1), memory[m.at[1]+3*row+2]
			for col := range s.cols {
				left, right, wx := place(memory, m.at[2], 3*col), place(memory, m.at[2], 3*col+1), memory[m.at[2]+3*col+2]
				a, b := memory[upper+left:][:each], memory[upper+right:][:each]
				c, d := memory[lower+left:][:each], memory[lower+right:][:each]
				for i := range a {
					over := a[i] + wx*(b[i]-a[i])
					under := c[i] + wx*(d[i]-c[i])
					to[i] = over + wy*(under-over)
				}
				to = to[each:]
			}
		}
	}
}
