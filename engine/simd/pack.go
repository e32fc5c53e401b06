package simd

import "github.com/irum-app/irum/engine/graph"

// packMatrix lays out weights for conv: blocks of vecs vectors of outputs (the last block is as wide as what is left),
// in each block one line per inner position, outputs beyond n as zeros. at gives the weight of output n at position k.
func packMatrix(n, depth, vecs int, at func(n, k int) float32) []float32 {
	out := make([]float32, 0, roundUp(n, 4)*depth)
	for start := 0; start < n; start += 4 * vecs {
		width := min(4*vecs, roundUp(n-start, 4))
		for k := range depth {
			for i := start; i < start+width; i++ {
				if i < n {
					out = append(out, at(i, k))
				} else {
					out = append(out, 0)
				}
			}
		}
	}
	return out
}

// packConv packs the weights [M, C/group, kH, kW] of a convolution, group after group, positions in the order of the
// window with channels innermost.
func packConv(w []float32, filters, perGroup int, g graph.Geometry, vecs int) []float32 {
	area, each := g.KernelH*g.KernelW, filters/g.Group
	var out []float32
	for group := range g.Group {
		out = append(out, packMatrix(each, area*perGroup, vecs, func(n, k int) float32 {
			return w[((group*each+n)*perGroup+k%perGroup)*area+k/perGroup]
		})...)
	}
	return out
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
