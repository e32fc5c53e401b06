package torch

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Augment says how images are varied while they are learnt from. The zero value leaves them as they are, Crop of 0 too.
type Augment struct {
	Flip       bool    `json:"flip"`       // mirrored left to right, half of the time
	Crop       float64 `json:"crop"`       // least share of the area that a random crop keeps, 0 or 1 for all of it
	Colour     float64 `json:"colour"`     // strength of changes of brightness, contrast, saturation and hue, 0 to 1
	Operations int     `json:"operations"` // RandAugment's N
	Magnitude  float64 `json:"magnitude"`  // RandAugment's M as a share of its largest, 0 to 1
	Mixup      float64 `json:"mixup"`      // parameter of the beta distribution, 0 to 1; 0 for none
}

// Recipe holds the hyperparameters. NewRecipe gives those that are known to be good.
type Recipe struct {
	Epochs            int       `json:"epochs"`
	Batch             int       `json:"batch"`       // images of one step of one process
	Optimiser         string    `json:"optimiser"`   // adamw or sgd
	Rate              float64   `json:"rate"`        // peak learning rate
	HeadFactor        float64   `json:"head_factor"` // the head learns so many times faster
	Momentum          float64   `json:"momentum"`    // of SGD; of AdamW the first beta
	Decay             float64   `json:"decay"`       // weight decay
	Warmup            float64   `json:"warmup"`      // epochs in which the learning rate rises
	Clip              float64   `json:"clip"`        // largest norm of a gradient, 0 for any
	Smoothing         float64   `json:"smoothing"`   // of labels
	EMA               float64   `json:"ema"`         // decay of the weights' moving average, 0 for none
	Patience          int       `json:"patience"`    // epochs without progress until it stops, 0 for never
	ClassWeights      []float64 `json:"class_weights"`
	Norm              string    `json:"norm"`      // train or frozen: whether batch norms learn their statistics
	Precision         string    `json:"precision"` // auto, float32, bf16 or fp16
	Deterministic     bool      `json:"deterministic"`
	Compile           bool      `json:"compile"` // by torch.compile
	Seed              int64     `json:"seed"`
	CheckpointSeconds float64   `json:"checkpoint_seconds"`
	ProgressSeconds   float64   `json:"progress_seconds"`
	Augment           Augment   `json:"augment"`
}

// NewRecipe gives a recipe for a set of that many images. Small sets get more epochs, and smaller batches so that an epoch has
// steps enough.
func NewRecipe(images int) Recipe {
	r := Recipe{
		Epochs: 30, Batch: 128, Optimiser: "adamw", Rate: 3e-4, HeadFactor: 3, Momentum: 0.9, Decay: 0.05, Warmup: 1, Clip: 1, Smoothing: 0.1,
		EMA: 0.998, Patience: 10, ClassWeights: []float64{}, Norm: "train", Precision: "auto", CheckpointSeconds: 60, ProgressSeconds: 1,
		Augment: Augment{Flip: true, Crop: 0.35, Colour: 0.2, Operations: 2, Magnitude: 0.4, Mixup: 0.1},
	}
	for r.Batch > 16 && images < 20*r.Batch {
		r.Batch /= 2
	}
	switch {
	case images < 2000:
		r.Epochs = 50
	case images > 50_000:
		r.Epochs = 15
	}
	if r.Batch < 32 {
		r.Norm = "frozen" // of few images the statistics are noise
	}
	return r
}

// check refuses what the trainer would fail on, or never end with.
func (r *Recipe) check(classes int) error {
	numbers := []struct {
		name      string
		v         float64
		low, high float64
	}{
		{"epochs", float64(r.Epochs), 1, 10_000},
		{"batch", float64(r.Batch), 1, 65_536},
		{"rate", r.Rate, 0, 100},
		{"head_factor", r.HeadFactor, 0, 1000},
		{"momentum", r.Momentum, 0, 0.9999},
		{"decay", r.Decay, 0, 10},
		{"warmup", r.Warmup, 0, 1000},
		{"clip", r.Clip, 0, 1e6},
		{"smoothing", r.Smoothing, 0, 0.9},
		{"ema", r.EMA, 0, 0.99999},
		{"patience", float64(r.Patience), 0, 10_000},
		{"checkpoint_seconds", r.CheckpointSeconds, 0, 86_400},
		{"progress_seconds", r.ProgressSeconds, 0, 3600},
		{"crop", r.Augment.Crop, 0, 1},
		{"colour", r.Augment.Colour, 0, 1},
		{"operations", float64(r.Augment.Operations), 0, 16},
		{"magnitude", r.Augment.Magnitude, 0, 1},
		{"mixup", r.Augment.Mixup, 0, 1},
	}
	for _, n := range numbers {
		if math.IsNaN(n.v) || n.v < n.low || n.v > n.high {
			return fmt.Errorf("the recipe's %s is %v: %v to %v is possible", n.name, n.v, n.low, n.high)
		}
	}
	words := []struct {
		name, v string
		known   []string
	}{
		{"optimiser", r.Optimiser, []string{"adamw", "sgd"}},
		{"norm", r.Norm, []string{"train", "frozen"}},
		{"precision", r.Precision, []string{"auto", "float32", "bf16", "fp16"}},
	}
	for _, w := range words {
		if !slices.Contains(w.known, w.v) {
			return fmt.Errorf("the recipe's %s is %q: one of %q is possible", w.name, w.v, w.known)
		}
	}
	if n := len(r.ClassWeights); n != 0 && n != classes {
		return fmt.Errorf("the recipe has %d class weights for %d classes", n, classes)
	}
	for _, w := range r.ClassWeights {
		if !(w > 0) || w > 1e6 {
			return errors.New("the recipe's class weights must be over 0, and 1,000,000 at most")
		}
	}
	return nil
}
