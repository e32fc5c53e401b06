//go:build !js

package native

// Only programs in a JavaScript host install a module of kernels.

func installed() bool { return false }

func moduleTiles(*Tile, int, bool, *float32, *float32, *float32, *float32, *float32) {}

func moduleOuter(*outer, int, bool, *float32, *float32, *float32) {}

func moduleSums(*float32, *float32, int, int, int) {}

func moduleDots(*float32, *float32, int, *float32, int, Planes, int) {}

func moduleAddScaled(*float32, int, *float32, int, *float32, Planes, int) {}

func moduleAdd(*float32, *float32, *float32, int, float32, float32) {}

func moduleClamp(*float32, int, float32, float32) {}

func moduleGate(*float32, *float32, *float32, int, float32, float32) {}

func moduleUnpack(*float32, *int8, int, float32) {}
