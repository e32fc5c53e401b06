package shrink

import (
	"encoding/binary"
	"fmt"
)

// More instructions of WebAssembly, as Go writes them.
const (
	opUnreachable = 0x00
	opBlock       = 0x02
	opIf          = 0x04
	opElse        = 0x05
	opBr          = 0x0c
	opBrTable     = 0x0e
	opReturn      = 0x0f
	opCall        = 0x10
	opCallTable   = 0x11
	opDrop        = 0x1a
	opSelect      = 0x1b
	opGlobalGet   = 0x23
	opGlobalSet   = 0x24
	opLastLoad    = 0x35
	opI64Store    = 0x37
	opLastStore   = 0x3e
	opMemorySize  = 0x3f
	opMemoryGrow  = 0x40
	opI64Const    = 0x42
	opF32Const    = 0x43
	opF64Const    = 0x44
	opI32Eqz      = 0x45
	opI64Eqz      = 0x50
	opSub         = 0x6b
	opI64Add      = 0x7c
	opWrap        = 0xa7 // i32.wrap_i64
	opExtend      = 0xad // i64.extend_i32_u
	opLastPlain   = 0xc4
	opMore        = 0xfc // a second number follows
	moreCopy      = 10   // memory.copy
	moreFill      = 11
)

// instruction is one of a function's. a is its immediate: the number of a constant, the bits of a float, an index, a depth, the
// type of a block, or the offset of a load or store, whose alignment is b. For opMore, a is the second number.
type instruction struct {
	op    byte
	b     byte
	a     int64
	table []int32 // of br_table, the default last
}

// function is the code of one: its locals as they are encoded, and its instructions with the last end.
type function struct {
	locals []byte
	body   []instruction
}

// cursor reads a module's numbers. bad is set by the first one that is cut short.
type cursor struct {
	data []byte
	at   int
	bad  bool
}

func (c *cursor) byte() byte {
	if c.at >= len(c.data) {
		c.bad = true
		return 0
	}
	c.at++
	return c.data[c.at-1]
}

func (c *cursor) unsigned() int64 {
	v, n := binary.Uvarint(c.data[min(c.at, len(c.data)):])
	if n <= 0 || v > 1<<32-1 {
		c.bad = true
		return 0
	}
	c.at += n
	return int64(v)
}

func (c *cursor) signed() int64 {
	v := int64(0)
	for shift := 0; shift < 70; shift += 7 {
		b := c.byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 && shift < 57 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
	c.bad = true
	return 0
}

func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.data)-c.at {
		c.bad = true
		return nil
	}
	c.at += n
	return c.data[c.at-n : c.at]
}

// readFunction reads a function's code.
func readFunction(code []byte) (*function, error) {
	c := &cursor{data: code}
	for range c.unsigned() {
		c.unsigned()
		c.byte()
		if c.bad {
			break
		}
	}
	f := &function{locals: code[:min(c.at, len(code))], body: make([]instruction, 0, len(code)/2)}
	for !c.bad && c.at < len(code) {
		f.body = append(f.body, c.instruction())
	}
	if c.bad {
		return nil, fmt.Errorf("%w: the code of a function cannot be read", errModule)
	}
	return f, nil
}

func (c *cursor) instruction() instruction {
	i := instruction{op: c.byte()}
	switch op := i.op; {
	case op == opBlock || op == opLoop || op == opIf || op == opMemorySize || op == opMemoryGrow:
		i.a = int64(c.byte())
	case op == opBr || op == opBrIf || op == opCall || op >= opGet && op <= opGlobalSet:
		i.a = c.unsigned()
	case op == opCallTable:
		i.a = c.unsigned()
		i.b = c.byte()
	case op == opBrTable:
		n := c.unsigned()
		if n > int64(len(c.data)) {
			c.bad = true
			return i
		}
		for range n + 1 {
			i.table = append(i.table, int32(c.unsigned()))
		}
	case op >= opLoad && op <= opLastStore:
		i.b = c.byte()
		i.a = c.unsigned()
	case op == opI32Const || op == opI64Const:
		i.a = c.signed()
	case op == opF32Const:
		for k, b := range c.bytes(4) {
			i.a |= int64(b) << (8 * k)
		}
	case op == opF64Const:
		for k, b := range c.bytes(8) {
			i.a |= int64(b) << (8 * k)
		}
	case op == opMore:
		i.a = c.unsigned()
		switch {
		case i.a == moreCopy:
			c.bytes(2)
		case i.a == moreFill:
			c.byte()
		case i.a > 7:
			c.bad = true
		}
	case op <= opElse && op != 0x06 || op == opEnd || op == opReturn || op == opDrop || op == opSelect || op >= opI32Eqz && op <= opLastPlain:
	default:
		c.bad = true // of a proposal that Go does not use
	}
	return i
}

// appendTo writes the function's code.
func (f *function) appendTo(out []byte) []byte {
	out = append(out, f.locals...)
	for _, i := range f.body {
		out = i.appendTo(out)
	}
	return out
}

func (i instruction) appendTo(out []byte) []byte {
	out = append(out, i.op)
	switch op := i.op; {
	case op == opBlock || op == opLoop || op == opIf || op == opMemorySize || op == opMemoryGrow:
		return append(out, byte(i.a))
	case op == opBr || op == opBrIf || op == opCall || op >= opGet && op <= opGlobalSet:
		return binary.AppendUvarint(out, uint64(i.a))
	case op == opCallTable:
		return append(binary.AppendUvarint(out, uint64(i.a)), i.b)
	case op == opBrTable:
		out = binary.AppendUvarint(out, uint64(len(i.table)-1))
		for _, t := range i.table {
			out = binary.AppendUvarint(out, uint64(t))
		}
		return out
	case op >= opLoad && op <= opLastStore:
		return binary.AppendUvarint(append(out, i.b), uint64(i.a))
	case op == opI32Const || op == opI64Const:
		return appendSigned(out, int(i.a))
	case op == opF32Const:
		return binary.LittleEndian.AppendUint32(out, uint32(i.a))
	case op == opF64Const:
		return binary.LittleEndian.AppendUint64(out, uint64(i.a))
	case op == opMore:
		out = binary.AppendUvarint(out, uint64(i.a))
		switch i.a {
		case moreCopy:
			return append(out, 0, 0)
		case moreFill:
			return append(out, 0)
		}
	}
	return out
}

// effect is how many values an instruction takes from the stack and leaves there. ok is false for those that move
// control, and for calls.
func (i instruction) effect() (pops, pushes int, ok bool) {
	switch op := i.op; {
	case op == opGet || op == opGlobalGet || op >= opI32Const && op <= opF64Const || op == opMemorySize:
		return 0, 1, true
	case op == opSet || op == opGlobalSet || op == opDrop:
		return 1, 0, true
	case op == opTee || op >= opLoad && op <= opLastLoad || op == opMemoryGrow || op == opI32Eqz || op == opI64Eqz:
		return 1, 1, true
	case op > opLastLoad && op <= opLastStore:
		return 2, 0, true
	case op == opSelect:
		return 3, 1, true
	case op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b, op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f, op >= opWrap && op <= opLastPlain:
		return 1, 1, true // counts of bits, roots and roundings, conversions
	case op > opI32Eqz && op < opWrap:
		return 2, 1, true
	case op == opMore && i.a <= 7:
		return 1, 1, true
	case op == opMore:
		return 3, 0, true
	}
	return 0, 0, false
}
