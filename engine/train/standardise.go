package train

import "math"

// standardised holds embeddings shifted to mean 0, divided by each feature's deviation, and scaled so that their mean
// square norm is 1: one grid of regularisation then fits every backbone.
type standardised struct {
	rows  []float64 // n x d
	mean  []float64
	scale []float64 // row = (x - mean) * scale
}

func standardise(data *Dataset) *standardised {
	s := &standardised{rows: make([]float64, data.N*data.D), mean: make([]float64, data.D), scale: make([]float64, data.D)}
	variance := make([]float64, data.D)
	for i := range data.N {
		for k, v := range data.X[i*data.D:][:data.D] {
			s.mean[k] += float64(v)
		}
	}
	for k := range s.mean {
		s.mean[k] /= float64(data.N)
	}
	for i := range data.N {
		for k, v := range data.X[i*data.D:][:data.D] {
			dev := float64(v) - s.mean[k]
			variance[k] += dev * dev
		}
	}
	alive := 0
	for k := range variance {
		variance[k] /= float64(data.N)
		if variance[k] > 1e-12 {
			alive++
		}
	}
	for k, v := range variance {
		if v > 1e-12 { // a feature that never changes tells nothing
			s.scale[k] = 1 / math.Sqrt(v*float64(alive))
		}
	}
	for i := range data.N {
		row := s.rows[i*data.D:][:data.D]
		for k, v := range data.X[i*data.D:][:data.D] {
			row[k] = (float64(v) - s.mean[k]) * s.scale[k]
		}
	}
	return s
}
