package detect

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/onnx"
)

// Values of the networks that this package writes.
const (
	featuresName = "irum/detect/features"
	namePrefix   = "irum/detect/"
)

// channels is how many numbers are kept of a place of each map, the finest first; fineChannels of a map that is halved, which comes before them.
var channels = []int{48, 48, 32}

const fineChannels = 48

// stemPlaces is how many places of each map of an image its projection is fitted on.
const stemPlaces = 64

// Probe gives a network whose one output is all maps of a backbone, one after another as one vector: what FitStem takes.
func Probe(backbone *onnx.Model, size int) (file []byte, maps []Map, err error) {
	m, maps, err := Maps(backbone, size)
	if err != nil {
		return nil, nil, err
	}
	var parts []string
	total := 0
	for i, f := range maps {
		name := fmt.Sprintf("%sflat%d", namePrefix, i)
		m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{Name: name, Op: "Flatten", Inputs: []string{f.Name}, Outputs: []string{name}})
		parts, total = append(parts, name), total+f.Channels*f.Rows*f.Cols
	}
	const all = namePrefix + "maps"
	m.Graph.Nodes = append(m.Graph.Nodes, onnx.Node{Name: all, Op: "Concat", Inputs: parts, Outputs: []string{all}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)}})
	m.Graph.Outputs = []onnx.Value{{Name: all, Type: onnx.Float, Dims: []int64{1, int64(total)}}}
	return onnx.Write(m), maps, nil
}

// StemFitter collects places of some images, of which it then makes a Stem.
type StemFitter struct {
	maps []Map
	rows [][]float32 // by map: places of its channels
	rng  *rand.Rand
	seed uint64
}

// NewStemFitter begins with no image.
func NewStemFitter(maps []Map, seed int64) *StemFitter {
	return &StemFitter{maps, make([][]float32, len(maps)), rand.New(rand.NewPCG(uint64(seed), 2)), uint64(seed)}
}

// Add takes what the network of Probe gave for an image.
func (f *StemFitter) Add(vector []float32) error {
	for k, m := range f.maps {
		places := m.Rows * m.Cols
		if len(vector) < m.Channels*places {
			return fmt.Errorf("a backbone's maps have %d numbers less than they should", m.Channels*places-len(vector))
		}
		for range min(stemPlaces, places) {
			f.rows[k] = m.appendPlace(f.rows[k], vector, f.rng.IntN(places))
		}
		vector = vector[m.Channels*places:]
	}
	return nil
}

// appendPlace appends the numbers of what is one place to a detector, that which the place at is in, of values [Channels, Rows, Cols].
func (m Map) appendPlace(to, values []float32, at int) []float32 {
	places := m.Rows * m.Cols
	if !m.Halved {
		for c := range m.Channels {
			to = append(to, values[c*places+at])
		}
		return to
	}
	y, x := at/m.Cols&^1, at%m.Cols&^1
	for c := range m.Channels {
		for k := range 4 {
			v := float32(0) // over the end, as the convolution that looks at it pads
			if r, q := y+k/2, x+k%2; r < m.Rows && q < m.Cols {
				v = values[c*places+r*m.Cols+q]
			}
			to = append(to, v)
		}
	}
	return to
}

// Stem is the part of a detector that stays as it is: a backbone, and for each of its maps a projection onto the directions in which it varies most.
// File is its network, whose one output is the features [1, In, Rows, Cols].
type Stem struct {
	File           []byte
	In, Rows, Cols int
	Size           int // of the input, in pixels
}

// Stem gives the stem of the backbone that Probe was given. rest is called between pieces of work.
func (f *StemFitter) Stem(backbone *onnx.Model, size int, rest func()) (*Stem, error) {
	m, maps, err := Maps(backbone, size)
	if err != nil {
		return nil, err
	}
	by := make([]projection, len(maps))
	base := baseMap(maps)
	s, keep := &Stem{Rows: base.Rows, Cols: base.Cols}, channels
	for k, p := range maps {
		if len(f.rows[k]) == 0 {
			return nil, fmt.Errorf("there is no image to fit the detector's stem on")
		}
		few := fineChannels
		if !p.Halved {
			few, keep = keep[0], keep[1:]
		}
		by[k] = principal(f.rows[k], p.numbers(), few, f.seed)
		s.In += by[k].few
		rest()
	}
	for _, in := range m.Graph.Inputs {
		if len(in.Dims) == 4 {
			s.Size = int(in.Dims[2])
		}
	}
	appendStem(m, maps, by)
	m.Graph.Outputs = []onnx.Value{{Name: featuresName, Type: onnx.Float, Dims: []int64{1, int64(s.In), int64(s.Rows), int64(s.Cols)}}}
	s.File = onnx.Write(m)
	return s, nil
}

// Quantise writes the features of a view, as the stem's network gave them, into to [rows*cols, in] as a Set has them.
func (s *Stem) Quantise(to []int8, features []float32) error {
	places := s.Rows * s.Cols
	if len(features) != places*s.In || len(to) != len(features) {
		return fmt.Errorf("%d features of a view that has %d", len(features), places*s.In)
	}
	for c := range s.In {
		for i, v := range features[c*places:][:places] {
			to[i*s.In+c] = int8(math.Round(min(max(float64(v)*grain, -127), 127)))
		}
	}
	return nil
}

// baseMap is the one that has the detector's places.
func baseMap(maps []Map) Map {
	if maps[0].Halved {
		return maps[1]
	}
	return maps[0]
}

// appendStem puts projections behind the maps of m, which become one map of the base's size: the value featuresName.
func appendStem(m *onnx.Model, maps []Map, by []projection) {
	g, base := &m.Graph, baseMap(maps)
	var parts []string
	for i, f := range maps {
		name, side := fmt.Sprintf("%smap%d", namePrefix, i), int64(1)
		if f.Halved {
			side = 2
		}
		g.Initializers = append(g.Initializers,
			onnx.FloatTensor(name+"/weights", by[i].weights, int64(by[i].few), int64(f.Channels), side, side),
			onnx.FloatTensor(name+"/bias", by[i].bias, int64(by[i].few)))
		if f.Halved {
			g.Nodes = append(g.Nodes, halving(name, f, base))
			parts = append(parts, name)
			continue
		}
		g.Nodes = append(g.Nodes, conv(name, f.Name, 1, 1, 1))
		if f.Rows != base.Rows || f.Cols != base.Cols {
			large := name + "/large"
			g.Initializers = append(g.Initializers,
				onnx.IntTensor(large+"/size", []int64{1, int64(by[i].few), int64(base.Rows), int64(base.Cols)}, 4))
			g.Nodes = append(g.Nodes, onnx.Node{
				Name: large, Op: "Resize", Inputs: []string{name, "", "", large + "/size"}, Outputs: []string{large},
				Attrs: []onnx.Attr{onnx.StringAttr("mode", "linear"), onnx.StringAttr("coordinate_transformation_mode", "half_pixel")},
			})
			name = large
		}
		parts = append(parts, name)
	}
	g.Nodes = append(g.Nodes, onnx.Node{
		Name: featuresName, Op: "Concat", Inputs: parts, Outputs: []string{featuresName}, Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)},
	})
}

// halving is a convolution over two by two places of fine, for each place of base.
func halving(name string, fine, base Map) onnx.Node {
	return onnx.Node{
		Name: name, Op: "Conv", Inputs: []string{fine.Name, name + "/weights", name + "/bias"}, Outputs: []string{name},
		Attrs: []onnx.Attr{
			onnx.IntsAttr("kernel_shape", 2, 2), onnx.IntsAttr("strides", 2, 2),
			onnx.IntsAttr("pads", 0, 0, int64(2*base.Rows-fine.Rows), int64(2*base.Cols-fine.Cols)),
		},
	}
}

// conv is a convolution named like its result, of weights and a bias that are named after it.
func conv(name, input string, kernel, spread, group int) onnx.Node {
	k, d, pad := int64(kernel), int64(spread), int64(kernel/2*spread)
	return onnx.Node{
		Name: name, Op: "Conv", Inputs: []string{input, name + "/weights", name + "/bias"}, Outputs: []string{name},
		Attrs: []onnx.Attr{
			onnx.IntsAttr("kernel_shape", k, k), onnx.IntsAttr("strides", 1, 1), onnx.IntsAttr("pads", pad, pad, pad, pad), onnx.IntsAttr("dilations", d, d),
			onnx.IntAttr("group", int64(group)),
		},
	}
}
