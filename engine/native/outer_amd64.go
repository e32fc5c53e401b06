package native

//go:noescape
func outer16x1(o *outer, a, b, c *float32)

//go:noescape
func outer16x2(o *outer, a, b, c *float32)

//go:noescape
func outer16x3(o *outer, a, b, c *float32)

//go:noescape
func outer16x4(o *outer, a, b, c *float32)

//go:noescape
func outer16x5(o *outer, a, b, c *float32)

//go:noescape
func outer16x6(o *outer, a, b, c *float32)

//go:noescape
func outer8x1(o *outer, a, b, c *float32)

//go:noescape
func outer8x2(o *outer, a, b, c *float32)

//go:noescape
func outer8x3(o *outer, a, b, c *float32)

//go:noescape
func outer8x4(o *outer, a, b, c *float32)

//go:noescape
func outer8x5(o *outer, a, b, c *float32)

//go:noescape
func outer8x6(o *outer, a, b, c *float32)

func assemblyOuter(o *outer, rows int, wide bool, a, b, c *float32) {
	if !wide {
		rows += Rows
	}
	switch rows {
	case 1:
		outer16x1(o, a, b, c)
	case 2:
		outer16x2(o, a, b, c)
	case 3:
		outer16x3(o, a, b, c)
	case 4:
		outer16x4(o, a, b, c)
	case 5:
		outer16x5(o, a, b, c)
	case 6:
		outer16x6(o, a, b, c)
	case 7:
		outer8x1(o, a, b, c)
	case 8:
		outer8x2(o, a, b, c)
	case 9:
		outer8x3(o, a, b, c)
	case 10:
		outer8x4(o, a, b, c)
	case 11:
		outer8x5(o, a, b, c)
	case 12:
		outer8x6(o, a, b, c)
	}
}
