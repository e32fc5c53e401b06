package cluster

// Products sets to, a.N x b.N row-major, to a times the transpose of b: inner products of every point of a with every point of b,
// which have the same dimensions.
func Products(to []float32, a, b Points) { plainProducts(to, a, b) }
