package graph

import (
	"fmt"
	"math"
	"slices"
)

// resizing is what one axis of a Resize asks for.
type resizing struct {
	from, to int
	scale    float64
}

// resizeNode: Upsample and Resize before opset 11 have the scales as input 1 and the coordinates of TensorFlow 1.
func resizeNode(c *call) error {
	shape, opset := c.value(0).Shape, c.b.m.Opset()
	var scales []float32
	var sizes []int64
	var err error
	mode, coordinates, nearest := c.Str("mode", "nearest"), c.Str("coordinate_transformation_mode", "half_pixel"), c.Str("nearest_mode", "round_prefer_floor")
	switch {
	case c.Op == "Upsample" && opset < 9:
		scales = nil
		if a := c.Attr("scales"); a != nil {
			scales = a.Floats
		}
	case opset < 11:
		scales, err = c.floats(1)
	default:
		if scales, err = c.floats(2); err == nil {
			sizes, err = c.integers(3)
		}
	}
	if err != nil {
		return err
	}
	if c.Op == "Upsample" || opset < 11 {
		coordinates, nearest = "asymmetric", "floor"
	}
	if c.Int("antialias", 0) != 0 {
		return fmt.Errorf("antialias is not supported")
	}
	if policy := c.Str("keep_aspect_ratio_policy", "stretch"); policy != "stretch" {
		return fmt.Errorf("keep_aspect_ratio_policy %q is not supported", policy)
	}
	axes, err := c.axes("axes", math.MaxInt, len(shape))
	if err != nil {
		return err
	}
	plans, err := resizings(shape, axes, scales, sizes)
	if err != nil {
		return err
	}
	return c.resize(mode, coordinates, nearest, plans)
}

// resizings gives what is asked for along every axis.
func resizings(shape, axes []int, scales []float32, sizes []int64) ([]resizing, error) {
	plans := make([]resizing, len(shape))
	for i, d := range shape {
		plans[i] = resizing{d, d, 1}
		if d == 0 {
			return nil, fmt.Errorf("the input has shape %v", shape)
		}
	}
	if len(axes) == 0 {
		for i := range shape {
			axes = append(axes, i)
		}
	}
	if len(scales) != len(axes) && len(sizes) != len(axes) {
		return nil, fmt.Errorf("scales %v or sizes %v do not fit %v", scales, sizes, shape)
	}
	for k, axis := range axes {
		p := &plans[axis]
		if len(sizes) > 0 {
			if sizes[k] < 1 || sizes[k] > MaxValueElements {
				return nil, fmt.Errorf("sizes are %v", sizes)
			}
			p.to, p.scale = int(sizes[k]), float64(sizes[k])/float64(p.from)
			continue
		}
		p.scale = float64(scales[k])
		size := math.Floor(float64(p.from) * p.scale)
		if !(size >= 1) || size > MaxValueElements {
			return nil, fmt.Errorf("scales are %v", scales)
		}
		p.to = int(size)
	}
	return plans, nil
}

// coordinate gives where output index i lies in the input.
func (r resizing) coordinate(mode string, i int) (float64, error) {
	x := float64(i)
	switch mode {
	case "half_pixel":
		return (x+0.5)/r.scale - 0.5, nil
	case "pytorch_half_pixel":
		if r.to == 1 {
			return 0, nil
		}
		return (x+0.5)/r.scale - 0.5, nil
	case "half_pixel_symmetric":
		exact := r.scale * float64(r.from)
		center := float64(r.from) / 2
		offset := center * (1 - float64(r.to)/exact)
		return offset + (x+0.5)/r.scale - 0.5, nil
	case "align_corners":
		if r.to == 1 {
			return 0, nil
		}
		return x * float64(r.from-1) / float64(r.to-1), nil
	case "asymmetric":
		return x / r.scale, nil
	}
	return 0, fmt.Errorf("coordinate_transformation_mode %q is not supported", mode)
}

func round(mode string, x float64) (float64, error) {
	switch mode {
	case "round_prefer_floor":
		return math.Ceil(x - 0.5), nil
	case "round_prefer_ceil":
		return math.Floor(x + 0.5), nil
	case "floor":
		return math.Floor(x), nil
	case "ceil":
		return math.Ceil(x), nil
	}
	return 0, fmt.Errorf("nearest_mode %q is not known", mode)
}

// resize emits the step for plans. Coordinates are rounded to float32 as other runtimes compute them.
func (c *call) resize(mode, coordinates, nearest string, plans []resizing) error {
	shape := make([]int, len(plans))
	var changed []int
	for axis, p := range plans {
		shape[axis] = p.to
		if p.to != p.from || p.scale != 1 {
			changed = append(changed, axis)
		}
	}
	if product(shape...) > MaxValueElements {
		return fmt.Errorf("the shape %v is too large", shape)
	}
	if len(changed) == 0 {
		return c.alias(c.in[0])
	}
	switch mode {
	case "nearest":
		s := Step{Op: "Gather", In: c.in[:1], Tables: make([][]int, len(shape))}
		for _, axis := range changed {
			p := plans[axis]
			if !c.b.net.spend(p.to) {
				return errSpent
			}
			s.Tables[axis] = make([]int, p.to)
			for i := range s.Tables[axis] {
				x, err := p.coordinate(coordinates, i)
				if err != nil {
					return err
				}
				if x, err = round(nearest, float64(float32(x))); err != nil {
					return err
				}
				s.Tables[axis][i] = int(min(max(x, 0), float64(p.from-1)))
			}
		}
		return c.emit(s, shape)
	case "linear", "bilinear":
		if len(shape) != 4 || slices.Min(changed) < 2 {
			return fmt.Errorf("a linear resize from %v to %v: only rows and columns of an image can change", c.value(0).Shape, shape)
		}
		s := Step{Op: "Interpolate", In: c.in[:1]}
		for k := range s.Lines {
			var err error
			if !c.b.net.spend(3 * plans[2+k].to) {
				return errSpent
			}
			if s.Lines[k], err = plans[2+k].line(coordinates); err != nil {
				return err
			}
		}
		return c.emit(s, shape)
	}
	return fmt.Errorf("mode %q is not supported", mode)
}

func (r resizing) line(coordinates string) (Line, error) {
	l := Line{From: make([]int, r.to), To: make([]int, r.to), Weight: make([]float32, r.to)}
	for i := range r.to {
		x, err := r.coordinate(coordinates, i)
		if err != nil {
			return l, err
		}
		x = min(max(x, 0), float64(r.from-1))
		l.From[i] = int(x)
		l.To[i] = min(l.From[i]+1, r.from-1)
		l.Weight[i] = float32(x - float64(l.From[i]))
	}
	return l, nil
}
