package shrink

import "slices"

// Go's compiler for WebAssembly lays a function out as blocks that end where its basic blocks begin, all open at the start:
//
//	block                 whoever leaves it returns 1, which unwinds the stack
//	  loop
//	    block ... block   one for each basic block
//	      local.get 0  br_table ...
//	    end               the first basic block
//	      ...
//	    end               the second one
//	      ...
//
// and a jump sets local 0 and starts the loop again. layout tells where these are.
type layout struct {
	loop, table int // indices of the loop and of br_table
	blocks      int // how many there are, ending at basic blocks
}

// findLayout finds the layout of a function that has jumps.
func findLayout(body []instruction) (l layout, ok bool) {
	l.table = slices.IndexFunc(body, func(i instruction) bool { return i.op == opBrTable })
	if l.table < 2 || !body[l.table-1].isGet(localBlock) {
		return l, false
	}
	for l.loop = l.table - 2; l.loop >= 0 && body[l.loop].op == opBlock; l.loop-- {
		l.blocks++
	}
	return l, l.blocks > 0 && l.loop >= 0 && body[l.loop].op == opLoop
}

// jumps makes jumps to basic blocks further down leave the blocks between, without the way over the table.
func jumps(body []instruction) []instruction {
	l, ok := findLayout(body)
	if !ok {
		return body
	}
	table := body[l.table].table
	out := slices.Clone(body[:l.table+1])
	block, inner := -1, 0 // the basic block, and how many blocks are open in it
	for i := l.table + 1; i < len(body); i++ {
		ins := body[i]
		switch {
		case ins.opens():
			inner++
		case ins.op == opEnd && inner > 0:
			inner--
		case ins.op == opEnd:
			block++
		}
		if block == l.blocks { // the end of the loop
			return append(out, body[i:]...)
		}
		toLoop := int64(inner + l.blocks - 1 - block)
		if !match(body, i, opI32Const, opSet, opBr) || body[i+1].a != localBlock || body[i+2].a != toLoop ||
			ins.a < 0 || ins.a >= int64(len(table)) || int(table[ins.a]) <= block {
			out = append(out, ins)
			continue
		}
		depth := int64(inner + int(table[ins.a]) - block - 1)
		i += 2
		if last := &out[len(out)-1]; last.op == opIf && match(body, i+1, opEnd) {
			*last = instruction{op: opBrIf, a: depth - 1}
			inner--
			i++
		} else {
			out = append(out, instruction{op: opBr, a: depth})
		}
	}
	return out
}

// opens tells whether an instruction opens a block.
func (i instruction) opens() bool { return i.op == opBlock || i.op == opLoop || i.op == opIf }

// visit calls f with each instruction and how many blocks are open before it.
func visit(body []instruction, f func(i, depth int)) {
	depth := 0
	for i, ins := range body {
		f(i, depth)
		if ins.opens() {
			depth++
		} else if ins.op == opEnd {
			depth--
		}
	}
}

// straight takes the loop away where no jump goes back.
func straight(body []instruction) []instruction {
	l, ok := findLayout(body)
	if !ok {
		return body
	}
	outside, end := -1, -1 // how many blocks are open before the loop, and where it ends
	visit(body, func(i, depth int) {
		switch ins := body[i]; {
		case i == l.loop:
			outside = depth
		case i > l.loop && ins.op == opEnd && depth == outside+1 && end < 0:
			end = i
		case i > l.loop && (ins.op == opBr || ins.op == opBrIf) && int(ins.a) == depth-1-outside:
			ok = false
		}
	})
	if !ok || end < 0 {
		return body
	}
	var out []instruction
	visit(body, func(i, depth int) {
		ins := body[i]
		if i == l.loop || i == end {
			return
		}
		if (ins.op == opBr || ins.op == opBrIf) && i > l.loop && i < end && int(ins.a) > depth-1-outside {
			ins.a--
		}
		out = append(out, ins)
	})
	return out
}

// unwinding returns 1 where Go leaves the outermost block to do so: how deep a block is differs from place to place, so
// that Brotli finds no repetition, though the instructions are more.
func unwinding(body []instruction) []instruction {
	first, end := 0, len(body)-3
	if match(body, 0, opGlobalGet, opSet) {
		first = 2
	}
	if !match(body, first, opBlock) || !match(body, end-1, opUnreachable, opEnd, opI32Const, opEnd) || body[end+1].a != 1 {
		return body
	}
	ok := true // the block lasts to the end
	visit(body, func(i, depth int) { ok = ok && (i <= first || i > end || depth > 0) })
	if !ok {
		return body
	}
	var out []instruction
	visit(body, func(i, depth int) {
		switch ins := body[i]; {
		case i == first || i >= end:
		case ins.op == opBrIf && int(ins.a) == depth-1:
			out = append(out, instruction{op: opIf, a: noType}, instruction{op: opI32Const, a: 1}, instruction{op: opReturn}, instruction{op: opEnd})
		default:
			out = append(out, ins)
		}
	})
	return append(out, instruction{op: opEnd})
}
