package simd

import (
	"errors"
	"slices"

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
	// Threads is the most threads that may run the program together: above 1, its memory is shared and the module exports
	// share, help, stop and ready.
	Threads int
	// Integers is the number of convolutions that compute with 8-bit integers.
	Integers int
	Control  Span // what threads agree by, all zero at first
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
	table := 0
	if !p.cfg.Native {
		table = p.table()
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
	out := &Program{Constants: p.constants, Peak: peak, Activations: base, Integers: p.integers, Pages: roundUp(end+line, pageSize) / pageSize}
	out.Input = Span{p.address(p.input), p.net.Values[p.net.Input].Len()}
	for i, r := range results {
		out.Outputs = append(out.Outputs, Span{p.address(r), p.net.Values[p.net.Outputs[i]].Len()})
	}
	calls := 0
	for _, c := range p.calls {
		task := Task{Name: c.name, Call: -1, Step: c.step}
		if c.step == nil {
			task.Call = calls
			if p.cfg.Native {
				out.Kernels = append(out.Kernels, p.kernel(c))
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
	if p.cfg.Native {
		out.Threads = 1
		return out, nil
	}
	for _, m := range p.deliveries {
		out.Constants[m.constant].Offset, out.Constants[m.constant].Call = base, calls
		p.setup = append(p.setup, call{function: m.function, args: []ref{{-1, base}, {-1, m.to}}})
		calls++
	}
	p.functions = append(p.functions, p.warm())
	p.setup = append(p.setup, call{function: len(p.functions) - 1})
	out.Warm = calls
	functions := append(p.functions, p.dispatch())
	t := team{control: p.control, table: table, call: len(functions) - 1, patience: p.cfg.Patience}
	functions = append(functions, t.run())
	if out.Threads = 1; p.shareable() {
		out.Threads, out.Control = p.cfg.Threads, Span{p.control, controlBytes / 4}
		if t.patience == 0 {
			t.patience = patience
		}
		work := len(functions)
		functions = append(functions, t.work(), t.share(work), t.help(work), t.stop(), t.ready())
	}
	out.Code = encode(functions, out.Pages, out.Threads > 1)
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

// shareable tells whether several threads may run the program: calls and units fit into the word that says where a run is.
func (p *planner) shareable() bool {
	return p.cfg.Threads > 1 && len(p.calls) < stopped-1 && !slices.ContainsFunc(p.calls, func(c call) bool { return c.units >= 1<<takenBits })
}

// table keeps two integers for each call of the module, those of the set-up included: its units, and the least that a thread takes
// of them at a time.
func (p *planner) table() (address int) {
	var list []int
	for _, c := range p.calls {
		if c.step == nil {
			list = append(list, c.units, max(c.units*worthTaking/max(c.cost, 1), 1))
		}
	}
	for range len(p.deliveries) + 1 {
		list = append(list, 1, 1)
	}
	return p.indexTable(list, 1).offset
}

// dispatch generates call(number, from, to): the units [from, to) of a call, or all of it if it has but one unit.
func (p *planner) dispatch() *function {
	f := newFunction("call", 3)
	calls := slices.DeleteFunc(slices.Clone(p.calls), func(c call) bool { return c.step != nil })
	calls = append(calls, p.setup...)
	for range calls {
		f.op(opBlock, blockEmpty)
	}
	f.get(0)
	f.op(opBrTable)
	f.code = appendUnsigned(f.code, uint64(len(calls)-1))
	for i := range calls {
		f.code = appendUnsigned(f.code, uint64(i))
	}
	for _, c := range calls {
		f.op(opEnd)
		for _, a := range c.args {
			f.number(p.address(a))
		}
		if c.units > 1 {
			f.get(1)
			f.get(2)
		}
		f.call(c.function)
		f.op(opReturn)
	}
	return f
}

func (p *planner) address(r ref) int {
	if r.buffer < 0 {
		return r.offset
	}
	return p.buffers[r.buffer].offset + r.offset
}
