package graph

import (
	"fmt"

	"github.com/irum-app/irum/engine/onnx"
)

func pair(n *onnx.Node, name string, def int) (int, int, error) {
	v := n.Ints(name)
	if v == nil {
		return def, def, nil
	}
	if len(v) != 2 || v[0] < 1 || v[1] < 1 || v[0] > MaxSide || v[1] > MaxSide {
		return 0, 0, fmt.Errorf("%s is %v", name, v)
	}
	return int(v[0]), int(v[1]), nil
}

// window reads the geometry of a convolution or pooling over an h x w image and gives the result's size.
func window(n *onnx.Node, h, w, kernelH, kernelW int) (g Geometry, outH, outW int, err error) {
	g = Geometry{KernelH: kernelH, KernelW: kernelW, Group: 1}
	if g.StrideH, g.StrideW, err = pair(n, "strides", 1); err != nil {
		return g, 0, 0, err
	}
	if g.DilationH, g.DilationW, err = pair(n, "dilations", 1); err != nil {
		return g, 0, 0, err
	}
	reachH, reachW := (kernelH-1)*g.DilationH+1, (kernelW-1)*g.DilationW+1
	switch mode := n.Str("auto_pad", "NOTSET"); mode {
	case "SAME_UPPER", "SAME_LOWER":
		totalH := max((((h+g.StrideH-1)/g.StrideH)-1)*g.StrideH+reachH-h, 0)
		totalW := max((((w+g.StrideW-1)/g.StrideW)-1)*g.StrideW+reachW-w, 0)
		g.Top, g.Left = totalH/2, totalW/2
		if mode == "SAME_LOWER" {
			g.Top, g.Left = totalH-totalH/2, totalW-totalW/2
		}
		g.Bottom, g.Right = totalH-g.Top, totalW-g.Left
	case "VALID":
	case "NOTSET", "":
		if p := n.Ints("pads"); p != nil {
			if len(p) != 4 {
				return g, 0, 0, fmt.Errorf("pads is %v", p)
			}
			for _, v := range p {
				if v < 0 || v > MaxSide {
					return g, 0, 0, fmt.Errorf("pads is %v", p)
				}
			}
			g.Top, g.Left, g.Bottom, g.Right = int(p[0]), int(p[1]), int(p[2]), int(p[3])
		}
	default:
		return g, 0, 0, fmt.Errorf("auto_pad %q is not known", mode)
	}
	if h+g.Top+g.Bottom < reachH || w+g.Left+g.Right < reachW {
		return g, 0, 0, fmt.Errorf("a %dx%d kernel does not fit a %dx%d image", kernelH, kernelW, h, w)
	}
	ceil := n.Int("ceil_mode", 0) != 0 && (n.Op == "MaxPool" || n.Op == "AveragePool")
	outH = places(h, g.Top, g.Bottom, reachH, g.StrideH, ceil)
	outW = places(w, g.Left, g.Right, reachW, g.StrideW, ceil)
	return g, outH, outW, nil
}

// places counts the positions of a window along an axis. With ceil a last one may reach beyond the padding, but must begin
// inside the image or before it.
func places(n, before, after, reach, stride int, ceil bool) int {
	room := n + before + after - reach
	if !ceil {
		return room/stride + 1
	}
	count := (room+stride-1)/stride + 1
	if (count-1)*stride >= n+before {
		count--
	}
	return count
}

// image checks that the first input is a batch of images.
func (c *call) image() ([]int, error) {
	shape := c.value(0).Shape
	if len(shape) != 4 {
		return nil, fmt.Errorf("the input has shape %v, an image is expected", shape)
	}
	return shape, nil
}

// filters checks constant weights [M, C/group, kH, kW] (of a transposed convolution [C, M/group, kH, kW]) and the bias
// for M outputs, and gives the weights' shape and the groups.
func (c *call) filters(transposed bool) (w []int, group int, err error) {
	x, err := c.image()
	if err != nil {
		return nil, 0, err
	}
	v := c.value(1)
	if v == nil || v.Data == nil || len(v.Shape) != 4 || v.Len() == 0 {
		return nil, 0, fmt.Errorf("a convolution needs constant weights of 4 dimensions")
	}
	w, groups := v.Shape, c.Int("group", 1)
	if groups < 1 || groups > int64(x[1]) || x[1]%int(groups) != 0 || w[2] > MaxSide || w[3] > MaxSide {
		return nil, 0, fmt.Errorf("weights %v in %d groups do not fit %d channels", w, groups, x[1])
	}
	group = int(groups)
	outputs, fits := w[0], w[1] == x[1]/group && w[0]%group == 0
	if transposed {
		outputs, fits = w[1]*group, w[0] == x[1]
	}
	if !fits {
		return nil, 0, fmt.Errorf("weights %v in %d groups do not fit %d channels", w, group, x[1])
	}
	if bias := c.value(2); bias != nil && (bias.Data == nil || len(bias.Data) != outputs) {
		return nil, 0, fmt.Errorf("the bias should be a constant of %d values", outputs)
	}
	return w, group, nil
}

func convNode(c *call) error {
	w, group, err := c.filters(false)
	if err != nil {
		return err
	}
	x := c.value(0).Shape
	g, outH, outW, err := window(c.Node, x[2], x[3], w[2], w[3])
	if err != nil {
		return err
	}
	g.Group = group
	return c.emit(Step{Op: "Conv", In: c.weighted(), Geometry: g}, []int{x[0], w[0], outH, outW})
}

// weighted gives image, weights and, if there is one, bias.
func (c *call) weighted() []int {
	if c.value(2) == nil {
		return c.in[:2]
	}
	return c.in[:3]
}

func poolNode(c *call) error {
	x, err := c.image()
	if err != nil {
		return err
	}
	if len(c.Outputs) > 1 && c.Outputs[1] != "" {
		return fmt.Errorf("its indices, a second output, are not supported")
	}
	kernelH, kernelW, err := pair(c.Node, "kernel_shape", 0)
	if err != nil || kernelH == 0 {
		return fmt.Errorf("pooling %v of %v", c.Ints("kernel_shape"), x)
	}
	g, outH, outW, err := window(c.Node, x[2], x[3], kernelH, kernelW)
	if err != nil {
		return err
	}
	s := Step{Op: c.Op, In: c.in[:1], Geometry: g, CountPad: c.Int("count_include_pad", 0) != 0}
	return c.emit(s, []int{x[0], x[1], outH, outW})
}

func globalPoolNode(c *call) error {
	x, err := c.image()
	if err != nil {
		return err
	}
	if x[2]*x[3] == 0 || x[2] > MaxSide || x[3] > MaxSide {
		return fmt.Errorf("it pools %v", x)
	}
	shape := []int{x[0], x[1], 1, 1}
	if c.Op == "GlobalAveragePool" {
		return c.emit(Step{Op: "ReduceMean", In: c.in[:1], Axes: []int{2, 3}}, shape)
	}
	g := Geometry{KernelH: x[2], KernelW: x[3], StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Group: 1}
	return c.emit(Step{Op: "MaxPool", In: c.in[:1], Geometry: g}, shape)
}
