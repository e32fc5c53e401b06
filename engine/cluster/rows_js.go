package cluster

// addTo adds x to to.
func addTo(to, x []float32) {
	x = x[:len(to)]
	for k, v := range x {
		to[k] += v
	}
}
