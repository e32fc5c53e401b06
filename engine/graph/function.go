package graph

import "math"

// Activation is a function of one number, named by its operator, with the parameters that it takes.
type Activation struct {
	Op          string // empty for none
	Alpha, Beta float32
}

// functions holds every activation, without the bounds of Clamp.
var functions = map[string]func(a Activation, x float64) float64{
	"Sigmoid":     func(_ Activation, x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	"Tanh":        func(_ Activation, x float64) float64 { return math.Tanh(x) },
	"HardSigmoid": func(a Activation, x float64) float64 { return min(max(float64(a.Alpha)*x+float64(a.Beta), 0), 1) },
	"HardSwish":   func(_ Activation, x float64) float64 { return x * min(max(x/6+0.5, 0), 1) },
	"Silu":        func(_ Activation, x float64) float64 { return x / (1 + math.Exp(-x)) },
	"Gelu":        func(_ Activation, x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) },
	"GeluTanh": func(_ Activation, x float64) float64 {
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	},
	"Erf": func(_ Activation, x float64) float64 { return math.Erf(x) },
	"LeakyRelu": func(a Activation, x float64) float64 {
		if x < 0 {
			return float64(a.Alpha) * x
		}
		return x
	},
	"Elu": func(a Activation, x float64) float64 {
		if x < 0 {
			return float64(a.Alpha) * math.Expm1(x)
		}
		return x
	},
	"Log":        func(_ Activation, x float64) float64 { return math.Log(x) },
	"Reciprocal": func(_ Activation, x float64) float64 { return 1 / x },
	"Softplus":   func(_ Activation, x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
	"Mish": func(_ Activation, x float64) float64 {
		return x * math.Tanh(max(x, 0)+math.Log1p(math.Exp(-math.Abs(x))))
	},
	"Exp":   func(_ Activation, x float64) float64 { return math.Exp(x) },
	"Sqrt":  func(_ Activation, x float64) float64 { return math.Sqrt(x) },
	"Neg":   func(_ Activation, x float64) float64 { return -x },
	"Abs":   func(_ Activation, x float64) float64 { return math.Abs(x) },
	"Floor": func(_ Activation, x float64) float64 { return math.Floor(x) },
	"Ceil":  func(_ Activation, x float64) float64 { return math.Ceil(x) },
	"Round": func(_ Activation, x float64) float64 { return math.RoundToEven(x) },
}

// Known tells whether there is a function of the name of a.
func (a Activation) Known() bool { return functions[a.Op] != nil }

// Apply sets every out[i] to the function of x[i], which may be the same slice. The Activation must be Known.
func (a Activation) Apply(out, x []float32) {
	f := functions[a.Op]
	for i, v := range x {
		out[i] = float32(f(a, float64(v)))
	}
}

// Arithmetic gives the operator of two numbers of that name, nil if there is none. PRelu is x where x is not negative,
// and x*y elsewhere.
func Arithmetic(op string) func(x, y float32) float32 {
	switch op {
	case "Add":
		return func(x, y float32) float32 { return x + y }
	case "Sub":
		return func(x, y float32) float32 { return x - y }
	case "Mul":
		return func(x, y float32) float32 { return x * y }
	case "Div":
		return func(x, y float32) float32 { return x / y }
	case "Min":
		return func(x, y float32) float32 { return min(x, y) }
	case "Max":
		return func(x, y float32) float32 { return max(x, y) }
	case "Pow":
		return func(x, y float32) float32 { return float32(math.Pow(float64(x), float64(y))) }
	case "PRelu":
		return func(x, y float32) float32 {
			if x < 0 {
				return x * y
			}
			return x
		}
	}
	return nil
}

// integerArithmetic is Arithmetic for constants of integers; a division by 0 gives 0.
func integerArithmetic(op string) func(x, y int64) int64 {
	switch op {
	case "Add":
		return func(x, y int64) int64 { return x + y }
	case "Sub":
		return func(x, y int64) int64 { return x - y }
	case "Mul":
		return func(x, y int64) int64 { return x * y }
	case "Min":
		return func(x, y int64) int64 { return min(x, y) }
	case "Max":
		return func(x, y int64) int64 { return max(x, y) }
	case "Div":
		return func(x, y int64) int64 {
			if y == 0 {
				return 0
			}
			return x / y
		}
	}
	return nil
}
