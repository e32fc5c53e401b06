package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

type message []byte

func (m message) str(num protowire.Number, s string) message {
	if s == "" {
		return m
	}
	return protowire.AppendString(protowire.AppendTag(m, num, protowire.BytesType), s)
}

func (m message) sub(num protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, num, protowire.BytesType), b)
}

func (m message) varint(num protowire.Number, v int64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, num, protowire.VarintType), uint64(v))
}

func (m message) fixed32(num protowire.Number, v float32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, num, protowire.Fixed32Type), math.Float32bits(v))
}

// Write encodes m. The same model always gives the same bytes.
func Write(m *Model) []byte {
	var out message
	out = out.varint(1, m.IRVersion).str(2, m.Producer).str(3, m.Version).sub(7, writeGraph(&m.Graph))
	for _, o := range m.Opsets {
		out = out.sub(8, message(nil).str(1, o.Domain).varint(2, o.Version))
	}
	for _, p := range m.Metadata {
		out = out.sub(14, message(nil).str(1, p.Key).str(2, p.Value))
	}
	return out
}

func writeGraph(g *Graph) message {
	var out message
	for i := range g.Nodes {
		out = out.sub(1, writeNode(&g.Nodes[i]))
	}
	out = out.str(2, g.Name)
	for i := range g.Initializers {
		out = out.sub(5, writeTensor(&g.Initializers[i]))
	}
	for i := range g.Inputs {
		out = out.sub(11, writeValue(&g.Inputs[i]))
	}
	for i := range g.Outputs {
		out = out.sub(12, writeValue(&g.Outputs[i]))
	}
	return out
}

func writeNode(n *Node) message {
	var out message
	for _, in := range n.Inputs {
		out = out.sub(1, []byte(in)) // an empty name stands for an input left out
	}
	for _, o := range n.Outputs {
		out = out.sub(2, []byte(o))
	}
	out = out.str(3, n.Name).str(4, n.Op)
	for i := range n.Attrs {
		out = out.sub(5, writeAttr(&n.Attrs[i]))
	}
	return out.str(7, n.Domain)
}

func writeAttr(a *Attr) message {
	out := message(nil).str(1, a.Name)
	switch a.Type {
	case AttrFloat:
		out = out.fixed32(2, a.F)
	case AttrInt:
		out = out.varint(3, a.I)
	case AttrString:
		out = out.sub(4, []byte(a.S))
	case AttrTensor:
		out = out.sub(5, writeTensor(a.T))
	case AttrFloats:
		for _, v := range a.Floats {
			out = out.fixed32(7, v)
		}
	case AttrInts:
		for _, v := range a.Ints {
			out = out.varint(8, v)
		}
	case AttrStrings:
		for _, v := range a.Strings {
			out = out.sub(9, []byte(v))
		}
	}
	return out.varint(20, int64(a.Type))
}

func writeTensor(t *Tensor) message {
	var out message
	for _, d := range t.Dims {
		out = out.varint(1, d)
	}
	return out.varint(2, int64(t.Type)).str(8, t.Name).sub(9, t.Raw)
}

func writeValue(v *Value) message {
	var shape message
	for _, d := range v.Dims {
		if d < 0 {
			shape = shape.sub(1, message(nil).str(2, "N"))
			continue
		}
		shape = shape.sub(1, message(nil).varint(1, d))
	}
	tensor := message(nil).varint(1, int64(v.Type))
	if v.Dims != nil {
		tensor = tensor.sub(2, shape)
	}
	return message(nil).str(1, v.Name).sub(2, message(nil).sub(1, tensor))
}
