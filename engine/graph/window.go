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
	if n.Int("ceil_mode", 0) != 0 {
		return g, 0, 0, fmt.Errorf("ceil_mode is not supported")
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
	outH = (h+g.Top+g.Bottom-reachH)/g.StrideH + 1
	outW = (w+g.Left+g.Right-reachW)/g.StrideW + 1
	if h+g.Top+g.Bottom < reachH || w+g.Left+g.Right < reachW {
		return g, 0, 0, fmt.Errorf("a %dx%d kernel does not fit a %dx%d image", kernelH, kernelW, h, w)
	}
	return g, outH, outW, nil
}

func (b *builder) convShape(n *onnx.Node, s *Step) ([]int, error) {
	x, w := b.value(s, 0), b.value(s, 1)
	if w == nil || len(x.Shape) != 4 || len(w.Shape) != 4 || w.Data == nil {
		return nil, fmt.Errorf("a convolution needs an image and constant weights [M,C/group,kH,kW]")
	}
	g, outH, outW, err := window(n, x.Shape[2], x.Shape[3], w.Shape[2], w.Shape[3])
	if err != nil {
		return nil, err
	}
	group := n.Int("group", 1)
	if group < 1 || group > int64(x.Shape[1]) || x.Shape[1]%int(group) != 0 || w.Shape[0]%int(group) != 0 || w.Shape[1] != x.Shape[1]/int(group) {
		return nil, fmt.Errorf("weights %v in %d groups do not fit %d channels", w.Shape, group, x.Shape[1])
	}
	if bias := b.value(s, 2); bias != nil && len(bias.Data) != w.Shape[0] {
		return nil, fmt.Errorf("the bias should be a constant of %d values", w.Shape[0])
	}
	g.Group = int(group)
	s.Geometry = g
	return []int{x.Shape[0], w.Shape[0], outH, outW}, nil
}

func (b *builder) poolShape(n *onnx.Node, s *Step) ([]int, error) {
	x := b.value(s, 0)
	kernelH, kernelW, err := pair(n, "kernel_shape", 0)
	if err != nil || kernelH == 0 || len(x.Shape) != 4 {
		return nil, fmt.Errorf("pooling %v of %v", n.Ints("kernel_shape"), x.Shape)
	}
	g, outH, outW, err := window(n, x.Shape[2], x.Shape[3], kernelH, kernelW)
	s.Geometry, s.CountPad = g, n.Int("count_include_pad", 0) != 0
	return []int{x.Shape[0], x.Shape[1], outH, outW}, err
}
