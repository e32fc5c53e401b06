package simd

// Weights of large layers come from main memory in every run, and over a small map there is little to do with each of them:
// waiting for them was a fifth of the time of a 1x1 convolution over 7x7 pixels. WebAssembly has no prefetch, but it has
// loads. While the kernel computes one block of output channels it reads a byte here and there of the next block's weights,
// in time with its work, so that they are in a near cache when they are needed.

// touchMin is the size of weights in bytes from which on touching pays. Smaller ones stay in the second-level cache anyway.
const touchMin = 1 << 15

// prepareTouch decides whether, and in what steps, each block touches the weights of the next.
func (g *convKernel) prepareTouch() {
	turns := 0 // of the innermost loop in one block
	for _, s := range g.sweeps() {
		turns += s.turns * len(s.sizes)
	}
	turns *= g.loops[0].count * g.loops[1].count * (g.inner / g.cfg.Unroll)
	full, _ := g.blocks()
	if g.groups > 1 || g.panels() < touchMin || full < 2 || turns == 0 || turns > g.panel() {
		return
	}
	g.touchStep = (g.panel() + turns - 1) / turns
	reach := g.touchStep * turns // below two blocks
	// What one block touches ends with the next block, or with the weights.
	g.touchLead = 2*g.panel() - reach
	g.copyTo(g.shared("touch limit", typeI32), g.b, g.panels()-reach)
}

// panel is the size of a whole block's weights in bytes.
func (s convSpec) panel() int { return 16 * s.tileVecs * s.depth() }

// aimTouch sets out for the block of weights behind the one at b.
func (g *convKernel) aimTouch(b int) {
	if g.touchStep == 0 {
		return
	}
	to, limit := g.shared("touch", typeI32), g.shared("touch limit", typeI32)
	g.copyTo(to, b, g.touchLead)
	g.get(to)
	g.get(limit)
	g.get(to)
	g.get(limit)
	g.op(opI32LtU, opSelect)
	g.set(to)
}

// touch reads a byte of the weights to come.
func (g *convKernel) touch() {
	if g.touchStep == 0 {
		return
	}
	to := g.shared("touch", typeI32)
	g.get(to)
	g.op(opI32Load8)
	g.memory(0, 0)
	g.op(opDrop)
	g.advance(to, g.touchStep)
}
