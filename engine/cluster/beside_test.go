//go:build unix

package cluster_test

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/realtest"
)

// clothes are embeddings of n real images, d numbers of each; those that are computed are kept in the folder for temporary files
// unless IRUM_EMBEDDINGS names another.
func clothes(b *testing.B, n, d int) cluster.Points {
	b.Helper()
	if os.Getenv("IRUM_EMBEDDINGS") == "" {
		dir := filepath.Join(os.TempDir(), "irum-embeddings")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			b.Fatal(err)
		}
		b.Setenv("IRUM_EMBEDDINGS", dir)
	}
	all, _ := realtest.Fashion(b, n)
	p := cluster.Points{N: n, D: d}
	for i := range n {
		p.X = append(p.X, all.Row(i)[:d]...)
	}
	return p
}

// BenchmarkBesideScikitLearn groups 5,000 embeddings of 1,280 numbers, alternating with scikit-learn, both on one thread: K-Means from
// the same start for 20 iterations, and Ward's linkage. It reports how many times as fast it is by the medians of processor time, which
// other work on the machine disturbs least, and fails below one.
func BenchmarkBesideScikitLearn(b *testing.B) {
	s := newScikit(b)
	p := clothes(b, 5000, 1280)
	points := s.file(p.X)
	for _, k := range []int{10, 100} {
		b.Run(fmt.Sprint("kmeans", k), func(b *testing.B) {
			start := make([]float32, 0, k*p.D)
			for _, i := range rand.New(rand.NewSource(1)).Perm(p.N)[:k] {
				start = append(start, p.Row(i)...)
			}
			o := cluster.KMeansOptions{K: k, Start: start, MaxIter: 20}
			ask := asked{Ask: "kmeans", Points: points, D: p.D, K: k, Start: s.file(start), Iterations: o.MaxIter}
			beside(b, s, ask, func() ([]int, error) {
				part, err := cluster.KMeans(context.Background(), p, o)
				if err != nil {
					return nil, err
				}
				return part.Assign, nil
			})
		})
	}
	b.Run("ward", func(b *testing.B) {
		beside(b, s, asked{Ask: string(cluster.MethodWard), Points: points, D: p.D, K: 10}, func() ([]int, error) {
			tree, err := cluster.Agglomerate(context.Background(), p, cluster.MethodWard, nil)
			if err != nil {
				return nil, err
			}
			return tree.Cut(10), nil
		})
	})
}

// processorTime gives the seconds that this process has used.
func processorTime(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// beside takes turns between group and scikit-learn.
func beside(b *testing.B, s *scikit, ask asked, group func() ([]int, error)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var ours, theirs []float64
	var rand float64
	for b.Loop() {
		begin := processorTime(b)
		got, err := group()
		if err != nil {
			b.Fatal(err)
		}
		ours = append(ours, processorTime(b)-begin)
		a := s.ask(ask)
		theirs = append(theirs, a.Seconds)
		rand = agreement(b, got, a.Labels)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	own, other := ours[len(ours)/2], theirs[len(theirs)/2]
	b.ReportMetric(own*1e3, "ms")
	b.ReportMetric(other*1e3, "sklearn-ms")
	b.ReportMetric(other/own, "times-as-fast")
	b.ReportMetric(rand, "rand")
	if other < own {
		b.Errorf("scikit-learn takes %.3f s, this package %.3f s", other, own)
	}
}
