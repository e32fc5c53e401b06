// Package torch trains whole networks on the host's own PyTorch, on its GPUs or its processor. Python gets a network, pixels and
// labels as plain files and gives weights back: reading ONNX, decoding images, writing the model and measuring it are done by
// Irum's engine, so that what was measured is what suggests.
package torch
