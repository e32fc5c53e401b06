// Package simd generates WebAssembly for one network: kernels with f32x4 arithmetic, specialised to each layer's shape,
// with packed weights, fused bias, residual and clamp.
//
// Compile turns a graph.Network into a Program: the bytes of a module, what to write into its memory before the first
// run, and the steps to run. The module imports its memory and exports run(from, to), which does the calls [from, to) of
// the plan; a host (package exec) may stop between them. Steps that have no kernel are left to the portable executor,
// which reads and writes the module's memory in the network's own layout.
//
// Inside, images are NHWC: a pixel's channels lie together, and the distance between pixels (the pitch) is the number of
// channels rounded up to whole vectors of 4. The lanes between are written and computed like the others, but never reach a
// result, because dense layers run over the true number of channels. Every buffer is a whole number of 64-byte lines, so a
// last vector never leaves it.
//
// The layers of the package: encode.go and opcodes.go write modules, function.go is an assembler for one function; conv*.go,
// window.go (depthwise convolutions and pools), elementwise.go with activation.go, rows.go (softmax and reductions),
// resize.go, copy.go (everything that only moves numbers) and move.go (between the two layouts) are the kernel families;
// pack.go lays out weights, plan*.go turn a network into calls, memory.go places buffers, config.go holds what can be tuned.
package simd
