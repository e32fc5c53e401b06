package tflite

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

// The default backbone: the SSD-MobileNetV2 detector (23 OpenImages classes) inside the npm package @mediapipe/objectron
// 0.4.1675468480, whose package.json says Apache-2.0. Its TFLite file lies inside the package's asset bundle.
const (
	objectronSize   = 9_987_728
	objectronSHA256 = "d0a5255b"
	objectronOutput = "FeatureExtractor/MobilenetV2/Conv_1/Relu6"
)

// Objectron cuts the default backbone's TFLite file out of objectron_solution_packed_assets.data and checks that it is
// the one Irum was measured with.
func Objectron(bundle []byte) ([]byte, error) {
	for at := 0; ; {
		i := bytes.Index(bundle[at:], []byte("TFL3"))
		if i < 0 {
			return nil, fmt.Errorf("the bundle holds no TFLite file whose SHA-256 begins with %s: install the pinned version of @mediapipe/objectron", objectronSHA256)
		}
		start := at + i - 4
		at += i + 4
		if start < 0 || start+objectronSize > len(bundle) {
			continue
		}
		file := bundle[start : start+objectronSize]
		sum := sha256.Sum256(file)
		if hex.EncodeToString(sum[:])[:len(objectronSHA256)] == objectronSHA256 {
			return file, nil
		}
	}
}

// Backbone converts the default backbone: an image [1,3,300,300] in, its embedding [1,1280] out, weights in half precision.
func Backbone(bundle []byte) ([]byte, error) {
	file, err := Objectron(bundle)
	if err != nil {
		return nil, err
	}
	return Convert(file, Options{Output: objectronOutput, Embed: true, Metadata: []onnx.Property{
		{Key: "irum.name", Value: "SSD-MobileNetV2 features"},
		{Key: "irum.source", Value: "npm @mediapipe/objectron 0.4.1675468480"},
		{Key: "irum.license", Value: "Apache-2.0 (the package's package.json)"},
		{Key: "irum.embedding", Value: embedding},
	}})
}
