package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/simd"
)

// generated runs a program in a host.
type generated struct {
	net      *graph.Network
	program  *simd.Program
	instance instance
	portable *Portable // for the steps that have no kernel; nil if there are none
	together int       // calls that are made at one time: a call into the host takes about a microsecond
	stages   []Stage
	pace     pace // with a team
}

// turn is about how long a run goes on before it looks whether it was cancelled.
const turn = 4 * time.Millisecond

func newGenerated(ctx context.Context, net *graph.Network, w way) (*generated, error) {
	var clock clock
	clock.start()
	p, err := simd.Compile(net, w.config)
	if err != nil {
		return nil, err
	}
	clock.end(Generating)
	in, err := w.host.start(ctx, p, w.script)
	if err != nil {
		return nil, fmt.Errorf("start the generated module: %w", err)
	}
	clock.end(Compiling)
	for _, c := range p.Constants {
		if err := in.write(c.Offset, c.Data); err != nil {
			return nil, err
		}
		if c.Call >= 0 {
			if err := in.run(ctx, c.Call, c.Call+1); err != nil {
				return nil, fmt.Errorf("pack weights: %w", err)
			}
		}
	}
	clock.end(Writing)
	p.Constants = nil // the module's memory has them now
	p.Code, p.Kernels = nil, nil
	g := &generated{program: p, instance: in, together: 1, stages: clock.stages}
	for _, t := range p.Tasks {
		if t.Step != nil && g.portable == nil {
			g.portable = partial(net, p)
		}
	}
	g.net = &graph.Network{Input: net.Input, Values: []graph.Value{net.Values[net.Input]}}
	return g, nil
}

// partial gives a portable executor with buffers for the steps of p that have no kernel. It keeps no other weights.
func partial(net *graph.Network, p *simd.Program) *Portable {
	shapes := &graph.Network{Values: slices.Clone(net.Values)}
	for i := range shapes.Values {
		shapes.Values[i].Data = nil
	}
	s := &Portable{net: shapes, buffers: make([][]float32, len(net.Values))}
	for _, t := range p.Tasks {
		if t.Step == nil {
			continue
		}
		for _, v := range append([]int{t.Step.Out}, t.Step.In...) {
			if s.buffers[v] != nil {
				continue
			}
			s.buffers[v] = net.Values[v].Data
			if s.buffers[v] == nil {
				s.buffers[v] = make([]float32, net.Values[v].Len())
				s.peak += len(s.buffers[v])
			}
		}
	}
	return s
}

// Peak implements Runner.
func (g *generated) Peak() int {
	if g.portable != nil {
		return g.program.Peak + g.portable.Peak()
	}
	return g.program.Peak
}

// Close implements Runner.
func (g *generated) Close() error {
	in := g.instance
	g.instance = nil
	if in == nil {
		return nil
	}
	return in.close()
}

// Run implements Runner.
func (g *generated) Run(ctx context.Context, input []float32) ([][]float32, error) {
	if g.instance == nil {
		return nil, fmt.Errorf("the session is closed")
	}
	if len(input) != g.program.Input.Floats {
		return nil, fmt.Errorf("the input has %d values, the network takes %v", len(input), g.net.Values[0].Shape)
	}
	start := time.Now()
	err := g.pass(ctx, input)
	if errors.Is(err, errStalled) {
		if err = g.desert(ctx); err == nil {
			err = g.pass(ctx, input)
		}
	}
	if err != nil {
		return nil, err
	}
	if g.Threads() > 1 {
		g.pace.note(time.Since(start))
	}
	out := make([][]float32, len(g.program.Outputs))
	for i, span := range g.program.Outputs {
		out[i] = make([]float32, span.Floats)
		if err := g.instance.read(span.Offset, out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pass does all tasks.
func (g *generated) pass(ctx context.Context, input []float32) error {
	if err := g.instance.write(g.program.Input.Offset, input); err != nil {
		return err
	}
	for i := 0; i < len(g.program.Tasks); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := g.next(ctx, g.program.Tasks[i:])
		if err != nil {
			return fmt.Errorf("%s: %w", g.program.Tasks[i].Name, err)
		}
		i += n
	}
	return nil
}

// next does the first of the tasks, with the calls after it that go together, and gives their number.
func (g *generated) next(ctx context.Context, tasks []simd.Task) (int, error) {
	n := 0
	for n < min(g.together, len(tasks)) && tasks[n].Step == nil {
		n++
	}
	if n < 2 {
		g.together = max(g.together, 2)
		return 1, g.task(ctx, &tasks[0])
	}
	start := time.Now()
	err := g.calls(ctx, tasks[0].Call, tasks[n-1].Call+1)
	switch took := time.Since(start); {
	case took > turn:
		g.together = max(g.together/2, 1)
	case took < turn/4 && n == g.together:
		g.together *= 2
	}
	return n, err
}

func (g *generated) task(ctx context.Context, t *simd.Task) error {
	if t.Step == nil {
		return g.calls(ctx, t.Call, t.Call+1)
	}
	for k, span := range t.In {
		if span.Floats > 0 {
			if err := g.instance.read(span.Offset, g.portable.buffers[t.Step.In[k]]); err != nil {
				return err
			}
		}
	}
	if err := g.portable.step(t.Step); err != nil {
		return err
	}
	return g.instance.write(t.Out.Offset, g.portable.buffers[t.Step.Out])
}
