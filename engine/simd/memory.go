package simd

import "slices"

const (
	line     = 64      // bytes: every buffer begins on a cache line and is a whole number of them
	pageSize = 1 << 16 // bytes
	maxBytes = 1 << 31 // of one program's memory
	maxCode  = 1 << 26 // bytes of one program's functions
)

// ref is an address that is known once all buffers are placed: in a buffer, or, with buffer -1, among the constants.
type ref struct{ buffer, offset int }

// buffer holds one activation. It is in use from the call that first writes it to the last that reads it.
type buffer struct {
	bytes       int
	first, last int
	offset      int
}

// use extends the buffer's life to call i.
func (b *buffer) use(i int) {
	b.first, b.last = min(b.first, i), max(b.last, i)
}

// arrange gives every buffer an offset from base such that buffers in use at the same time do not overlap, largest first,
// each as low as it can. It returns the end.
func arrange(buffers []buffer, base int) int {
	order := make([]int, len(buffers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return buffers[b].bytes - buffers[a].bytes })
	end := base
	var placed []int // by offset
	for _, i := range order {
		b := &buffers[i]
		b.offset = base
		for _, k := range placed {
			other := &buffers[k]
			if other.first > b.last || b.first > other.last {
				continue
			}
			if b.offset+b.bytes <= other.offset {
				break
			}
			b.offset = max(b.offset, other.offset+other.bytes)
		}
		at, _ := slices.BinarySearchFunc(placed, b.offset, func(k, offset int) int { return buffers[k].offset - offset })
		placed = slices.Insert(placed, at, i)
		end = max(end, b.offset+b.bytes)
	}
	return end
}
