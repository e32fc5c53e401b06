//go:build !js

package autolabel

import "github.com/irum-app/irum/engine/tflite"

// backboneFormats are the files that AddBackbone takes.
var backboneFormats = []string{"onnx", "tflite"}

// fromTFLite converts a TFLite network to ONNX.
func fromTFLite(data []byte) ([]byte, error) {
	converted, err := tflite.Convert(data, tflite.Options{})
	if err != nil {
		return nil, unusable(err)
	}
	return converted, nil
}
