package vision

import (
	"math/bits"
)

// plainBits: a difference hash with fewer ones, or fewer zeros, comes from a picture without texture, where it says nothing.
const plainBits = 8

// MaxCopyBits is the most bits of a difference hash that Copies lets copies differ by.
const MaxCopyBits = 5

// Copies finds images that are nearly the same by their difference hashes (DHash). hashes are in the order in which images are
// rather kept: each that is no copy of an earlier one is kept, and the later ones that differ from it by at most limit bits are its
// copies. So every copy is like the one that is kept for it, and no chain of small differences ties strangers together. Hashes of
// pictures without texture say nothing and have no copies. of[i] is the image that i is a copy of, or i.
//
// Two hashes that differ by at most limit bits are equal in one of limit + 1 parts, so that only those are compared which share one.
// It panics when limit is not between 0 and MaxCopyBits.
func Copies(hashes []uint64, limit int) (of []int) {
	if limit < 0 || limit > MaxCopyBits {
		panic("vision: copies differ by 0 to 5 bits")
	}
	of = make([]int, len(hashes))
	shelves := make([]shelf, limit+1) // of what is kept, by each part of its hash
	for p := range shelves {
		shelves[p] = newShelf(p, limit+1, len(hashes))
	}
	for i, h := range hashes {
		of[i] = i
		if ones := bits.OnesCount64(h); ones < plainBits || ones > 64-plainBits {
			continue
		}
		nearest := limit + 1
		for p := range shelves {
			s := &shelves[p]
			for k := s.first[s.place(h)]; k >= 0; k = s.next[k] {
				if d := bits.OnesCount64(h ^ hashes[k]); d < nearest || d == nearest && int(k) < of[i] && d <= limit {
					nearest, of[i] = d, int(k)
				}
			}
		}
		if of[i] != i {
			continue
		}
		for p := range shelves {
			s := &shelves[p]
			at := s.place(h)
			s.first[at], s.next[i] = int32(i), s.first[at]
		}
	}
	return of
}

// shelf holds images by one part of their hashes: chains by place, in which others may be that have the place by chance.
type shelf struct {
	shift, width int
	spread       int // bits of a place
	first, next  []int32
}

func newShelf(p, parts, n int) shelf {
	width := (64 + parts - 1) / parts
	spread := max(bits.Len(uint(n)), 4)
	s := shelf{shift: p * width, width: width, spread: spread, first: make([]int32, 1<<spread), next: make([]int32, n)}
	for i := range s.first {
		s.first[i] = -1
	}
	return s
}

// place is where images of h's part stand: Fibonacci hashing, so that parts that differ in few bits lie apart.
func (s *shelf) place(h uint64) uint64 {
	part := h >> s.shift
	if s.width < 64 {
		part &= 1<<s.width - 1
	}
	return part * 0x9e3779b97f4a7c15 >> (64 - s.spread)
}
