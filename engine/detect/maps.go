package detect

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
)

// Map is a value of a backbone that has a place for each part of the image: channels, rows and columns. Where Halved, two by two of its places
// are one to the detector.
type Map struct {
	Name                 string
	Channels, Rows, Cols int
	Halved               bool
}

// numbers of what is one place to a detector.
func (m Map) numbers() int {
	if m.Halved {
		return 4 * m.Channels
	}
	return m.Channels
}

// baseStride is where boxes are found, in pixels of the network's input; mapStrides are those that a detector looks at. What lies twice as fine shows
// where the edges of small things are.
const baseStride = 8

var mapStrides = []int{baseStride / 2, baseStride, 2 * baseStride, 4 * baseStride}

// Maps are the last values of a backbone (ONNX, one image in) at strides of 8, 16 and 32 pixels, those that it has, and the narrowest one at 4 pixels,
// the finest first, when its input is size x size pixels; 0 for the size that it was made for. Of a network of another size only what lies
// before its maps is kept, as what comes behind may not fit. The model that is returned gives those maps.
func Maps(backbone *onnx.Model, size int) (*onnx.Model, []Map, error) {
	m := *backbone
	m.Graph.Inputs = slices.Clone(m.Graph.Inputs)
	at := slices.IndexFunc(m.Graph.Inputs, func(v onnx.Value) bool { return len(v.Dims) == 4 })
	if at < 0 {
		return nil, nil, fmt.Errorf("the backbone has no input of shape [1 3 S S]")
	}
	m.Graph.Inputs[at].Dims = slices.Clone(m.Graph.Inputs[at].Dims)
	own := int(m.Graph.Inputs[at].Dims[2])
	net, err := graph.Plain(&m)
	if err != nil {
		return nil, nil, fmt.Errorf("read the backbone: %w", err)
	}
	maps := lastMaps(net, own)
	if len(maps) == 0 {
		return nil, nil, fmt.Errorf("the backbone has no feature map at a stride of 8, 16 or 32 pixels: boxes cannot be found with it")
	}
	m.Graph.Outputs = nil
	for _, f := range maps {
		m.Graph.Outputs = append(m.Graph.Outputs, onnx.Value{Name: f.Name, Type: onnx.Float})
	}
	onnx.Prune(&m.Graph)
	if size != 0 && size != own {
		m.Graph.Inputs[at].Dims[2], m.Graph.Inputs[at].Dims[3] = int64(size), int64(size)
		if net, err = graph.Plain(&m); err != nil {
			return nil, nil, fmt.Errorf("the backbone cannot take images of %d x %d pixels: %w", size, size, err)
		}
	}
	for i, o := range net.Outputs {
		if i < len(maps) && size != 0 && size != own {
			s := net.Values[o].Shape
			maps[i].Channels, maps[i].Rows, maps[i].Cols = s[1], s[2], s[3]
		}
	}
	if maps[0].Halved && !halves(maps[0], maps[1]) { // paddings at the edges make them differ at this size
		maps, m.Graph.Outputs = maps[1:], m.Graph.Outputs[1:]
		onnx.Prune(&m.Graph)
	}
	for i, f := range maps {
		m.Graph.Outputs[i].Dims = []int64{1, int64(f.Channels), int64(f.Rows), int64(f.Cols)}
	}
	return &m, maps, nil
}

// halves tells whether two by two places of fine, the last ones perhaps over the end, are those of base.
func halves(fine, base Map) bool {
	return (fine.Rows+1)/2 == base.Rows && (fine.Cols+1)/2 == base.Cols
}

// lastMaps finds the maps of a network for images of size x size pixels. The first one is of the stride of base or more, unless it is halved.
func lastMaps(net *graph.Network, size int) []Map {
	var out []Map
	for _, stride := range mapStrides {
		side := (size + stride - 1) / stride
		var last Map
		for _, s := range net.Steps {
			v := net.Values[s.Out]
			if len(v.Shape) != 4 || v.Shape[2] != side || v.Shape[3] != side || v.Data != nil {
				continue
			}
			// of a fine map four places are looked at for one: the narrow values between blocks hold what wide ones inside are made of
			if stride >= baseStride || last.Name == "" || v.Shape[1] <= last.Channels {
				last = Map{v.Name, v.Shape[1], side, side, stride < baseStride}
			}
		}
		if last.Name != "" {
			out = append(out, last)
		}
	}
	if len(out) > 0 && out[0].Halved && (len(out) == 1 || !halves(out[0], out[1])) {
		out = out[1:]
	}
	return out
}
