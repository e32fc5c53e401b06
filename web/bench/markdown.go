package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/engine/exec"
)

const preface = `# Irum beside other engines

Written by ` + "`make bench`" + ` (web/bench), all but the notes at the end. One image of 224x224 at a time, float32, the same seeded weights and input
in every engine, in headless Chromium. ms is the median over the rounds of the median in a round; in each round the engines
take turns, each with 12 runs to warm up and then 30 (MobileNetV2) or 12 (ResNet-18) that count. A run begins with the input
in JavaScript's (Irum: Go's) memory and ends with the outputs there. Every network and number of threads had a new
browser; the range is of the medians in the rounds. "Ready" is the engine's start and compiling the network, without fetching the network; a second Irum in the
same browser finds the module compiled. "Code" is what of
the engine was fetched, for Irum the engine alone as a Go program (app.wasm holds the rest of Irum too). "Difference" is the largest from portable Go, relative to the largest output; an engine that differs from
most others by more than 0.01 is called wrong and not compared.

"2 threads" is the time of one image on two threads, "2 workers" the time for each image of two workers side by side, which is
throughput. TensorFlow.js takes at most half of the
cores that the browser names, so its workers were told of twice as many. Percentages of two threads or workers are of twice the peak.
`

const starting = `
## Start-up of Irum, ms

"Program" is fetching and starting the Go program, which an app has done anyway. Then the ONNX file is copied into Go's memory and read,
the graph is checked and folded, a module is generated, compiled, and given its weights, which its own code packs. "First" is the first
start of the variant in a new browser, in which nothing is compiled or cached yet; "more" are later ones in
new workers, with the range: the browser still has the machine code of both programs then.
`

// markdown is RESULTS.md.
func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString(preface)
	m := r.machine
	fmt.Fprintf(&b, "\n- machine: %s, %s; %s; %s\n", m.cpu, plural(m.cores, "core"), m.browser, m.golang)
	fmt.Fprintf(&b, "- when: %s to %s; load averages before %s, after %s\n", m.began.UTC().Format("2006-01-02 15:04"), m.ended.UTC().Format("15:04 MST"), m.before, m.after)
	var versions []string
	for _, v := range r.versions {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	fmt.Fprintf(&b, "- engines: Irum, %s\n- command: `%s` (%s)\n\n## Figures\n", strings.Join(versions, ", "), r.command, plural(r.rounds, "round"))
	for _, p := range r.phases {
		p.table(&b)
	}
	for _, p := range r.phases {
		p.besideTable(&b)
	}
	r.goalTable(&b)
	b.WriteString(starting)
	for _, p := range r.phases {
		p.startTable(&b)
	}
	if r.with.brotli > 0 {
		fmt.Fprintf(&b, "\nLoading, compiling and running networks adds %d bytes to a program in Go, %d at Brotli 11 (wasm/size: %d with the engine, %d without).\n",
			r.with.raw-r.without.raw, r.with.brotli-r.without.brotli, r.with.brotli, r.without.brotli)
	}
	b.WriteString("\n## Where Irum's time goes\n\nEach call of the generated code, timed in whole runs. \"Lost\" is the time beyond what its operations take at the peak.\n")
	for _, p := range r.phases {
		for _, variant := range []string{exec.RelaxedSIMD, exec.SIMD} {
			p.breakdown(&b, variant)
		}
	}
	if r.kernels != nil {
		b.WriteString("\n## Single convolutions\n\nThe 1x1 and 3x3 convolutions of the networks (size/stride, pixels of the output, channels), each shape once, in one thread, with a ReLU. " +
			"They are\nrun one after another, so that none finds its weights in a near cache.\n")
		if err := r.kernels.write(&b); err != nil {
			fmt.Fprintf(&b, "\nNot measured: %v.\n", err)
		}
	}
	return b.String()
}

// marker begins what people wrote about the figures, which a new run keeps.
const marker = "\n## Notes\n"

// notes gives the notes of an older RESULTS.md.
func notes(old string) string {
	if i := strings.Index(old, marker); i >= 0 {
		return old[i:]
	}
	return marker
}
