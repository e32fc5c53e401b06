package shrink

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// goFunction is the type of Go's functions: at which basic block to go on, and whether the stack is to be unwound.
var goFunction = []byte{typeFunc, 1, typeI32, 1, typeI32}

// rewriter makes the code of functions shorter, without a change of what they do.
type rewriter struct {
	names   []string        // of the functions, or nil
	imports int64           // how many functions are imported, which have the first indices
	helpers map[int64]int64 // by callee, which function calls it for others
	added   [][]byte        // code of the helpers, in the order of their indices
}

// rewrite makes all code of a module shorter. Functions that Go has not compiled for its own calls stay as they are.
func rewrite(sections []section, names []string) ([]section, error) {
	var types, imports, funcs, code *section
	out := slices.Clone(sections)
	for i := range out {
		switch s := &out[i]; s.id {
		case sectionTypes:
			types = s
		case sectionImports:
			imports = s
		case sectionFuncs:
			funcs = s
		case sectionCode:
			code = s
		}
	}
	if types == nil || imports == nil || funcs == nil || code == nil || !onlyFunctions(imports.body) {
		return nil, fmt.Errorf("%w: it has no functions, or imports more than these", errModule)
	}
	count, n := binary.Uvarint(types.body)
	if n <= 0 || !bytes.HasPrefix(types.body[n:], goFunction) {
		return nil, fmt.Errorf("%w: the first type is not that of Go's functions", errModule)
	}
	first, _ := binary.Uvarint(imports.body)
	r := &rewriter{names: names, imports: int64(first), helpers: map[int64]int64{}}
	var err error
	if code.body, err = r.code(code.body, funcs.body); err != nil {
		return nil, err
	}
	types.body = withEntry(types.body, []byte{typeFunc, 1, typeI64, 1, typeI32})
	for _, helper := range r.added {
		funcs.body = withEntry(funcs.body, binary.AppendUvarint(nil, count))
		code.body = withEntry(code.body, append(binary.AppendUvarint(nil, uint64(len(helper))), helper...))
	}
	return out, nil
}

// code rewrites a code section of functions whose types are listed in funcs.
func (r *rewriter) code(section, funcs []byte) ([]byte, error) {
	in, types := &cursor{data: section}, &cursor{data: funcs}
	count := in.unsigned()
	if count != types.unsigned() || in.bad || types.bad || r.names != nil && count != int64(len(r.names)) {
		return nil, fmt.Errorf("%w: the functions do not fit their tables", errModule)
	}
	out := binary.AppendUvarint(make([]byte, 0, len(section)), uint64(count))
	for range count {
		code := in.bytes(int(in.unsigned()))
		kind := types.unsigned()
		if in.bad || types.bad {
			return nil, fmt.Errorf("%w: its code is cut short", errModule)
		}
		f, err := readFunction(code)
		if err != nil {
			return nil, err
		}
		if kind == 0 {
			f.body = r.panics(f.body, count)
			for _, pass := range []func([]instruction) []instruction{offsets, returns, jumps, conditions, straight, unwinding} {
				f.body = pass(f.body)
			}
		}
		code = f.appendTo(code[:0:0])
		out = append(binary.AppendUvarint(out, uint64(len(code))), code...)
	}
	return out, nil
}

// unreturning are the functions that Go's code calls beside its way: for nil pointers, and for larger stacks. They
// come back by unwinding alone.
var unreturning = []string{"runtime.sigpanic", "runtime.morestack", "runtime.morestack_noctxt"}

// panics replaces calls to unreturning functions by calls to one of count functions' helpers, which takes the place to go on at as its argument.
func (r *rewriter) panics(body []instruction, count int64) []instruction {
	var out []instruction
	for i := 0; i < len(body); i++ {
		if !match(body, i, opIf, opGet, opI32Const, opSub, opTee, opGlobalSet, opGet, opI64Const, opI64Store, opI32Const, opCall, opGlobalGet, opSet, opBrIf, opEnd) ||
			!body[i+1].isGet(localSP) || body[i+2].a != 8 || body[i+9].a != 0 || !r.isUnreturning(body[i+10].a) {
			out = append(out, body[i])
			continue
		}
		callee := body[i+10].a
		helper, ok := r.helpers[callee]
		if !ok {
			helper = r.imports + count + int64(len(r.added))
			r.helpers[callee] = helper
			r.added = append(r.added, callHelper(callee))
		}
		out = append(out, body[i], body[i+7], instruction{op: opCall, a: helper}, instruction{op: opReturn}, body[i+14])
		i += 14
	}
	return out
}

func (r *rewriter) isUnreturning(callee int64) bool {
	i := callee - r.imports
	return i >= 0 && i < int64(len(r.names)) && slices.Contains(unreturning, r.names[i])
}

// callHelper is a function that puts the return address that it is given on Go's stack, and calls callee.
func callHelper(callee int64) []byte {
	f := function{locals: []byte{0}, body: []instruction{
		{op: opGlobalGet, a: globalSP},
		{op: opI32Const, a: 8},
		{op: opSub},
		{op: opGlobalSet, a: globalSP},
		{op: opGlobalGet, a: globalSP},
		{op: opGet},
		{op: opI64Store, b: 3},
		{op: opI32Const},
		{op: opCall, a: callee},
		{op: opEnd},
	}}
	return f.appendTo(nil)
}
