package tune

import "github.com/irum-app/irum/engine/grad"

// loss gives the mean loss of a batch and its gradient by the logits: cross-entropy with the softmax of the logits against
// smoothed, maybe mixed labels y; multi-label the sum of a binary one for each class, focused by Options.Focus. Weights of classes
// multiply the part of their label.
func (t *trainer) loss(logits, y []float32) (float64, []float32) {
	if t.dy == nil {
		t.dy = make([]float32, t.o.Batch*t.d.Classes)
	}
	dy := t.dy[:len(y)]
	if !t.d.Multi {
		return grad.SoftmaxLoss{Weights: t.weights}.Soft(dy, logits, y, t.d.Classes), dy
	}
	mean := grad.FocalLoss{Gamma: float32(t.o.Focus), Positive: t.weights}.Sigmoid(dy, logits, y)
	for i := range dy { // of a class; all together they count by their number
		dy[i] *= float32(t.d.Classes)
	}
	return mean * float64(t.d.Classes), dy
}
