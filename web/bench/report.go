package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/irum-app/irum/engine/exec"
)

// report is all that was measured.
type report struct {
	machine  *machine
	versions map[string]string
	rounds   int
	command  string
	phases   []*phase
	kernels  *kernels // nil if they were not measured
	int8     []*int8Phase

	with, without size    // wasm/size with and without the engine
	agreement     float64 // of 8-bit weights, in percent; not a number if it was not measured
}

func (p *phase) gflops(ms float64) float64 { return float64(p.net.FLOPs()) / ms / 1e6 }

// onePeak is the highest rate in any round: it is a limit, and a busy machine only hides it.
func (p *phase) onePeak() float64 { return slices.Max(p.peaks) }

// peak is the rate of all threads together.
func (p *phase) peak() float64 { return p.onePeak() * float64(p.threads) }

func (p *phase) share(ms float64) float64 { return 100 * p.gflops(ms) / p.peak() }

// find gives the contestant of that engine and variant that was measured and is right, or nil.
func (p *phase) find(engine, variant string) *contestant {
	for _, c := range p.contestants {
		if c.Engine == engine && c.Variant == variant && c.Threads == p.threads && c.Workers == 1 && !c.Direct && c.right() {
			return c
		}
	}
	return nil
}

// table writes what was measured as a Markdown table, which reads as text too.
func (p *phase) table(w io.Writer) {
	fmt.Fprintf(w, "\n| %s, %s | ms | range | GFLOP/s | %% of peak | Irum relaxed is faster | Irum simd is faster | ready after ms | first run ms | code, MB Brotli | difference |\n",
		p.net.Name, plural(p.threads, "thread"))
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range p.contestants {
		if c.err != nil {
			fmt.Fprintf(w, "| %s | did not run: %v | | | | | | | | | |\n", c.title, firstLine(c.err))
			continue
		}
		ready := fmt.Sprintf("%.0f | %.0f | %.2f | %.1g |", c.Load+c.Compile, c.First, float64(c.code.brotli)/1e6, distance(c.Output, p.reference))
		if !c.right() {
			fmt.Fprintf(w, "| %s | wrong outputs, not compared | | | | | | %s\n", c.title, ready)
			continue
		}
		ratios := ""
		for _, variant := range []string{exec.RelaxedSIMD, exec.SIMD} {
			if own := p.find("irum", variant); own != nil && c.Engine != "irum" {
				ratios += fmt.Sprintf(" %.2fx |", c.ms()/own.ms())
			} else {
				ratios += " |"
			}
		}
		fmt.Fprintf(w, "| %s | %.2f | %.1f to %.1f | %.1f | %.0f |%s %s\n", c.title, c.ms(), slices.Min(c.medians), slices.Max(c.medians), p.gflops(c.ms()), p.share(c.ms()), ratios, ready)
	}
	fmt.Fprintf(w, "\nPeak of f32x4.relaxed_madd in one thread: %.1f GFLOP/s (rounds: %s). Measurements begun while the machine was busy with\nsomething else: %d.\n\n", p.onePeak(), list(p.peaks), p.noisy)
}

// lost is the time of a task beyond what it would take at the peak.
func (p *phase) lost(t task) float64 { return t.MS - float64(t.FLOPs)/p.onePeak()/1e6 }

// breakdown writes where the time goes: by kind of kernel, and the calls that lose most against the peak.
func (p *phase) breakdown(w io.Writer, variant string) {
	tasks, own := p.tasks(variant), p.find("irum", variant)
	if len(tasks) == 0 || own == nil {
		return
	}
	sum := task{Name: "all"}
	kinds := map[string]*task{}
	for _, t := range tasks {
		kind := kindOf(t.Name)
		if kinds[kind] == nil {
			kinds[kind] = &task{Name: kind}
		}
		for _, to := range []*task{kinds[kind], &sum} {
			to.MS, to.FLOPs = to.MS+t.MS, to.FLOPs+t.FLOPs
		}
	}
	fmt.Fprintf(w, "\n%s, %s: %.2f ms in %d calls, whole runs take %.2f ms.\n\n", p.net.Name, variant, sum.MS, len(tasks), own.ms())
	fmt.Fprintln(w, "| kind of kernel | ms | GFLOP/s | % of peak | lost ms |\n|---|---|---|---|---|")
	rows := []task{sum}
	for _, k := range kinds {
		rows = append(rows, *k)
	}
	slices.SortFunc(rows, func(a, b task) int { return cmp.Compare(b.MS, a.MS) })
	for _, t := range rows {
		p.row(w, t)
	}
	slices.SortFunc(tasks, func(a, b task) int { return cmp.Compare(p.lost(b), p.lost(a)) })
	fmt.Fprintln(w, "\n| calls that lose most | ms | GFLOP/s | % of peak | lost ms |\n|---|---|---|---|---|")
	for _, t := range tasks[:min(10, len(tasks))] {
		p.row(w, t)
	}
}

func (p *phase) row(w io.Writer, t task) {
	rate, share := "", ""
	if t.FLOPs > 0 {
		g := float64(t.FLOPs) / t.MS / 1e6
		rate, share = fmt.Sprintf("%.1f", g), fmt.Sprintf("%.0f", 100*g/p.onePeak())
	}
	fmt.Fprintf(w, "| %s | %.3f | %s | %s | %.3f |\n", t.Name, t.MS, rate, share, p.lost(t))
}

// kindOf is the family of a kernel: the second word of its name.
func kindOf(name string) string {
	words := strings.Split(name, "_")
	if len(words) < 2 {
		return name
	}
	return words[1]
}

func list(numbers []float64) string {
	var words []string
	for _, v := range numbers {
		words = append(words, fmt.Sprintf("%.1f", v))
	}
	return strings.Join(words, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), `\n`, "\n"), "\n")
	return line
}
