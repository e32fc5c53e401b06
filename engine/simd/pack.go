package simd

import "github.com/irum-app/irum/engine/graph"

// matrix says where the weights of a product lie in a model's tensor: output i at inner position (p, q) is element
// i*stepOutput + p*stepOuter + q*stepInner.
type matrix struct {
	outputs, outer, inner            int
	stepOutput, stepOuter, stepInner int
}

func (m matrix) depth() int { return m.outer * m.inner }

// pack lays out weights for conv in to: blocks of vecs vectors of outputs (the last block is as wide as what is left), in
// each block one line per inner position, outputs beyond the last as zeros.
func (m matrix) pack(to, w []float32, vecs int) {
	for start := 0; start < m.outputs; start += 4 * vecs {
		width := min(4*vecs, roundUp(m.outputs-start, 4))
		block := to[start*m.depth():][:width*m.depth()]
		for i := range min(width, m.outputs-start) {
			at := i
			for p := range m.outer {
				from := (start+i)*m.stepOutput + p*m.stepOuter
				for range m.inner {
					block[at] = w[from]
					at += width
					from += m.stepInner
				}
			}
		}
	}
}

// size is the number of floats that pack fills.
func (m matrix) size() int { return roundUp(m.outputs, 4) * m.depth() }

// windowMatrix is the matrix of the weights [outputs, perGroup, kH, kW] of one group: positions in the order of the window with
// channels innermost.
func windowMatrix(outputs, perGroup int, g graph.Geometry) matrix {
	area := g.KernelH * g.KernelW
	return matrix{outputs: outputs, outer: area, inner: perGroup, stepOutput: perGroup * area, stepOuter: 1, stepInner: area}
}

// packBias gives every group's bias in whole vectors.
func packBias(bias []float32, filters, groups int) []float32 {
	each := filters / groups
	out := make([]float32, groups*roundUp(each, 4))
	for i := range bias {
		out[i/each*roundUp(each, 4)+i%each] = bias[i]
	}
	return out
}

// packDepthwise lays out [C, 1, kH, kW] as window positions of whole pixels.
func packDepthwise(w []float32, channels, area int) []float32 {
	pitch := roundUp(channels, 4)
	out := make([]float32, area*pitch)
	for c := range channels {
		for k := range area {
			out[k*pitch+c] = w[c*area+k]
		}
	}
	return out
}

// packImage lays out an NCHW image of constants pixel after pixel.
func packImage(x []float32, channels, area int) []float32 { return packDepthwise(x, channels, area) }

func roundUp(n, to int) int { return (n + to - 1) / to * to }
