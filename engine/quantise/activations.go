package quantise

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/simd"
)

// topByte is the largest byte of an activation.
const topByte = 127

// channel is what is known of one channel of an activation.
type channel struct {
	lo, hi       float64 // 0 lies between
	sum, squares float64
	n            float64
}

func (c *channel) add(values []float32) {
	for _, v := range values {
		x := float64(v)
		c.lo, c.hi = min(c.lo, x), max(c.hi, x)
		c.sum, c.squares = c.sum+x, c.squares+x*x
	}
	c.n += float64(len(values))
}

// activation is a value that dense convolutions read.
type activation struct {
	value    int
	readers  []*graph.Step
	channels []channel
}

// padded tells whether a reader puts zeros around it.
func (a *activation) padded() bool {
	return slices.ContainsFunc(a.readers, func(s *graph.Step) bool {
		g := s.Geometry
		return g.Top+g.Left+g.Bottom+g.Right > 0
	})
}

// Activation is a value that dense convolutions read, as bytes.
type Activation struct {
	Name  string
	Bytes simd.Bytes
	Work  int // multiplications of its readers
}

// Activations runs m on the images, each an input of one image, and says how what its dense convolutions read is best made bytes, in
// the network's order. Outputs are those that are to be computed; nil for the model's.
func Activations(ctx context.Context, m *onnx.Model, outputs []string, images [][]float32) ([]Activation, error) {
	net, err := graph.Build(m, outputs...)
	if err != nil {
		return nil, err
	}
	list := readByConvolutions(net)
	if len(list) == 0 {
		return nil, errors.New("the network has no convolution that could compute with integers")
	}
	first := len(net.Outputs)
	net.Outputs = slices.Clone(net.Outputs)
	for _, a := range list {
		net.Outputs = append(net.Outputs, a.value)
	}
	run, _, err := exec.New(ctx, net, exec.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = run.Close() }()
	for _, image := range images {
		out, err := run.Run(ctx, image)
		if err != nil {
			return nil, err
		}
		for k, a := range list {
			values, area := out[first+k], len(out[first+k])/len(a.channels)
			for c := range a.channels {
				a.channels[c].add(values[c*area : (c+1)*area])
			}
		}
	}
	var found []Activation
	for _, a := range list {
		one := Activation{Name: net.Values[a.value].Name, Bytes: a.bytes(net)}
		for _, s := range a.readers {
			out := &net.Values[s.Out]
			one.Work += net.Values[s.In[1]].Len() * out.Shape[2] * out.Shape[3]
		}
		found = append(found, one)
	}
	return found, nil
}

// readByConvolutions are the values that could be bytes.
func readByConvolutions(net *graph.Network) (list []*activation) {
	for i := range net.Steps {
		s := &net.Steps[i]
		v := &net.Values[s.In[0]]
		if s.Op != "Conv" || s.Geometry.Group > 1 || v.Data != nil || v.Name == "" || net.Values[s.In[1]].Data == nil {
			continue
		}
		at := slices.IndexFunc(list, func(a *activation) bool { return a.value == s.In[0] })
		if at < 0 {
			at, list = len(list), append(list, &activation{value: s.In[0], channels: make([]channel, v.Shape[1])})
		}
		list[at].readers = append(list[at].readers, s)
	}
	return list
}

// bytes chooses the steps. A channel of few values needs small steps to be exact itself; but the weights that read it become small
// then, beside those of other channels of the same output, and their own steps are for the largest. So steps are between those
// of the channel and those of the widest channel, nearer to the ones that lose less.
func (a *activation) bytes(net *graph.Network) simd.Bytes {
	var best simd.Bytes
	least := math.Inf(1)
	for k := range 9 {
		b := a.steps(float64(k) / 8)
		if lost := a.lostBy(net, b); k == 0 || lost < least {
			best, least = b, lost
		}
	}
	return best
}

// steps gives all channels the step of the widest with own 0, and each its own with own 1.
func (a *activation) steps(own float64) simd.Bytes {
	n := len(a.channels)
	b := simd.Bytes{Step: make([]float32, n), Zero: make([]uint8, n), Mean: make([]float32, n)}
	symmetric := a.padded() && slices.ContainsFunc(a.channels, func(c channel) bool { return c.lo < 0 })
	widths, widest := make([]float64, n), 1e-9
	for i, c := range a.channels {
		widths[i] = c.hi - c.lo
		if symmetric { // what is put around all channels has one byte
			widths[i] = max(c.hi*topByte/63, -c.lo*topByte/64)
		}
		widest = max(widest, widths[i])
	}
	for i, c := range a.channels {
		step := widest / topByte * math.Pow(max(widths[i]/widest, 1e-4), own)
		b.Step[i], b.Mean[i] = float32(step), float32(c.sum/max(c.n, 1))
		b.Zero[i] = uint8(min(math.Round(-c.lo/step), topByte))
		if symmetric {
			b.Zero[i] = 64
		}
	}
	return b
}

// lostBy estimates the sum of squared errors of the outputs of all readers, times twelve: rounding is an error of a twelfth of the
// square of the step, of the activation times the square of the weight, and of the weight times the square of the activation.
func (a *activation) lostBy(net *graph.Network, b simd.Bytes) (lost float64) {
	for _, s := range a.readers {
		w, outputs := net.Values[s.In[1]].Data, net.Values[s.Out].Shape[1]
		each := len(w) / outputs
		area := each / len(a.channels)
		squares := 0.0 // of the bytes
		for c, channel := range a.channels {
			squares += float64(area) * channel.squares / max(channel.n, 1) / float64(b.Step[c]*b.Step[c])
		}
		for o := range outputs {
			largest, own := 0.0, 0.0
			for i, v := range w[o*each:][:each] {
				x := float64(v * b.Step[i/area])
				largest, own = max(largest, math.Abs(x)), own+x*x
			}
			step := largest / most
			lost += own + step*step*squares
		}
	}
	return lost
}

// Moved is how far outputs after lie from those before, image by image: the root of the sum of squared differences over the sum
// of squares of what differs between before's images.
func Moved(before, after [][]float32) float64 {
	var off, spread float64
	for i := range before[0] {
		mean := 0.0
		for _, out := range before {
			mean += float64(out[i]) / float64(len(before))
		}
		for k, out := range before {
			e, s := float64(after[k][i])-float64(out[i]), float64(out[i])-mean
			off, spread = off+e*e, spread+s*s
		}
	}
	return math.Sqrt(off / spread)
}
