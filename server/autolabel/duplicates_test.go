package autolabel

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// flip changes n bits of h.
func flip(h uint64, n int) string { return fmt.Sprintf("%016x", h^(1<<n-1)) }

func TestNearDuplicatesAreFound(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	vector := func() []float32 {
		v := make([]float32, 64)
		for i := range v {
			v[i] = rng.Float32()
		}
		return v
	}
	like := func(v []float32, by float32) []float32 {
		out := slices.Clone(v)
		for i := range out {
			out[i] += by * rng.Float32()
		}
		return out
	}
	a, b, c := vector(), vector(), vector()
	const h, other, plain = 0x00ff00ff00ff00ff, 0xf0f0f0f0f0f0f0f0, 0
	for _, test := range []struct {
		name   string
		hashes []string
		vector [][]float32
		want   []int
	}{
		{"saved again", []string{flip(h, 0), flip(h, 3), flip(other, 0)}, [][]float32{a, b, c}, []int{0, 0, 1}},
		{"another photo", []string{flip(h, 0), flip(h, 4)}, [][]float32{a, b}, []int{0, 1}},
		{"a chain", []string{flip(h, 0), flip(other, 0), flip(h, 3), flip(h, 6)}, [][]float32{a, c, b, vector()}, []int{0, 1, 0, 0}},
		{"without texture the hash says nothing", []string{flip(plain, 0), flip(plain, 0)}, [][]float32{a, b}, []int{0, 1}},
		{"but the embedding does", []string{flip(plain, 0), flip(plain, 0)}, [][]float32{a, like(a, 0.01)}, []int{0, 0}},
		{"no hash", []string{"", ""}, [][]float32{a, a}, []int{0, 0}},
		{"alike", []string{flip(h, 0), flip(other, 0)}, [][]float32{a, like(a, 0.3)}, []int{0, 1}},
	} {
		assets, labels := make([]domain.Asset, len(test.hashes)), make([][]int, len(test.hashes))
		for i := range assets {
			assets[i].DHash, labels[i] = test.hashes[i], []int{i % 2}
		}
		if got, _ := groups(assets, test.vector, labels); !slices.Equal(got, test.want) {
			t.Errorf("%s: groups %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSetsThatAreAllAlikeStayTestable: two plain colours, with one picture that is there twice.
func TestSetsThatAreAllAlikeStayTestable(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	var assets []domain.Asset
	var vectors [][]float32
	var labels [][]int
	for i := range 24 {
		v := []float32{5, 5, 5, 5, 5, 5, 5, 5}
		v[i%2] = 9
		for k := range v {
			v[k] += 0.1 * rng.Float32()
		}
		assets, vectors, labels = append(assets, domain.Asset{DHash: "0000000000000000"}), append(vectors, v), append(labels, []int{i % 2})
	}
	vectors[20] = vectors[4]
	group, several := groups(assets, vectors, labels)
	if group[20] != group[4] || several < 1 {
		t.Errorf("the copy stands apart: %v", group)
	}
	seen := map[int]bool{}
	for i, g := range group {
		if i%2 == 0 {
			seen[g] = true
		}
	}
	if len(seen) < 5 {
		t.Errorf("a class of 12 images fell into %d groups: %v", len(seen), group)
	}
}
