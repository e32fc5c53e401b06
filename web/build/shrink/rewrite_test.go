package shrink

import (
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"testing"
)

func get(n int64) instruction    { return instruction{op: opGet, a: n} }
func set(n int64) instruction    { return instruction{op: opSet, a: n} }
func number(n int64) instruction { return instruction{op: opI32Const, a: n} }
func plain(op byte) instruction  { return instruction{op: op} }
func to(op byte, depth int64) instruction {
	return instruction{op: op, a: depth}
}

// address is how Go adds to the stack pointer.
func address(n int64) []instruction {
	return []instruction{get(localSP), plain(opExtend), {op: opI64Const, a: n}, plain(opI64Add), plain(opWrap)}
}

func TestPasses(t *testing.T) {
	load, store := instruction{op: 0x29, b: 3}, instruction{op: opI64Store, b: 3, a: 16}
	at := func(i instruction, offset int64) instruction { i.a = offset; return i }
	block, end, iff := to(opBlock, noType), plain(opEnd), to(opIf, noType)
	frame := func(n int64) []instruction {
		return []instruction{get(localSP), number(n), plain(opAdd), to(opTee, localSP), to(opGlobalSet, globalSP)}
	}
	jump := func(place, depth int64) []instruction {
		return []instruction{number(place), set(localBlock), to(opBr, depth)}
	}
	blocks := func(outer ...instruction) []instruction {
		return slices.Concat(outer, []instruction{block, block, block, get(localBlock), {op: opBrTable, table: []int32{0, 1, 1, 2}}, end})
	}
	one := []instruction{iff, number(1), plain(opReturn), end}
	for _, c := range []struct {
		name     string
		pass     func([]instruction) []instruction
		in, want []instruction
	}{
		{"load", offsets, append(address(40), load), []instruction{get(1), at(load, 40)}},
		{"store of a sum", offsets, append(address(40), get(3), get(4), plain(opI64Add), store), []instruction{get(1), get(3), get(4), plain(opI64Add), at(store, 56)}},
		{"store at a sum", offsets, append(address(40), get(3), plain(opAdd), get(4), store), []instruction{get(1), number(40), plain(opAdd), get(3), plain(opAdd), get(4), store}},
		{"store of an address", offsets, append([]instruction{get(3)}, append(address(40), store)...), []instruction{get(3), get(1), number(40), plain(opAdd), store}},
		{"call between", offsets, append(address(40), to(opCall, 7), store), []instruction{get(1), number(40), plain(opAdd), to(opCall, 7), store}},
		{"offset that is too large", offsets, append(address(8), at(load, maxOffset)), []instruction{get(1), number(8), plain(opAdd), at(load, maxOffset)}},
		{"before the stack pointer", offsets, append(address(-8), load), append(address(-8), load)},
		{"another pointer", offsets, append([]instruction{get(2)}, append(address(8)[1:], load)...), append([]instruction{get(2)}, append(address(8)[1:], load)...)},
		{
			"return", returns, slices.Concat(frame(136), frame(8), []instruction{number(0), plain(opReturn)}),
			[]instruction{get(1), number(144), plain(opAdd), to(opGlobalSet, 0), number(0), plain(opReturn)},
		},
		{"frame that is used", returns, append(frame(8), get(1), load), append(frame(8), get(1), load)},
		{"not less", conditions, []instruction{plain(0x54), plain(opI32Eqz), iff}, []instruction{plain(0x5a), iff}},
		{"not less, of floats", conditions, []instruction{plain(0x63), plain(opI32Eqz), iff}, []instruction{plain(0x63), plain(opI32Eqz), iff}},
		{"truth as a number", conditions, []instruction{plain(0x51), plain(opExtend), plain(opI64Eqz), plain(opI32Eqz), to(opBrIf, 2)}, []instruction{plain(0x51), to(opBrIf, 2)}},
		{"truth that is kept", conditions, []instruction{get(3), plain(opWrap), plain(opI32Eqz), plain(opI32Eqz), set(2)}, []instruction{get(3), plain(opWrap), plain(opI32Eqz), plain(opI32Eqz), set(2)}},
		{
			"jump down", jumps, slices.Concat(blocks(to(opLoop, noType)), jump(3, 2), []instruction{end, end, plain(opUnreachable), end}),
			slices.Concat(blocks(to(opLoop, noType)), []instruction{to(opBr, 1), end, end, plain(opUnreachable), end}),
		},
		{
			"condition", jumps, slices.Concat(blocks(to(opLoop, noType)), []instruction{get(2), iff}, jump(1, 3), []instruction{end, end, end, plain(opUnreachable), end}),
			slices.Concat(blocks(to(opLoop, noType)), []instruction{get(2), to(opBrIf, 0), end, end, plain(opUnreachable), end}),
		},
		{
			"jump up, and to itself", jumps, slices.Concat(blocks(to(opLoop, noType)), []instruction{end}, jump(0, 1), jump(2, 1), []instruction{end, plain(opUnreachable), end}),
			slices.Concat(blocks(to(opLoop, noType)), []instruction{end}, jump(0, 1), jump(2, 1), []instruction{end, plain(opUnreachable), end}),
		},
		{
			"no jump up", straight, slices.Concat(blocks(block, to(opLoop, noType)), []instruction{to(opBr, 1), to(opBrIf, 3), end, end, end, plain(opUnreachable), end, number(1), end}),
			slices.Concat(blocks(block), []instruction{to(opBr, 1), to(opBrIf, 2), end, end, plain(opUnreachable), end, number(1), end}),
		},
		{
			"a jump up", straight, slices.Concat(blocks(to(opLoop, noType)), jump(0, 2), []instruction{end, end, plain(opUnreachable), end}),
			slices.Concat(blocks(to(opLoop, noType)), jump(0, 2), []instruction{end, end, plain(opUnreachable), end}),
		},
		{
			"unwinding", unwinding,
			[]instruction{block, block, to(opBrIf, 1), to(opBrIf, 0), end, plain(opUnreachable), end, number(1), end},
			slices.Concat([]instruction{block}, one, []instruction{to(opBrIf, 0), end, plain(opUnreachable), end}),
		},
		{
			"another last block", unwinding,
			[]instruction{block, end, block, plain(opUnreachable), end, number(1), end},
			[]instruction{block, end, block, plain(opUnreachable), end, number(1), end},
		},
	} {
		if got := c.pass(slices.Clone(c.in)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%v\nis not\n%v", c.name, got, c.want)
		}
	}
}

func TestUnreturningCallsAreShared(t *testing.T) {
	r := &rewriter{names: []string{"main.main", "runtime.sigpanic"}, imports: 5, helpers: map[int64]int64{}}
	call := func(callee int64) []instruction {
		return []instruction{
			to(opIf, noType), get(localSP), number(8), plain(opSub), to(opTee, localSP), to(opGlobalSet, 0), get(localSP),
			{op: opI64Const, a: 77},
			{op: opI64Store, b: 3},
			number(0), to(opCall, callee), to(opGlobalGet, 0), set(localSP), to(opBrIf, 3), plain(opEnd),
		}
	}
	want := []instruction{to(opIf, noType), {op: opI64Const, a: 77}, to(opCall, 7), plain(opReturn), plain(opEnd)}
	if got := r.panics(slices.Concat(call(6), call(6), call(5)), 2); !reflect.DeepEqual(got, slices.Concat(want, want, call(5))) {
		t.Errorf("the calls are %v", got)
	}
	if len(r.added) != 1 {
		t.Errorf("%d helpers", len(r.added))
	}
}

// TestCodeComesBack reads all functions of a program and writes them again.
func TestCodeComesBack(t *testing.T) {
	sections, err := readSections(program(t))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(sections, func(s section) bool { return s.id == sectionCode })
	c := &cursor{data: sections[at].body}
	kinds := map[byte]bool{}
	for range c.unsigned() {
		f, err := readFunction(c.bytes(int(c.unsigned())))
		if err != nil {
			t.Fatal(err)
		}
		again, err := readFunction(f.appendTo(nil))
		if err != nil || !reflect.DeepEqual(f, again) {
			t.Fatalf("a function comes back as %v, %v", again, err)
		}
		for _, i := range f.body {
			kinds[i.op] = true
		}
	}
	if len(kinds) < 90 {
		t.Errorf("there are %d kinds of instructions only", len(kinds))
	}
}

func TestConstantsComeBack(t *testing.T) {
	for _, v := range []int64{0, -1, 63, 64, -65, 1 << 31, 1<<62 + 5, -1 << 63, 1<<63 - 1} {
		i := instruction{op: opI64Const, a: v}
		c := &cursor{data: i.appendTo(nil)}
		if got := c.instruction(); got.a != v || c.bad || c.at != len(c.data) {
			t.Errorf("%d comes back as %d", v, got.a)
		}
	}
}

func TestCodeThatCannotBeReadIsRefused(t *testing.T) {
	for name, code := range map[string][]byte{
		"cut constant":   {0, opI64Const, 0x80},
		"SIMD":           {0, 0xfd, 0, opEnd},
		"cut float":      {0, opF64Const, 1, 2},
		"locals without": {0xff, 0xff, 3},
		"large table":    {0, opBrTable, 0xff, 0xff, 0xff, 0x7f},
		"long number":    slices.Concat([]byte{0, opI64Const}, slices.Repeat([]byte{0x80}, 11)),
		"empty":          {},
	} {
		if _, err := readFunction(code); !errors.Is(err, errModule) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRewriteIsRefusedWhereItDoesNotFit(t *testing.T) {
	good := []section{
		{sectionTypes, slices.Concat([]byte{1}, goFunction)},
		{sectionImports, []byte{1, 2, 'g', 'o', 1, 'f', 0, 0}},
		{sectionFuncs, []byte{1, 0}},
		{sectionCode, []byte{1, 4, 0, opGet, 0, opEnd}},
	}
	out, err := rewrite(good, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := binary.Uvarint(out[0].body); n != 2 || !reflect.DeepEqual(out[1:], good[1:]) {
		t.Errorf("the sections are %v", out)
	}
	for name, harm := range map[string]func(s []section) []section{
		"another first type":       func(s []section) []section { s[0].body = []byte{1, typeFunc, 0, 0}; return s },
		"no imports":               func(s []section) []section { return slices.Delete(s, 1, 2) },
		"more code than functions": func(s []section) []section { s[3].body = []byte{2, 2, 0, opEnd, 2, 0, opEnd}; return s },
		"cut code":                 func(s []section) []section { s[3].body = s[3].body[:4]; return s },
	} {
		if _, err := rewrite(harm(slices.Clone(good)), nil); !errors.Is(err, errModule) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := rewrite(good, []string{"main.main", "main.more"}); !errors.Is(err, errModule) {
		t.Errorf("more names than functions: %v", err)
	}
}
