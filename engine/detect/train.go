package detect

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/vision"
)

// Host runs networks and fits heads, in this process or elsewhere.
type Host interface {
	// Open makes a network ready to Run: an ONNX file of one output. The one before it need not stay so.
	Open(ctx context.Context, file []byte) error
	// Run gives the output of the network that was opened last for an image. It may be called from Parallel goroutines.
	Run(ctx context.Context, img *vision.Image) ([]float32, error)
	Parallel() int
	// Fit is Fit.
	Fit(ctx context.Context, s Set, o FitOptions, progress func(done, total int)) (*Fitted, error)
}

// Options of Train. The zero value is the default.
type Options struct {
	FitOptions
	Groups []int // of images that are alike, by image; nil where there are none
	Size   int   // of the network's input, in pixels; 0 for what suits the backbone
	Views  int   // of each image; 0 for what suits their number
	Memory int   // of all features, in bytes; 0 for 320 MiB
}

// Trained is a detector. Found is what heads that had no part of an image found in it, in pixels, by image; nil for images that did not fit into
// the memory and were left out. Append makes the network of Stem and Head.
type Trained struct {
	Stem  *Stem
	Head  *Head
	Found [][]Object
	Folds int
}

const (
	// stemImages is how many images a stem is fitted on.
	stemImages = 32
	// defaultMemory holds some 650 views of the default backbone.
	defaultMemory = 320 << 20
)

// Phases of Train.
const (
	PhaseEmbed = "embed"
	PhaseTrain = "train"
)

// trainer is one training.
type trainer struct {
	host     Host
	images   func(ctx context.Context, i int) (*vision.Image, error)
	objects  [][]Object
	o        Options
	progress func(phase string, done, total int)
	used     []int    // indices of the images, in their order
	sizes    [][2]int // of the used images, width and height
}

// Train makes a detector of classes from images, decoded one by one by image, and the objects in them, in pixels. It fits a stem on some of the
// images, computes the features of views of all of them, and fits a head.
func Train(ctx context.Context, h Host, backbone *onnx.Model, image func(ctx context.Context, i int) (*vision.Image, error),
	objects [][]Object, classes int, o Options, progress func(phase string, done, total int),
) (*Trained, error) {
	t := &trainer{host: h, images: image, objects: objects, o: o, progress: progress}
	if len(objects) == 0 {
		return nil, fmt.Errorf("there is no image to learn boxes from")
	}
	size := o.Size
	if size == 0 {
		size = inputSize(backbone)
	}
	stem, err := t.stem(ctx, backbone, size)
	if err != nil {
		return nil, err
	}
	set, err := t.features(ctx, stem)
	if err != nil {
		return nil, err
	}
	set.Classes = classes
	fitted, err := h.Fit(ctx, *set, o.FitOptions, func(done, total int) { progress(PhaseTrain, done, total) })
	if err != nil {
		return nil, err
	}
	out := &Trained{Stem: stem, Head: fitted.Head, Folds: fitted.Folds, Found: make([][]Object, len(objects))}
	for k, i := range t.used {
		sx, sy := float64(t.sizes[k][0])/float64(stem.Cols), float64(t.sizes[k][1])/float64(stem.Rows)
		out.Found[i] = []Object{}
		for _, f := range fitted.Found[k] {
			f.X0, f.X1, f.Y0, f.Y1 = f.X0*sx, f.X1*sx, f.Y0*sy, f.Y1*sy
			out.Found[i] = append(out.Found[i], f)
		}
	}
	return out, nil
}

// inputSize is that of a detector: three sevenths larger than the backbone's own, since objects are smaller than images, by a multiple of 32 so that
// paddings stay right at every stride.
func inputSize(backbone *onnx.Model) int {
	for _, in := range backbone.Graph.Inputs {
		if len(in.Dims) == 4 {
			own := int(in.Dims[2])
			return own + own*3/7/32*32
		}
	}
	return 0
}

// stem fits the stem on some of the images.
func (t *trainer) stem(ctx context.Context, backbone *onnx.Model, size int) (*Stem, error) {
	probe, maps, err := Probe(backbone, size)
	if err != nil {
		return nil, err
	}
	if err := t.host.Open(ctx, probe); err != nil {
		return nil, err
	}
	f := NewStemFitter(maps, t.o.Seed)
	for _, i := range rand.New(rand.NewPCG(uint64(t.o.Seed), 6)).Perm(len(t.objects))[:min(len(t.objects), stemImages)] {
		img, err := t.images(ctx, i)
		if err != nil {
			return nil, err
		}
		vector, err := t.host.Run(ctx, img)
		if err != nil {
			return nil, err
		}
		if err := f.Add(vector); err != nil {
			return nil, err
		}
	}
	return f.Stem(backbone, size, func() {})
}

// defaultViews is how many views each of some images has: more, the fewer images there are.
func defaultViews(images int) int { return min(max(400/max(images, 1), 2), 6) }

// viewSteps is about how many steps of a tower take as long as the features of a view.
const viewSteps = 3

// Work is about how long Train takes with images and otherwise default options, in steps of a tower: what is known of one number of images
// tells of others by it.
func Work(images int) int {
	return defaultFolds*defaultSteps(images) + viewSteps*images*defaultViews(images)
}

// choose decides which images are used and how many views each has.
func (t *trainer) choose(bytes int) (views int) {
	memory := t.o.Memory
	if memory <= 0 {
		memory = defaultMemory
	}
	room := max(memory/bytes, 1)
	for i := range t.objects {
		t.used = append(t.used, i)
	}
	if len(t.used) > room {
		kept := make([]bool, len(t.objects))
		for _, i := range rand.New(rand.NewPCG(uint64(t.o.Seed), 7)).Perm(len(t.objects))[:room] {
			kept[i] = true
		}
		t.used = t.used[:0]
		for i, k := range kept {
			if k {
				t.used = append(t.used, i)
			}
		}
	}
	if views = t.o.Views; views == 0 {
		views = defaultViews(len(t.used))
	}
	return max(min(views, room/len(t.used)), 1)
}

// features computes those of all views.
func (t *trainer) features(ctx context.Context, stem *Stem) (*Set, error) {
	if err := t.host.Open(ctx, stem.File); err != nil {
		return nil, err
	}
	each := stem.In * stem.Rows * stem.Cols
	views := t.choose(each)
	n := len(t.used)
	s := &Set{In: stem.In, Rows: stem.Rows, Cols: stem.Cols, Features: make([]int8, n*views*each), Views: make([]View, n*views)}
	t.sizes = make([][2]int, n)
	if t.o.Groups != nil {
		for _, i := range t.used {
			s.Groups = append(s.Groups, t.o.Groups[i])
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done, next := 0, 0
	for range max(t.host.Parallel(), 1) {
		wait.Go(func() {
			for {
				mu.Lock()
				k := next
				next++
				mu.Unlock()
				if k >= n || ctx.Err() != nil {
					return
				}
				if err := t.image(ctx, stem, s, k, views); err != nil {
					stop(err)
					return
				}
				mu.Lock()
				done++
				t.progress(PhaseEmbed, done, n)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return s, nil
}

// image computes the features of the views of the k-th used image.
func (t *trainer) image(ctx context.Context, stem *Stem, s *Set, k, views int) error {
	img, err := t.images(ctx, t.used[k])
	if err != nil {
		return err
	}
	t.sizes[k] = [2]int{img.Width, img.Height}
	rng := rand.New(rand.NewPCG(uint64(t.o.Seed), uint64(t.used[k])+10))
	each := stem.In * stem.Rows * stem.Cols
	for v := range views {
		w := draw(v, img.Width, img.Height, rng)
		out, err := t.host.Run(ctx, vision.Resize(w.cut(img), stem.Size, stem.Size))
		if err != nil {
			return err
		}
		at := k*views + v
		if err := stem.Quantise(s.Features[at*each:][:each], out); err != nil {
			return err
		}
		s.Views[at] = View{k, w.objects(t.objects[t.used[k]], stem.Rows, stem.Cols)}
	}
	return nil
}
