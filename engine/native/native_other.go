//go:build !amd64

package native

const hasAVX2 = false

// The assembly is never called on other processors.

func assemblyTiles(*Tile, int, bool, *float32, *float32, *float32, *float32, *float32) {}

func assemblyDepthwise(*Window, *float32, int, *float32, *float32, *float32, *float32) {}

func assemblyMaximum(*Window, *float32, int, *float32, *float32) {}

func assemblyAverage(*Window, *float32, int, *float32, *float32) {}

func assemblyBinary(Binary, *float32, *float32, *float32, int, float32, float32) {}

func assemblyUnary(Unary, *float32, int) {}

func assemblyClamp(*float32, int, float32, float32) {}

func assemblyAffine(*float32, int, float32, float32) {}

func assemblyHorner(*float32, *float32, int, float32) {}

func assemblyOuter(*outer, int, bool, *float32, *float32, *float32) {}

func columnSums(*float32, *float32, int, int, int) {}

func columnDots(*float32, *float32, int, *float32, int, int, int) {}

func columnCentredDots(*float32, *float32, int, *float32, int, *float32, int, int) {}

func columnSquares(*float32, *float32, int, *float32, int, int) {}

func rowsScale(*float32, int, *float32, int, *float32, *float32, int, int, float32, float32) {}

func rowsBlend(*float32, int, *float32, int, *float32, int, *float32, *float32, *float32, int, int) {}

func rowsAddScaled(*float32, int, *float32, int, *float32, int, int) {}

func rowsClaim(*float32, int, *float32, int, *float32, int, *float32, int, int, int) {}

func vectorGate(*float32, *float32, *float32, int, float32, float32) {}
