package cluster

// addTo adds x to to: rows are short, and a call of the module would take longer.
func addTo(to, x []float32) {
	x = x[:len(to)]
	for k, v := range x {
		to[k] += v
	}
}
