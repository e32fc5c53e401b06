package tflite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/quantise"
)

// The default backbone: the SSD-MobileNetV2 detector (23 OpenImages classes) inside the npm package @mediapipe/objectron
// 0.4.1675468480, whose package.json says Apache-2.0. Its TFLite file lies inside the package's asset bundle.
const (
	objectronSize   = 9_987_728
	objectronSHA256 = "d0a5255b"
)

// objectronFeatures are three depths of the network, of 960, 576 and 192 channels: the wide layer of blocks 15, 13 and 6.
// Classifiers on all three are right more often than on the last layer (1,280 channels), which serves the detector's own
// classes: measured with 10 and 30 images a class, 0.81 and 0.93 instead of 0.73 and 0.88 on hand signs, 0.76 and 0.83
// instead of 0.75 and 0.83 on clothes. What lies behind block 15's wide layer is not even computed.
var objectronFeatures = []string{
	"FeatureExtractor/MobilenetV2/expanded_conv_15/expand/Relu6",
	"FeatureExtractor/MobilenetV2/expanded_conv_13/expand/Relu6",
	"FeatureExtractor/MobilenetV2/expanded_conv_6/expand/Relu6",
}

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

// Backbone converts the default backbone: an image [1,3,300,300] in, its embedding [1,1728] out. Large weights are 8-bit integers
// with a scale for every channel: train's tests measure that heads are as good on it as on HalfBackbone.
func Backbone(bundle []byte) ([]byte, error) {
	half, err := HalfBackbone(bundle)
	if err != nil {
		return nil, err
	}
	m, err := onnx.Read(half)
	if err != nil {
		return nil, err
	}
	small, _, err := quantise.Weights(context.Background(), m)
	if err != nil {
		return nil, err
	}
	return onnx.Write(small), nil
}

// HalfBackbone is the default backbone with the weights as they were published, in half precision.
func HalfBackbone(bundle []byte) ([]byte, error) {
	file, err := Objectron(bundle)
	if err != nil {
		return nil, err
	}
	return Convert(file, Options{Features: objectronFeatures, Metadata: []onnx.Property{
		{Key: "irum.name", Value: "SSD-MobileNetV2 features"},
		{Key: "irum.source", Value: "npm @mediapipe/objectron 0.4.1675468480"},
		{Key: "irum.license", Value: "Apache-2.0 (the package's package.json)"},
		{Key: "irum.embedding", Value: embedding},
	}})
}

// What the detector says of every place of block 13's wide layer: its map, four numbers for each of three boxes, and a logit for each of 24
// classes of them, of which the first is the background.
const (
	proposalMap     = "FeatureExtractor/MobilenetV2/expanded_conv_13/expand/Relu6"
	proposalBoxes   = "BoxPredictor_0/BoxEncodingPredictor/Conv2D"
	proposalClasses = "BoxPredictor_0/ClassPredictor/Conv2D"
)

// ProposalHead is the part of the default backbone's detector that stands on a map which the backbone has: that map [1,576,19,19] in, named as in
// Backbone's file, [1,12,19,19] and [1,72,19,19] out. detect.Proposer joins both. Weights are in half precision.
func ProposalHead(bundle []byte) ([]byte, error) {
	file, err := Objectron(bundle)
	if err != nil {
		return nil, err
	}
	whole, err := Convert(file, Options{})
	if err != nil {
		return nil, err
	}
	m, err := onnx.Read(whole)
	if err != nil {
		return nil, err
	}
	find := func(op, name string) (string, error) {
		for _, n := range m.Graph.Nodes {
			if n.Op == op && slices.Contains(strings.Split(n.Outputs[0], ";"), name) {
				return n.Outputs[0], nil
			}
		}
		return "", fmt.Errorf("the detector has no value named %q", name)
	}
	const side, wide, anchors = 19, 576, 3
	m.Graph.Outputs = nil
	for name, channels := range map[string]int64{proposalBoxes: 4 * anchors, proposalClasses: 24 * anchors} {
		value, err := find("Conv", name)
		if err != nil {
			return nil, err
		}
		m.Graph.Outputs = append(m.Graph.Outputs, onnx.Value{Name: value, Type: onnx.Float, Dims: []int64{1, channels, side, side}})
	}
	slices.SortFunc(m.Graph.Outputs, func(a, b onnx.Value) int { return int(a.Dims[1] - b.Dims[1]) })
	from, err := find("Clip", proposalMap)
	if err != nil {
		return nil, err
	}
	m.Graph.Nodes = slices.DeleteFunc(m.Graph.Nodes, func(n onnx.Node) bool { return n.Outputs[0] == from })
	m.Graph.Inputs = []onnx.Value{{Name: from, Type: onnx.Float, Dims: []int64{1, wide, side, side}}}
	onnx.Prune(&m.Graph)
	m.Metadata = nil
	for _, p := range [][2]string{
		{"irum.name", "SSD-MobileNetV2 proposals"}, {"irum.source", "npm @mediapipe/objectron 0.4.1675468480"}, {"irum.license", "Apache-2.0 (the package's package.json)"},
	} {
		m.SetMeta(p[0], p[1])
	}
	return onnx.Write(m), nil
}
