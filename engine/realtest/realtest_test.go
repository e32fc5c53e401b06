package realtest_test

import (
	"math"
	"os"
	"testing"

	"github.com/irum-app/irum/engine/realtest"
)

// TestPixels are those of the set: its first image is an ankle boot.
func TestPixels(t *testing.T) {
	p, truth := realtest.Pixels(t, 100)
	if p.N != 100 || p.D != 784 || len(truth) != 100 || truth[0] != 9 {
		t.Fatalf("%d points of %d, the first is of class %d", p.N, p.D, truth[0])
	}
	for _, v := range p.X {
		if v < 0 || v > 1 {
			t.Fatalf("a pixel is %g", v)
		}
	}
}

// TestEmbeddings computes all embeddings that measurements need; it takes minutes, so it runs only when IRUM_QUALITY is set.
func TestEmbeddings(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to compute the embeddings, and IRUM_EMBEDDINGS to a folder to keep them")
	}
	signs, digits := realtest.Signs(t)
	fashion, kinds := realtest.Fashion(t, 10_000)
	if len(digits) != signs.N || len(kinds) != fashion.N || signs.D != fashion.D {
		t.Fatalf("%d signs of %d, %d pieces of %d", signs.N, signs.D, fashion.N, fashion.D)
	}
	for _, v := range append(signs.X, fashion.X...) {
		if math.IsNaN(float64(v)) {
			t.Fatal("an embedding is no number")
		}
	}
}
