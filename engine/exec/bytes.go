package exec

import "unsafe"

// asBytes is the memory of x. WebAssembly's memory is little-endian, as is every platform on which generated code runs
// (amd64, arm64, wasm).
func asBytes(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
}
