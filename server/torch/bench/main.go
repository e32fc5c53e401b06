// Command bench measures full training on this host's PyTorch: images a second for several batch sizes and types of numbers, and how
// good a network gets on folders of images, one a class, or on IDX files. It prints Markdown.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/server/torch"
)

// options are the command line.
type options struct {
	python, backbone, device, folder string
	speed, epochs                    int
	batches, precisions              string
	compile                          bool
	data                             []string
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.python, "python", "", "Python with PyTorch; empty to look for one")
	flag.StringVar(&o.backbone, "backbone", "", "ONNX file of the backbone")
	flag.StringVar(&o.device, "device", "", "cpu or cuda; empty for a GPU where there is one")
	flag.StringVar(&o.folder, "folder", "", "where pixels go; empty for a temporary folder")
	flag.IntVar(&o.speed, "speed", 0, "measure images a second on that many random images")
	flag.StringVar(&o.batches, "batches", "64,128,256,512", "batch sizes for -speed")
	flag.StringVar(&o.precisions, "precisions", "bf16,float32", "types of activations for -speed")
	flag.BoolVar(&o.compile, "compile", false, "measure with torch.compile too")
	flag.IntVar(&o.epochs, "epochs", 0, "epochs for data; 0 for the recipe's")
	flag.Parse()
	o.data = flag.Args()
	if err := o.run(context.Background()); err != nil {
		log.Fatal("bench: ", err)
	}
}

func (o *options) run(ctx context.Context) error {
	host, err := torch.Find(ctx, o.python)
	if err != nil {
		return err
	}
	fmt.Printf("PyTorch %s on Python %s, GPUs %+v, %s\n\n", host.Torch, host.Version, host.Devices, time.Now().UTC().Format("2006-01-02 15:04"))
	networks := map[string][]byte{"MobileNetV2 224": bench.Build("mobilenetv2", 224).ONNX()}
	if o.backbone != "" {
		if networks["backbone"], err = os.ReadFile(o.backbone); err != nil {
			return err
		}
	}
	if o.speed > 0 {
		fmt.Println("| network | batch | numbers | compiled | images/s | GPU busy |\n|---|---|---|---|---|---|")
		for name, data := range networks {
			if err := o.speeds(ctx, host, name, data); err != nil {
				return err
			}
		}
		fmt.Println()
	}
	for _, path := range o.data {
		if networks["backbone"] == nil {
			return errors.New("name the backbone that learns from data: -backbone FILE")
		}
		if err := o.learn(ctx, host, networks["backbone"], path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// speeds trains on noise and prints a line for every kind of step.
func (o *options) speeds(ctx context.Context, host torch.Host, name string, network []byte) error {
	random := rand.New(rand.NewPCG(1, 1))
	files, labels := make([][]byte, 16), make([][]int, o.speed)
	for i := range files {
		files[i] = picture(64, func(int, int) byte { return byte(random.IntN(256)) })
	}
	for i := range labels {
		labels[i] = []int{i % 10}
	}
	for _, precision := range strings.Split(o.precisions, ",") {
		for _, batch := range strings.Split(o.batches, ",") {
			for _, compiled := range []bool{false, true}[:1+count(o.compile)] {
				recipe := torch.NewRecipe(o.speed)
				var err error
				if recipe.Batch, err = strconv.Atoi(batch); err != nil {
					return err
				}
				recipe.Precision, recipe.Epochs, recipe.Patience, recipe.Compile, recipe.CheckpointSeconds = precision, 3, 0, compiled, 3600
				job := torch.Job{
					Host: host, Device: o.device, Backbone: network, Classes: strings.Split("0123456789", ""), Labels: labels, Recipe: recipe,
					Image: func(_ context.Context, i int) ([]byte, error) { return files[i%len(files)], nil },
				}
				speed, busy, err := o.speedOf(ctx, job)
				if err != nil {
					fmt.Printf("| %s | %s | %s | %v | %v | |\n", name, batch, precision, compiled, err)
					continue
				}
				fmt.Printf("| %s | %s | %s | %v | %.0f | %s |\n", name, batch, precision, compiled, speed, busy)
			}
		}
	}
	return nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// speedOf is the speed of the last epoch, in images a second, and how busy the GPU was in it.
func (o *options) speedOf(ctx context.Context, job torch.Job) (speed float64, busy string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	enough := errors.New("enough was measured")
	clean, err := o.place(&job)
	if err != nil {
		return 0, "", err
	}
	defer clean()
	var watch *gpuWatch
	_, err = torch.Train(ctx, job, func(m any) {
		e, ok := m.(*torch.Epoch)
		if !ok {
			return
		}
		if e.Epoch == 1 {
			watch = watchGPU()
		}
		if e.Epoch == e.Epochs {
			speed, busy = e.ImagesPerSecond, watch.end()
			cancel()
		}
	})
	if speed > 0 && ctx.Err() != nil {
		return speed, busy, nil
	}
	return 0, "", errors.Join(err, enough)
}

// place gives a job a folder of its own.
func (o *options) place(job *torch.Job) (clean func(), err error) {
	dir, err := os.MkdirTemp(o.folder, "irum-bench-")
	job.Folder = filepath.Join(dir, "run")
	return func() { _ = os.RemoveAll(dir) }, err
}

// gpuWatch asks the driver how busy the GPU is, twice a second.
type gpuWatch struct {
	cmd *exec.Cmd
	out strings.Builder
}

func watchGPU() *gpuWatch {
	w := &gpuWatch{cmd: exec.Command("nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "500")}
	w.cmd.Stdout = &w.out
	if w.cmd.Start() != nil {
		return nil
	}
	return w
}

// end gives the mean.
func (w *gpuWatch) end() string {
	if w == nil {
		return ""
	}
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
	sum, n := 0, 0
	for _, line := range strings.Fields(w.out.String()) {
		if v, err := strconv.Atoi(line); err == nil {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %%", sum/n)
}

// learn trains a backbone on labelled images, prints its course and how good it is.
func (o *options) learn(ctx context.Context, host torch.Host, backbone []byte, path string) error {
	set, err := open(path)
	if err != nil {
		return err
	}
	recipe := torch.NewRecipe(len(set.labels))
	recipe.Augment.Flip = set.mirrors
	if o.epochs > 0 {
		recipe.Epochs = o.epochs
	}
	job := torch.Job{Host: host, Device: o.device, Backbone: backbone, Classes: set.classes, Labels: set.labels, Recipe: recipe, Image: set.image}
	clean, err := o.place(&job)
	if err != nil {
		return err
	}
	defer clean()
	began := time.Now()
	fmt.Printf("%s: %d images, %d classes, recipe %+v\n\n| epoch | seconds | images/s | learnt | loss | accuracy |\n|---|---|---|---|---|---|\n", filepath.Base(path), len(set.labels), len(set.classes), recipe)
	result, err := torch.Train(ctx, job, func(m any) {
		switch m := m.(type) {
		case *torch.Hello:
			log.Printf("prepared after %.1f s: %+v", time.Since(began).Seconds(), *m)
		case *torch.Epoch:
			fmt.Printf("| %d | %.1f | %.0f | %.3f | %.4f | %.4f |\n", m.Epoch, time.Since(began).Seconds(), m.ImagesPerSecond, m.TrainLoss, m.Loss, m.Accuracy)
		}
	})
	if err != nil {
		return err
	}
	truth := make([][]int, len(result.Held))
	for k, i := range result.Held {
		truth[k] = set.labels[i]
	}
	report, err := metrics.Evaluate(truth, result.Scores, len(set.classes), false)
	if err != nil {
		return err
	}
	fmt.Printf("\n%d images taught, %d held out: accuracy %.4f (%.4f to %.4f), macro F1 %.4f, calibration error %.3f; %d epochs, the best was %d; %.1f s in all\n\n",
		result.Taught, len(result.Held), report.Accuracy, report.AccuracyCI.Low, report.AccuracyCI.High, report.Macro.F1, report.ECE,
		result.Epochs, result.BestEpoch, time.Since(began).Seconds())
	return nil
}
