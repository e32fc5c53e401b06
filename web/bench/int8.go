package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/engine/tflite"
)

const integersTitle = "\n## 8-bit integers\n"

const integersPreface = `
One network in one thread in relaxed SIMD, with float32 and with dense convolutions in 8-bit integers (engine.Options.Int8), in
turns. Times are those of the fastest run, which a busy machine changes least, beside the median; those of layers the lowest of the rounds.
MobileNetV2 and ResNet-18 have random weights and compute all convolutions that can gain by it so; the backbone, Irum's own (an SSD
MobileNetV2 over 300x300 pixels), those that engine.Calibrate chooses by drawn pictures. "Moved" is how far integers move its embeddings of
such pictures, in units of how far these are from each other. A kernel's sums become floats, bytes or both in the kernel itself,
which its time holds.
`

// int8Phase is one network with float32 and with integers, in this order, in one browser.
type int8Phase struct {
	phase
	how    string  // see spec.Int8
	layers string  // how many compute with integers
	moved  float64 // not a number if it was not measured
	opened [2]opened
	runs   [2][]float64
	tasks  [2][][]task // by round
}

// runInt8 measures all networks.
func runInt8(ctx context.Context, s *site, root string, o options) (list []*int8Phase, err error) {
	for _, name := range bench.Names() {
		net := bench.Build(name, side)
		if err := s.offer(net); err != nil {
			return nil, err
		}
		list = append(list, &int8Phase{phase: phase{net: net, threads: 1}, how: "all", layers: "all", moved: math.NaN()})
	}
	own, err := ownBackbone(ctx, s, root)
	if err != nil {
		fmt.Fprintf(os.Stderr, "the backbone is not measured: %v\n", err)
	} else {
		list = append(list, own)
	}
	for _, p := range list {
		if err := p.measure(ctx, s, o); err != nil {
			return nil, fmt.Errorf("%s: %w", p.net.Name, err)
		}
	}
	return list, nil
}

// ownBackbone serves Irum's backbone, calibrated, if its npm package is there.
func ownBackbone(ctx context.Context, s *site, root string) (*int8Phase, error) {
	bundle, err := os.ReadFile(filepath.Join(root, "web", "node_modules", "@mediapipe", "objectron", "objectron_solution_packed_assets.data"))
	if err != nil {
		return nil, err
	}
	file, err := tflite.Backbone(bundle)
	if err != nil {
		return nil, err
	}
	net, err := engine.Load(file)
	if err != nil {
		return nil, err
	}
	session, err := engine.Compile(ctx, net, engine.Options{})
	if err != nil {
		return nil, err
	}
	info := session.Info()
	_ = session.Close()
	scale, _ := strconv.ParseFloat(info.Metadata["irum.scale"], 32)
	shift, _ := strconv.ParseFloat(info.Metadata["irum.shift"], 32)
	pictures := quantise.Pictures(12, info.Input[2], info.Input[3], float32(scale), float32(shift))
	found, err := engine.Calibrate(ctx, net, engine.Options{}, pictures)
	if err != nil {
		return nil, err
	}
	how, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	p := &int8Phase{phase: phase{net: &bench.Network{Name: "backbone", Size: info.Input[2]}, threads: 1}, how: string(how), moved: found.Loss}
	p.layers = fmt.Sprint(len(found.Bytes))
	var input bytes.Buffer
	for _, v := range p.net.Noise() {
		_ = binary.Write(&input, binary.LittleEndian, v)
	}
	s.mu.Lock()
	s.made["/nets/backbone.onnx"], s.made["/nets/backbone.input"] = file, input.Bytes()
	s.mu.Unlock()
	return p, nil
}

func (p *int8Phase) measure(ctx context.Context, s *site, o options) error {
	b, err := open(ctx, s.url)
	if err != nil {
		return err
	}
	defer b.stop()
	for i := range p.opened {
		one := spec{Engine: "irum", Variant: exec.RelaxedSIMD, Threads: 1, Workers: 1, Net: p.net.Name, Size: p.net.Size}
		if i == 1 {
			one.Int8 = p.how
		}
		if p.opened[i], err = call[opened](b, "open", i, one); err != nil {
			return err
		}
	}
	for range o.rounds {
		for i := range p.opened {
			p.wait(o.quiet)
			times, err := call[[]float64](b, "measure", i, warm, runsOf(p.net.Name))
			if err != nil {
				return err
			}
			p.runs[i] = append(p.runs[i], times...)
			text, err := call[string](b, "ask", i, "profile", 12)
			if err != nil {
				return err
			}
			var tasks []task
			if err := json.Unmarshal([]byte(text), &tasks); err != nil {
				return err
			}
			p.tasks[i] = append(p.tasks[i], tasks)
		}
	}
	return nil
}

// times gives the tasks of float32 or of integers, each with the lowest of its times in the rounds.
func (p *int8Phase) times(i int) []task {
	list := slices.Clone(p.tasks[i][0])
	for _, round := range p.tasks[i][1:] {
		for k, t := range round {
			list[k].MS = min(list[k].MS, t.MS)
		}
	}
	return list
}

// faster is how many times as fast integers are, by the fastest runs.
func (p *int8Phase) faster() float64 { return slices.Min(p.runs[0]) / slices.Min(p.runs[1]) }

// writeInt8 writes the networks as a table, and one for each network by layer.
func writeInt8(w io.Writer, list []*int8Phase) {
	fmt.Fprintf(w, "\n| network | layers | float32 ms | median | integers ms | median | faster | moved |\n|---|---|---|---|---|---|---|---|\n")
	for _, p := range list {
		fmt.Fprintf(w, "| %s | %s |", p.net.Name, p.layers)
		for _, m := range p.runs {
			fmt.Fprintf(w, " %.2f | %.2f |", slices.Min(m), median(m))
		}
		moved := "-"
		if !math.IsNaN(p.moved) {
			moved = fmt.Sprintf("%.2f", p.moved)
		}
		fmt.Fprintf(w, " %.2fx | %s |\n", p.faster(), moved)
	}
	for _, p := range list {
		if p.how == "all" {
			p.byLayer(w)
		}
	}
}

// computing gives the layers that compute, Winograd's calls of one together, and the time of all others.
func computing(tasks []task) (layers []task, rest float64) {
	before := 0.0
	for _, t := range tasks {
		switch kind := kindOf(t.Name); {
		case t.FLOPs > 0:
			t.MS, before = t.MS+before, 0
			layers = append(layers, t)
		case strings.HasPrefix(kind, "patches"):
			before += t.MS
		case strings.HasPrefix(kind, "merge") && len(layers) > 0:
			layers[len(layers)-1].MS += t.MS
		default:
			rest += t.MS
		}
	}
	return layers, rest
}

// layerRow is what layers of the same two kernels take together.
type layerRow struct {
	names  [2]string
	ms     [2]float64
	layers int
}

// byLayer writes what each layer takes in float32 and in integers.
func (p *int8Phase) byLayer(w io.Writer) {
	var lists [2][]task
	var rest [2]float64
	for i := range lists {
		lists[i], rest[i] = computing(p.times(i))
	}
	if len(lists[0]) != len(lists[1]) {
		fmt.Fprintf(w, "\n%s: %d layers in float32, %d in integers.\n", p.net.Name, len(lists[0]), len(lists[1]))
		return
	}
	var rows []*layerRow
	for k, a := range lists[0] {
		b := lists[1][k]
		at := slices.IndexFunc(rows, func(r *layerRow) bool { return r.names == [2]string{a.Name, b.Name} })
		if at < 0 {
			at, rows = len(rows), append(rows, &layerRow{names: [2]string{a.Name, b.Name}})
		}
		r := rows[at]
		r.ms[0], r.ms[1], r.layers = r.ms[0]+a.MS, r.ms[1]+b.MS, r.layers+1
	}
	fmt.Fprintf(w, "\n| %s, kernel in float32 | with integers | layers | float32 ms | integers ms | faster |\n|---|---|---|---|---|---|\n", p.net.Name)
	for _, r := range rows {
		other := r.names[1]
		if other == r.names[0] {
			other = "the same"
		}
		fmt.Fprintf(w, "| %s | %s | %d | %.3f | %.3f | %.2fx |\n", r.names[0], other, r.layers, r.ms[0], r.ms[1], r.ms[0]/r.ms[1])
	}
	fmt.Fprintf(w, "| all that moves, pools or rounds | | | %.3f | %.3f | |\n", rest[0], rest[1])
}

// integersSection is the section on integers, from its title on: as measured, or that of an older RESULTS.md.
func integersSection(list []*int8Phase, old string) string {
	if list != nil {
		var b strings.Builder
		b.WriteString(integersTitle + integersPreface)
		writeInt8(&b, list)
		return b.String()
	}
	_, rest, found := strings.Cut(old, integersTitle)
	if !found {
		return ""
	}
	if end := strings.Index(rest, "\n## "); end >= 0 {
		rest = rest[:end]
	}
	return integersTitle + rest
}

// withIntegers puts the section into text, an older RESULTS.md, in the place of the one that is there, or before the notes.
func withIntegers(text, section string) string {
	before, _, found := strings.Cut(text, integersTitle)
	if !found {
		before, _, _ = strings.Cut(text, marker)
		return before + section + notes(text)
	}
	rest := text[len(before)+len(integersTitle):]
	if end := strings.Index(rest, "\n## "); end >= 0 {
		return before + section + rest[end:]
	}
	return before + section
}
