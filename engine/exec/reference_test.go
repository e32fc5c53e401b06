//go:build !js

package exec

import (
	"testing"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/ref"
)

// reference gives the outputs of the model as it was before the passes of package graph.
func reference(t *testing.T, m *onnx.Model, input []float32) [][]float32 {
	t.Helper()
	values, err := ref.Run(m, input)
	must(t, err)
	out := make([][]float32, len(m.Graph.Outputs))
	for i, o := range m.Graph.Outputs {
		for _, v := range values[o.Name].Data().([]float64) {
			out[i] = append(out[i], float32(v))
		}
	}
	return out
}
