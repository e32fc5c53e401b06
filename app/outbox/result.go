package outbox

import (
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Result is the label that change makes of now. It is what the host will make of it, so that the page need not wait.
func Result(now domain.Label, change domain.LabelChange) domain.Label {
	switch change.Action {
	case "set":
		next := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Flag: change.Flag, Suggested: change.Effort.Taken()}
		for _, b := range change.Boxes {
			b.Score = 0
			next.Boxes = append(next.Boxes, b)
		}
		for _, id := range change.Classes {
			next.Classes = append(next.Classes, domain.ClassScore{ClassID: id})
		}
		return now.StillApproved(next)
	case "approve", "return":
		return now.Judged(domain.Review{Verdict: domain.VerdictOf(change.Action), Comment: change.Comment})
	case "accept":
		if now.State == domain.StateAuto {
			now.State = domain.StateLabelled
		}
		return now
	case "reject":
		if now.State != domain.StateAuto {
			return now
		}
		return domain.Label{State: domain.StateUnlabelled}
	case "flag":
		return now.Flagged(change.Flag)
	case "add":
		return with(now, change.Classes)
	case "remove":
		return without(now, change.Classes)
	case "skip":
		return domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman}
	}
	return domain.Label{State: domain.StateUnlabelled}
}

func with(now domain.Label, classes []string) domain.Label {
	next := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
	for _, c := range now.Classes {
		next.Classes = append(next.Classes, domain.ClassScore{ClassID: c.ClassID})
	}
	for _, id := range classes {
		if !slices.ContainsFunc(now.Classes, func(c domain.ClassScore) bool { return c.ClassID == id }) {
			next.Classes = append(next.Classes, domain.ClassScore{ClassID: id})
		}
	}
	return next
}

func without(now domain.Label, classes []string) domain.Label {
	next := domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman}
	for _, c := range now.Classes {
		if !slices.Contains(classes, c.ClassID) {
			next.Classes = append(next.Classes, domain.ClassScore{ClassID: c.ClassID})
		}
	}
	switch {
	case len(next.Classes) == len(now.Classes):
		return now
	case len(next.Classes) == 0:
		return domain.Label{State: domain.StateUnlabelled}
	}
	return next
}
