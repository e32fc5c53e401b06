package tune_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/irum-app/irum/engine/grad"
	"github.com/irum-app/irum/engine/tune"
)

// linear is the smallest network: logits = W x, with a gradient by hand and a running mean of what it saw.
type linear struct {
	in, out int
	w, seen *grad.Parameter
	x       []float32
}

func newLinear(in, out int) *linear {
	p := func(name string, n int) *grad.Parameter {
		return &grad.Parameter{Name: name, Shape: []int{n}, Value: make([]float32, n), Grad: make([]float32, n), Decay: true}
	}
	return &linear{in: in, out: out, w: p("w", in*out), seen: p("seen", in)}
}

func (l *linear) Parameters() []*grad.Parameter { return []*grad.Parameter{l.w} }
func (l *linear) Buffers() []*grad.Parameter    { return []*grad.Parameter{l.seen} }

func (l *linear) Infer(x []float32, images int) ([]float32, error) {
	y := make([]float32, images*l.out)
	for n := range images {
		for o := range l.out {
			for i := range l.in {
				y[n*l.out+o] += l.w.Value[o*l.in+i] * x[n*l.in+i]
			}
		}
	}
	return y, nil
}

func (l *linear) Forward(x []float32, images int) ([]float32, error) {
	l.x = append(l.x[:0], x...)
	for i := range l.in {
		l.seen.Value[i] += 0.1 * (x[i] - l.seen.Value[i])
	}
	return l.Infer(x, images)
}

func (l *linear) Backward(dy []float32) error {
	clear(l.w.Grad)
	for n := range len(dy) / l.out {
		for o := range l.out {
			for i := range l.in {
				l.w.Grad[o*l.in+i] += dy[n*l.out+o] * l.x[n*l.in+i]
			}
		}
	}
	return nil
}

// points are two or more clouds of points; a draw shakes them.
type points struct{ x [][]float32 }

func (p points) Len() int  { return len(p.x) }
func (p points) Size() int { return len(p.x[0]) }

func (p points) Draw(_ context.Context, i int, rng *rand.Rand, out []float32) error {
	for k, v := range p.x[i] {
		if rng != nil {
			v += float32(0.1 * rng.NormFloat64())
		}
		out[k] = v
	}
	return nil
}

func clouds(n int, multi bool) tune.Data {
	rng := rand.New(rand.NewPCG(1, 2))
	d := tune.Data{Classes: 3, Multi: multi}
	var p points
	for i := range n {
		c := i % 3
		x := []float32{float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64()), 1}
		x[c] += 3
		p.x, d.Labels = append(p.x, x), append(d.Labels, []int{c})
	}
	d.Inputs = p
	return d
}

func options(d tune.Data, kind tune.Optimiser) tune.Options {
	o := tune.Defaults(tune.Last, d.Inputs.Len())
	o.Optimiser, o.Rate, o.Epochs, o.Batch, o.Seed, o.Threads = kind, 0.05, 6, 8, 7, 3
	o.Patience, o.Mix = 0, 0.2
	o.Held = tune.Split(d, 0.25, 3)
	return o
}

func hash(l *linear) uint64 {
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, l.w.Value)
	_ = binary.Write(h, binary.LittleEndian, l.seen.Value)
	return h.Sum64()
}

func run(t *testing.T, d tune.Data, o tune.Options) (*linear, *tune.Result) {
	t.Helper()
	net := newLinear(4, 3)
	r, err := tune.Run(context.Background(), net, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return net, r
}

func TestRunLearns(t *testing.T) {
	for _, kind := range []tune.Optimiser{tune.SGD, tune.AdamW} {
		for _, multi := range []bool{false, true} {
			d := clouds(120, multi)
			o := options(d, kind)
			o.Balance = true
			if multi {
				o.Focus = 1
			}
			_, r := run(t, d, o)
			first, best := r.History[0], r.History[r.Best]
			if best.Accuracy < 0.85 || best.Loss > 0.7*first.Loss {
				t.Errorf("%s, multi-label %v: accuracy %.2f and loss %.3f, from %.3f", kind, multi, best.Accuracy, best.Loss, first.Loss)
			}
			if len(r.Scores) != len(r.Held) || len(r.History) != o.Epochs+1 {
				t.Errorf("%d scores of %d images in %d epochs", len(r.Scores), len(r.Held), len(r.History)-1)
			}
			if !multi {
				sum := 0.0
				for _, p := range r.Scores[0] {
					sum += p
				}
				if math.Abs(sum-1) > 1e-9 {
					t.Errorf("the probabilities add up to %v", sum)
				}
			}
		}
	}
}

func TestRunIsRepeatable(t *testing.T) {
	d := clouds(90, false)
	o := options(d, tune.AdamW)
	a, _ := run(t, d, o)
	o.Threads = 1
	b, _ := run(t, d, o)
	if hash(a) != hash(b) {
		t.Error("the same data and seed gave different weights")
	}
	o.Seed++
	if c, _ := run(t, d, o); hash(a) == hash(c) {
		t.Error("another seed gave the same weights")
	}
}

// TestResume stops a training after every number of steps, goes on from the checkpoint, and expects the bits of one that was
// never stopped.
func TestResume(t *testing.T) {
	for _, kind := range []tune.Optimiser{tune.SGD, tune.AdamW} {
		d := clouds(60, false)
		o := options(d, kind)
		o.Epochs = 3
		want, all := run(t, d, o)
		for stop := range all.Steps + 1 {
			var kept []byte
			first := o
			first.Save = func(_ context.Context, data []byte) error {
				kept = data
				return nil
			}
			ask := make(chan struct{})
			if stop == 0 {
				close(ask)
			}
			first.Stop, first.Progress = ask, func(p tune.Progress) {
				if p.Step == stop && ask != nil {
					close(ask)
					ask = nil
				}
			}
			_, err := tune.Run(context.Background(), newLinear(4, 3), d, first)
			if !errors.Is(err, tune.ErrStopped) {
				t.Fatalf("%s after %d steps: %v", kind, stop, err)
			}
			again := o
			again.Resume = kept
			got, r := run(t, d, again)
			if hash(got) != hash(want) || r.Best != all.Best || r.History[r.Best] != all.History[all.Best] {
				t.Fatalf("%s: stopped after %d of %d steps, the weights differ", kind, stop, all.Steps)
			}
		}
	}
}

func TestResumeRefusesOthers(t *testing.T) {
	d := clouds(60, false)
	o := options(d, tune.AdamW)
	var kept []byte
	o.Save = func(_ context.Context, data []byte) error {
		kept = bytes.Clone(data)
		return nil
	}
	run(t, d, o)
	o.Save = nil
	for name, change := range map[string]func(o *tune.Options, data []byte) []byte{
		"a flipped bit":      func(_ *tune.Options, data []byte) []byte { data[len(data)/2] ^= 1; return data },
		"a part of it":       func(_ *tune.Options, data []byte) []byte { return data[:len(data)-5] },
		"nothing":            func(*tune.Options, []byte) []byte { return []byte{} },
		"another seed":       func(o *tune.Options, data []byte) []byte { o.Seed++; return data },
		"another optimiser":  func(o *tune.Options, data []byte) []byte { o.Optimiser = tune.SGD; return data },
		"no averages":        func(o *tune.Options, data []byte) []byte { o.Average = 0; return data },
		"other images":       func(o *tune.Options, data []byte) []byte { o.Held[0] = !o.Held[0]; return data },
		"another batch size": func(o *tune.Options, data []byte) []byte { o.Batch++; return data },
	} {
		other := o
		other.Held = append([]bool(nil), o.Held...)
		other.Resume = change(&other, bytes.Clone(kept))
		if _, err := tune.Run(context.Background(), newLinear(4, 3), d, other); !errors.Is(err, tune.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUntouchedStays: a network that training only spoils is given back as it was.
func TestUntouchedStays(t *testing.T) {
	d := clouds(90, false)
	good, _ := run(t, d, options(d, tune.AdamW))
	before := hash(good)
	o := options(d, tune.SGD)
	o.Rate, o.Clip, o.Average, o.Patience = 100, 0, 0, 2
	r, err := tune.Run(context.Background(), good, d, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Best != 0 || hash(good) != before || len(r.History) != 3 {
		t.Errorf("epoch %d of %d was kept", r.Best, len(r.History)-1)
	}
}

func TestSplitKeepsGroupsTogether(t *testing.T) {
	d := clouds(120, false)
	d.Groups = make([]int, 120)
	for i := range d.Groups {
		d.Groups[i] = i / 6
	}
	held := tune.Split(d, 0.2, 1)
	n := 0
	for i, h := range held {
		if h {
			n++
		}
		if h != held[i/6*6] {
			t.Fatalf("image %d is parted from its group", i)
		}
	}
	if n != 24 {
		t.Errorf("%d of 120 images are held out", n)
	}
}

func TestRunRefuses(t *testing.T) {
	d := clouds(30, false)
	for name, change := range map[string]func(d *tune.Data, o *tune.Options){
		"no images to test on": func(_ *tune.Data, o *tune.Options) { o.Held = make([]bool, 30) },
		"two labels":           func(d *tune.Data, _ *tune.Options) { d.Labels[3] = []int{0, 1} },
		"a class too many":     func(d *tune.Data, _ *tune.Options) { d.Labels[3] = []int{3} },
		"no rate":              func(_ *tune.Data, o *tune.Options) { o.Rate = 0 },
		"no optimiser":         func(_ *tune.Data, o *tune.Options) { o.Optimiser = "newton" },
	} {
		bad := d
		bad.Labels = append([][]int(nil), d.Labels...)
		o := options(d, tune.AdamW)
		change(&bad, &o)
		if _, err := tune.Run(context.Background(), newLinear(4, 3), bad, o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tune.Run(ctx, newLinear(4, 3), d, options(d, tune.AdamW)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
