package native

//go:noescape
func columnSums(sum, x *float32, stepX, rows, cols int)

//go:noescape
func columnDots(sum, x *float32, stepX int, y *float32, stepY, rows, cols int)

//go:noescape
func columnCentredDots(sum, x *float32, stepX int, y *float32, stepY int, mean *float32, rows, cols int)

//go:noescape
func columnSquares(sum, x *float32, stepX int, mean *float32, rows, cols int)

//go:noescape
func rowsScale(to *float32, stepTo int, x *float32, stepX int, factor, shift *float32, rows, cols int, lo, hi float32)

//go:noescape
func rowsBlend(to *float32, stepTo int, x *float32, stepX int, y *float32, stepY int, a, b, shift *float32, rows, cols int)

//go:noescape
func rowsAddScaled(to *float32, stepTo int, x *float32, stepX int, factor *float32, rows, cols int)

//go:noescape
func rowsClaim(to *float32, stepTo int, x *float32, stepX int, y *float32, stepY int, left *float32, stepLeft, rows, cols int)

//go:noescape
func vectorGate(to, x, y *float32, n int, lo, hi float32)
