package cluster_test

import (
	"context"
	"os"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/realtest"
)

// TestQuality says how well clusters of photos of ten hand signs agree with the signs. They agree little: each person shows
// all ten signs, and without labels the hand and the light tell more than the fingers do. It embeds 600 photos, so it runs
// only when IRUM_QUALITY is set.
func TestQuality(t *testing.T) {
	if os.Getenv("IRUM_QUALITY") == "" {
		t.Skip("set IRUM_QUALITY=1 to measure on photos")
	}
	p, truth := realtest.Signs(t)
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
