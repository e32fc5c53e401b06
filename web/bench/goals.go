package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	engines "github.com/irum-app/irum/engine/exec"
)

// goal is one figure that Irum wants to reach: got and want in unit, got at least want, or, with atMost, at most.
type goal struct {
	net, what string
	want, got float64 // got is not a number if it was not measured
	unit      string
	atMost    bool
}

func (g goal) verdict() string {
	switch {
	case math.IsNaN(g.got):
		return "not measured"
	case g.atMost && g.got > g.want, !g.atMost && g.got < g.want:
		return "missed"
	}
	return "reached"
}

// row is the goal as a row of a Markdown table. The verdict is over the figure before it is rounded.
func (g goal) row() string {
	sign, got := "at least", "-"
	if g.atMost {
		sign = "at most"
	}
	if !math.IsNaN(g.got) {
		got = strconv.FormatFloat(g.got, 'f', 2, 64) + g.unit
	}
	return fmt.Sprintf("| %s | %s | %s %g%s | %s | %s |", g.net, g.what, sign, g.want, g.unit, got, g.verdict())
}

// against are the goals against other engines: how many times as fast as theirs one image is to be.
var against = []struct {
	net, variant, engine string
	threads              int
	times                float64
}{
	{"mobilenetv2", engines.RelaxedSIMD, "ort", 1, 2.4},
	{"mobilenetv2", engines.RelaxedSIMD, "tfjs", 1, 1.8},
	{"mobilenetv2", engines.RelaxedSIMD, "litert", 1, 1.45},
	{"mobilenetv2", engines.SIMD, "ort", 1, 2.0},
	{"mobilenetv2", engines.RelaxedSIMD, "litert", 2, 1.4},
	{"resnet18", engines.RelaxedSIMD, "ort", 1, 1.95},
	{"resnet18", engines.RelaxedSIMD, "tfjs", 1, 1.65},
	{"resnet18", engines.RelaxedSIMD, "litert", 1, 1.3},
	{"resnet18", engines.RelaxedSIMD, "litert", 1, withWinograd},
	{"resnet18", engines.SIMD, "ort", 1, 1.5},
	{"resnet18", engines.RelaxedSIMD, "litert", 2, 1.25},
}

// withWinograd is the goal against LiteRT.js that fewer operations are needed for.
const withWinograd = 1.6

// titles are the names of the other engines.
var titles = map[string]string{"ort": "ONNX Runtime Web", "tfjs": "TensorFlow.js", "litert": "LiteRT.js"}

// own are the goals of a network that need no other engine.
var own = map[string]struct{ share, threads float64 }{
	"mobilenetv2": {share: 75, threads: 1.7},
	"resnet18":    {share: 85, threads: 1.8},
}

// phase gives a phase, or nil.
func (r *report) phase(net string, threads int) *phase {
	for _, p := range r.phases {
		if p.net.Name == net && p.threads == threads {
			return p
		}
	}
	return nil
}

// ms is the time of one image in a way of running, not a number if there is none that is right.
func (r *report) ms(net string, threads int, engine, variant string, direct bool) float64 {
	p := r.phase(net, threads)
	if p == nil {
		return math.NaN()
	}
	for _, c := range p.contestants {
		if c.Engine == engine && c.Variant == variant && c.Threads == threads && c.Workers == 1 && c.Direct == direct && c.right() {
			return c.ms()
		}
	}
	return math.NaN()
}

// goals are all goals of the networks that were measured, and of the engine.
func (r *report) goals() []goal {
	var list []goal
	for _, a := range against {
		if r.phase(a.net, a.threads) == nil {
			continue
		}
		got := r.ms(a.net, a.threads, a.engine, "", false) / r.ms(a.net, a.threads, "irum", a.variant, false)
		what := fmt.Sprintf("%s against %s, %s", a.variant, titles[a.engine], plural(a.threads, "thread"))
		if a.times == withWinograd {
			what += ", with Winograd"
		}
		list = append(list, goal{a.net, what, a.times, got, "x", false})
	}
	for _, p := range r.phases {
		list = append(list, r.goalsOf(p)...)
	}
	if r.kernels != nil {
		list = append(list, r.kernels.goals()...)
	}
	added := math.NaN()
	if r.with.brotli > 0 {
		added = float64(r.with.brotli-r.without.brotli) / 1000
	}
	return append(list,
		goal{"engine", "what it adds to a program at Brotli 11", engineBytes / 1000, added, " KB", true},
		goal{"backbone", "same class on 8-bit weights as on the published ones", 98, r.agreement, " %", false})
}

// goalsOf are the goals of one network at one number of threads.
func (r *report) goalsOf(p *phase) []goal {
	name := p.net.Name
	one := r.ms(name, 1, "irum", engines.RelaxedSIMD, false)
	if p.threads == 2 {
		list := []goal{{name, "2 threads against its own 1", own[name].threads, one / r.ms(name, 2, "irum", engines.RelaxedSIMD, false), "x", false}}
		return append(list, p.beside()...)
	}
	if p.threads != 1 {
		return nil
	}
	direct := r.ms(name, 1, "irum", engines.RelaxedSIMD, true) // without Winograd, whose operations are fewer
	if math.IsNaN(direct) {
		direct = one
	}
	list := []goal{{name, "relaxed-simd, share of the peak", own[name].share, p.share(direct), " %", false}}
	if s := p.startOf(engines.RelaxedSIMD); s != nil && name == "mobilenetv2" {
		list = append(list,
			goal{name, "generating and compiling code, first start in a browser", 120, s.first.Stages[engines.Generating] + s.first.Stages[engines.Compiling], " ms", true},
			goal{name, "first run, first start in a browser", 60, s.first.First, " ms", true})
	}
	return list
}

// agreed finds what the test of the 8-bit weights prints: the shares of images on which both weights say the same class.
var agreed = regexp.MustCompile(`the heads agree on ([0-9.]+); one head over both backbones on ([0-9.]+)`)

// agreement runs the test of the 8-bit weights and gives the lower of the two means over its sets of images, in percent; not a
// number if it did not run.
func agreement(root string) float64 {
	cmd := exec.Command("go", "test", "-count=1", "-v", "-run", "^TestIntegerWeights$", "./engine/train")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	found := agreed.FindAllStringSubmatch(string(out), -1)
	if len(found) == 0 {
		fmt.Fprintf(os.Stderr, "the test of 8-bit weights in %s gave no figure (%v)\n", filepath.Join("engine", "train"), err)
		return math.NaN()
	}
	var heads, one float64
	for _, m := range found {
		a, _ := strconv.ParseFloat(m[1], 64)
		b, _ := strconv.ParseFloat(m[2], 64)
		heads, one = heads+a, one+b
	}
	return 100 * min(heads, one) / float64(len(found))
}

// goalTable writes all goals.
func (r *report) goalTable(b *strings.Builder) {
	list := r.goals()
	reached := len(slices.DeleteFunc(slices.Clone(list), func(g goal) bool { return g.verdict() != "reached" }))
	fmt.Fprintf(b, "\n## Goals\n\n%d of %d are reached. \"x\" is the other's median over Irum's.\n\n| network | what | goal | measured | |\n|---|---|---|---|---|\n", reached, len(list))
	for _, g := range list {
		fmt.Fprintln(b, g.row())
	}
}
