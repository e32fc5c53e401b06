package native

import "unsafe"

// Call is where the kernels of a WebAssembly module (simd.KernelModule), which lies over the memory of the program that calls it, find
// their operands. Each entry takes eight bytes, of which a module reads the first four.
type Call struct {
	Pointers [CallPointers]unsafe.Pointer
	Numbers  [CallNumbers]int64 // steps are in bytes
	Lo, Hi   float32            // bounds; Lo is the factor of Unpack
}

// Entries of a Call.
const (
	CallPointers = 6
	CallNumbers  = 8
)

// Names of the kernels of a module. The ones of tiles end with the number of their rows, from 1 to Rows.
const (
	TileName      = "tile"      // a, b, bias, c, residual or nil; ColA, ColC, Inner, Count, halves; Lo, Hi
	OuterName     = "outer"     // a, b, c; RowA, RowB, RowC, Count, halves
	SumsName      = "sums"      // sum, x; stepX, rows, cols
	DotsName      = "dots"      // sum, x, y; stepX, stepY, rows, cols, planes, pitchX, pitchY
	AddScaledName = "addScaled" // to, x, factor; stepTo, stepX, rows, cols, planes, pitchTo, pitchX
	AddName       = "add"       // to, x, y; bytes; Lo, Hi
	ClampName     = "clamp"     // x; bytes; Lo, Hi
	GateName      = "gate"      // to, x, y; bytes; Lo, Hi
	UnpackName    = "unpack"    // to, x; bytes of to; Lo
)

// KernelNames are all of them.
func KernelNames() []string {
	names := []string{SumsName, DotsName, AddScaledName, AddName, ClampName, GateName, UnpackName}
	for rows := 1; rows <= Rows; rows++ {
		names = append(names, tileNames[rows], outerNames[rows])
	}
	return names
}

var tileNames, outerNames = numbered(TileName), numbered(OuterName)

func numbered(name string) (out [Rows + 1]string) {
	for i := range out {
		out[i] = name + string(rune('0'+i))
	}
	return out
}
