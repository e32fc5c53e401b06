package graph

import (
	"math"
	"slices"
)

// fuse makes the network shorter without changing what it computes: batch normalisations go into the weights of the
// convolution before them, activations and residual sums into the step that makes their operand.
func (net *Network) fuse() {
	net.prune()
	net.foldBatchNorms()
	net.recognise()
	net.fuseActivations()
	net.fuseResiduals()
	net.forget()
}

// links gives for every value the number of its readers and the step that makes it, or -1.
func (net *Network) links() (readers, maker []int) {
	readers, maker = make([]int, len(net.Values)), make([]int, len(net.Values))
	for i := range maker {
		maker[i] = -1
	}
	for i, s := range net.Steps {
		for _, in := range s.In {
			readers[in]++
		}
		maker[s.Out] = i
	}
	for _, o := range net.Outputs {
		readers[o]++
	}
	return readers, maker
}

// drop removes the steps that are marked.
func (net *Network) drop(marked map[int]bool) {
	kept := net.Steps[:0:0]
	for i := range net.Steps {
		if !marked[i] {
			kept = append(kept, net.Steps[i])
		}
	}
	net.Steps = kept
}

// prune drops steps whose results nobody reads.
func (net *Network) prune() {
	readers, _ := net.links()
	marked := map[int]bool{}
	for i := len(net.Steps) - 1; i >= 0; i-- {
		if s := &net.Steps[i]; readers[s.Out] == 0 {
			marked[i] = true
			for _, in := range s.In {
				readers[in]--
			}
		}
	}
	net.drop(marked)
}

// Affine gives a batch normalisation as x*factor + shift, one of each for every channel.
func Affine(net *Network, s *Step) (factor, shift []float32) {
	scale, bias := net.Values[s.In[1]].Data, net.Values[s.In[2]].Data
	mean, variance := net.Values[s.In[3]].Data, net.Values[s.In[4]].Data
	factor, shift = make([]float32, len(scale)), make([]float32, len(scale))
	for c := range scale {
		k := float64(scale[c]) / math.Sqrt(float64(variance[c])+float64(s.Alpha))
		factor[c], shift[c] = float32(k), float32(float64(bias[c])-float64(mean[c])*k)
	}
	return factor, shift
}

// foldBatchNorms multiplies the weights of a convolution whose result only a batch normalisation reads.
func (net *Network) foldBatchNorms() {
	readers, maker := net.links()
	marked := map[int]bool{}
	for i := range net.Steps {
		s := &net.Steps[i]
		if s.Op != "BatchNormalization" || readers[s.In[0]] != 1 || maker[s.In[0]] < 0 {
			continue
		}
		at := maker[s.In[0]]
		before := &net.Steps[at]
		if before.Op != "Conv" || before.Out != s.In[0] || !net.spend(net.Values[before.In[1]].Len()) {
			continue
		}
		factor, shift := Affine(net, s)
		weights := slices.Clone(net.Values[before.In[1]].Data)
		each := len(weights) / len(factor)
		for k := range weights {
			weights[k] *= factor[k/each]
		}
		if len(before.In) > 2 {
			for c, b := range net.Values[before.In[2]].Data {
				shift[c] += b * factor[c]
			}
		}
		shape := net.Values[before.In[1]].Shape
		label := net.Values[s.Out].Name
		before.In = []int{
			before.In[0],
			net.constant(Value{Name: label + " weights", Shape: shape, Data: weights}),
			net.constant(Value{Name: label + " bias", Shape: []int{len(shift)}, Data: shift}),
		}
		before.Out = s.Out
		maker[s.Out] = at
		marked[i] = true
	}
	net.drop(marked)
}

func (net *Network) constant(v Value) int {
	net.Values = append(net.Values, v)
	return len(net.Values) - 1
}

// fusable are the activations that a convolution can apply to its results.
var fusable = map[string]bool{"Sigmoid": true, "HardSigmoid": true, "HardSwish": true, "Silu": true, "LeakyRelu": true, "Mish": true}

// fuseActivations moves a clamp or activation into the step before it when nobody else reads that step's result.
func (net *Network) fuseActivations() {
	readers, maker := net.links()
	marked := map[int]bool{}
	for i := range net.Steps {
		s := &net.Steps[i]
		if (s.Op != "Clamp" && !fusable[s.Op]) || s.Clamp || readers[s.In[0]] != 1 || maker[s.In[0]] < 0 {
			continue
		}
		before := &net.Steps[maker[s.In[0]]]
		fits := before.Op == "Conv" || s.Op == "Clamp" && (before.Op == "Gemm" || before.Op == "Add")
		if !fits || before.Clamp || before.Act.Op != "" {
			continue
		}
		if s.Op == "Clamp" {
			before.Clamp, before.Lo, before.Hi = true, s.Lo, s.Hi
		} else {
			before.Act = Activation{Op: s.Op, Alpha: s.Alpha, Beta: s.Beta}
		}
		before.Out = s.Out
		maker[s.Out] = maker[s.In[0]]
		marked[i] = true
	}
	net.drop(marked)
}

// fuseResiduals turns a convolution whose result only a sum of equal shapes reads into one that adds the other operand.
// It takes the place of the sum, where that operand is there.
func (net *Network) fuseResiduals() {
	readers, maker := net.links()
	marked := map[int]bool{}
	for i := range net.Steps {
		s := &net.Steps[i]
		if s.Op != "Add" || net.Values[s.In[0]].Data != nil || net.Values[s.In[1]].Data != nil ||
			!slices.Equal(net.Values[s.In[0]].Shape, net.Values[s.In[1]].Shape) {
			continue
		}
		for k, in := range s.In {
			at := maker[in]
			if readers[in] != 1 || at < 0 || net.Steps[at].Op != "Conv" || net.Steps[at].Clamp || net.Steps[at].Act.Op != "" || net.Steps[at].Residual {
				continue
			}
			joined := net.Steps[at]
			joined.In = slices.Clone(joined.In)
			if len(joined.In) == 2 {
				filters := net.Values[joined.Out].Shape[1]
				zeros := Value{Name: net.Values[s.Out].Name + " bias", Shape: []int{filters}, Data: make([]float32, filters)}
				joined.In = append(joined.In, net.constant(zeros))
			}
			joined.In = append(joined.In, s.In[1-k])
			joined.Residual, joined.Clamp, joined.Lo, joined.Hi, joined.Out = true, s.Clamp, s.Lo, s.Hi, s.Out
			net.Steps[i] = joined
			marked[at] = true
			break
		}
	}
	net.drop(marked)
}

// forget lets go of constants that are no longer read, such as weights before they were folded.
func (net *Network) forget() {
	readers, _ := net.links()
	for i := range net.Values {
		if readers[i] == 0 {
			net.Values[i].Data, net.Values[i].bytes = nil, nil
		}
	}
}
