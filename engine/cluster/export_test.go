package cluster

import "context"

// Prepared gives points as Run looks for groups in them.
func Prepared(ctx context.Context, p Points, o Options) (Points, error) {
	return o.prepared(ctx, p, steps{func(int, int) {}, 0, 1})
}

// Evened gives points as Run would look for groups in them with other settings.
func Evened(ctx context.Context, p Points, root bool, dims int, power float64) (Points, error) {
	return evening{root, dims, power}.of(ctx, p, 0, nil)
}
