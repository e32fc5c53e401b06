package train

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/onnx"
)

// Probabilities is the name of the output that AppendHead adds.
const Probabilities = "probabilities"

// AppendHead gives the complete model: backbone (ONNX; its first output is the embedding [1,D]) with h behind it, image in,
// Probabilities [1,classes] out, the embedding as second output. Metadata gets irum.task, irum.classes (JSON, in the order
// of the outputs), irum.embedding and meta, beside what the backbone has. The same input gives the same bytes. An error says why
// the two do not fit.
func AppendHead(backbone []byte, h *Head, classes []string, meta ...onnx.Property) ([]byte, error) {
	m, err := onnx.Read(backbone)
	if err != nil {
		return nil, fmt.Errorf("append head: %w", err)
	}
	if len(classes) != h.Classes || len(h.B) != h.Classes || len(h.W) != h.Classes*h.D {
		return nil, fmt.Errorf("append head: %d names for %d classes", len(classes), h.Classes)
	}
	if len(m.Graph.Outputs) == 0 {
		return nil, errors.New("append head: the backbone has no output")
	}
	out := m.Graph.Outputs[0]
	if len(out.Dims) != 2 || out.Dims[1] != int64(h.D) {
		return nil, fmt.Errorf("append head: the backbone gives %q of shape %v, the head takes [1 %d]", out.Name, out.Dims, h.D)
	}
	const weights, bias, logits = "irum/head/weights", "irum/head/bias", "irum/head/logits"
	if name := taken(&m.Graph, weights, bias, logits, Probabilities); name != "" {
		return nil, fmt.Errorf("append head: the backbone has a value named %q already", name)
	}
	activation := onnx.Node{Name: Probabilities, Op: "Softmax", Inputs: []string{logits}, Outputs: []string{Probabilities}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}}
	task := "single"
	if h.Multi {
		task, activation.Op, activation.Attrs = "multi", "Sigmoid", nil
	}
	m.Graph.Initializers = append(m.Graph.Initializers,
		onnx.FloatTensor(weights, h.W, int64(h.Classes), int64(h.D)), onnx.FloatTensor(bias, h.B, int64(h.Classes)))
	m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{
		Name: logits, Op: "Gemm", Inputs: []string{out.Name, weights, bias}, Outputs: []string{logits},
		Attrs: []onnx.Attr{onnx.IntAttr("transB", 1)},
	}, activation)
	m.Graph.Outputs = []onnx.Value{{Name: Probabilities, Type: onnx.Float, Dims: []int64{1, int64(h.Classes)}}, out}
	names, err := json.Marshal(classes)
	if err != nil {
		return nil, fmt.Errorf("append head: %w", err)
	}
	m.SetMeta("irum.task", task)
	m.SetMeta("irum.classes", string(names))
	m.SetMeta("irum.embedding", out.Name)
	for _, p := range meta {
		m.SetMeta(p.Key, p.Value)
	}
	return onnx.Write(m), nil
}

// taken gives the first of names that a value of g has.
func taken(g *onnx.Graph, names ...string) string {
	used := map[string]bool{}
	for _, in := range g.Inputs {
		used[in.Name] = true
	}
	for i := range g.Initializers {
		used[g.Initializers[i].Name] = true
	}
	for _, n := range g.Nodes {
		for _, o := range n.Outputs {
			used[o] = true
		}
	}
	for _, name := range names {
		if used[name] {
			return name
		}
	}
	return ""
}

// headMagic begins a head on its own; the last character is the version of the layout.
const headMagic = "IRUMHED1"

// MarshalBinary gives the head alone, so that cached embeddings can be scored without its backbone: magic, flags, classes, D,
// then W and B, all little-endian.
func (h *Head) MarshalBinary() ([]byte, error) {
	out := append(make([]byte, 0, 20+4*(len(h.W)+len(h.B))), headMagic...)
	flags := uint32(0)
	if h.Multi {
		flags = 1
	}
	for _, v := range []int{int(flags), h.Classes, h.D} {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	for _, list := range [][]float32{h.W, h.B} {
		for _, v := range list {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary gave.
func (h *Head) UnmarshalBinary(data []byte) error {
	if len(data) < 20 || string(data[:8]) != headMagic {
		return errors.New("these bytes are no classification head")
	}
	flags, classes, d := binary.LittleEndian.Uint32(data[8:]), int(binary.LittleEndian.Uint32(data[12:])), int(binary.LittleEndian.Uint32(data[16:]))
	if classes < 1 || d < 1 || classes > 1<<20 || d > 1<<20 || int64(len(data)-20) != 4*int64(classes)*(int64(d)+1) {
		return fmt.Errorf("a head of %d classes over %d numbers does not have %d bytes", classes, d, len(data))
	}
	values := make([]float32, classes*(d+1))
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[20+4*i:]))
	}
	*h = Head{W: values[:classes*d], B: values[classes*d:], D: d, Classes: classes, Multi: flags&1 != 0}
	return nil
}
