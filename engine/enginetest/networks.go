package enginetest

import (
	"github.com/irum-app/irum/engine/onnx"
)

// Networks names all networks of this package, each for the image size (pixels) that the stored outputs are for.
func Networks() map[string]func() *onnx.Model {
	return map[string]func() *onnx.Model{
		"resnet18":     func() *onnx.Model { return ResNet18(224) },
		"squeezenet":   func() *onnx.Model { return SqueezeNet(95) },
		"shufflenet":   func() *onnx.Model { return ShuffleNet(96) },
		"efficientnet": func() *onnx.Model { return EfficientNet(96) },
		"mobilenetv3":  func() *onnx.Model { return MobileNetV3(96) },
		"ssd":          func() *onnx.Model { return SSD(96) },
		"yolo":         func() *onnx.Model { return YOLO(96) },
	}
}

// ResNet18 is the residual network of 18 layers with its batch normalisations, image [1,3,size,size] to 1000 scores.
func ResNet18(size int) *onnx.Model {
	s := newSketch(18, "resnet18", size)
	x := s.maxPool(s.relu(s.norm(s.conv("x", 64, 7, 2, 1))), 3, 2, 1, 0)
	for stage, filters := range []int{64, 128, 256, 512} {
		for block := range 2 {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			y := s.norm(s.conv(s.relu(s.norm(s.conv(x, filters, 3, stride, 1))), filters, 3, 1, 1))
			if s.channels[x] != filters {
				x = s.norm(s.conv(x, filters, 1, stride, 1))
			}
			x = s.relu(s.add(y, x))
		}
	}
	return s.model(13, s.classify(x, 1000))
}

// SqueezeNet is SqueezeNet 1.1: fire modules, poolings that round up, and a convolution as classifier.
func SqueezeNet(size int) *onnx.Model {
	s := newSketch(11, "squeezenet", size)
	fire := func(x string, squeeze, expand int) string {
		y := s.relu(s.conv(x, squeeze, 1, 1, 1))
		return s.concat(1, s.relu(s.conv(y, expand, 1, 1, 1)), s.relu(s.conv(y, expand, 3, 1, 1)))
	}
	x := s.maxPool(s.relu(s.conv("x", 64, 3, 2, 1)), 3, 2, 0, 1)
	x = s.maxPool(fire(fire(x, 16, 64), 16, 64), 3, 2, 0, 1)
	x = s.maxPool(fire(fire(x, 32, 128), 32, 128), 3, 2, 0, 1)
	x = fire(fire(fire(fire(x, 48, 192), 48, 192), 64, 256), 64, 256)
	x = s.node("GlobalAveragePool", []string{s.relu(s.conv(x, 100, 1, 1, 1))})
	return s.model(12, s.node("Softmax", []string{s.node("Flatten", []string{x})}, onnx.IntAttr("axis", 1)))
}

// ShuffleNet is ShuffleNetV2 x0.5: channels are split, and shuffled by Reshape and Transpose with a shape that is
// computed from the value's own.
func ShuffleNet(size int) *onnx.Model {
	s := newSketch(5, "shufflenet", size)
	depthwise := func(x string, stride int) string { return s.norm(s.conv(x, s.channels[x], 3, stride, s.channels[x])) }
	pointwise := func(x string, filters int) string { return s.relu(s.norm(s.conv(x, filters, 1, 1, 1))) }
	shuffle := func(x string, side int64) string {
		c := int64(s.channels[x])
		shape := s.node("Shape", []string{x})
		batch := s.node("Slice", []string{shape, s.list(0), s.list(1)})
		grouped := s.node("Reshape", []string{x, s.node("Concat", []string{batch, s.list(2, c/2, side, side)}, onnx.IntAttr("axis", 0))})
		y := s.node("Reshape", []string{s.node("Transpose", []string{grouped}, onnx.IntsAttr("perm", 0, 2, 1, 3, 4)), shape})
		s.channels[y] = int(c)
		return y
	}
	x := s.maxPool(s.relu(s.norm(s.conv("x", 24, 3, 2, 1))), 3, 2, 1, 0)
	side := int64(size+3) / 4
	for stage, filters := range []int{48, 96, 192} {
		half := filters / 2
		side = (side + 1) / 2
		left := pointwise(depthwise(x, 2), half)
		right := pointwise(depthwise(pointwise(x, half), 2), half)
		x = shuffle(s.concat(1, left, right), side)
		for range []int{3, 7, 3}[stage] {
			parts := s.nodes("Split", []string{x, s.list(int64(half), int64(half))}, 2, onnx.IntAttr("axis", 1))
			s.channels[parts[0]], s.channels[parts[1]] = half, half
			x = shuffle(s.concat(1, parts[0], pointwise(depthwise(pointwise(parts[1], half), 1), half)), side)
		}
	}
	return s.model(13, s.classify(pointwise(x, 256), 100))
}

// gate multiplies x by numbers between 0 and 1 that two small layers compute from its mean: squeeze and excitation.
func (s *sketch) gate(x string, hidden int, inner, outer func(string) string) string {
	c := s.channels[x]
	mean := s.node("ReduceMean", []string{x}, onnx.IntsAttr("axes", 2, 3), onnx.IntAttr("keepdims", 1))
	return s.node("Mul", []string{x, outer(s.conv(inner(s.conv(mean, hidden, 1, 1, 1)), c, 1, 1, 1))})
}

// EfficientNet is a short EfficientNet: inverted residuals with squeeze and excitation, all with x*sigmoid(x).
func EfficientNet(size int) *onnx.Model {
	s := newSketch(7, "efficientnet", size)
	sigmoid := func(x string) string { return s.node("Sigmoid", []string{x}) }
	x := s.silu(s.norm(s.conv("x", 32, 3, 2, 1)))
	for _, b := range []struct{ expand, filters, kernel, stride, repeat int }{
		{1, 16, 3, 1, 1}, {6, 24, 3, 2, 2}, {6, 40, 5, 2, 2}, {6, 80, 3, 2, 2}, {6, 112, 5, 1, 1},
	} {
		for i := range b.repeat {
			stride, from := b.stride, x
			if i > 0 {
				stride = 1
			}
			c := s.channels[from]
			y := from
			if b.expand > 1 {
				y = s.silu(s.norm(s.conv(y, c*b.expand, 1, 1, 1)))
			}
			y = s.silu(s.norm(s.conv(y, s.channels[y], b.kernel, stride, s.channels[y])))
			y = s.norm(s.conv(s.gate(y, c/4, s.silu, sigmoid), b.filters, 1, 1, 1))
			if stride == 1 && c == b.filters {
				y = s.add(y, from)
			}
			x = y
		}
	}
	return s.model(13, s.classify(s.silu(s.norm(s.conv(x, 320, 1, 1, 1))), 100))
}

// MobileNetV3 is a short MobileNetV3: hard swish, and gates by hard sigmoid.
func MobileNetV3(size int) *onnx.Model {
	s := newSketch(3, "mobilenetv3", size)
	hardSigmoid := func(x string) string { return s.node("HardSigmoid", []string{x}, onnx.FloatAttr("alpha", 1.0/6)) }
	x := s.hardSwish(s.norm(s.conv("x", 16, 3, 2, 1)))
	for _, b := range []struct {
		hidden, filters, kernel, stride int
		gate, swish                     bool
	}{
		{16, 16, 3, 2, true, false}, {72, 24, 3, 2, false, false}, {88, 24, 3, 1, false, false}, {96, 40, 5, 2, true, true}, {240, 40, 5, 1, true, true},
	} {
		act := s.relu
		if b.swish {
			act = s.hardSwish
		}
		y := act(s.norm(s.conv(x, b.hidden, 1, 1, 1)))
		y = act(s.norm(s.conv(y, b.hidden, b.kernel, b.stride, b.hidden)))
		if b.gate {
			y = s.gate(y, b.hidden/4, s.relu, hardSigmoid)
		}
		y = s.norm(s.conv(y, b.filters, 1, 1, 1))
		if b.stride == 1 && s.channels[x] == b.filters {
			y = s.add(x, y)
		}
		x = y
	}
	return s.model(13, s.classify(s.hardSwish(s.norm(s.conv(x, 240, 1, 1, 1))), 100))
}
