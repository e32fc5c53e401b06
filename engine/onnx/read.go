package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits of what Read takes. A model beyond them is refused before memory is taken for it.
const (
	MaxBytes      = 1 << 30 // of the file
	MaxNodes      = 100_000
	MaxRank       = 8
	MaxElements   = 1 << 28 // of one tensor
	maxAttributes = 64
)

// ErrMalformed wraps every error about bytes that are no ONNX model.
var ErrMalformed = errors.New("not a readable ONNX model")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// field is one field of a message as it stands on the wire.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	bytes []byte // BytesType
	value uint64 // VarintType, Fixed32Type, Fixed64Type
}

func eachField(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return malformed("broken tag")
		}
		b = b[n:]
		f := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return malformed("field %d is cut off", num)
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// integers appends a repeated integer field, packed or not.
func (f field) integers(to []int64) ([]int64, error) {
	if f.typ == protowire.VarintType {
		return append(to, int64(f.value)), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, malformed("packed integers of field %d are cut off", f.num)
		}
		to, b = append(to, int64(v)), b[n:]
	}
	return to, nil
}

// floats appends a repeated float field, packed or not.
func (f field) floats(to []float32) ([]float32, error) {
	if f.typ == protowire.Fixed32Type {
		return append(to, math.Float32frombits(uint32(f.value))), nil
	}
	if len(f.bytes)%4 != 0 {
		return nil, malformed("packed floats of field %d are cut off", f.num)
	}
	for b := f.bytes; len(b) > 0; b = b[4:] {
		to = append(to, math.Float32frombits(getUint32(b)))
	}
	return to, nil
}

// Read decodes an ONNX model. Tensor data stays in data: do not change it afterwards. External data, control flow and
// sizes beyond the limits are refused with an error that names the tensor or node.
func Read(data []byte) (*Model, error) {
	if len(data) > MaxBytes {
		return nil, malformed("%d bytes are more than %d", len(data), MaxBytes)
	}
	m := &Model{}
	hasGraph := false
	err := eachField(data, func(f field) (err error) {
		switch f.num {
		case 1:
			m.IRVersion = int64(f.value)
		case 2:
			m.Producer = string(f.bytes)
		case 3:
			m.Version = string(f.bytes)
		case 7:
			hasGraph = true
			err = readGraph(f.bytes, &m.Graph)
		case 8:
			var o Opset
			err = eachField(f.bytes, func(f field) error {
				switch f.num {
				case 1:
					o.Domain = string(f.bytes)
				case 2:
					o.Version = int64(f.value)
				}
				return nil
			})
			m.Opsets = append(m.Opsets, o)
		case 14:
			var p Property
			err = eachField(f.bytes, func(f field) error {
				switch f.num {
				case 1:
					p.Key = string(f.bytes)
				case 2:
					p.Value = string(f.bytes)
				}
				return nil
			})
			m.SetMeta(p.Key, p.Value)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !hasGraph || len(m.Graph.Nodes) == 0 {
		return nil, malformed("it holds no graph")
	}
	if m.Opset() < 7 {
		return nil, fmt.Errorf("ONNX opset %d is too old: convert the model to opset 7 or later", m.Opset())
	}
	return m, nil
}

func readGraph(b []byte, g *Graph) error {
	return eachField(b, func(f field) error {
		switch f.num {
		case 1:
			if len(g.Nodes) == MaxNodes {
				return malformed("more than %d nodes", MaxNodes)
			}
			n, err := readNode(f.bytes)
			g.Nodes = append(g.Nodes, n)
			return err
		case 2:
			g.Name = string(f.bytes)
		case 5:
			t, err := readTensor(f.bytes)
			g.Initializers = append(g.Initializers, t)
			return err
		case 15:
			return malformed("sparse initializers are not supported")
		case 11:
			v, err := readValue(f.bytes)
			g.Inputs = append(g.Inputs, v)
			return err
		case 12:
			v, err := readValue(f.bytes)
			g.Outputs = append(g.Outputs, v)
			return err
		}
		return nil
	})
}

func readNode(b []byte) (n Node, err error) {
	err = eachField(b, func(f field) error {
		switch f.num {
		case 1:
			n.Inputs = append(n.Inputs, string(f.bytes))
		case 2:
			n.Outputs = append(n.Outputs, string(f.bytes))
		case 3:
			n.Name = string(f.bytes)
		case 4:
			n.Op = string(f.bytes)
		case 7:
			n.Domain = string(f.bytes)
		case 5:
			if len(n.Attrs) == maxAttributes {
				return malformed("%s has more than %d attributes", n.Label(), maxAttributes)
			}
			a, err := readAttr(f.bytes)
			if err != nil {
				return fmt.Errorf("%s: %w", n.Label(), err)
			}
			n.Attrs = append(n.Attrs, a)
		}
		return nil
	})
	return n, err
}

func readAttr(b []byte) (a Attr, err error) {
	err = eachField(b, func(f field) (err error) {
		switch f.num {
		case 1:
			a.Name = string(f.bytes)
		case 2:
			a.F = math.Float32frombits(uint32(f.value))
		case 3:
			a.I = int64(f.value)
		case 4:
			a.S = string(f.bytes)
		case 5:
			var t Tensor
			t, err = readTensor(f.bytes)
			a.T = &t
		case 6, 11:
			return malformed("attribute %q holds a graph: control flow is not supported", a.Name)
		case 7:
			a.Floats, err = f.floats(a.Floats)
		case 8:
			a.Ints, err = f.integers(a.Ints)
		case 9:
			a.Strings = append(a.Strings, string(f.bytes))
		case 20:
			a.Type = AttrType(f.value)
		}
		return err
	})
	return a, err
}

func readValue(b []byte) (v Value, err error) {
	err = eachField(b, func(f field) error {
		switch f.num {
		case 1:
			v.Name = string(f.bytes)
		case 2:
			return eachField(f.bytes, func(f field) error {
				if f.num != 1 {
					return malformed("value %q is no tensor", v.Name)
				}
				return readTensorType(f.bytes, &v)
			})
		}
		return nil
	})
	return v, err
}

func readTensorType(b []byte, v *Value) error {
	return eachField(b, func(f field) error {
		switch f.num {
		case 1:
			v.Type = DataType(f.value)
		case 2:
			return eachField(f.bytes, func(f field) error {
				dim := int64(-1)
				err := eachField(f.bytes, func(f field) error {
					if f.num == 1 {
						dim = int64(f.value)
					}
					return nil
				})
				if len(v.Dims) == MaxRank {
					return malformed("value %q has more than %d dimensions", v.Name, MaxRank)
				}
				v.Dims = append(v.Dims, dim)
				return err
			})
		}
		return nil
	})
}

func readTensor(b []byte) (t Tensor, err error) {
	var floats []float32
	var ints []int64
	err = eachField(b, func(f field) (err error) {
		switch f.num {
		case 1:
			t.Dims, err = f.integers(t.Dims)
		case 2:
			t.Type = DataType(f.value)
		case 4:
			floats, err = f.floats(floats)
		case 5, 7:
			ints, err = f.integers(ints)
		case 8:
			t.Name = string(f.bytes)
		case 9:
			t.Raw = f.bytes
		case 13:
			return malformed("tensor %q keeps its data in another file: external data are not read", t.Name)
		case 14:
			if f.value != 0 {
				return malformed("tensor %q keeps its data in another file: external data are not read", t.Name)
			}
		}
		return err
	})
	if err != nil {
		return t, err
	}
	return t, t.settle(floats, ints)
}

// settle checks the sizes and moves typed data into Raw, so that readers see one layout.
func (t *Tensor) settle(floats []float32, ints []int64) error {
	if t.Type.Size() == 0 {
		return malformed("tensor %q has %v, which is not supported", t.Name, t.Type)
	}
	if len(t.Dims) > MaxRank {
		return malformed("tensor %q has more than %d dimensions", t.Name, MaxRank)
	}
	n := int64(1)
	for _, d := range t.Dims {
		if d < 0 || d > MaxElements || n*d > MaxElements {
			return malformed("tensor %q has the shape %v, which is too large", t.Name, t.Dims)
		}
		n *= d
	}
	want := int(n) * t.Type.Size()
	if t.Raw == nil && want > 0 {
		if err := t.packTyped(floats, ints, int(n)); err != nil {
			return err
		}
	}
	if len(t.Raw) != want {
		return malformed("tensor %q of shape %v holds %d bytes instead of %d", t.Name, t.Dims, len(t.Raw), want)
	}
	return nil
}

func (t *Tensor) packTyped(floats []float32, ints []int64, n int) error {
	switch t.Type {
	case Float:
		if len(floats) != n {
			return malformed("tensor %q holds %d values instead of %d", t.Name, len(floats), n)
		}
		t.Raw = FloatTensor("", floats).Raw
		return nil
	case Double:
		return malformed("tensor %q keeps doubles outside raw_data, which is not supported", t.Name)
	}
	if len(ints) != n {
		return malformed("tensor %q holds %d values instead of %d", t.Name, len(ints), n)
	}
	size := t.Type.Size()
	t.Raw = make([]byte, n*size)
	for i, v := range ints {
		for k := range size {
			t.Raw[i*size+k] = byte(uint64(v) >> (8 * k))
		}
	}
	return nil
}
