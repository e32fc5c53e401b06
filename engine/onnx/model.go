// Package onnx reads and writes ONNX models, Irum's interchange format for networks. It speaks the protocol-buffer wire
// format of onnx.proto (IR version 3 to 10) by field number through protowire: the full protobuf runtime would cost
// several hundred kilobytes of app.wasm, and reading by hand lets hostile sizes be refused before memory is taken.
package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"unsafe"
)

// DataType is TensorProto.DataType.
type DataType int32

// The data types that Irum reads.
const (
	Float   DataType = 1
	Uint8   DataType = 2
	Int8    DataType = 3
	Int32   DataType = 6
	Int64   DataType = 7
	Bool    DataType = 9
	Float16 DataType = 10
	Double  DataType = 11
)

var elementSize = map[DataType]int{Float: 4, Uint8: 1, Int8: 1, Int32: 4, Int64: 8, Bool: 1, Float16: 2, Double: 8}

// Size is the number of bytes of one element, 0 for a type that is not read.
func (d DataType) Size() int { return elementSize[d] }

// String names the type as ONNX does.
func (d DataType) String() string {
	names := map[DataType]string{
		Float: "FLOAT", Uint8: "UINT8", Int8: "INT8", Int32: "INT32", Int64: "INT64", Bool: "BOOL", Float16: "FLOAT16", Double: "DOUBLE",
	}
	if name := names[d]; name != "" {
		return name
	}
	return fmt.Sprintf("data type %d", int32(d))
}

// Model is ModelProto.
type Model struct {
	IRVersion int64
	Producer  string
	Version   string
	Graph     Graph
	Opsets    []Opset
	Metadata  []Property // in file order; keys are unique
}

// Opset is OperatorSetIdProto.
type Opset struct {
	Domain  string
	Version int64
}

// Property is one metadata_props entry.
type Property struct{ Key, Value string }

// Meta gives the metadata value of key, "" when there is none.
func (m *Model) Meta(key string) string {
	for _, p := range m.Metadata {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// SetMeta sets the metadata value of key.
func (m *Model) SetMeta(key, value string) {
	for i := range m.Metadata {
		if m.Metadata[i].Key == key {
			m.Metadata[i].Value = value
			return
		}
	}
	m.Metadata = append(m.Metadata, Property{key, value})
}

// Opset gives the version of the default operator set.
func (m *Model) Opset() int64 {
	for _, o := range m.Opsets {
		if o.Domain == "" || o.Domain == "ai.onnx" {
			return o.Version
		}
	}
	return 0
}

// Graph is GraphProto.
type Graph struct {
	Name         string
	Nodes        []Node
	Initializers []Tensor
	Inputs       []Value
	Outputs      []Value
}

// Node is NodeProto.
type Node struct {
	Name    string
	Op      string
	Domain  string
	Inputs  []string // "" for an optional input left out
	Outputs []string
	Attrs   []Attr
}

// Label names the node in errors.
func (n *Node) Label() string {
	if n.Name != "" {
		return fmt.Sprintf("%s node %q", n.Op, n.Name)
	}
	if len(n.Outputs) > 0 {
		return fmt.Sprintf("%s node of output %q", n.Op, n.Outputs[0])
	}
	return n.Op + " node"
}

// AttrType is AttributeProto.AttributeType.
type AttrType int32

// The attribute types that Irum reads; a graph attribute (control flow) is refused.
const (
	AttrFloat   AttrType = 1
	AttrInt     AttrType = 2
	AttrString  AttrType = 3
	AttrTensor  AttrType = 4
	AttrFloats  AttrType = 6
	AttrInts    AttrType = 7
	AttrStrings AttrType = 8
)

// Attr is AttributeProto.
type Attr struct {
	Name    string
	Type    AttrType
	F       float32
	I       int64
	S       string
	T       *Tensor
	Floats  []float32
	Ints    []int64
	Strings []string
}

// Attr gives the attribute of that name, nil when there is none.
func (n *Node) Attr(name string) *Attr {
	for i := range n.Attrs {
		if n.Attrs[i].Name == name {
			return &n.Attrs[i]
		}
	}
	return nil
}

// Int gives an integer attribute or its default.
func (n *Node) Int(name string, def int64) int64 {
	if a := n.Attr(name); a != nil {
		return a.I
	}
	return def
}

// Float gives a float attribute or its default.
func (n *Node) Float(name string, def float32) float32 {
	if a := n.Attr(name); a != nil {
		return a.F
	}
	return def
}

// Ints gives an integer list attribute, nil when there is none.
func (n *Node) Ints(name string) []int64 {
	if a := n.Attr(name); a != nil {
		return a.Ints
	}
	return nil
}

// Str gives a string attribute or its default.
func (n *Node) Str(name, def string) string {
	if a := n.Attr(name); a != nil {
		return a.S
	}
	return def
}

// IntAttr makes an integer attribute.
func IntAttr(name string, v int64) Attr { return Attr{Name: name, Type: AttrInt, I: v} }

// IntsAttr makes an integer list attribute.
func IntsAttr(name string, v ...int64) Attr { return Attr{Name: name, Type: AttrInts, Ints: v} }

// FloatAttr makes a float attribute.
func FloatAttr(name string, v float32) Attr { return Attr{Name: name, Type: AttrFloat, F: v} }

// StringAttr makes a string attribute.
func StringAttr(name, v string) Attr { return Attr{Name: name, Type: AttrString, S: v} }

// Value is ValueInfoProto of a tensor. A dimension of -1 is symbolic (a batch of any size); without Dims the shape is not
// said.
type Value struct {
	Name string
	Type DataType
	Dims []int64
}

// Tensor is TensorProto; Raw holds its elements little-endian, row-major.
type Tensor struct {
	Name string
	Type DataType
	Dims []int64
	Raw  []byte
}

// Len is the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Dims {
		n *= int(d)
	}
	return n
}

// FloatTensor makes a FLOAT tensor.
func FloatTensor(name string, data []float32, dims ...int64) Tensor {
	raw := make([]byte, 4*len(data))
	for i, v := range data {
		putUint32(raw[4*i:], math.Float32bits(v))
	}
	return Tensor{Name: name, Type: Float, Dims: dims, Raw: raw}
}

// HalfTensor makes a FLOAT16 tensor of the nearest numbers.
func HalfTensor(name string, data []float32, dims ...int64) Tensor {
	raw := make([]byte, 2*len(data))
	for i, v := range data {
		h := FloatToHalf(v)
		raw[2*i], raw[2*i+1] = byte(h), byte(h>>8)
	}
	return Tensor{Name: name, Type: Float16, Dims: dims, Raw: raw}
}

// IntTensor makes an INT64 tensor.
func IntTensor(name string, data []int64, dims ...int64) Tensor {
	raw := make([]byte, 8*len(data))
	for i, v := range data {
		putUint32(raw[8*i:], uint32(v))
		putUint32(raw[8*i+4:], uint32(uint64(v)>>32))
	}
	return Tensor{Name: name, Type: Int64, Dims: dims, Raw: raw}
}

// Floats gives the elements as float32, converting from any type that is read. Where it can it shows Raw itself, so the result
// must not be changed.
func (t *Tensor) Floats() []float32 {
	if t.Type == Float && littleEndian && len(t.Raw) > 0 {
		// WebAssembly reads floats from any address; elsewhere most processors do, but Go does not promise it.
		at := unsafe.Pointer(&t.Raw[0])
		if runtime.GOARCH == "wasm" || uintptr(at)%4 == 0 {
			return unsafe.Slice((*float32)(at), t.Len())
		}
		out := make([]float32, t.Len())
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&out[0])), len(t.Raw)), t.Raw)
		return out
	}
	out := make([]float32, t.Len())
	for i := range out {
		switch t.Type {
		case Float:
			out[i] = math.Float32frombits(getUint32(t.Raw[4*i:]))
		case Float16:
			out[i] = HalfToFloat(uint16(t.Raw[2*i]) | uint16(t.Raw[2*i+1])<<8)
		case Double:
			out[i] = float32(math.Float64frombits(getUint64(t.Raw[8*i:])))
		default:
			out[i] = float32(t.int(i))
		}
	}
	return out
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Integers gives the elements of an integer tensor as int64.
func (t *Tensor) Integers() []int64 {
	out := make([]int64, t.Len())
	for i := range out {
		out[i] = t.int(i)
	}
	return out
}

func (t *Tensor) int(i int) int64 {
	switch t.Type {
	case Int64:
		return int64(getUint64(t.Raw[8*i:]))
	case Int32:
		return int64(int32(getUint32(t.Raw[4*i:])))
	case Int8:
		return int64(int8(t.Raw[i]))
	case Uint8, Bool:
		return int64(t.Raw[i])
	case Float:
		return int64(math.Float32frombits(getUint32(t.Raw[4*i:])))
	case Double:
		return int64(math.Float64frombits(getUint64(t.Raw[8*i:])))
	case Float16:
		return int64(HalfToFloat(uint16(t.Raw[2*i]) | uint16(t.Raw[2*i+1])<<8))
	}
	return 0
}

// HalfToFloat widens an IEEE 754 binary16 number.
func HalfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h) & 0x3ff
	switch {
	case exp == 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	case frac == 0:
		return math.Float32frombits(sign)
	}
	v := float32(frac) / (1 << 24)
	if sign != 0 {
		v = -v
	}
	return v
}

// FloatToHalf rounds to the nearest binary16 number, ties to even; beyond its range it gives infinity.
func FloatToHalf(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits>>16) & 0x8000
	abs := bits & 0x7fffffff
	switch {
	case abs > 0x7f800000:
		return sign | 0x7e00
	case abs >= 0x477ff000:
		return sign | 0x7c00
	case abs < 0x38800000: // subnormal in half
		scaled := math.Abs(float64(f)) * (1 << 24)
		return sign | uint16(math.RoundToEven(scaled))
	}
	rounded := abs + 0xfff + (abs>>13)&1
	return sign | uint16((rounded-0x38000000)>>13)
}

func getUint32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func getUint64(b []byte) uint64 { return uint64(getUint32(b)) | uint64(getUint32(b[4:]))<<32 }

func putUint32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}
