//go:build !js

package exec

import (
	"github.com/irum-app/irum/engine/native"
	"github.com/irum-app/irum/engine/simd"
)

// twins are the native kernels in Go, whether or not this processor has those in assembly.
func twins() []way {
	return []way{{name: "twins of native kernels", host: nativeHost{native.Portable()}, config: simd.Native}}
}
