package bench

import (
	"context"
	"os"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/tflite"
)

// BenchmarkExecutors runs the networks of the bench and the default backbone, if it was downloaded, one image at a time on every
// executor of this host.
func BenchmarkExecutors(b *testing.B) {
	networks := map[string][]byte{}
	names := Names()
	flops := map[string]float64{}
	for _, name := range names {
		n := Build(name, 224)
		networks[name] = n.ONNX()
		flops[name] = float64(n.FLOPs())
	}
	if bundle, err := os.ReadFile("../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"); err == nil {
		data, err := tflite.Backbone(bundle)
		if err != nil {
			b.Fatal(err)
		}
		names = append(names, "backbone")
		networks["backbone"], flops["backbone"] = data, convolutions(b, data)
	}
	ctx := context.Background()
	for _, name := range names {
		for _, executor := range engine.Executors(ctx) {
			b.Run(name+"/"+executor, func(b *testing.B) {
				net, err := engine.Load(networks[name])
				if err != nil {
					b.Fatal(err)
				}
				s, err := engine.Compile(ctx, net, engine.Options{Executor: executor})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				input := make([]float32, s.Info().Input[1]*s.Info().Input[2]*s.Info().Input[3])
				for i := range input {
					input[i] = float32(i%17)/8 - 1
				}
				for b.Loop() {
					if _, err := s.Run(ctx, input); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(flops[name]*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// convolutions counts a network's floating-point operations in convolutions and dense layers.
func convolutions(b *testing.B, data []byte) float64 {
	b.Helper()
	model, err := onnx.Read(data)
	if err != nil {
		b.Fatal(err)
	}
	net, err := graph.Build(model)
	if err != nil {
		b.Fatal(err)
	}
	sum := 0
	for _, s := range net.Steps {
		out := &net.Values[s.Out]
		switch weights := &net.Values[s.In[min(1, len(s.In)-1)]]; s.Op {
		case "Conv":
			sum += 2 * weights.Len() * out.Shape[2] * out.Shape[3]
		case "Gemm":
			sum += 2 * weights.Len() * out.Shape[0]
		}
	}
	return float64(sum)
}
