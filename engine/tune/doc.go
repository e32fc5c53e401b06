// Package tune trains convolutional networks on a processor: all of a network, its last blocks over maps that were computed
// once, or a small one from scratch. It is the loop around engine/grad: batches, augmentation, optimisers, a schedule, averaged
// weights, a held-out part that says when to stop, and checkpoints from which a training goes on as if it had never stopped. It
// does no I/O: checkpoints are handed to the caller.
//
// A training begins at a network that ends in a head which engine/train has fitted, so that its first gradients do not spoil
// features that are good already (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform
// Out-of-Distribution). The untouched network takes part in the choice of the best weights: what is given back is not worse, on
// the held-out images, than what there was.
//
// Everything random is drawn from the seed, the epoch and the image's number, never from a generator that is passed on: the same
// data and seed give the same weights, and a training that went on from a checkpoint gives the same as one that was never stopped.
package tune
