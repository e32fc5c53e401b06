package detect

import (
	"fmt"
	"math"
	"slices"

	"github.com/irum-app/irum/engine/onnx"
)

// proposalSizes are those, in pixels, at which an image is looked at for things of no class; the first is the network's input. The smaller an image,
// the larger are the things that are found in it.
var proposalSizes = []int{428, 300, 160}

const (
	// proposalName is the one output of the network of Proposer.
	proposalName = namePrefix + "proposals"
	// proposalStride is that of the map that proposals stand on, and proposalOwn the size that the detector was trained at, in pixels.
	proposalStride, proposalOwn = 16, 300
	// proposalClasses are the classes that the detector tells apart; the first one is the background.
	proposalClasses = 24
	// proposalOverlap is the IoU above which two proposals are one.
	proposalOverlap = 0.4
)

// proposalAnchors are the boxes that every place begins with, width and height as shares of the image at the detector's own size: the lowest
// layer of SSD with scales from 0.2 to 0.95 and reduced boxes there (Liu et al. 2016, 2.2, in the TensorFlow detection models' form).
var proposalAnchors = [...][2]float64{{0.1, 0.1}, {0.2 * math.Sqrt2, 0.2 / math.Sqrt2}, {0.2 / math.Sqrt2, 0.2 * math.Sqrt2}}

// By these the detector's numbers are larger than what they mean (Liu et al. 2016: variances 0.1 and 0.2).
const centreScale, sizeScale = 10, 5

// Proposer gives the network of things of no class, made of a backbone (ONNX, one square image in) and the head that stands on one of its
// maps: an image in, what Proposals reads out. The backbone's weights are in it once, its layers for each size. The same input gives the same bytes.
func Proposer(backbone, head *onnx.Model) ([]byte, error) {
	if len(head.Graph.Inputs) != 1 || len(head.Graph.Outputs) != 2 {
		return nil, fmt.Errorf("the head of proposals has %d inputs and %d outputs, not 1 and 2", len(head.Graph.Inputs), len(head.Graph.Outputs))
	}
	from := head.Graph.Inputs[0].Name
	b := *backbone
	b.Graph.Outputs = []onnx.Value{{Name: from, Type: onnx.Float}}
	if !slices.ContainsFunc(b.Graph.Nodes, func(n onnx.Node) bool { return slices.Contains(n.Outputs, from) }) {
		return nil, fmt.Errorf("the backbone has no map %q: things can be proposed with the default backbone only", from)
	}
	onnx.Prune(&b.Graph)
	at := slices.IndexFunc(b.Graph.Inputs, func(v onnx.Value) bool { return len(v.Dims) == 4 })
	if at < 0 {
		return nil, fmt.Errorf("the backbone has no input of shape [1 3 S S]")
	}
	image := b.Graph.Inputs[at].Name
	own := slices.Concat(b.Graph.Nodes, head.Graph.Nodes)
	out := b
	out.Metadata = slices.Clone(backbone.Metadata)
	out.Graph.Initializers = slices.Concat(b.Graph.Initializers, head.Graph.Initializers)
	out.Graph.Inputs = []onnx.Value{{Name: image, Type: onnx.Float, Dims: []int64{1, 3, int64(proposalSizes[0]), int64(proposalSizes[0])}}}
	out.Graph.Nodes = nil
	w, shared := writer{&out.Graph}, constants(own, out.Graph.Initializers)
	var parts []string
	for k, size := range proposalSizes {
		if k > 0 {
			image = w.smaller(image, size)
		}
		prefix := fmt.Sprintf("%ssize%d/", namePrefix, size)
		w.copy(own, b.Graph.Inputs[at].Name, image, prefix, shared, k == 0)
		for i, o := range head.Graph.Outputs {
			parts = append(parts, w.node("Flatten", fmt.Sprintf("%sflat%d", prefix, i), nil, prefix+o.Name))
		}
	}
	w.node("Concat", proposalName, []onnx.Attr{onnx.IntAttr("axis", 1)}, parts...)
	out.Graph.Outputs = []onnx.Value{{Name: proposalName, Type: onnx.Float, Dims: []int64{1, int64(proposalNumbers())}}}
	out.SetMeta("irum.embedding", proposalName)
	out.SetMeta("irum.input", fmt.Sprint(proposalSizes[0]))
	return onnx.Write(&out), nil
}

// constants are the values that do not depend on the image.
func constants(nodes []onnx.Node, weights []onnx.Tensor) map[string]bool {
	known := map[string]bool{"": true}
	for _, t := range weights {
		known[t.Name] = true
	}
	for _, n := range nodes { // each behind what it needs
		if !slices.ContainsFunc(n.Inputs, func(in string) bool { return !known[in] }) {
			for _, o := range n.Outputs {
				known[o] = true
			}
		}
	}
	return known
}

// copy appends nodes over an image of another name; their values get a prefix, but for those that are shared, which are made once.
func (w writer) copy(nodes []onnx.Node, from, image, prefix string, shared map[string]bool, first bool) {
	name := func(v string) string {
		switch {
		case v == from:
			return image
		case shared[v]:
			return v
		}
		return prefix + v
	}
	for _, n := range nodes {
		if shared[n.Outputs[0]] {
			if first {
				w.g.Nodes = append(w.g.Nodes, n)
			}
			continue
		}
		n.Name = prefix + n.Name
		n.Inputs, n.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
		for _, list := range [][]string{n.Inputs, n.Outputs} {
			for i, v := range list {
				list[i] = name(v)
			}
		}
		w.g.Nodes = append(w.g.Nodes, n)
	}
}

// smaller is an image at size x size pixels.
func (w writer) smaller(image string, size int) string {
	name := fmt.Sprintf("%simage%d", namePrefix, size)
	w.g.Initializers = append(w.g.Initializers, onnx.IntTensor(name+"/size", []int64{1, 3, int64(size), int64(size)}, 4))
	return w.node("Resize", name, []onnx.Attr{onnx.StringAttr("mode", "linear"), onnx.StringAttr("coordinate_transformation_mode", "half_pixel")}, image, "", "", name+"/size")
}

// proposalNumbers is how many numbers the network of Proposer gives.
func proposalNumbers() int {
	n := 0
	for _, size := range proposalSizes {
		side := (size + proposalStride - 1) / proposalStride
		n += side * side * len(proposalAnchors) * (4 + proposalClasses)
	}
	return n
}

// Proposals turns what the network of Proposer gave for an image into things, at most limit, the likeliest first: width and height are those of the
// image in the unit that is wanted. They have no class; scores order them and are no probabilities.
func Proposals(found []float32, width, height float64, limit int) ([]Object, error) {
	if len(found) != proposalNumbers() {
		return nil, fmt.Errorf("%d numbers of proposals, not %d", len(found), proposalNumbers())
	}
	var all []Object
	for _, size := range proposalSizes {
		side := (size + proposalStride - 1) / proposalStride
		n := side * side * len(proposalAnchors)
		all = appendProposals(all, found[:4*n], found[4*n:][:proposalClasses*n], side, proposalOwn/float64(size), width, height)
		found = found[(4+proposalClasses)*n:]
	}
	byScore(all)
	return Suppress(all[:min(len(all), maxPlaces)], proposalOverlap, limit), nil
}

// appendProposals appends those of one size: codes [anchors*4, side, side] say y, x, height and width beside each anchor, logits
// [anchors*classes, side, side] how likely classes are. larger is by how much anchors are larger than at the detector's own size.
func appendProposals(to []Object, codes, logits []float32, side int, larger, width, height float64) []Object {
	places := side * side
	share := func(v, size float64) float64 { return min(max(v, 0), 1) * size }
	for i := range places {
		cx, cy := (float64(i%side)+0.5)/float64(side), (float64(i/side)+0.5)/float64(side)
		for a, anchor := range proposalAnchors {
			best := float32(math.Inf(-1))
			for c := 1; c < proposalClasses; c++ {
				best = max(best, logits[(a*proposalClasses+c)*places+i])
			}
			code := func(k int) float64 { return float64(codes[(4*a+k)*places+i]) }
			w, h := anchor[0]*larger, anchor[1]*larger
			x, y := cx+code(1)/centreScale*w, cy+code(0)/centreScale*h
			w, h = w*math.Exp(code(3)/sizeScale)/2, h*math.Exp(code(2)/sizeScale)/2
			o := Object{Box: Box{share(x-w, width), share(y-h, height), share(x+w, width), share(y+h, height)}, Score: 1 / (1 + math.Exp(-float64(best)))}
			if o.Area() > 0 {
				to = append(to, o)
			}
		}
	}
	return to
}
