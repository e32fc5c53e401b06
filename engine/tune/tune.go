package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/irum-app/irum/engine/tune/augment"
)

// Data is what is learnt from. Labels lists the class indices of each image, exactly one unless Multi. Groups (nil: every image
// its own) names the images that are near-duplicates of each other and stay on one side of every split.
type Data struct {
	Inputs  Inputs
	Labels  [][]int
	Classes int
	Multi   bool
	Groups  []int
}

// Options of Run. Defaults gives good ones.
type Options struct {
	Seed      int64
	Epochs    int
	Batch     int
	Optimiser Optimiser
	Rate      float64 // the highest learning rate, per step
	Decay     float64 // of weights that grad.Parameter.Decay names
	Warm      float64 // share of the steps over which the rate rises
	Clip      float64 // greatest norm of all gradients together; 0 for no limit
	Average   float64 // decay of the averaged weights; 0 for none
	Smoothing float64 // of labels (Szegedy et al. 2016), 0 to less than 1
	Mix       float64 // alpha of mixup (Zhang et al. 2018); 0 for none
	Focus     float64 // gamma of the focal loss (Lin et al. 2017), multi-label only; 0 for plain cross-entropy
	Balance   bool    // weighs classes so that all count the same
	Patience  int     // epochs without a better one after which to stop; 0 to go on to the end
	// Pace gives the factor on the rate for a parameter by its name; nil for 1.
	Pace func(name string) float64
	// Held tells the images that are not learnt from; Split gives one. There must be some of both.
	Held []bool
	// Threads is how many goroutines prepare images; 0 for one.
	Threads int

	// Save keeps a checkpoint, whole or not at all: after every epoch, when SaveEvery has passed since the last one, and when Stop asks. Nil
	// for no checkpoints. Its error ends the training.
	Save      func(ctx context.Context, checkpoint []byte) error
	SaveEvery time.Duration // 0 for two minutes
	// Resume is a checkpoint of the same data, network and options.
	Resume []byte
	// Stop, once closed, makes Run save and end with ErrStopped after the step under way; the context may end at once then or not at all.
	Stop <-chan struct{}
	// Progress is told after every step and every epoch, from the caller's goroutine.
	Progress func(Progress)
}

// ErrStopped is what Run gives when Stop asked for it; the last checkpoint holds all that was done.
var ErrStopped = errors.New("the training was stopped and can go on from its checkpoint")

// Progress tells where a training is.
type Progress struct {
	Step, Steps int // of all epochs
	Epoch       int // under way, from 0
	Epochs      int
	// History has the epochs that have ended, the network as it was handed in first.
	History []Epoch
}

// Epoch is how the network did after one pass over the images. Loss is of the held-out images after calibration, in nats; Accuracy is their
// share that is right (multi-label: the whole set is).
type Epoch struct {
	Learnt   float64 `json:"learnt"` // mean loss on the images that are learnt from, augmented, smoothed; 0 for the first
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

// Result is what a training leaves. The network holds the weights of the best epoch.
type Result struct {
	History []Epoch
	Best    int   // the epoch whose weights were kept; 0: the network is as it was
	Held    []int // the images that were not learnt from, ascending
	// Scores are probabilities of the held-out images, in their order. Each was given by the epoch and at the temperature that
	// the other half of the held-out images chose, so that no image had a part in choosing what it is scored by.
	Scores [][]float64
	// Temperature is the factor on the logits of each class that calibrates them (Guo et al. 2017), by all held-out images.
	Temperature []float64
	Steps       int
}

// Depth is how much of a network is trained.
type Depth string

const (
	// Last trains the blocks after Cut and the head, over maps that are computed once.
	Last Depth = "last"
	// Whole trains all of the network.
	Whole Depth = "whole"
	// Scratch trains a small network from scratch.
	Scratch Depth = "scratch"
)

// Defaults gives options that suit a depth and so many images, of which Held is to be filled in. Batches are smaller where images are few, so
// that an epoch has steps enough, and epochs are fewer where images are many.
func Defaults(depth Depth, images int) Options {
	o := Options{
		Epochs: 20, Batch: 32, Optimiser: AdamW, Rate: 5e-4, Decay: 0.02, Warm: 0.1, Clip: 1, Average: 0.98, Smoothing: 0.05, Patience: 7,
	}
	switch depth {
	case Last:
		o.Mix = 0.2
	case Whole:
		o.Epochs, o.Rate, o.Patience = 14, 3e-4, 5
	case Scratch:
		o.Epochs, o.Rate, o.Decay, o.Average, o.Patience = 60, 3e-3, 0.05, 0.99, 20
	}
	if images < 320 {
		o.Batch = 16
	}
	for n := images; n > 4000 && o.Epochs > 6; n /= 2 {
		o.Epochs = o.Epochs * 3 / 4
	}
	return o
}

// Augmentation gives what suits photographs at a depth, whatever they show: crops, light and colour. They are not mirrored, which
// would spoil letters and signs.
func Augmentation(depth Depth) augment.Options {
	switch depth {
	case Scratch:
		return augment.Options{Area: 0.6, Colour: 0.2, Shift: 0.08}
	case Last: // a few views of each image have to do
		return augment.Options{Area: 0.5, Colour: 0.3, Hue: 0.02}
	}
	return augment.Options{Area: 0.4, Colour: 0.3, Hue: 0.02}
}

// Enlarge adapts a training of the whole network to small pictures, which the network sees enlarged: crops lose what they show, so they are
// mild, and mixing and more epochs take their place.
func Enlarge(o *Options, a *augment.Options) {
	o.Epochs, o.Rate, o.Mix = o.Epochs*10/7, 2*o.Rate, 0.2
	a.Area, a.Shift = 0.7, 0.05
}

// check refuses what cannot be trained.
func (d *Data) check(o *Options) error {
	n := d.Inputs.Len()
	switch {
	case n != len(d.Labels) || n != len(o.Held) || (d.Groups != nil && len(d.Groups) != n):
		return fmt.Errorf("tune: %d images, %d labels, %d of them held out or not, %d groups", n, len(d.Labels), len(o.Held), len(d.Groups))
	case d.Classes < 1 || (d.Classes < 2 && !d.Multi):
		return fmt.Errorf("tune: %d classes are too few", d.Classes)
	case o.Epochs < 1 || o.Batch < 1 || !(o.Rate > 0) || math.IsInf(o.Rate, 0):
		return fmt.Errorf("tune: %d epochs of batches of %d at the rate %v", o.Epochs, o.Batch, o.Rate)
	case o.Optimiser != SGD && o.Optimiser != AdamW:
		return fmt.Errorf("tune: there is no optimiser %q", o.Optimiser)
	case o.Smoothing < 0 || o.Smoothing >= 1 || o.Mix < 0:
		return fmt.Errorf("tune: smoothing %v and mixing %v are out of range", o.Smoothing, o.Mix)
	}
	for i, label := range d.Labels {
		if !d.Multi && len(label) != 1 {
			return fmt.Errorf("tune: image %d has %d labels instead of one", i+1, len(label))
		}
		for _, c := range label {
			if c < 0 || c >= d.Classes {
				return fmt.Errorf("tune: image %d has class %d of %d", i+1, c, d.Classes)
			}
		}
	}
	return nil
}

// Run trains net, whose output are the logits of d.Classes classes. It stops with ctx's error soon after ctx ends.
func Run(ctx context.Context, net Network, d Data, o Options) (*Result, error) {
	t, err := newTrainer(net, d, o)
	if err != nil {
		return nil, err
	}
	if o.Resume != nil {
		if err := t.restore(o.Resume); err != nil {
			return nil, err
		}
	} else if err := t.endEpoch(ctx, 0); err != nil { // how good it is untouched
		return nil, err
	}
	for !t.finished() {
		if err := t.oneEpoch(ctx); err != nil {
			return nil, err
		}
		t.tell()
		if err := t.save(ctx); err != nil {
			return nil, err
		}
	}
	return t.result()
}

// finished tells that there is nothing left to learn.
func (t *trainer) finished() bool {
	return t.at.Epoch >= t.o.Epochs || (t.o.Patience > 0 && t.at.Epoch-t.at.Best >= t.o.Patience)
}
