package simd

import "fmt"

// packSpec is matrix.pack as generated code, for every group of a convolution: vectors gather what Go would move number by
// number, and no second copy of the weights lies in Go's memory.
type packSpec struct {
	matrix
	vecs   int // of a block
	groups int // their weights lie outputs*stepOutput floats apart
}

func (s packSpec) name() string {
	return fmt.Sprintf("f32_pack_x%d_k%d_n%d_g%d_%d_%d_%d", 4*s.vecs, s.depth(), s.outputs, s.groups, s.stepOutput, s.stepOuter, s.stepInner)
}

// build generates a kernel of the parameters (weights, packed weights).
func (s packSpec) build() *function {
	const in, out = 0, 1
	f := newFunction(s.name(), 2)
	start, width := f.local(typeI32), 4*s.vecs
	f.repeat("group", s.groups, func() {
		f.copyTo(start, in, 0)
		f.repeat("block", s.outputs/width, func() {
			s.block(f, start, out, width)
			f.advance(start, 4*width*s.stepOutput)
		})
		if rest := s.outputs % width; rest > 0 {
			s.block(f, start, out, rest)
		}
		f.advance(in, 4*s.outputs*s.stepOutput)
	})
	return f
}

// block packs the outputs [0, n) of those that begin at start, and moves out behind them.
func (s packSpec) block(f *function, start, out, n int) {
	row, from, value := f.shared("row", typeI32), f.shared("from", typeI32), f.shared("value", typeV128)
	vecs := (n + 3) / 4
	f.copyTo(row, start, 0)
	f.repeat("outer", s.outer, func() {
		f.copyTo(from, row, 0)
		f.repeat("inner", s.inner, func() {
			for v := range vecs {
				for lane := range min(4, n-4*v) {
					gatherLane(f, from, value, 4*(4*v+lane)*s.stepOutput, lane)
				}
				f.store(out, 16*v, value, 4)
			}
			f.advance(out, 16*vecs)
			f.advance(from, 4*s.stepInner)
		})
		f.advance(row, 4*s.stepOuter)
	})
}

// gatherLane puts the float at address from + offset into that lane of value. The first lane clears the others.
func gatherLane(f *function, from, value, offset, lane int) {
	f.get(from)
	if lane == 0 {
		f.vec(vecLoadZero32)
		f.memory(2, offset)
	} else {
		f.get(value)
		f.vec(vecLoadLane32)
		f.memory(2, offset)
		f.op(byte(lane))
	}
	f.set(value)
}

// delivery is a constant that a kernel packs: the host writes the model's own numbers, the kernel moves them to their place.
type delivery struct {
	constant int // index; its offset is known when buffers are placed
	function int
	to       int // bytes
}

// packer is a kernel of the parameters (weights, packed weights).
type packer interface {
	comparable
	floats() int // packed
	build() *function
}

// floats is the number of packed weights.
func (s packSpec) floats() int { return s.groups * s.size() }

// packed gives the constant of that key, made of data by spec at its first use.
func (p *planner) packed(key packing, data []float32, spec packSpec) ref {
	if !p.cfg.Native {
		return deliver(p, key, data, spec)
	}
	return p.share(key, func() []float32 { // there is no module, but the processor's own speed
		out := make([]float32, spec.floats())
		for g := range spec.groups {
			spec.pack(out[g*spec.size():], data[g*spec.outputs*spec.stepOutput:], spec.vecs)
		}
		return out
	})
}

// deliver gives the constant of that key, which the kernel of spec makes of data before the first run.
func deliver[P packer](p *planner, key packing, data []float32, spec P) ref {
	if r, ok := p.held[key]; ok {
		return r
	}
	i, ok := p.known[spec]
	if !ok {
		i = len(p.functions)
		p.functions = append(p.functions, spec.build())
		p.codeBytes += len(p.functions[i].code)
		p.known[spec] = i
	}
	r := ref{-1, p.constantsEnd}
	p.constantsEnd += roundUp(4*spec.floats(), line)
	p.deliveries = append(p.deliveries, delivery{len(p.constants), i, r.offset})
	p.constants = append(p.constants, Constant{Data: data, Call: -1})
	p.held[key] = r
	return r
}
