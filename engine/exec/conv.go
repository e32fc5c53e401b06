package exec

import "github.com/irum-app/irum/engine/graph"

// conv computes a grouped convolution, NCHW, weights [M, C/group, kH, kW].
func conv(out, x, w, bias []float32, in, shape []int, g graph.Geometry) {
	channels, filters := in[1], shape[1]
	perGroup, filtersPerGroup := channels/g.Group, filters/g.Group
	inArea, outArea, kernel := in[2]*in[3], shape[2]*shape[3], g.KernelH*g.KernelW
	pointwise := kernel == 1 && g.StrideH == 1 && g.StrideW == 1 && inArea == outArea
	for n := range in[0] {
		for f := range filters {
			y := out[(n*filters+f)*outArea:][:outArea]
			start := float32(0)
			if bias != nil {
				start = bias[f]
			}
			for i := range y {
				y[i] = start
			}
		}
		for group := range g.Group {
			xs := x[(n*channels+group*perGroup)*inArea:][:perGroup*inArea]
			ys := out[(n*filters+group*filtersPerGroup)*outArea:][:filtersPerGroup*outArea]
			ws := w[group*filtersPerGroup*perGroup*kernel:][:filtersPerGroup*perGroup*kernel]
			if pointwise {
				multiply(ys, ws, xs, filtersPerGroup, perGroup, outArea)
				continue
			}
			for f := range filtersPerGroup {
				for c := range perGroup {
					plane(ys[f*outArea:][:outArea], xs[c*inArea:][:inArea], ws[(f*perGroup+c)*kernel:][:kernel], in[2], in[3], shape[2], shape[3], g)
				}
			}
		}
	}
}

// plane adds the convolution of one h x w channel with one kernel to y.
func plane(y, x, w []float32, h, width, outH, outW int, g graph.Geometry) {
	for kh := range g.KernelH {
		for kw := range g.KernelW {
			v := w[kh*g.KernelW+kw]
			dx := kw*g.DilationW - g.Left
			// the outputs whose input column dx + ox*stride lies inside the image
			from := 0
			if dx < 0 {
				from = (-dx + g.StrideW - 1) / g.StrideW
			}
			to := 0
			if last := width - 1 - dx; last >= 0 {
				to = min(last/g.StrideW+1, outW)
			}
			for oy := range outH {
				iy := oy*g.StrideH + kh*g.DilationH - g.Top
				if iy < 0 || iy >= h || from >= to {
					continue
				}
				row, line := y[oy*outW+from:oy*outW+to], x[iy*width+from*g.StrideW+dx:]
				if g.StrideW == 1 {
					line = line[:len(row)]
					for i := range row {
						row[i] += v * line[i]
					}
					continue
				}
				for i := range row {
					row[i] += v * line[i*g.StrideW]
				}
			}
		}
	}
}

// multiply adds a (m x k) times b (k x n) to c (m x n), all row-major. Four rows of b are taken at a time and columns in
// blocks that stay in the first cache, so that c is read and written a quarter as often.
func multiply(c, a, b []float32, m, k, n int) {
	const block = 1024
	for start := 0; start < n; start += block {
		end := min(start+block, n)
		for i := range m {
			row, weights := c[i*n+start:i*n+end], a[i*k:][:k]
			p := 0
			for ; p+4 <= k; p += 4 {
				w0, w1, w2, w3 := weights[p], weights[p+1], weights[p+2], weights[p+3]
				b0 := b[p*n+start:][:len(row)]
				b1 := b[(p+1)*n+start:][:len(row)]
				b2 := b[(p+2)*n+start:][:len(row)]
				b3 := b[(p+3)*n+start:][:len(row)]
				for j := range row {
					row[j] += w0*b0[j] + w1*b1[j] + w2*b2[j] + w3*b3[j]
				}
			}
			for ; p < k; p++ {
				w0, b0 := weights[p], b[p*n+start:][:len(row)]
				for j := range row {
					row[j] += w0 * b0[j]
				}
			}
		}
	}
}
