// Package tflite reads TensorFlow Lite models and converts them to ONNX. Tables are read through the FlatBuffers library
// by the slot numbers of the official schema (tensorflow/lite/schema/schema.fbs, version 3).
package tflite

import (
	"errors"
	"fmt"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/irum-app/irum/engine/onnx"
)

// ErrMalformed wraps every error about bytes that are no TFLite model.
var ErrMalformed = errors.New("not a readable TFLite model")

const maxEntries = 100_000 // tensors, operators, buffers

// tensorType is TensorType of the schema.
type tensorType int8

const (
	typeFloat32 tensorType = 0
	typeFloat16 tensorType = 1
	typeInt32   tensorType = 2
	typeUint8   tensorType = 3
	typeInt64   tensorType = 4
	typeInt8    tensorType = 9
)

// tensor is one tensor of the subgraph; data is nil for activations.
type tensor struct {
	name       string
	typ        tensorType
	shape      []int
	data       []byte
	scales     []float32
	zeroPoints []int64
	quantDim   int
}

// operator is one operator of the subgraph.
type operator struct {
	code    int32
	custom  string
	inputs  []int
	outputs []int
	options flatbuffers.Table
}

// model is the first subgraph of a TFLite file.
type model struct {
	tensors   []tensor
	operators []operator
	inputs    []int
	outputs   []int
}

type table struct{ flatbuffers.Table }

func (t *table) slot(i int) flatbuffers.UOffsetT {
	return flatbuffers.UOffsetT(t.Offset(flatbuffers.VOffsetT(4 + 2*i)))
}

func (t *table) child(i int) (table, bool) {
	o := t.slot(i)
	if o == 0 {
		return table{}, false
	}
	return table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(t.Pos + o)}}, true
}

func (t *table) children(i int, visit func(k int, c table)) {
	o := t.slot(i)
	if o == 0 {
		return
	}
	n, start := t.length(o), t.Vector(o)
	for k := range n {
		visit(k, table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*k))}})
	}
}

func (t *table) length(o flatbuffers.UOffsetT) int {
	n := t.VectorLen(o)
	if n < 0 || n > len(t.Bytes) {
		panic("vector longer than the file")
	}
	return n
}

func (t *table) text(i int) string {
	if o := t.slot(i); o != 0 {
		return string(t.ByteVector(o + t.Pos))
	}
	return ""
}

func (t *table) bytes(i int) []byte {
	if o := t.slot(i); o != 0 {
		return t.ByteVector(o + t.Pos)
	}
	return nil
}

func (t *table) ints(i int) []int {
	o := t.slot(i)
	if o == 0 {
		return nil
	}
	n, start := t.length(o), t.Vector(o)
	out := make([]int, n)
	for k := range out {
		out[k] = int(t.GetInt32(start + flatbuffers.UOffsetT(4*k)))
	}
	return out
}

// Read decodes the first subgraph. FlatBuffers offsets are trusted by the library, so a panic on a broken offset is
// turned into ErrMalformed here, at the one entrance.
func read(data []byte) (m *model, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("%w: %v", ErrMalformed, p)
		}
	}()
	if len(data) < 16 || string(data[4:8]) != "TFL3" {
		return nil, fmt.Errorf("%w: the identifier TFL3 is missing", ErrMalformed)
	}
	root := table{flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}}
	type opcode struct {
		code   int32
		custom string
	}
	var codes []opcode
	root.children(1, func(_ int, c table) {
		code := int32(c.GetInt8Slot(4, 0))
		if wide := c.GetInt32Slot(4+2*3, 0); wide > code {
			code = wide
		}
		codes = append(codes, opcode{code, c.text(1)})
	})
	var buffers [][]byte
	root.children(4, func(_ int, c table) { buffers = append(buffers, c.bytes(0)) })
	m = &model{}
	root.children(2, func(k int, g table) {
		if k > 0 {
			return
		}
		g.children(0, func(_ int, c table) { m.tensors = append(m.tensors, readTensor(c, buffers)) })
		m.inputs, m.outputs = g.ints(1), g.ints(2)
		g.children(3, func(_ int, c table) {
			code := codes[c.GetUint32Slot(4, 0)]
			op := operator{code: code.code, custom: code.custom, inputs: c.ints(1), outputs: c.ints(2)}
			if options, ok := c.child(4); ok {
				op.options = options.Table
			}
			m.operators = append(m.operators, op)
		})
	})
	return m, m.check()
}

func readTensor(c table, buffers [][]byte) tensor {
	t := tensor{
		name: c.text(3), typ: tensorType(c.GetInt8Slot(4+2, 0)), shape: c.ints(0),
		data: buffers[c.GetUint32Slot(4+2*2, 0)],
	}
	if len(t.data) == 0 {
		t.data = nil
	}
	q, ok := c.child(4)
	if !ok {
		return t
	}
	if o := q.slot(2); o != 0 {
		for k := range q.length(o) {
			t.scales = append(t.scales, q.GetFloat32(q.Vector(o)+flatbuffers.UOffsetT(4*k)))
		}
	}
	if o := q.slot(3); o != 0 {
		for k := range q.length(o) {
			t.zeroPoints = append(t.zeroPoints, q.GetInt64(q.Vector(o)+flatbuffers.UOffsetT(8*k)))
		}
	}
	t.quantDim = int(q.GetInt32Slot(4+2*6, 0))
	return t
}

var typeSize = map[tensorType]int{typeFloat32: 4, typeFloat16: 2, typeInt32: 4, typeUint8: 1, typeInt64: 8, typeInt8: 1}

// check makes every index and size safe to use.
func (m *model) check() error {
	if len(m.tensors) > maxEntries || len(m.operators) > maxEntries {
		return fmt.Errorf("%w: more than %d tensors or operators", ErrMalformed, maxEntries)
	}
	for i := range m.tensors {
		t := &m.tensors[i]
		n := 1
		for _, d := range t.shape {
			if d < 0 || d > onnx.MaxElements || n*d > onnx.MaxElements || len(t.shape) > onnx.MaxRank {
				return fmt.Errorf("%w: tensor %q has the shape %v", ErrMalformed, t.name, t.shape)
			}
			n *= d
		}
		if size := typeSize[t.typ]; t.data != nil && size != 0 && len(t.data) != n*size {
			return fmt.Errorf("%w: tensor %q of shape %v holds %d bytes instead of %d", ErrMalformed, t.name, t.shape, len(t.data), n*size)
		}
	}
	valid := func(list []int) bool {
		for _, i := range list {
			if i < -1 || i >= len(m.tensors) {
				return false
			}
		}
		return true
	}
	for i, op := range m.operators {
		if !valid(op.inputs) || !valid(op.outputs) || len(op.outputs) == 0 {
			return fmt.Errorf("%w: operator %d names a tensor that is not there", ErrMalformed, i)
		}
	}
	if len(m.inputs) != 1 || !valid(m.inputs) || m.inputs[0] < 0 {
		return fmt.Errorf("%w: it has %d inputs, a classifier has one", ErrMalformed, len(m.inputs))
	}
	return nil
}

// floats gives a constant's values, dequantised.
func (t *tensor) floats() ([]float32, error) {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	out := make([]float32, n)
	raw := onnx.Tensor{Raw: t.data, Dims: []int64{int64(n)}}
	switch t.typ {
	case typeFloat32:
		raw.Type = onnx.Float
	case typeFloat16:
		raw.Type = onnx.Float16
	case typeInt32:
		raw.Type = onnx.Int32
	case typeUint8:
		raw.Type = onnx.Uint8
	case typeInt8:
		raw.Type = onnx.Int8
	default:
		return nil, fmt.Errorf("tensor %q has element type %d, which is not supported", t.name, t.typ)
	}
	copy(out, raw.Floats())
	if len(t.scales) == 0 || t.typ == typeFloat32 || t.typ == typeFloat16 {
		return out, nil
	}
	return out, t.dequantise(out)
}

// dequantise maps q to scale * (q - zero point), per tensor or along quantDim.
func (t *tensor) dequantise(v []float32) error {
	inner := 1
	if len(t.scales) > 1 {
		if t.quantDim < 0 || t.quantDim >= len(t.shape) || t.shape[t.quantDim] != len(t.scales) {
			return fmt.Errorf("tensor %q has %d scales for shape %v", t.name, len(t.scales), t.shape)
		}
		for _, d := range t.shape[t.quantDim+1:] {
			inner *= d
		}
	}
	for i := range v {
		c := i / inner % len(t.scales)
		var zero int64
		if len(t.zeroPoints) > 0 {
			zero = t.zeroPoints[c%len(t.zeroPoints)]
		}
		v[i] = float32(float64(t.scales[c]) * (float64(v[i]) - float64(zero)))
		if math.IsNaN(float64(v[i])) {
			return fmt.Errorf("tensor %q holds a value that is no number", t.name)
		}
	}
	return nil
}

func slotOf(i int) flatbuffers.VOffsetT { return flatbuffers.VOffsetT(4 + 2*i) }
