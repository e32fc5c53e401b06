package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/bench"
	"github.com/irum-app/irum/engine/exec"
)

// spec is what page/bench.js and the workers know of a contestant.
type spec struct {
	Engine  string `json:"engine"`
	Variant string `json:"variant"` // Irum's executor
	Threads int    `json:"threads"`
	Workers int    `json:"workers"` // more than one: as many images side by side, and a time for each image
	Net     string `json:"net"`
	Size    int    `json:"size"`
	Direct  bool   `json:"direct"` // Irum without Winograd
	Patch   int    `json:"patch"`  // of a profile: the side of Winograd's patches, 0 as Irum chooses
	Int8    string `json:"int8"`   // Irum with 8-bit integers: "all", or an engine.Int8 as JSON
}

// opened is what a worker tells when it is ready, in milliseconds.
type opened struct {
	Load, Compile, First float64
	Output               []float32
	Stages               map[string]float64 // of Compile, by name
}

// contestant is one engine in one way of running, and what was measured of it.
type contestant struct {
	spec
	opened
	title   string
	code    size      // what of the engine was fetched
	runs    int       // of a round; 0 for what is so slow that one round is enough
	medians []float64 // of each round
	err     error
	wrong   float64 // the median of its relative differences from the others
}

// phase is one network at one number of threads.
type phase struct {
	net         *bench.Network
	threads     int
	contestants []*contestant
	noisy       int                 // measurements that began though the machine was busy with something else
	peaks       []float64           // GFLOP/s, one thread, of each round
	reference   []float32           // outputs of portable Go
	profiles    map[string][][]task // by contestant.profile and round
	starts      []start
	loads       []loaded
}

// task is what one call of Irum's generated code takes.
type task struct {
	Name  string
	MS    float64
	FLOPs int
}

// warm is the number of runs before those that are measured; V8 then has optimised the code.
const warm = 12

// runsOf is the number of measured runs in a round.
func runsOf(net string) int {
	if net == "resnet18" {
		return 12
	}
	return 30
}

func field(net *bench.Network, threads int, scalar bool) []*contestant {
	var list []*contestant
	add := func(title, engine, variant string, threads, workers, runs int) {
		list = append(list, &contestant{title: title, runs: runs, spec: spec{Engine: engine, Variant: variant, Threads: threads, Workers: workers, Net: net.Name, Size: side}})
	}
	runs := runsOf(net.Name)
	if threads == 1 {
		add("Irum relaxed-simd", "irum", exec.RelaxedSIMD, 1, 1, runs)
		add(titles["ort"], "ort", "", 1, 1, runs)
		add("Irum simd", "irum", exec.SIMD, 1, 1, runs)
		add(titles["tfjs"], "tfjs", "", 1, 1, runs)
		if net.Name == "resnet18" {
			for _, variant := range []string{exec.RelaxedSIMD, exec.SIMD} {
				add("Irum "+variant+", plain sums", "irum", variant, 1, 1, runs)
				list[len(list)-1].Direct = true
			}
		}
		add(titles["litert"], "litert", "", 1, 1, runs)
		if scalar {
			add("Irum scalar", "irum", exec.Scalar, 1, 1, 0)
		}
		return list
	}
	add(fmt.Sprintf("Irum relaxed-simd, %d threads", threads), "irum", exec.RelaxedSIMD, threads, 1, runs)
	add(fmt.Sprintf("Irum relaxed-simd, %d workers", threads), "irum", exec.RelaxedSIMD, 1, threads, runs)
	add(fmt.Sprintf("%s, %d threads", titles["ort"], threads), "ort", "", threads, 1, runs)
	add(fmt.Sprintf("%s, %d threads", titles["tfjs"], threads), "tfjs", "", threads, 1, runs)
	add(fmt.Sprintf("%s, %d threads", titles["litert"], threads), "litert", "", threads, 1, runs)
	add(fmt.Sprintf("%s, %d workers", titles["litert"], threads), "litert", "", 1, threads, runs)
	return list
}

func runPhase(ctx context.Context, s *site, net *bench.Network, threads int, o options) (*phase, error) {
	p := &phase{net: net, threads: threads, contestants: field(net, threads, o.scalar), profiles: map[string][][]task{}}
	var err error
	if p.reference, err = reference(ctx, net); err != nil {
		return nil, err
	}
	b, err := open(ctx, s.url)
	if err != nil {
		return nil, err
	}
	defer b.stop()
	for i, c := range p.contestants {
		start := time.Now()
		s.forget()
		if c.opened, c.err = call[opened](b, "open", i, c.spec); c.err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", c.title, c.err)
		}
		fmt.Printf("  %s is open after %s: start %.0f, compile %.0f %v, first run %.0f ms\n", c.title, time.Since(start).Round(10*time.Millisecond), c.Load, c.Compile, c.stages(), c.First)
		c.code = s.fetchedSize()
	}
	const peak = -1
	if _, err := call[opened](b, "open", peak, spec{Engine: "peak", Workers: 1, Net: net.Name, Size: peakRounds}); err != nil {
		return nil, err
	}
	p.compare()
	for round := range o.rounds {
		p.wait(o.quiet)
		list, err := call[[]float64](b, "measure", peak, 3, 9)
		if err != nil {
			return nil, err
		}
		p.peaks = append(p.peaks, peakFLOPs/median(list)/1e6)
		for k := range p.contestants {
			i := (k + round) % len(p.contestants) // so that none always comes after the same
			c := p.contestants[i]
			if c.err != nil || (c.runs == 0 && round > 0) {
				continue
			}
			p.wait(o.quiet)
			if c.runs == 0 {
				list, c.err = call[[]float64](b, "measure", i, 0, 1)
			} else {
				list, c.err = call[[]float64](b, "measure", i, warm, c.runs)
			}
			if c.err == nil {
				c.medians = append(c.medians, median(list))
			}
			if err := p.profile(b, i); err != nil {
				return nil, err
			}
		}
		fmt.Printf("  round %d of %d is over, load %s\n", round+1, o.rounds, load())
	}
	if err := p.besides(b, o.rounds); err != nil {
		return nil, fmt.Errorf("with a load beside: %w", err)
	}
	for i := range p.contestants {
		if err := p.restart(b, i, o); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// patienceLeft is how long the whole bench still waits for quiet moments: on a machine that is always busy it must end too.
var patienceLeft = 4 * time.Minute

// wait waits for a quiet moment to measure in.
func (p *phase) wait(limit time.Duration) {
	start := time.Now()
	if !quiet(min(limit, patienceLeft)) {
		p.noisy++
	}
	patienceLeft = max(patienceLeft-time.Since(start), 0)
}

// profile adds a round to the profile of contestant i, if it has generated code to look into.
func (p *phase) profile(b *browser, i int) error {
	c := p.contestants[i]
	if c.Engine != "irum" || c.Workers > 1 || c.Threads > 1 || c.Variant == exec.Scalar || c.err != nil {
		return nil
	}
	text, err := call[string](b, "ask", i, "profile", 12)
	if err != nil {
		return err
	}
	var tasks []task
	if err := json.Unmarshal([]byte(text), &tasks); err != nil {
		return err
	}
	p.profiles[c.profile()] = append(p.profiles[c.profile()], tasks)
	return nil
}

// profile is the name of c's profile among those of its phase.
func (c *contestant) profile() string {
	if c.Direct {
		return c.Variant + ", plain sums"
	}
	return c.Variant
}

// tasks is a profile: of each call the median over the rounds.
func (p *phase) tasks(profile string) []task {
	rounds := p.profiles[profile]
	if len(rounds) == 0 {
		return nil
	}
	tasks := slices.Clone(rounds[0])
	for i := range tasks {
		var list []float64
		for _, r := range rounds {
			list = append(list, r[i].MS)
		}
		tasks[i].MS = median(list)
	}
	return tasks
}

// reference runs net in portable Go.
func reference(ctx context.Context, net *bench.Network) ([]float32, error) {
	n, err := engine.Load(net.ONNX())
	if err != nil {
		return nil, err
	}
	session, err := engine.Compile(ctx, n, engine.Options{Executor: exec.Go})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	out, err := session.Run(ctx, bench.Planes(net.Noise(), side))
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// compare finds who disagrees with most of the others.
func (p *phase) compare() {
	for _, a := range p.contestants {
		if a.err != nil {
			continue
		}
		list := []float64{distance(a.Output, p.reference)}
		for _, b := range p.contestants {
			if b != a && b.err == nil && b.Engine != a.Engine {
				list = append(list, distance(a.Output, b.Output))
			}
		}
		a.wrong = median(list)
	}
}

// allowed is the relative difference up to which an engine's outputs count as right.
const allowed = 1e-2

func (c *contestant) right() bool { return c.err == nil && c.wrong <= allowed && len(c.medians) > 0 }

func (c *contestant) ms() float64 { return median(c.medians) }

// distance is the largest difference between a and b, relative to the largest value of b.
func distance(a, b []float32) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return math.Inf(1)
	}
	worst, largest := 0.0, 0.0
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst, largest = max(worst, d), max(largest, math.Abs(float64(b[i])))
	}
	return worst / largest
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
