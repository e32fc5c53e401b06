package native

//go:noescape
func vectorAdd(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorSub(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorMul(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorDiv(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorMin(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorMax(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorPRelu(to, x, y *float32, n int, lo, hi float32)

//go:noescape
func vectorSqrt(x *float32, n int)

//go:noescape
func vectorAbs(x *float32, n int)

//go:noescape
func vectorNeg(x *float32, n int)

//go:noescape
func vectorFloor(x *float32, n int)

//go:noescape
func vectorCeil(x *float32, n int)

//go:noescape
func vectorRound(x *float32, n int)

//go:noescape
func vectorReciprocal(x *float32, n int)

//go:noescape
func vectorClamp(x *float32, n int, lo, hi float32)

//go:noescape
func vectorAffine(x *float32, n int, factor, plus float32)

//go:noescape
func vectorHorner(p, z *float32, n int, c float32)

//go:noescape
func vectorExp(x *float32, n int)

// assemblyBinary computes n floats, a multiple of 4.
func assemblyBinary(op Binary, to, x, y *float32, n int, lo, hi float32) {
	switch op {
	case Add:
		vectorAdd(to, x, y, n, lo, hi)
	case Sub:
		vectorSub(to, x, y, n, lo, hi)
	case Mul:
		vectorMul(to, x, y, n, lo, hi)
	case Div:
		vectorDiv(to, x, y, n, lo, hi)
	case Min:
		vectorMin(to, x, y, n, lo, hi)
	case Max:
		vectorMax(to, x, y, n, lo, hi)
	case PRelu:
		vectorPRelu(to, x, y, n, lo, hi)
	}
}

// assemblyUnary computes n floats, a multiple of 4.
func assemblyUnary(op Unary, x *float32, n int) {
	switch op {
	case Sqrt:
		vectorSqrt(x, n)
	case Abs:
		vectorAbs(x, n)
	case Neg:
		vectorNeg(x, n)
	case Floor:
		vectorFloor(x, n)
	case Ceil:
		vectorCeil(x, n)
	case Round:
		vectorRound(x, n)
	case Reciprocal:
		vectorReciprocal(x, n)
	case Exp:
		vectorExp(x, n)
	}
}

func assemblyClamp(x *float32, n int, lo, hi float32)        { vectorClamp(x, n, lo, hi) }
func assemblyAffine(x *float32, n int, factor, plus float32) { vectorAffine(x, n, factor, plus) }
func assemblyHorner(p, z *float32, n int, c float32)         { vectorHorner(p, z, n, c) }
