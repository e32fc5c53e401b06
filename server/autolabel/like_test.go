package autolabel_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// embedded is a project of n images of noise, whose embeddings are made up: so many numbers around a few centres.
type embedded struct {
	*host
	s        *autolabel.Service
	project  string
	backbone string
	centres  [][]float32
	vectors  map[string][]float32 // by SHA-256
	rng      *rand.Rand
}

func newEmbedded(t *testing.T, n int) *embedded {
	t.Helper()
	h := newHost(t)
	e := &embedded{host: h, s: h.open(t), vectors: map[string][]float32{}, rng: rand.New(rand.NewSource(5))}
	e.project = must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "Noise", Task: domain.TaskSingle})).ID
	e.backbone = must[[]domain.Backbone](t)(e.s.Backbones(ctx))[0].SHA256
	for range 6 {
		e.centres = append(e.centres, e.noise(1))
	}
	e.add(t, n)
	return e
}

func (e *embedded) noise(by float64) []float32 {
	x := make([]float32, 12)
	for i := range x {
		x[i] = float32(e.rng.NormFloat64() * by)
	}
	return x
}

// add imports n more images.
func (e *embedded) add(t *testing.T, n int) {
	t.Helper()
	files, fresh := make([][]byte, n), map[string][]float32{}
	for i := range files {
		files[i] = picture(hues["red"], e.rng.Int63())
		x := e.noise(0.4)
		for k, v := range e.centres[e.rng.Intn(len(e.centres))] {
			x[k] += v
		}
		sha := fmt.Sprintf("%x", sha256.Sum256(files[i]))
		e.vectors[sha], fresh[sha] = x, x
	}
	if err := e.st.PutEmbeddings(ctx, e.backbone, fresh); err != nil { // before the images are there to be embedded
		t.Fatal(err)
	}
	imp := must[domain.ImportReport](t)(e.tr.Start(ctx, e.project, "none"))
	for _, data := range files {
		must[domain.ImportReport](t)(e.tr.File(ctx, e.project, imp.ID, fmt.Sprintf("%d.png", e.rng.Int63()), bytes.NewReader(data)))
	}
	must[domain.ImportReport](t)(e.tr.Finish(ctx, e.project, imp.ID))
}

// want is the order that comparing all gives.
func (e *embedded) want(t *testing.T, to domain.Asset) []string {
	t.Helper()
	all := e.assets(t, e.project)
	cosine := func(a domain.Asset) float64 {
		ab, aa, bb := 0.0, 0.0, 0.0
		for i, v := range e.vectors[to.SHA256] {
			w := e.vectors[a.SHA256][i]
			ab, aa, bb = ab+float64(v*w), aa+float64(v*v), bb+float64(w*w)
		}
		return ab / math.Sqrt(aa*bb)
	}
	slices.SortStableFunc(all, func(a, b domain.Asset) int { return cmp.Compare(cosine(b), cosine(a)) })
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	return ids
}

// place is where an image stands among all, as imported.
func (e *embedded) place(t *testing.T, id string) int {
	t.Helper()
	return slices.Index(must[[]string](t)(e.st.AssetIDs(ctx, e.project, domain.Filter{}, "")), id)
}

func (e *embedded) order(t *testing.T, to domain.Asset) []string {
	t.Helper()
	return must[[]string](t)(e.s.Order(ctx, e.project, domain.Filter{}, domain.SortSimilarity, to.ID))
}

// graphed waits until the project's graph is there.
func (e *embedded) graphed(t *testing.T) {
	t.Helper()
	wait, cancel := context.WithTimeout(ctx, 50*time.Second)
	defer cancel()
	for !e.s.Graphed(e.project) {
		if wait.Err() != nil {
			t.Fatal("no graph is made")
		}
		time.Sleep(2 * time.Millisecond) // between looks at a condition
	}
}

func TestLikenessComparesAll(t *testing.T) {
	e := newEmbedded(t, 60)
	all := e.assets(t, e.project)
	for _, to := range []domain.Asset{all[0], all[33]} {
		if got := e.order(t, to); !slices.Equal(got, e.want(t, to)) {
			t.Errorf("not the order of comparing all")
		}
	}
	e.add(t, 7)
	must[domain.Operation](t)(e.st.DeleteAssets(ctx, e.project, domain.Filter{IDs: []string{all[1].ID}}, "", "test"))
	if got := e.order(t, all[0]); len(got) != 66 || !slices.Equal(got, e.want(t, all[0])) {
		t.Error("not the order of comparing all, after images came and one went")
	}
}

// TestLikenessByGraph: of many images the nearest come first, while there is no graph yet, when there is one, and when images come.
func TestLikenessByGraph(t *testing.T) {
	e := newEmbedded(t, 90)
	e.s.SearchGraphs(50, 40)
	to := e.assets(t, e.project)[4]
	if got := e.order(t, to); !slices.Equal(got, e.want(t, to)) {
		t.Error("not the order of comparing all, while there is no graph")
	}
	e.graphed(t)
	e.add(t, 5)
	got, want := e.order(t, to), e.want(t, to)
	if len(got) != 95 || !slices.Equal(got[:20], want[:20]) {
		t.Errorf("the graph finds %v, comparing all %v", got[:20], want[:20])
	}
	if rest := got[45:]; !slices.IsSortedFunc(rest, func(a, b string) int { return cmp.Compare(e.place(t, a), e.place(t, b)) }) {
		t.Errorf("what is not near is not as it was imported: %v", rest)
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != 95 {
		t.Error("an image is listed twice")
	}
}

// TestLikenessOfManyImages tells how long a server takes to order 20,000 images of 1,728 numbers each by likeness. It takes a while, so it
// runs only when IRUM_QUALITY is set.
func TestLikenessOfManyImages(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure")
	}
	e := newEmbedded(t, 0)
	const n, part, dims = 20_000, 500, 1728
	for at := 0; at < n; at += part {
		var list []domain.Asset
		vectors := map[string][]float32{}
		for i := at; i < at+part; i++ {
			a := domain.Asset{Name: fmt.Sprintf("%d.png", i), SHA256: fmt.Sprintf("%064x", i+1), Format: "png", Width: 10, Height: 10}
			x := make([]float32, dims)
			for k := range x {
				x[k] = e.rng.Float32()
			}
			list, vectors[a.SHA256] = append(list, a), x
		}
		if err := e.st.PutEmbeddings(ctx, e.backbone, vectors); err != nil {
			t.Fatal(err)
		}
		must[store.AddResult](t)(e.st.AddAssets(ctx, e.project, list, store.LabelWrite{Kind: "import", Actor: "test"}))
	}
	ids := must[[]string](t)(e.st.AssetIDs(ctx, e.project, domain.Filter{}, ""))
	for i := range 5 {
		begin := time.Now()
		got := must[[]string](t)(e.s.Order(ctx, e.project, domain.Filter{}, domain.SortSimilarity, ids[i]))
		if len(got) != n || got[0] != ids[i] {
			t.Fatalf("%d are listed, the first is %s", len(got), got[0])
		}
		t.Logf("question %d: %.3f s", i+1, time.Since(begin).Seconds())
	}
}
