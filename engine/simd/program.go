package simd

import (
	"errors"

	"github.com/irum-app/irum/engine/graph"
)

// ErrUnsuited is returned for a network that had better run elsewhere as a whole.
var ErrUnsuited = errors.New("the network is not suited to generated code")

// Span is a place in a program's memory.
type Span struct{ Offset, Floats int } // bytes from 0; length in float32

// Constant is what a host writes into the memory before the first run, constant after constant.
type Constant struct {
	Offset int // bytes
	Data   []float32
	// Call is -1, or the call run(Call, Call+1) that must follow at once: it moves Data to its place, from one that the next
	// constant may use too.
	Call int
}

// Task is one entry of a program, in order: a call of the module, or a step left to the portable executor.
type Task struct {
	Name string
	Call int         // run(Call, Call+1) does it; -1 if Step is set
	Step *graph.Step // nil for a call
	In   []Span      // Step's inputs in NCHW; a constant input has no floats
	Out  Span        // what the task writes: for a call the whole buffer, for a Step its result in NCHW
}

// Kernel is what a call of a native program does: Bind makes it work.
type Kernel struct {
	Name string
	spec any
	args []int // addresses in bytes
}

// Program is a network as generated code or, natively, as a list of kernels.
type Program struct {
	Code      []byte   // the module; none if native
	Kernels   []Kernel // natively: what each call does
	Pages     int      // of 64 KiB, its memory
	Constants []Constant
	Input     Span // NCHW
	Outputs   []Span
	Tasks     []Task
	Warm      int // the call that makes a browser optimise the kernels; it computes nothing and is for hosts that start with slow code
	Peak      int // bytes of the memory that hold activations
	// Activations is the byte from which on the memory holds activations, and nothing that must keep its value between runs.
	Activations int
}

// Compile generates the program of net.
func Compile(net *graph.Network, cfg Config) (*Program, error) {
	p, err := newPlanner(net, cfg)
	if err != nil {
		return nil, err
	}
	for i := range net.Steps {
		p.step(&net.Steps[i])
		if p.constantsEnd > maxBytes || p.codeBytes > maxCode {
			return nil, ErrUnsuited
		}
	}
	return p.finish()
}

// finish places the buffers and writes the module.
func (p *planner) finish() (*Program, error) {
	var results []ref
	for _, o := range p.net.Outputs {
		results = append(results, p.plain(o))
	}
	p.buffers[p.input.buffer].use(-1)
	for i, c := range p.calls {
		for _, a := range c.args {
			if a.buffer >= 0 {
				p.buffers[a.buffer].use(i)
			}
		}
	}
	for _, r := range results {
		if r.buffer >= 0 { // and no constant
			p.buffers[r.buffer].use(len(p.calls))
		}
	}
	base := roundUp(p.constantsEnd, line)
	end := arrange(p.buffers, base)
	peak := end - base
	for _, m := range p.deliveries { // their numbers come where activations will be
		end = max(end, base+4*len(p.constants[m.constant].Data))
	}
	if end+line > maxBytes {
		return nil, ErrUnsuited
	}
	out := &Program{Constants: p.constants, Peak: peak, Activations: base, Pages: roundUp(end+line, pageSize) / pageSize}
	out.Input = Span{p.address(p.input), p.net.Values[p.net.Input].Len()}
	for i, r := range results {
		out.Outputs = append(out.Outputs, Span{p.address(r), p.net.Values[p.net.Outputs[i]].Len()})
	}
	run := newFunction(RunName, 2)
	calls := 0
	for _, c := range p.calls {
		task := Task{Name: c.name, Call: -1, Step: c.step}
		if c.step == nil {
			task.Call = calls
			if p.cfg.Native {
				out.Kernels = append(out.Kernels, p.kernel(c))
			} else {
				p.emit(run, c, calls)
			}
			calls++
			target := c.args[c.out]
			task.Out = Span{p.buffers[target.buffer].offset, p.buffers[target.buffer].bytes / 4}
		} else {
			for k, in := range c.step.In {
				span := Span{}
				if p.net.Values[in].Data == nil {
					span = Span{p.address(c.args[k]), p.net.Values[in].Len()}
				}
				task.In = append(task.In, span)
			}
			task.Out = Span{p.address(c.args[c.out]), p.net.Values[c.step.Out].Len()}
		}
		out.Tasks = append(out.Tasks, task)
	}
	for _, m := range p.deliveries {
		out.Constants[m.constant].Offset, out.Constants[m.constant].Call = base, calls
		p.emit(run, call{function: m.function, args: []ref{{-1, base}, {-1, m.to}}}, calls)
		calls++
	}
	if !p.cfg.Native {
		p.functions = append(p.functions, p.warm())
		p.emit(run, call{function: len(p.functions) - 1}, calls)
		out.Warm = calls
		out.Code = encode(append(p.functions, run), out.Pages)
	}
	return out, nil
}

// kernel gives call c with its addresses.
func (p *planner) kernel(c call) Kernel {
	k := Kernel{Name: c.name, spec: c.spec, args: make([]int, len(c.args))}
	for i, a := range c.args {
		k.args[i] = p.address(a)
	}
	return k
}

// emit writes into run: if from <= number < to, do the call.
func (p *planner) emit(run *function, c call, number int) {
	const from, to = 0, 1
	run.number(number)
	run.get(from)
	run.op(opI32Sub)
	run.get(to)
	run.get(from)
	run.op(opI32Sub)
	run.op(opI32LtU)
	run.when(func() {
		for _, a := range c.args {
			run.number(p.address(a))
		}
		if c.units > 1 {
			run.number(0)
			run.number(c.units)
		}
		run.code = appendUnsigned(append(run.code, opCall), uint64(c.function))
	})
}

func (p *planner) address(r ref) int {
	if r.buffer < 0 {
		return r.offset
	}
	return p.buffers[r.buffer].offset + r.offset
}
