package domain

// Course is how a training of a network went, epoch by epoch.
type Course struct {
	Epochs int           `json:"epochs"`           // at most
	Best   int           `json:"best,omitempty"`   // the epoch whose weights the model has; 0: the head on the network as it was
	Learnt int           `json:"learnt,omitempty"` // images that were learnt from; the others were held out
	Points []CoursePoint `json:"points"`           // the first is of the network as it was
}

// CoursePoint is one epoch: the mean loss on images that were learnt from, and loss and accuracy on images that were held out.
type CoursePoint struct {
	Learnt   float64 `json:"learnt"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

// Level is a depth of training: head, last, whole, scratch, full. Reason says why this host does not offer it: LevelBrowser,
// LevelNoGPU, LevelEdge; "" where it does. Tasks are those that this host learns at it.
type Level struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	Tasks  []Task `json:"tasks"`
}

// Why a host does not train at a level.
const (
	LevelBrowser = "browser" // a browser computes no gradients of whole networks
	LevelNoGPU   = "no_gpu"  // there is no worker with a GPU
	LevelEdge    = "edge"    // the host is a demo on the edge, which computes nothing
)
