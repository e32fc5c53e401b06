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
	parts := limit + 1
	width := (64 + parts - 1) / parts
	shelves := make([]map[uint64][]int, parts) // of what is kept, by each part of its hash
	for p := range shelves {
		shelves[p] = map[uint64][]int{}
	}
	for i, h := range hashes {
		of[i] = i
		if ones := bits.OnesCount64(h); ones < plainBits || ones > 64-plainBits {
			continue
		}
		nearest := limit + 1
		for p, shelf := range shelves {
			for _, k := range shelf[part(h, p, width)] {
				if d := bits.OnesCount64(h ^ hashes[k]); d < nearest || d == nearest && k < of[i] && d <= limit {
					nearest, of[i] = d, k
				}
			}
		}
		if of[i] != i {
			continue
		}
		for p, shelf := range shelves {
			key := part(h, p, width)
			shelf[key] = append(shelf[key], i)
		}
	}
	return of
}

func part(h uint64, p, width int) uint64 { return h >> (p * width) & (1<<width - 1) }
