// Package engine runs convolutional neural networks: it loads ONNX, compiles it for the host, and turns images into
// embeddings and class scores. It does no I/O of its own and works alike in a browser (WebAssembly SIMD through the
// browser's own compiler) and natively (the same kernel bytes under wazero), so that both give the same scores.
package engine
