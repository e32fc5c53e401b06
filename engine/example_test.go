package engine_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/onnx"
)

// A classifier from its file to the class of one image. A real program takes the input from vision.Tensor.
func Example() {
	ctx := context.Background()
	file := onnx.Write(enginetest.Networks()["squeezenet"]())

	network, err := engine.Load(file)
	if err != nil {
		log.Fatal(err)
	}
	session, err := engine.Compile(ctx, network, engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	shape := session.Info().Input // NCHW
	outputs, err := session.Run(ctx, make([]float32, shape[1]*shape[2]*shape[3]))
	if err != nil {
		log.Fatal(err)
	}
	scores := outputs[0]
	fmt.Printf("%v -> %d scores, class %d is best\n", shape, len(scores), slices.Index(scores, slices.Max(scores)))
	// Output: [1 3 95 95] -> 100 scores, class 60 is best
}

// What is no model is refused, with the place where reading ended.
func ExampleLoad() {
	_, err := engine.Load([]byte("GIF89a"))
	fmt.Println(err)
	// Output: load network: not a readable ONNX model: field 8 is cut off
}
