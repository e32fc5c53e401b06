package grad

// Buffers gives the running mean and variance of every batch normalisation that moves them in training: what of a network's state
// is no parameter. Value may be changed between calls of the Net; there is no Grad.
func (n *Net) Buffers() []*Parameter {
	var out []*Parameter
	for _, b := range n.norms {
		if b.kind != BatchNorm {
			continue
		}
		for _, c := range []*value{b.mean, b.variance} {
			out = append(out, &Parameter{Name: c.name, Shape: c.shape, Value: c.data[:c.size]})
		}
	}
	return out
}
