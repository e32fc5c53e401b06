// Command bench measures Irum in headless Chromium beside ONNX Runtime Web, TensorFlow.js and LiteRT.js, on the networks of
// engine/bench with the same weights, prints a table and writes engine/bench/RESULTS.md. It is run from anywhere inside
// the module, after npm ci in web/bench:
//
//	go run ./web/bench [-rounds 5] [-nets mobilenetv2,resnet18] [-threads 1,2] [-quiet 10s] [-kernels=false] [-int8=false] [-rest=false] [-results=false]
//
// The engines take turns: in each round each warms up and is measured, and the median over the rounds of the medians in
// a round counts. Each network and number of threads gets a browser of its own, so that start-up is measured cold.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/exec"
)

// options are the command line's.
type options struct {
	rounds  int
	nets    []string
	threads []int
	scalar  bool
	kernels bool
	int8    bool
	rest    bool
	results bool
	quiet   time.Duration
}

func main() {
	o, err := parse()
	if err == nil {
		err = measure(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/bench:", err)
		os.Exit(1)
	}
}

func parse() (options, error) {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds in which the engines take turns")
	nets := flag.String("nets", strings.Join(bench.Names(), ","), "networks; none with -nets=")
	threads := flag.String("threads", "1,2", "numbers of threads")
	flag.BoolVar(&o.scalar, "scalar", true, "measure portable Go in WebAssembly too, which takes seconds for an image")
	flag.BoolVar(&o.kernels, "kernels", true, "measure single convolutions too")
	flag.BoolVar(&o.int8, "int8", true, "measure 8-bit integers in the networks too")
	flag.BoolVar(&o.rest, "rest", true, "measure the engine's size and the agreement of 8-bit weights too")
	flag.BoolVar(&o.results, "results", true, "write engine/bench/RESULTS.md")
	flag.DurationVar(&o.quiet, "quiet", 10*time.Second, "how long to wait before each measurement for the machine to have nothing else to do")
	flag.Parse()
	if *nets != "" {
		o.nets = strings.Split(*nets, ",")
	}
	for _, name := range o.nets {
		if bench.Build(name, 32) == nil {
			return o, fmt.Errorf("there is no network %q, only %s", name, strings.Join(bench.Names(), ", "))
		}
	}
	for text := range strings.SplitSeq(*threads, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-threads %s: give numbers from 1 on, with commas between", *threads)
		}
		o.threads = append(o.threads, n)
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("-rounds %d: give 1 or more", o.rounds)
	}
	return o, nil
}

// measure runs every network at every number of threads and reports.
func measure(ctx context.Context, o options) error {
	root, err := module()
	if err != nil {
		return err
	}
	site, err := newSite(root)
	if err != nil {
		return err
	}
	defer site.close()
	r := &report{machine: readMachine(), versions: site.versions, rounds: o.rounds, command: command(), agreement: math.NaN()}
	for _, name := range o.nets {
		net := bench.Build(name, side)
		fmt.Printf("%s: %.1f million multiplications, %.2f million weights\n", name, float64(net.FLOPs())/2e6, float64(net.Params())/1e6)
		if err := site.offer(net); err != nil {
			return err
		}
		for _, threads := range o.threads {
			p, err := runPhase(ctx, site, net, threads, o)
			if err != nil {
				return fmt.Errorf("%s, %d threads: %w", name, threads, err)
			}
			r.phases = append(r.phases, p)
			p.table(os.Stdout)
			p.breakdown(os.Stdout, exec.RelaxedSIMD)
			if !o.results {
				continue
			}
			if err := r.write(root); err != nil {
				return err
			}
		}
	}
	if o.kernels {
		if r.kernels, err = runKernels(ctx, site, o); err != nil {
			return fmt.Errorf("single convolutions: %w", err)
		}
		if err := r.kernels.write(os.Stdout); err != nil {
			return err
		}
	}
	if o.int8 {
		if r.int8, err = runInt8(ctx, site, root, o); err != nil {
			return fmt.Errorf("8-bit integers: %w", err)
		}
		writeInt8(os.Stdout, r.int8)
	}
	if o.rest {
		if r.with, r.without, err = engineSize(root); err != nil {
			return err
		}
		r.agreement = agreement(root)
	}
	var goals strings.Builder
	r.goalTable(&goals)
	fmt.Print(goals.String())
	if !o.results {
		return nil
	}
	return r.write(root)
}

// write keeps what was measured so far.
func (r *report) write(root string) error {
	r.machine.finish()
	path := filepath.Join(root, "engine", "bench", "RESULTS.md")
	old, _ := os.ReadFile(path) // there may be none yet
	text := r.markdown() + integersSection(r.int8, string(old)) + notes(string(old))
	if len(r.phases) == 0 && r.kernels == nil && r.int8 != nil { // nothing else was measured
		text = withIntegers(string(old), integersSection(r.int8, ""))
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func command() string {
	return strings.Join(append([]string{"go run ./web/bench"}, os.Args[1:]...), " ")
}

// module is the folder of the Go module.
func module() (string, error) {
	out, err := osexec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
