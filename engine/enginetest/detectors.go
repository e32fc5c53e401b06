package enginetest

import (
	"github.com/irum-app/irum/engine/onnx"
)

// stem makes three maps, each half as large as the one before, the first an eighth of the image.
func (s *sketch) stem(act func(string) string, filters ...int) []string {
	x := act(s.norm(s.conv("x", 16, 3, 2, 1)))
	x = act(s.norm(s.conv(x, filters[0], 3, 2, 1)))
	var maps []string
	for _, f := range filters {
		x = act(s.norm(s.conv(x, s.channels[x], 3, 2, s.channels[x])))
		x = act(s.norm(s.conv(x, f, 1, 1, 1)))
		maps = append(maps, x)
	}
	return maps
}

// SSD is a single-shot detector: heads on three maps, the coarse ones added to the finer ones (by Resize and by
// ConvTranspose), three anchors a pixel. Its outputs are boxes [1,N,4] and probabilities [1,N,7].
func SSD(size int) *onnx.Model {
	const anchors, classes = 3, 7
	s := newSketch(300, "ssd", size)
	maps := s.stem(s.relu, 32, 48, 66)
	for i, x := range maps {
		maps[i] = s.conv(x, 40, 1, 1, 1)
	}
	scales := s.initializer(onnx.FloatTensor("", []float32{1, 1, 2, 2}, 4))
	up := s.node("Resize", []string{maps[2], "", scales}, onnx.StringAttr("mode", "nearest"),
		onnx.StringAttr("coordinate_transformation_mode", "asymmetric"), onnx.StringAttr("nearest_mode", "floor"))
	maps[1] = s.relu(s.add(maps[1], up))
	wide := s.node("ConvTranspose", []string{maps[1], s.uniform(0, 0.3, 40, 40, 2, 2), s.uniform(0, 0.1, 40)},
		onnx.IntsAttr("kernel_shape", 2, 2), onnx.IntsAttr("strides", 2, 2))
	maps[0] = s.relu(s.add(maps[0], wide))
	var boxes, scores []string
	head := func(x string, each int64) string {
		y := s.node("Transpose", []string{s.conv(x, anchors*int(each), 3, 1, 1)}, onnx.IntsAttr("perm", 0, 2, 3, 1))
		return s.reshape(y, 1, -1, each)
	}
	for _, x := range maps {
		boxes, scores = append(boxes, head(x, 4)), append(scores, head(x, classes))
	}
	return s.model(13, s.concat(1, boxes...), s.node("Softmax", []string{s.concat(1, scores...)}, onnx.IntAttr("axis", 2)))
}

// YOLO is a one-stage detector with x*sigmoid(x), pooling pyramids and split blocks. Its outputs are the decoded centres
// and sizes [1,4,N], in pixels, and probabilities [1,5,N].
func YOLO(size int) *onnx.Model {
	const classes = 5
	s := newSketch(8, "yolo", size)
	maps := s.stem(s.silu, 32, 64, 96)
	block := func(x string, filters int) string { // halves of which one goes through more layers
		y := s.silu(s.norm(s.conv(x, filters, 1, 1, 1)))
		parts := s.nodes("Split", []string{y}, 2, onnx.IntAttr("axis", 1))
		s.channels[parts[0]], s.channels[parts[1]] = filters/2, filters/2
		deep := s.add(parts[1], s.silu(s.conv(parts[1], filters/2, 3, 1, 1)))
		return s.silu(s.norm(s.conv(s.concat(1, parts[0], parts[1], deep), filters, 1, 1, 1)))
	}
	a := s.silu(s.conv(maps[2], 48, 1, 1, 1))
	b := s.maxPool(a, 5, 1, 2, 0)
	c := s.maxPool(b, 5, 1, 2, 0)
	maps[2] = block(s.concat(1, a, b, c, s.maxPool(c, 5, 1, 2, 0)), 96)
	doubled := s.initializer(onnx.FloatTensor("", []float32{1, 1, 2, 2}, 4))
	up := s.node("Resize", []string{maps[2], "", doubled}, onnx.StringAttr("mode", "linear"), onnx.StringAttr("coordinate_transformation_mode", "half_pixel"))
	maps[1] = block(s.concat(1, up, maps[1]), 62)
	var all []string
	for i, x := range maps[1:] {
		side := int64(size >> (4 + i))
		y := s.conv(x, 4+classes, 1, 1, 1)
		raw := s.reshape(y, 1, 4+classes, side*side)
		grid := make([]float32, 0, 2*side*side)
		for axis := range 2 {
			for k := range side * side {
				grid = append(grid, float32([]int64{k % side, k / side}[axis])+0.5)
			}
		}
		cells := s.initializer(onnx.FloatTensor("", grid, 1, 2, side*side))
		parts := s.nodes("Split", []string{raw, s.list(2, 2, classes)}, 3, onnx.IntAttr("axis", 1))
		centre := s.node("Add", []string{s.node("Sub", []string{s.node("Mul", []string{s.node("Sigmoid", []string{parts[0]}), s.number(2)}), s.number(1)}), cells})
		stride := s.number(float32(size) / float32(side))
		extent := s.node("Exp", []string{s.node("Clip", []string{parts[1], s.number(-4), s.number(4)})})
		boxes := s.node("Mul", []string{s.node("Concat", []string{centre, extent}, onnx.IntAttr("axis", 1)), stride})
		all = append(all, s.node("Concat", []string{boxes, s.node("Sigmoid", []string{parts[2]})}, onnx.IntAttr("axis", 1)))
	}
	joined := s.node("Concat", all, onnx.IntAttr("axis", 2))
	boxes := s.node("Slice", []string{joined, s.list(0), s.list(4), s.list(1)})
	scores := s.node("Slice", []string{joined, s.list(4), s.list(1 << 31), s.list(1)})
	return s.model(13, boxes, scores)
}
