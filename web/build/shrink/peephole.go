package shrink

// localSP is the stack pointer in Go's functions, an i32 in their second local; the first is their argument, at which
// block they go on.
const (
	localBlock = 0
	localSP    = 1
	globalSP   = 0
	maxOffset  = 1 << 30
)

// match tells whether the instructions from at on are of these kinds.
func match(body []instruction, at int, ops ...byte) bool {
	if at < 0 || at+len(ops) > len(body) {
		return false
	}
	for i, op := range ops {
		if body[at+i].op != op {
			return false
		}
	}
	return true
}

// isGet tells whether an instruction reads the local n.
func (i instruction) isGet(n int64) bool { return i.op == opGet && i.a == n }

// offsets puts what is added to the stack pointer for an address into the load or store at that address. Go adds in 64 bits.
func offsets(body []instruction) []instruction {
	out := body[:0]
	for i := 0; i < len(body); i++ {
		if !match(body, i, opGet, opExtend, opI64Const, opI64Add, opWrap) || body[i].a != localSP || body[i+2].a < 0 || body[i+2].a > maxOffset {
			if match(body, i, opExtend, opWrap) {
				i++
				continue
			}
			out = append(out, body[i])
			continue
		}
		add := body[i+2].a
		out = append(out, body[i])
		i += 4
		if user := consumer(body, i+1); user >= 0 && body[user].a+add <= maxOffset {
			body[user].a += add
		} else {
			out = append(out, instruction{op: opI32Const, a: add}, instruction{op: opAdd})
		}
	}
	return out
}

// consumer finds the load or store that takes the value on top of the stack before at as its address, or gives -1.
func consumer(body []instruction, at int) int {
	for depth := 1; at < len(body); at++ {
		pops, pushes, ok := body[at].effect()
		if !ok {
			return -1
		}
		if pops >= depth {
			op := body[at].op
			if op >= opLoad && op <= opLastLoad && depth == 1 || op > opLastLoad && op <= opLastStore && depth == 2 {
				return at
			}
			return -1
		}
		depth += pushes - pops
	}
	return -1
}

// returns adds to the stack pointer once before a return, where Go frees the frame and the return address in turn.
func returns(body []instruction) []instruction {
	out := body[:0]
	for i := 0; i < len(body); i++ {
		free := func(at int) bool {
			return match(body, at, opGet, opI32Const, opAdd, opTee, opGlobalSet) && body[at].a == localSP && body[at+3].a == localSP && body[at+4].a == globalSP
		}
		if free(i) && free(i+5) {
			body[i+6].a += body[i+1].a
			i += 5
		}
		if free(i) && match(body, i+5, opI32Const, opReturn) {
			out = append(out, body[i], body[i+1], body[i+2], body[i+4])
			i += 4
			continue
		}
		out = append(out, body[i])
	}
	return out
}

// opposite gives the comparison of integers that is true where another one is false.
var opposite = map[byte]byte{
	0x46: 0x47, 0x48: 0x4e, 0x49: 0x4f, 0x4a: 0x4c, 0x4b: 0x4d, 0x47: 0x46, 0x4e: 0x48, 0x4f: 0x49, 0x4c: 0x4a, 0x4d: 0x4b, // i32
	0x51: 0x52, 0x53: 0x59, 0x54: 0x5a, 0x55: 0x57, 0x56: 0x58, 0x52: 0x51, 0x59: 0x53, 0x5a: 0x54, 0x57: 0x55, 0x58: 0x56, // i64
}

// conditions simplifies what is asked of truth values.
func conditions(body []instruction) []instruction {
	out := body[:0]
	last := func(n int) byte {
		if len(out) < n {
			return opUnreachable
		}
		return out[len(out)-n].op
	}
	for _, i := range body {
		switch {
		case i.op == opI64Eqz && last(1) == opExtend:
			out = out[:len(out)-1]
			i.op = opI32Eqz
		case i.op == opWrap && last(1) == opExtend:
			out = out[:len(out)-1]
			continue
		}
		if i.op == opI32Eqz && opposite[last(1)] != 0 {
			out[len(out)-1].op = opposite[last(1)]
			continue
		}
		if (i.op == opIf || i.op == opBrIf) && last(1) == opI32Eqz && last(2) == opI32Eqz {
			out = out[:len(out)-2]
		}
		out = append(out, i)
	}
	return out
}
