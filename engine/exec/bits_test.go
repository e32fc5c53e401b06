package exec

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/irum-app/irum/engine/enginetest"
	"github.com/irum-app/irum/engine/graph"
	"github.com/irum-app/irum/engine/simd"
)

// TestBits says in digests what plain SIMD computes for every network of enginetest, every case of TestConvolutions and every
// variant of TestVariants. web/e2e runs it twice: natively, where wazero with the browsers' tiles writes the digests to the file that
// IRUM_BITS_TO names, and in Chromium, where they must be those of the file IRUM_BITS_FROM. All bits count but those of a NaN.
func TestBits(t *testing.T) {
	to, from := os.Getenv("IRUM_BITS_TO"), os.Getenv("IRUM_BITS_FROM")
	if to == "" && from == "" {
		t.Skip("web/e2e runs it, in two hosts")
	}
	w := plainSIMD(t)
	got := digests(t, w)
	if to != "" {
		data, err := json.Marshal(got)
		must(t, err)
		must(t, os.WriteFile(to, data, 0o600))
		return
	}
	data, err := os.ReadFile(from)
	must(t, err)
	var want map[string]string
	must(t, json.NewDecoder(bytes.NewReader(data)).Decode(&want))
	if len(want) < 200 || len(want) != len(got) {
		t.Fatalf("%d digests, %d in the other host", len(got), len(want))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: other bits than in wazero", name)
		}
	}
	t.Logf("%d networks give the same bits in two hosts", len(got))
}

// plainSIMD is this host's way to run what simd.Plain generates.
func plainSIMD(t *testing.T) way {
	for _, w := range ways(context.Background()) {
		if w.name == SIMD || w.name == Wazero {
			w.config = simd.Plain
			return w
		}
	}
	t.Fatal("this host runs no plain SIMD")
	return way{}
}

// digests gives the digest of the outputs of each network that is generated code alone.
func digests(t *testing.T, w way) map[string]string {
	out := map[string]string{}
	put := func(name string, net *graph.Network, input []float32) {
		g, err := newGenerated(context.Background(), net, w)
		must(t, err)
		defer g.Close()
		if g.portable != nil { // Go's own functions, whose last bits differ from processor to processor
			return
		}
		results, err := g.Run(context.Background(), input)
		must(t, err)
		out[name] = digest(results)
	}
	for name, network := range enginetest.Networks() {
		net, err := graph.Build(network())
		must(t, err)
		s := sketch{r: rand.New(rand.NewPCG(9, 9)), gain: 1, net: net}
		put(name, net, s.input())
	}
	for i, c := range convolutions() {
		s, _ := c.build(t, uint64(i))
		put(fmt.Sprintf("convolution %d: %+v", i, c), s.net, s.input())
	}
	for _, c := range variants() {
		for name, s := range c.sketches(t) {
			put(name, s.net, s.input())
		}
	}
	return out
}

func digest(results [][]float32) string {
	h := sha256.New()
	for _, values := range results {
		for i, v := range values {
			if v != v {
				values[i] = math.Float32frombits(0x7fc00000)
			}
		}
		h.Write(asBytes(values))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
