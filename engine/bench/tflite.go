package bench

import (
	"encoding/binary"
	"fmt"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"
)

// What is written of the official schema (tensorflow/lite/schema/schema.fbs, version 3): operators, their option tables,
// activations and element types, by number.
const (
	codeAdd       = 0
	codeConv      = 3
	codeDepthwise = 4
	codeDense     = 9
	codeMaxPool   = 17
	codeMean      = 40

	optionsConv      = 1
	optionsDepthwise = 2
	optionsPool      = 5
	optionsDense     = 8
	optionsAdd       = 11
	optionsReducer   = 27

	elementFloat32 = 0
	elementInt32   = 2
)

var (
	codes       = []int8{codeAdd, codeConv, codeDepthwise, codeDense, codeMaxPool, codeMean}
	activations = map[Activation]int8{Linear: 0, ReLU: 1, ReLU6: 3}
)

// TFLite writes n as a float32 TensorFlow Lite model: input x [1,S,S,3], output y [1,1000].
func (n *Network) TFLite() []byte {
	w := &liteWriter{n: n, b: flatbuffers.NewBuilder(4*n.Params() + 1<<20)}
	w.buffer(nil) // buffer 0 is empty: what has no data names it
	w.tensor("x", elementFloat32, 0, 1, n.Size, n.Size, 3)
	for i := range n.Layers {
		w.layer(i)
	}
	w.finish()
	return w.b.FinishedBytes()
}

type liteWriter struct {
	n         *Network
	b         *flatbuffers.Builder
	buffers   []flatbuffers.UOffsetT
	tensors   []flatbuffers.UOffsetT
	operators []flatbuffers.UOffsetT
	results   []int // tensor by layer
}

// field is one field of a table: it writes itself into a slot.
type field func(b *flatbuffers.Builder, slot int)

func number8(v int8) field {
	return func(b *flatbuffers.Builder, slot int) { b.PrependInt8Slot(slot, v, 0) }
}

// number32 is a field of 4 bytes: int32, or uint32 where the schema has it.
func number32(v int) field {
	return func(b *flatbuffers.Builder, slot int) { b.PrependInt32Slot(slot, int32(v), 0) }
}

func offset(o flatbuffers.UOffsetT) field {
	return func(b *flatbuffers.Builder, slot int) { b.PrependUOffsetTSlot(slot, o, 0) }
}

// table writes the fields into the slots from 0 on; a nil field is left out.
func (w *liteWriter) table(fields ...field) flatbuffers.UOffsetT {
	w.b.StartObject(len(fields))
	for slot, f := range fields {
		if f != nil {
			f(w.b, slot)
		}
	}
	return w.b.EndObject()
}

func (w *liteWriter) ints(list ...int) flatbuffers.UOffsetT {
	w.b.StartVector(4, len(list), 4)
	for i := len(list) - 1; i >= 0; i-- {
		w.b.PrependInt32(int32(list[i]))
	}
	return w.b.EndVector(len(list))
}

func (w *liteWriter) offsets(list []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	w.b.StartVector(4, len(list), 4)
	for i := len(list) - 1; i >= 0; i-- {
		w.b.PrependUOffsetT(list[i])
	}
	return w.b.EndVector(len(list))
}

// buffer writes bytes on a boundary of 16, as the schema asks for, and gives their number.
func (w *liteWriter) buffer(data []byte) int {
	var fields []field
	if data != nil {
		w.b.Prep(16, len(data))
		fields = append(fields, offset(w.b.CreateByteVector(data)))
	}
	w.buffers = append(w.buffers, w.table(fields...))
	return len(w.buffers) - 1
}

func (w *liteWriter) tensor(name string, element int8, buffer int, shape ...int) int {
	text, dims := w.b.CreateString(name), w.ints(shape...)
	w.tensors = append(w.tensors, w.table(offset(dims), number8(element), number32(buffer), offset(text)))
	return len(w.tensors) - 1
}

func (w *liteWriter) floats(name string, data []float32, shape ...int) int {
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return w.tensor(name, elementFloat32, w.buffer(raw), shape...)
}

// value gives the tensor that holds the result of layer i.
func (w *liteWriter) value(i int) int {
	if i == Input {
		return 0
	}
	return w.results[i]
}

func (w *liteWriter) layer(i int) {
	l := &w.n.Layers[i]
	_, channels := w.n.shape(l.In)
	act, stride := number8(activations[l.Act]), number32(l.Stride)
	padding := number8(0) // SAME
	inputs, weights := []int{w.value(l.In)}, fmt.Sprintf("w%d", i)
	var code int8
	var kind int8
	var options flatbuffers.UOffsetT
	switch l.Op {
	case Conv:
		inputs = append(inputs, w.floats(weights, l.Weights, l.Channels, l.Kernel, l.Kernel, channels))
		code, kind, options = codeConv, optionsConv, w.table(padding, stride, stride, act, number32(1), number32(1))
	case Depthwise:
		inputs = append(inputs, w.floats(weights, l.Weights, 1, l.Kernel, l.Kernel, channels))
		code, kind, options = codeDepthwise, optionsDepthwise, w.table(padding, stride, stride, number32(1), act, number32(1), number32(1))
	case Dense:
		inputs = append(inputs, w.floats(weights, l.Weights, l.Channels, channels))
		code, kind, options = codeDense, optionsDense, w.table(act)
	case Add:
		inputs = append(inputs, w.value(l.With))
		code, kind, options = codeAdd, optionsAdd, w.table(act)
	case MaxPool:
		side := number32(l.Kernel)
		code, kind, options = codeMaxPool, optionsPool, w.table(padding, stride, stride, side, side, act)
	case GlobalAverage:
		axes := w.tensor("axes", elementInt32, w.buffer([]byte{1, 0, 0, 0, 2, 0, 0, 0}), 2)
		inputs = append(inputs, axes)
		code, kind, options = codeMean, optionsReducer, w.table(number8(0))
	}
	if l.Bias != nil {
		inputs = append(inputs, w.floats(fmt.Sprintf("b%d", i), l.Bias, l.Channels))
	}
	w.operator(code, kind, options, inputs, w.result(i))
}

// result makes the tensor of layer i's result.
func (w *liteWriter) result(i int) int {
	l, name := &w.n.Layers[i], fmt.Sprintf("v%d", i)
	if i == len(w.n.Layers)-1 {
		name = "y"
	}
	shape := []int{1, l.Side, l.Side, l.Channels}
	if l.Op == GlobalAverage || l.Op == Dense {
		shape = []int{1, l.Channels}
	}
	w.results = append(w.results, w.tensor(name, elementFloat32, 0, shape...))
	return w.results[i]
}

func (w *liteWriter) operator(code, kind int8, options flatbuffers.UOffsetT, inputs []int, output int) {
	index := 0
	for codes[index] != code {
		index++
	}
	in, out := w.ints(inputs...), w.ints(output)
	w.operators = append(w.operators, w.table(number32(index), offset(in), offset(out), number8(kind), offset(options)))
}

func (w *liteWriter) finish() {
	var list []flatbuffers.UOffsetT
	for _, c := range codes {
		list = append(list, w.table(number8(c), nil, number32(1), number32(int(c))))
	}
	operatorCodes := w.offsets(list)
	tensors, operators := w.offsets(w.tensors), w.offsets(w.operators)
	inputs, outputs := w.ints(0), w.ints(w.results[len(w.results)-1])
	name := w.b.CreateString("main")
	graph := w.table(offset(tensors), offset(inputs), offset(outputs), offset(operators), offset(name))
	graphs, buffers := w.offsets([]flatbuffers.UOffsetT{graph}), w.offsets(w.buffers)
	description := w.b.CreateString(w.n.Name)
	root := w.table(number32(3), offset(operatorCodes), offset(graphs), offset(description), offset(buffers))
	w.b.FinishWithFileIdentifier(root, []byte("TFL3"))
}
