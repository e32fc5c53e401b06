package autolabel

import (
	"math/bits"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

const (
	// nearHash is how many bits of the difference hash near-duplicates may differ by. Measured: pictures that were saved
	// again at lower quality or half the size differ by at most 3; at 4 and more, photos of different hands before the
	// same background begin to form long chains.
	nearHash = 3
	// plainBits: a hash with fewer ones, or fewer zeros, comes from a picture without texture, where it says nothing.
	plainBits = 8
	// sameSquare is the squared distance of two embeddings over their squared length under which their cosine is over
	// 0.9997. Measured: different photos of one subject stay under 0.9985.
	sameSquare = 6e-4
	// wholeClass is the number of images from which on a class that forms one group is doubted.
	wholeClass = 5
)

// differenceHash is an image's, and whether it tells something.
func differenceHash(a domain.Asset) (hash uint64, tells bool) {
	hash, err := strconv.ParseUint(a.DHash, 16, 64)
	ones := bits.OnesCount64(hash)
	return hash, err == nil && ones >= plainBits && ones <= 64-plainBits
}

// likeness finds near-duplicates among labelled images.
type likeness struct {
	hashes  []uint64
	sure    []bool
	vectors [][]float32
	squares []float32
	labels  [][]int
	support map[int]int // images of each class
}

// groups finds near-duplicates: group[i] is the same number for images that must not be parted, counted from 0. several is
// how many groups have more than one image.
//
// Some sets are all alike: one product before one camera, plain colours. There the same limits would tie whole classes
// together and leave nothing to test on, so a group that holds a quarter of all images, or a whole class, is looked at
// again with stricter limits, down to pictures that are the same.
func groups(assets []domain.Asset, vectors [][]float32, labels [][]int) (group []int, several int) {
	l := &likeness{
		hashes: make([]uint64, len(assets)), sure: make([]bool, len(assets)), vectors: vectors,
		squares: make([]float32, len(assets)), labels: labels, support: map[int]int{},
	}
	all := make([]int, len(assets))
	for i := range assets {
		l.hashes[i], l.sure[i] = differenceHash(assets[i])
		for _, x := range vectors[i] {
			l.squares[i] += x * x
		}
		for _, c := range labels[i] {
			l.support[c]++
		}
		all[i] = i
	}
	group = make([]int, len(assets))
	for number, members := range l.split(all, 0) {
		for _, i := range members {
			group[i] = number
		}
		if len(members) > 1 {
			several++
		}
	}
	return group, several
}

// split parts members into groups, in the order of their first images. Each level is stricter than the one before.
func (l *likeness) split(members []int, level int) (out [][]int) {
	near, limit := nearHash-level, float32(sameSquare)
	for range level {
		limit /= 10
	}
	u := newUnion(len(members))
	for a, i := range members {
		for b, k := range members[:a] {
			if l.sure[i] && l.sure[k] && bits.OnesCount64(l.hashes[i]^l.hashes[k]) <= near ||
				closer(l.vectors[i], l.vectors[k], limit*min(l.squares[i], l.squares[k])) {
				u.join(a, b)
			}
		}
	}
	for _, part := range u.parts() {
		for a := range part {
			part[a] = members[part[a]]
		}
		if level <= nearHash && l.doubtful(part) {
			out = append(out, l.split(part, level+1)...)
			continue
		}
		out = append(out, part)
	}
	return out
}

// doubtful tells whether a group is too much of the set to be copies of one picture.
func (l *likeness) doubtful(part []int) bool {
	if len(part) > max(8, len(l.labels)/4) {
		return true
	}
	held := map[int]int{}
	for _, i := range part {
		for _, c := range l.labels[i] {
			held[c]++
			if held[c] >= wholeClass && held[c] == l.support[c] {
				return true
			}
		}
	}
	return false
}

// closer tells whether the squared distance of a and b is at most limit. Most pairs are told apart by their first few numbers.
func closer(a, b []float32, limit float32) bool {
	const stride = 32
	var sum float32
	for at := 0; at < len(a); at += stride {
		end := min(at+stride, len(a))
		x, y := a[at:end], b[at:end]
		for i, v := range x {
			d := v - y[i]
			sum += d * d
		}
		if sum > limit {
			return false
		}
	}
	return true
}

// union is a disjoint-set forest.
type union []int

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = i
	}
	return u
}

func (u union) find(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// join makes the smaller index the root, so that the outcome does not depend on the order of pairs.
func (u union) join(a, b int) {
	a, b = u.find(a), u.find(b)
	u[max(a, b)] = min(a, b)
}

// parts gives the members of each set, both in ascending order.
func (u union) parts() [][]int {
	number := map[int]int{}
	var out [][]int
	for i := range u {
		root := u.find(i)
		k, ok := number[root]
		if !ok {
			k = len(out)
			number[root] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}
