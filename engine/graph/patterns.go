package graph

import (
	"math"
	"slices"
)

// patterns sees which steps together are one operator, as exporters write out what ONNX had no operator for.
type patterns struct {
	net            *Network
	readers, maker []int
	marked         map[int]bool
}

// recognise replaces known patterns: x*sigmoid(x), hard sigmoid and hard swish written with a clamp, Gelu written with Erf,
// and channel shuffles.
func (net *Network) recognise() {
	for _, pass := range []func(*patterns, *Step) bool{(*patterns).hardSigmoid, (*patterns).gelu, (*patterns).gated, (*patterns).shuffle} {
		p := &patterns{net: net, marked: map[int]bool{}}
		p.readers, p.maker = net.links()
		for i := range net.Steps {
			pass(p, &net.Steps[i])
		}
		net.drop(p.marked)
	}
}

// made gives the step that makes value v if it is one of those operators and only one step reads its result.
func (p *patterns) made(v int, ops ...string) *Step {
	i := p.maker[v]
	if i < 0 || p.readers[v] != 1 || p.marked[i] {
		return nil
	}
	s := &p.net.Steps[i]
	if slices.Contains(ops, s.Op) && !s.Clamp && s.Act.Op == "" {
		return s
	}
	return nil
}

// drop marks the step that makes v.
func (p *patterns) drop(v int) { p.marked[p.maker[v]] = true }

// with gives the other operand of a step of two, if one is the constant number c; as a divisor where op is Div.
func (p *patterns) with(s *Step, op string, c float64) (x int, ok bool) {
	if s == nil || s.Op != op {
		return 0, false
	}
	for k := range s.In {
		v := &p.net.Values[s.In[1-k]]
		if op == "Div" && k == 1 {
			break
		}
		if len(v.Data) == 1 && math.Abs(float64(v.Data[0])-c) <= 1e-5*math.Abs(c) && len(v.Shape) <= len(p.net.Values[s.In[k]].Shape) {
			return s.In[k], true
		}
	}
	return 0, false
}

// scaled is with for a product by c or a division by 1/c.
func (p *patterns) scaled(s *Step, c float64) (x int, ok bool) {
	if x, ok = p.with(s, "Mul", c); ok {
		return x, ok
	}
	return p.with(s, "Div", 1/c)
}

// hardSigmoid: clamp(x + 3, 0, 6) / 6. Of x * clamp(x + 3, 0, 6) / 6 it makes a hard swish.
func (p *patterns) hardSigmoid(s *Step) bool {
	at, ok := p.scaled(s, 1.0/6)
	if !ok {
		return false
	}
	if product := p.made(at, "Mul"); product != nil {
		for k, in := range product.In {
			if x, ok := p.relu6Of3(in); ok && product.In[1-k] == x {
				p.drop(p.net.Steps[p.maker[in]].In[0])
				p.drop(in)
				p.drop(at)
				*s = Step{Op: "HardSwish", Label: s.Label, In: []int{x}, Out: s.Out}
				return true
			}
		}
		return false
	}
	x, ok := p.relu6Of3(at)
	if !ok {
		return false
	}
	p.drop(p.net.Steps[p.maker[at]].In[0])
	p.drop(at)
	*s = Step{Op: "HardSigmoid", Label: s.Label, In: []int{x}, Out: s.Out, Alpha: 1.0 / 6, Beta: 0.5}
	return true
}

// relu6Of3 gives x where v is clamp(x + 3, 0, 6).
func (p *patterns) relu6Of3(v int) (x int, ok bool) {
	bound := p.made(v, "Clamp")
	if bound == nil || bound.Lo != 0 || bound.Hi != 6 {
		return 0, false
	}
	return p.with(p.made(bound.In[0], "Add"), "Add", 3)
}

// gated: x * sigmoid(x), x * hardsigmoid(x) and x * tanh(softplus(x)).
func (p *patterns) gated(s *Step) bool {
	if s.Op != "Mul" {
		return false
	}
	for k, in := range s.In {
		if tanh := p.made(in, "Tanh"); tanh != nil { // x * tanh(softplus(x))
			if soft := p.made(tanh.In[0], "Softplus"); soft != nil && soft.In[0] == s.In[1-k] {
				p.drop(tanh.In[0])
				p.drop(in)
				*s = Step{Op: "Mish", Label: s.Label, In: soft.In, Out: s.Out}
				return true
			}
		}
		gate := p.made(in, "Sigmoid", "HardSigmoid")
		if gate == nil || gate.In[0] != s.In[1-k] {
			continue
		}
		op := "Silu"
		if gate.Op == "HardSigmoid" {
			if math.Abs(float64(gate.Alpha)-1.0/6) > 1e-6 || gate.Beta != 0.5 {
				continue
			}
			op = "HardSwish"
		}
		p.drop(in)
		*s = Step{Op: op, Label: s.Label, In: gate.In, Out: s.Out}
		return true
	}
	return false
}

// gelu: x * (1 + erf(x / sqrt 2)) * 0.5, with the half before or after.
func (p *patterns) gelu(s *Step) bool {
	if s.Op != "Mul" {
		return false
	}
	if at, ok := p.scaled(s, 0.5); ok { // the half after
		outer := p.made(at, "Mul")
		if outer == nil {
			return false
		}
		for k, in := range outer.In {
			if x, ok := p.erf(in); ok && outer.In[1-k] == x {
				p.gelued(s, in, x, at)
				return true
			}
		}
		return false
	}
	for k, in := range s.In {
		half := p.made(s.In[1-k], "Mul", "Div")
		x, ok := p.erf(in)
		if !ok || half == nil {
			continue
		}
		if y, ok := p.scaled(half, 0.5); ok && y == x {
			p.gelued(s, in, x, s.In[1-k])
			return true
		}
	}
	return false
}

// gelued makes s a Gelu of x and drops the steps of the error function, behind value v, and the one that makes half.
func (p *patterns) gelued(s *Step, v, x, half int) {
	sum := &p.net.Steps[p.maker[v]]
	p.drop(half)
	for _, in := range sum.In {
		if e := p.made(in, "Erf"); e != nil {
			p.drop(e.In[0])
			p.drop(in)
		}
	}
	p.drop(v)
	*s = Step{Op: "Gelu", Label: s.Label, In: []int{x}, Out: s.Out}
}

// erf gives x where v is 1 + erf(x / sqrt 2).
func (p *patterns) erf(v int) (x int, ok bool) {
	at, ok := p.with(p.made(v, "Add"), "Add", 1)
	if !ok {
		return 0, false
	}
	e := p.made(at, "Erf")
	if e == nil {
		return 0, false
	}
	return p.scaled(p.made(e.In[0], "Mul", "Div"), 1/math.Sqrt2)
}

// shuffle: an image's channels seen as g groups of C/g, transposed, seen as channels again.
func (p *patterns) shuffle(s *Step) bool {
	if s.Op != "Reshape" {
		return false
	}
	view := p.made(s.In[0], "View")
	if view == nil || !slices.Equal(view.Axes, []int{0, 2, 1, 3, 4}) || p.net.sliced(view) {
		return false
	}
	grouped := p.made(view.In[0], "Reshape")
	if grouped == nil {
		return false
	}
	from, between, to := p.net.Values[grouped.In[0]].Shape, p.net.Values[view.In[0]].Shape, p.net.Values[s.Out].Shape
	if len(from) != 4 || !slices.Equal(from, to) || from[0] != between[0] || !slices.Equal(from[2:], between[3:]) {
		return false
	}
	p.drop(view.In[0])
	p.drop(s.In[0])
	*s = Step{Op: "Shuffle", Label: s.Label, In: grouped.In, Out: s.Out, Geometry: Geometry{Group: between[1]}}
	return true
}

// sliced tells whether a View leaves something out.
func (net *Network) sliced(s *Step) bool {
	return net.Values[s.In[0]].Len() != net.Values[s.Out].Len() || slices.ContainsFunc(s.Strides, func(v int) bool { return v != 1 })
}
