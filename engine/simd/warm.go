package simd

// warmTurns is how often warm calls each kernel. V8 counts the bytes of code that a function runs through, as it were, and has
// its optimising compiler take on what has run through 13 million; a call of a kernel for no units counts for the size of
// its first, simple machine code, 10 to 30 KB.
const warmTurns = 2000

// warm is a function that calls every kernel of several units for none of them. It computes nothing: the browser's optimising
// compiler finds the kernels hot and works on them in the background, while the host still writes the weights.
func (p *planner) warm() *function {
	f := newFunction("warm", 0)
	known := map[int]bool{}
	for _, c := range p.calls {
		if c.step != nil || c.units < 2 || known[c.function] {
			continue
		}
		known[c.function] = true
		f.repeat("turn", warmTurns, func() {
			for _, a := range c.args {
				f.number(p.address(a))
			}
			f.number(0)
			f.number(0)
			f.call(c.function)
		})
	}
	return f
}
