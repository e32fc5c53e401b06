//go:build !js

package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/engine/grad"
	"github.com/irum-app/irum/engine/onnx"
)

// rawName is the value with all that a stem's towers say: [1, towers*(classes+4), rows, cols], of each tower first the logits of the classes and then
// the logarithms of the four distances.
const rawName = namePrefix + "raw"

// appendRaw puts towers behind the stem of m, whose one output becomes rawName.
func appendRaw(m *onnx.Model, c crowd) {
	w, t := writer{&m.Graph}, c[0]
	var parts []string
	for k, t := range c {
		prefix := towerPrefix(k)
		hidden := w.hidden(prefix, t)
		parts = append(parts, w.point(prefix+"logits", hidden, t.last, 0, t.classes, 1), w.point(prefix+"far", hidden, t.last, t.classes, t.classes+4, 1))
	}
	w.node("Concat", rawName, []onnx.Attr{onnx.IntAttr("axis", 1)}, parts...)
	m.Graph.Outputs = []onnx.Value{{Name: rawName, Type: onnx.Float, Dims: []int64{1, int64(len(c) * (t.classes + 4)), int64(t.rows), int64(t.cols)}}}
}

// trainable gives the network of a stem and towers such that all of it can be trained. Pixels become its input times scale plus shift.
func trainable(stem *Stem, c crowd, threads int) (net *grad.Net, scale, shift float32, err error) {
	m, err := onnx.Read(stem.File)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("tune a detector: %w", err)
	}
	appendRaw(m, c)
	net, err = grad.New(m, rawName, grad.Options{Batch: batchViews, Norm: grad.FrozenNorm, Threads: threads})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("tune a detector: %w", err)
	}
	scale, shift = 1/127.5, -1
	a, errA := strconv.ParseFloat(m.Meta("irum.scale"), 32)
	b, errB := strconv.ParseFloat(m.Meta("irum.shift"), 32)
	if errA == nil && errB == nil {
		scale, shift = float32(a), float32(b)
	}
	return net, scale, shift, nil
}

// written gives stem and towers of net as their weights are now. like is the stem and shape the towers that the net was made of.
func written(net *grad.Net, like *Stem, shape *Head) (*Stem, *Head, error) {
	m, err := net.Write()
	if err != nil {
		return nil, nil, fmt.Errorf("write a tuned detector: %w", err)
	}
	c, err := shape.towers()
	if err != nil {
		return nil, nil, err
	}
	values := map[string][]float32{}
	for _, p := range net.Parameters() {
		values[p.Name] = p.Value
	}
	for k, t := range c {
		if err := t.take(values, towerPrefix(k)); err != nil {
			return nil, nil, err
		}
	}
	s := *like
	m.Graph.Outputs = []onnx.Value{{Name: featuresName, Type: onnx.Float, Dims: []int64{1, int64(s.In), int64(s.Rows), int64(s.Cols)}}}
	onnx.Prune(&m.Graph)
	s.File = onnx.Write(m)
	return &s, c.head(), nil
}

// take sets the weights of t from tensors that are named and laid out as hidden and point write them.
func (t *tower) take(values map[string][]float32, prefix string) error {
	var missing []string
	get := func(name string, size int) []float32 {
		v := values[prefix+name]
		if len(v) != size {
			missing = append(missing, name)
			return make([]float32, size)
		}
		return v
	}
	point := func(name string, d *dense, from, to int) {
		weights := get(name+"/weights", (to-from)*d.in)
		for c := range to - from {
			for k, v := range weights[c*d.in:][:d.in] {
				d.weights.value[k*d.out+from+c] = v
			}
		}
		copy(d.bias.value[from:], get(name+"/bias", to-from))
	}
	point("first", t.first, 0, t.wide)
	for i, b := range t.blocks {
		name := fmt.Sprintf("block%d", i)
		planes := get(name+"/around/weights", 9*t.wide)
		for k, v := range planes {
			b.around.weights.value[k%9*t.wide+k/9] = v
		}
		copy(b.around.bias.value, get(name+"/around/bias", t.wide))
		point(name+"/mix", b.mix, 0, t.wide)
	}
	point("logits", t.last, 0, t.classes)
	point("far", t.last, t.classes, t.classes+4)
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("the network that was trained has no %s", strings.Join(missing, ", "))
	}
	return nil
}

// placesFirst turns values [numbers, places] into [places, numbers].
func placesFirst(to, values []float32, places int) {
	n := len(values) / places
	for c := range n {
		for i, v := range values[c*places:][:places] {
			to[i*n+c] = v
		}
	}
}

// addChannelsFirst adds values [places, numbers] times factor to to [numbers, places].
func addChannelsFirst(to, values []float32, places int, factor float32) {
	n := len(values) / places
	for c := range n {
		for i := range places {
			to[c*places+i] += factor * values[i*n+c]
		}
	}
}
