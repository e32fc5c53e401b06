// Package consensus makes of several people's labels of one image what they come to, and of many such images how far people agree.
// Two answers agree when both skip the image, or both give it the same classes. It knows whole images only, no boxes.
package consensus

import (
	"slices"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/server/domain"
)

// Same tells whether two answers agree.
func Same(a, b domain.Label) bool {
	return a.State == b.State && slices.Equal(sorted(a), sorted(b))
}

func sorted(l domain.Label) []string {
	ids := l.ClassIDs()
	slices.Sort(ids)
	return ids
}

// Count gives the label that votes come to, the share of the pairs of votes that agree (1 for a single one), and whether it is settled: more than half
// of all votes, or (unanimous) all of them, say so of each class, or that the image is to be skipped. What is not settled has the label of
// Proposal.
func Count(task domain.Task, votes []domain.Label, unanimous bool) (label domain.Label, agreement float64, settled bool) {
	var groups []int
	for i, v := range votes {
		if slices.ContainsFunc(votes[:i], func(o domain.Label) bool { return Same(o, v) }) {
			continue
		}
		n := 0
		for _, o := range votes {
			if Same(o, v) {
				n++
			}
		}
		groups = append(groups, n)
	}
	agreement = metrics.Pairs(groups)
	label = Proposal(task, votes)
	switch {
	case len(votes) == 0 || unanimous && len(groups) > 1:
		return label, agreement, false
	case task == domain.TaskMulti && label.State != domain.StateSkipped:
		return label, agreement, eachSettled(votes)
	}
	n := 0
	for _, v := range votes {
		if Same(v, label) {
			n++
		}
	}
	return label, agreement, 2*n > len(votes)
}

// eachSettled tells whether more than half of the votes say of every class that it is there, or that it is not.
func eachSettled(votes []domain.Label) bool {
	yes, labelled := map[string]int{}, 0
	for _, v := range votes {
		if v.State == domain.StateLabelled {
			labelled++
			for _, id := range v.ClassIDs() {
				yes[id]++
			}
		}
	}
	for _, n := range yes {
		if 2*n <= len(votes) && 2*(labelled-n) <= len(votes) {
			return false
		}
	}
	return 2*labelled > len(votes)
}

// Proposal is what most votes say: the answer that has more votes than any other, or of a multi-label image the classes that more
// than half of those give who label it. It is unlabelled where answers are tied.
func Proposal(task domain.Task, votes []domain.Label) domain.Label {
	none := domain.Label{State: domain.StateUnlabelled}
	best, most, tied := none, 0, false
	yes, labelled := map[string]int{}, 0
	for _, v := range votes {
		n := 0
		for _, o := range votes {
			if Same(o, v) {
				n++
			}
		}
		switch {
		case n > most:
			best, most, tied = v, n, false
		case n == most && !Same(best, v):
			tied = true
		}
		if v.State == domain.StateLabelled {
			labelled++
			for _, id := range v.ClassIDs() {
				yes[id]++
			}
		}
	}
	if task == domain.TaskMulti && 2*labelled > len(votes) {
		out := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
		for _, v := range votes { // in the order in which they were given
			for _, c := range v.Classes {
				if 2*yes[c.ClassID] > labelled && !slices.Contains(out.ClassIDs(), c.ClassID) {
					out.Classes = append(out.Classes, domain.ClassScore{ClassID: c.ClassID})
				}
			}
		}
		return out
	}
	if tied {
		return none
	}
	return plain(best)
}

// plain is what l says, without who said it when.
func plain(l domain.Label) domain.Label {
	out := domain.Label{State: l.State, Source: domain.SourceHuman, Flag: l.Flag}
	for _, c := range l.Classes {
		out.Classes = append(out.Classes, domain.ClassScore{ClassID: c.ClassID})
	}
	if l.State == domain.StateUnlabelled {
		out.Source = domain.SourceNone
	}
	return out
}

// Gold tells how many answers to gold images are right, with the 95 % interval of the share (Wilson 1927, "Probable inference, the law of
// succession, and statistical inference", Journal of the American Statistical Association 22, 209-212).
func Gold(right, answered int) domain.GoldScore {
	ci := metrics.Wilson(right, answered)
	return domain.GoldScore{Right: right, Answered: answered, Low: ci.Low, High: ci.High}
}
