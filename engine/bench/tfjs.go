package bench

import (
	"encoding/binary"
	"encoding/json"
	"math"
)

// Listed is a layer for TensorFlow.js: what Layer says, with its weights as a place in the binary file.
type Listed struct {
	Op      Op         `json:"op"`
	In      int        `json:"in"`
	With    int        `json:"with"`
	Kernel  int        `json:"kernel"`
	Stride  int        `json:"stride"`
	Side    int        `json:"side"` // of the input
	Act     Activation `json:"act"`
	Weights *Place     `json:"weights,omitempty"` // conv [h,w,in,out], depthwise [h,w,channel,1], dense [in,out]
	Bias    *Place     `json:"bias,omitempty"`
}

// Place is a tensor in the binary file.
type Place struct {
	Offset int   `json:"offset"` // in float32
	Shape  []int `json:"shape"`
}

// TFJS writes n as a JSON list of Listed and the little-endian float32 weights that it names, in the layouts of
// TensorFlow.js' own operators.
func (n *Network) TFJS() (list, weights []byte) {
	layers := make([]Listed, len(n.Layers))
	for i := range n.Layers {
		l := &n.Layers[i]
		side, channels := n.shape(l.In)
		layers[i] = Listed{Op: l.Op, In: l.In, With: l.With, Kernel: l.Kernel, Stride: l.Stride, Side: side, Act: l.Act}
		if l.Bias == nil {
			continue
		}
		place := func(data []float32, shape ...int) *Place {
			p := &Place{Offset: len(weights) / 4, Shape: shape}
			for _, v := range data {
				weights = binary.LittleEndian.AppendUint32(weights, math.Float32bits(v))
			}
			return p
		}
		switch l.Op {
		case Conv:
			window := l.Kernel * l.Kernel * channels
			layers[i].Weights = place(swap(l.Weights, 1, l.Channels, window), l.Kernel, l.Kernel, channels, l.Channels)
		case Depthwise:
			layers[i].Weights = place(l.Weights, l.Kernel, l.Kernel, channels, 1)
		case Dense:
			layers[i].Weights = place(swap(l.Weights, 1, l.Channels, channels), channels, l.Channels)
		}
		layers[i].Bias = place(l.Bias, l.Channels)
	}
	list, err := json.Marshal(layers)
	if err != nil {
		panic(err) // numbers and words only
	}
	return list, weights
}
