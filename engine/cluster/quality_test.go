package cluster_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/engine/vision"
)

const (
	bundlePath = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	dataPath   = "../../../shared/data/sign-digits"
)

// embedded gives the default backbone's embeddings of photos.
func embedded(t *testing.T, paths []string) cluster.Points {
	t.Helper()
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skipf("the npm package with the backbone is not there: %v", err)
	}
	file, err := tflite.Backbone(bundle)
	if err != nil {
		t.Fatal(err)
	}
	net, err := engine.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float32, len(paths))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			session, err := engine.Compile(context.Background(), net, engine.Options{})
			if err != nil {
				t.Error(err)
			}
			for i := range next {
				if err == nil {
					out[i], err = embedOne(session, paths[i])
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	for i := range paths {
		next <- i
	}
	close(next)
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	p := cluster.Points{N: len(paths), D: len(out[0])}
	for _, v := range out {
		p.X = append(p.X, v...)
	}
	return p
}

func embedOne(session *engine.Session, path string) ([]float32, error) {
	info := session.Info()
	scale, _ := strconv.ParseFloat(info.Metadata["irum.scale"], 32)
	shift, _ := strconv.ParseFloat(info.Metadata["irum.shift"], 32)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		return nil, err
	}
	out, err := session.Run(context.Background(), vision.Tensor(img, info.Input[2], float32(scale), float32(shift)))
	if err != nil {
		return nil, err
	}
	return append([]float32(nil), out[0]...), nil
}

// TestQuality says how well clusters of photos of ten hand signs agree with the signs. They agree little: each person shows
// all ten signs, and without labels the hand and the light tell more than the fingers do. It embeds 600 photos, so it runs
// only when IRUM_QUALITY is set.
func TestQuality(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos")
	}
	var paths []string
	var truth []int
	for c := range 10 {
		files, _ := filepath.Glob(filepath.Join(dataPath, fmt.Sprint(c), "*"))
		for range files {
			truth = append(truth, c)
		}
		paths = append(paths, files...)
	}
	if len(paths) == 0 {
		t.Skip("the photos are not there")
	}
	p := embedded(t, paths)
	for _, o := range []cluster.Options{
		{Method: cluster.MethodKMeans, K: 10},
		{Method: cluster.MethodKMeans, K: 10, Raw: true},
		{Method: cluster.MethodKMeans, K: 10, Dims: -1},
		{Method: cluster.MethodKMeans, K: 20},
		{Method: cluster.MethodKMeans},
		{Method: cluster.MethodBirch, K: 10},
		{Method: cluster.MethodBirch},
		{Method: cluster.MethodWard, K: 10},
		{Method: cluster.MethodWard},
		{Method: cluster.MethodAverage, K: 10},
		{Method: cluster.MethodComplete, K: 10},
	} {
		r, err := cluster.Run(context.Background(), p, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		rand, _ := cluster.AdjustedRand(r.Assign, truth)
		nmi, _ := cluster.MutualInformation(r.Assign, truth)
		pure, members, pureAll := 0, 0, 0
		for _, c := range r.Clusters {
			pure += majority(c.Members, truth)
			pureAll += majority(append(append([]int(nil), c.Members...), c.Outliers...), truth)
			members += len(c.Members)
		}
		t.Logf("%-8s k=%-2d raw=%-5v dims=%-2d: %2d clusters, ARI %.3f, NMI %.3f, silhouette %.3f, purity %.3f, of the %d that are no outliers %.3f",
			o.Method, o.K, o.Raw, o.Dims, len(r.Clusters), rand, nmi, r.Silhouette, float64(pureAll)/float64(p.N), members, float64(pure)/float64(members))
		if o.Method == cluster.MethodKMeans && o.K == 10 && rand < 0.05 {
			t.Errorf("adjusted Rand %.3f with the signs", rand)
		}
	}
}

func majority(list, truth []int) int {
	count, most := map[int]int{}, 0
	for _, i := range list {
		count[truth[i]]++
		most = max(most, count[truth[i]])
	}
	return most
}
