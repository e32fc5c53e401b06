package autolabel

import (
	"context"
	"math"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/server/domain"
)

// learnWait is how long a grouping waits for the head to learn the newest labels: its embeddings are there, so that it takes seconds.
const learnWait = time.Minute

// said is what a head says of images that are to be grouped; nothing where there is no head.
type said struct {
	classes []string    // ids
	scores  [][]float64 // by image and class, 0 to 1
}

// of gives the class that images have the most probably, all together, and how probable it is among them.
func (s said) of(images []int) (class string, sure float64) {
	if s.scores == nil || len(images) == 0 {
		return "", 0
	}
	for k, id := range s.classes {
		sum := 0.0
		for _, i := range images {
			sum += s.scores[i][k]
		}
		if mean := sum / float64(len(images)); mean > sure {
			class, sure = id, mean
		}
	}
	return class, sure
}

// teach puts what the project's head says of each image beside its embedding: the embedding at length one, then the square root of each
// class's probability, which makes the distance between two images' classes the one of Hellinger (times the root of two, so that certain
// answers that differ are as far apart as embeddings can be). Where there is no head yet, the points stay as they are.
func (c *clustering) teach(ctx context.Context, p cluster.Points) (cluster.Points, error) {
	project, seq, err := c.s.cfg.Store.LabelSeq(ctx, c.project)
	if err != nil {
		return p, err
	}
	j, err := c.s.awaitJudge(ctx, project, seq, learnWait)
	switch {
	case err != nil && domain.AsProblem(err).Code == domain.CodeConflict:
		return p, nil
	case err != nil:
		return p, err
	case j.backbone != c.backbone.SHA256: // a head over other embeddings knows nothing of these
		return p, nil
	}
	said := said{classes: j.classes, scores: make([][]float64, p.N)}
	out := cluster.Points{N: p.N, D: p.D + len(j.classes), X: make([]float32, 0, p.N*(p.D+len(j.classes)))}
	for i := range p.N {
		x := p.Row(i)
		scores := j.scores(c.assets[i], x)
		if len(scores) != len(j.classes) {
			return p, nil
		}
		said.scores[i] = scores
		square := 0.0
		for _, v := range x {
			square += float64(v) * float64(v)
		}
		length := float32(math.Sqrt(square))
		if length == 0 {
			length = 1
		}
		for _, v := range x {
			out.X = append(out.X, v/length)
		}
		for _, v := range scores {
			out.X = append(out.X, float32(math.Sqrt(v)))
		}
	}
	c.said = said
	return out, nil
}
