package simd

import "math"

// function assembles one WebAssembly function of i32 parameters. Locals are numbered after the parameters in the order
// in which they are made.
type function struct {
	name     string
	params   int
	gives    bool // an i32
	exported bool // under its name
	locals   []valueType
	named    map[string]int
	code     []byte
}

// The methods that write instructions are not inlined: there are thousands of calls, and copies of them took half a megabyte of
// app.wasm.

func newFunction(name string, params int) *function {
	return &function{name: name, params: params, named: map[string]int{}}
}

// body is the function as the code section holds it: declarations of locals, code, end.
func (f *function) body() []byte {
	var runs []byte
	count := 0
	for i := 0; i < len(f.locals); {
		n := 1
		for i+n < len(f.locals) && f.locals[i+n] == f.locals[i] {
			n++
		}
		runs = append(appendUnsigned(runs, uint64(n)), byte(f.locals[i]))
		i += n
		count++
	}
	b := append(appendUnsigned(nil, uint64(count)), runs...)
	return append(append(b, f.code...), opEnd)
}

// local makes a new local.
//
//go:noinline
func (f *function) local(t valueType) int {
	f.locals = append(f.locals, t)
	return f.params + len(f.locals) - 1
}

// shared gives the local of that name, made at its first use. Code that is written out several times in one function
// uses the same locals.
//
//go:noinline
func (f *function) shared(name string, t valueType) int {
	i, ok := f.named[name]
	if !ok {
		i = f.local(t)
		f.named[name] = i
	}
	return i
}

// vectors gives n shared v128 locals.
func (f *function) vectors(name string, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = f.shared(name+string(rune('0'+i)), typeV128)
	}
	return out
}

//go:noinline
func (f *function) op(codes ...byte) { f.code = append(f.code, codes...) }

//go:noinline
func (f *function) vec(code uint64) { f.code = appendUnsigned(append(f.code, opVector), code) }

//go:noinline
func (f *function) get(local int) { f.code = appendUnsigned(append(f.code, opLocalGet), uint64(local)) }

//go:noinline
func (f *function) set(local int) { f.code = appendUnsigned(append(f.code, opLocalSet), uint64(local)) }

//go:noinline
func (f *function) tee(local int) { f.code = appendUnsigned(append(f.code, opLocalTee), uint64(local)) }

// number pushes an i32.
//
//go:noinline
func (f *function) number(v int) { f.code = appendSigned(append(f.code, opI32Const), int64(int32(v))) }

// long pushes an i64.
//
//go:noinline
func (f *function) long(v int64) { f.code = appendSigned(append(f.code, opI64Const), v) }

// call calls the module's function of that index, whose arguments are on the stack.
//
//go:noinline
func (f *function) call(index int) { f.code = appendUnsigned(append(f.code, opCall), uint64(index)) }

// advance adds step to an i32 local.
//
//go:noinline
func (f *function) advance(local, step int) {
	if step == 0 {
		return
	}
	f.offset(local, step)
	f.set(local)
}

// offset pushes local + by.
//
//go:noinline
func (f *function) offset(local, by int) {
	f.get(local)
	if by != 0 {
		f.number(by)
		f.op(opI32Add)
	}
}

// copyTo sets the local to to from + by.
//
//go:noinline
func (f *function) copyTo(to, from, by int) {
	f.offset(from, by)
	f.set(to)
}

// memory appends an access of the top of the stack (an address) at a constant distance. Alignment is only a hint.
//
//go:noinline
func (f *function) memory(align, offset int) {
	f.code = appendUnsigned(appendUnsigned(f.code, uint64(align)), uint64(offset))
}

// load pushes the vector at address local + offset.
//
//go:noinline
func (f *function) load(local, offset int) {
	f.get(local)
	f.vec(vecLoad)
	f.memory(2, offset)
}

// splat pushes the float at address local + offset, four times.
//
//go:noinline
func (f *function) splat(local, offset int) {
	f.get(local)
	f.vec(vecLoadSplat32)
	f.memory(2, offset)
}

// store writes the vector v to address local + offset: its first n lanes.
func (f *function) store(local, offset, v, n int) {
	write := func(code uint64, lane, at int) {
		f.get(local)
		f.get(v)
		f.vec(code)
		f.memory(2, offset+at)
		if code != vecStore {
			f.op(byte(lane))
		}
	}
	switch n {
	case 4:
		write(vecStore, 0, 0)
	case 1:
		write(vecStoreLane32, 0, 0)
	case 2, 3:
		write(vecStoreLane64, 0, 0)
		if n == 3 {
			write(vecStoreLane32, 2, 8)
		}
	}
}

// constant pushes v, four times.
//
//go:noinline
func (f *function) constant(v float32) {
	f.vec(vecConst)
	for range 4 {
		f.code = appendFloat(f.code, v)
	}
}

// bits pushes an integer, four times.
//
//go:noinline
func (f *function) bits(v int32) { f.constant(math.Float32frombits(uint32(v))) }

// repeat runs body n times, counting in a local named after the nesting; n is known and may be 0.
func (f *function) repeat(name string, n int, body func()) {
	if n < 1 {
		return
	}
	if n == 1 {
		body()
		return
	}
	counter := f.shared("count "+name, typeI32)
	f.number(n)
	f.set(counter)
	f.op(opLoop, blockEmpty)
	body()
	f.get(counter)
	f.number(1)
	f.op(opI32Sub)
	f.tee(counter)
	f.op(opBrIf, 0)
	f.op(opEnd)
}

// when runs body if the condition on the stack holds.
func (f *function) when(body func()) {
	f.op(opIf, blockEmpty)
	body()
	f.op(opEnd)
}

// clamp bounds the vector on the stack. NaN stays NaN.
//
//go:noinline
func (f *function) clamp(lo, hi float32) {
	if !noBound(lo, -1) {
		f.constant(lo)
		f.vec(vecPMax)
	}
	if !noBound(hi, 1) {
		f.constant(hi)
		f.vec(vecPMin)
	}
}

func noBound(v float32, sign int) bool { return math.IsInf(float64(v), sign) }

// copyVector sets the v128 local to to from.
//
//go:noinline
func (f *function) copyVector(to, from int) {
	f.get(from)
	f.set(to)
}
