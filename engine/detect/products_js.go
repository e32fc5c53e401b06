package detect

// slack is how many numbers behind the last one of an operand may be read.
const slack = 0

// addProducts adds x[k*stride] * w[k*n:][:n] to y, for all k of count: every product of matrices is made of it. Places of x that are zero
// are jumped over, of which there are many behind a Relu.
func addProducts(y, x []float32, stride int, w []float32, count int) {
	n := len(y)
	k := 0
	for ; k+4 <= count; k += 4 {
		x0, x1, x2, x3 := x[k*stride], x[(k+1)*stride], x[(k+2)*stride], x[(k+3)*stride]
		if x0 == 0 && x1 == 0 && x2 == 0 && x3 == 0 {
			continue
		}
		w0, w1, w2, w3 := w[k*n:][:n], w[(k+1)*n:][:n], w[(k+2)*n:][:n], w[(k+3)*n:][:n]
		for i := range y {
			y[i] += float32(float32(x0*w0[i])+float32(x1*w1[i])) + float32(float32(x2*w2[i])+float32(x3*w3[i]))
		}
	}
	for ; k < count; k++ {
		v := x[k*stride]
		if v == 0 {
			continue
		}
		for i, u := range w[k*n:][:n] {
			y[i] += float32(v * u)
		}
	}
}

// multiply sets y [places, out] to x [places, in] times the weights, plus the bias.
func (d *dense) multiply(y, x []float32) {
	for p := 0; p*d.out < len(y); p++ {
		row := y[p*d.out:][:d.out]
		copy(row, d.bias.value)
		addProducts(row, x[p*d.in:][:d.in], 1, d.weights.value, d.in)
	}
}

// multiplyBack sets dx [places, in] to dy [places, out] times the transposed weights.
func (d *dense) multiplyBack(dx, dy []float32) {
	turned := make([]float32, d.in*d.out)
	for k := range d.in {
		for i := range d.out {
			turned[i*d.in+k] = d.weights.value[k*d.out+i]
		}
	}
	clear(dx)
	for p := 0; p*d.out < len(dy); p++ {
		addProducts(dx[p*d.in:][:d.in], dy[p*d.out:][:d.out], 1, turned, d.out)
	}
}

// correlate adds to dw [in, out] the product of the transposed x and dy.
func (d *dense) correlate(dw, dy, x []float32) {
	for k := range d.in {
		addProducts(dw[k*d.out:][:d.out], x[k:], d.in, dy, len(dy)/d.out)
	}
}

// addScaled adds x * factor, by columns, to to: rows of as many numbers as factor has.
func addScaled(to, x, factor []float32, rows int) {
	n := len(factor)
	for r := range rows {
		a, b := to[r*n:][:n], x[r*n:][:n]
		for i := range a {
			a[i] += float32(b[i] * factor[i])
		}
	}
}

// addDots adds to each sum its column of x*y, over rows.
func addDots(sum, x, y []float32, rows int) {
	n := len(sum)
	for r := range rows {
		a, b := x[r*n:][:n], y[r*n:][:n]
		for i := range a {
			sum[i] += float32(a[i] * b[i])
		}
	}
}
