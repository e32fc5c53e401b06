package grad

import (
	"math"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/native"
)

// function applies a function of one number.
type function struct {
	x, out *value
	act    graph.Activation
	lo, hi float32 // of a Clamp
}

func (f *function) result() *value { return f.out }

// vectors are the functions that the kernels compute; the scratch memory is as long as x.
var vectors = map[string]func(k native.Kernels, out, x, scratch []float32){
	"Sigmoid": func(k native.Kernels, out, x, _ []float32) { sigmoid(k, out, x) },
	"Silu": func(k native.Kernels, out, x, scratch []float32) {
		sigmoid(k, scratch, x)
		k.Binary(native.Mul, out, scratch, x, unbounded.lo, unbounded.hi)
	},
	"Tanh": func(k native.Kernels, out, x, _ []float32) { // 2*sigmoid(2x) - 1
		copy(out, x)
		k.Affine(out, 2, 0)
		sigmoid(k, out, out)
		k.Affine(out, 2, -1)
	},
	"HardSwish": func(k native.Kernels, out, x, scratch []float32) {
		hardSigmoid(k, scratch, x, 1.0/6, 0.5)
		k.Binary(native.Mul, out, scratch, x, unbounded.lo, unbounded.hi)
	},
}

func sigmoid(k native.Kernels, out, x []float32) {
	copy(out, x)
	k.Unary(native.Neg, out)
	k.Unary(native.Exp, out)
	k.Affine(out, 1, 1)
	k.Unary(native.Reciprocal, out)
}

func hardSigmoid(k native.Kernels, out, x []float32, alpha, beta float32) {
	copy(out, x)
	k.Affine(out, alpha, beta)
	k.Clamp(out, 0, 1)
}

// apply sets out to the function of x.
func (f *function) apply(n *Net, out, x, scratch []float32) {
	switch v := vectors[f.act.Op]; {
	case v != nil:
		v(n.kernels, out, x, scratch)
	case f.act.Op == "Clamp":
		copy(out, x)
		n.kernels.Clamp(out, f.lo, f.hi)
	case f.act.Op == "HardSigmoid":
		hardSigmoid(n.kernels, out, x, f.act.Alpha, f.act.Beta)
	case f.act.Op == "LeakyRelu":
		for i, v := range x {
			out[i] = max(v, 0) + f.act.Alpha*min(v, 0)
		}
	default:
		f.act.Apply(out, x)
	}
}

func (f *function) forward(n *Net) {
	n.chunks(n.count(f.out)*f.out.size, func(worker, from, to int) {
		f.apply(n, f.out.data[from:to], f.x.data[from:to], n.team.memory(worker, 0, chunk)[:to-from])
	})
}

func (f *function) backward(n *Net) {
	n.contribute(f.x, func(g []float32) {
		n.chunks(n.count(f.out)*f.out.size, func(worker, from, to int) {
			f.slope(n, g[from:to], f.out.grad[from:to], f.x.data[from:to], f.out.data[from:to], n.team.memory(worker, 0, chunk)[:to-from])
		})
	})
}

// slope sets g to dy times the function's derivative at x, where it is y.
func (f *function) slope(n *Net, g, dy, x, y, scratch []float32) {
	k := n.kernels
	mul := func(to, a, b []float32) { k.Binary(native.Mul, to, a, b, unbounded.lo, unbounded.hi) }
	switch f.act.Op {
	case "Clamp":
		k.Gate(g, dy, y, f.lo, f.hi)
	case "HardSigmoid":
		k.Gate(g, dy, y, 0, 1)
		k.Affine(g, f.act.Alpha, 0)
	case "Sigmoid": // y * (1 - y)
		copy(scratch, y)
		k.Affine(scratch, -1, 1)
		mul(scratch, scratch, y)
		mul(g, dy, scratch)
	case "Tanh": // 1 - y*y
		mul(scratch, y, y)
		k.Affine(scratch, -1, 1)
		mul(g, dy, scratch)
	case "Silu": // s + y * (1 - s)
		sigmoid(k, scratch, x)
		s := scratch
		for i, v := range y {
			g[i] = dy[i] * (s[i] + v*(1-s[i]))
		}
	default:
		slope := slopes[f.act.Op]
		for i, v := range dy {
			g[i] = v * slope(f.act, x[i], y[i])
		}
	}
}

// slopes are derivatives of the functions at x, where they are y. At a corner it is that of the flatter side.
var slopes = map[string]func(a graph.Activation, x, y float32) float32{
	"HardSwish": func(_ graph.Activation, x, _ float32) float32 {
		switch {
		case x <= -3:
			return 0
		case x >= 3:
			return 1
		}
		return x/3 + 0.5
	},
	"LeakyRelu": func(a graph.Activation, x, _ float32) float32 {
		if x > 0 {
			return 1
		}
		return a.Alpha
	},
	"Elu": func(a graph.Activation, x, y float32) float32 {
		if x > 0 {
			return 1
		}
		return y + a.Alpha
	},
	"Gelu": func(_ graph.Activation, x, _ float32) float32 {
		v := float64(x)
		return float32(0.5*(1+math.Erf(v/math.Sqrt2)) + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
	},
	"GeluTanh": func(_ graph.Activation, x, _ float32) float32 {
		const k = 0.7978845608028654 // sqrt(2/pi)
		v := float64(x)
		t := math.Tanh(k * (v + 0.044715*v*v*v))
		return float32(0.5*(1+t) + 0.5*v*(1-t*t)*k*(1+3*0.044715*v*v))
	},
	"Erf": func(_ graph.Activation, x, _ float32) float32 {
		return float32(2 / math.SqrtPi * math.Exp(-float64(x)*float64(x)))
	},
	"Exp":        func(_ graph.Activation, _, y float32) float32 { return y },
	"Log":        func(_ graph.Activation, x, _ float32) float32 { return 1 / x },
	"Sqrt":       func(_ graph.Activation, _, y float32) float32 { return 0.5 / y },
	"Reciprocal": func(_ graph.Activation, _, y float32) float32 { return -y * y },
	"Neg":        func(graph.Activation, float32, float32) float32 { return -1 },
	"Abs":        func(_ graph.Activation, x, _ float32) float32 { return sign(x) },
	"Softplus":   func(_ graph.Activation, x, _ float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) },
	"Mish": func(_ graph.Activation, x, _ float32) float32 {
		v := float64(x)
		t := math.Tanh(max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))))
		return float32(t + v*(1-t*t)/(1+math.Exp(-v)))
	},
}

func sign(x float32) float32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// smooth tells whether the function of that name has a derivative here.
func smooth(op string) bool {
	switch op {
	case "Clamp", "HardSigmoid", "Sigmoid", "Tanh", "Silu":
		return true
	}
	return slopes[op] != nil
}
