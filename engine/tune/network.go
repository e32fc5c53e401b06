package tune

import "github.com/irum-app/irum/engine/grad"

// Network is what Run trains; *grad.Net is one. Forward and Infer give the logits of a number of images, row-major, in memory that is
// theirs until the next call: Forward as a training needs them, Infer as they are used later. Backward takes the gradient of the loss
// by the logits of the last Forward, and overwrites that of every parameter. Buffers are the running statistics of
// normalisations, which move with Forward.
type Network interface {
	Parameters() []*grad.Parameter
	Buffers() []*grad.Parameter
	Forward(x []float32, images int) ([]float32, error)
	Backward(dy []float32) error
	Infer(x []float32, images int) ([]float32, error)
}
