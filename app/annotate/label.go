package annotate

import (
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// classesOf gives the classes that l holds, in l's order.
func classesOf(l domain.Label) []string {
	out := make([]string, len(l.Classes))
	for i, c := range l.Classes {
		out[i] = c.ClassID
	}
	return out
}

func holds(l domain.Label, class string) bool {
	return slices.ContainsFunc(l.Classes, func(c domain.ClassScore) bool { return c.ClassID == class })
}

// sameClasses compares without regard to order.
func sameClasses(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// saysSame tells whether two labels say the same of the image.
func saysSame(a, b domain.Label) bool {
	return a.State == b.State && a.Flag == b.Flag && sameClasses(classesOf(a), classesOf(b)) && slices.Equal(a.Boxes, b.Boxes)
}

// shift moves one asset in the counts from one label to another.
func shift(c *domain.Counts, from, to domain.Label) {
	count(c, from, -1)
	count(c, to, 1)
}

func count(c *domain.Counts, l domain.Label, by int) {
	switch l.Flag {
	case domain.FlagUnsure:
		c.Unsure += by
	case domain.FlagBad:
		c.Bad += by
	}
	switch l.Verdict() {
	case domain.VerdictApproved:
		c.Approved += by
	case domain.VerdictReturned:
		c.Returned += by
	}
	switch l.State {
	case domain.StateUnlabelled:
		c.Unlabelled += by
	case domain.StateSkipped:
		c.Skipped += by
	case domain.StateLabelled:
		c.Labelled += by
		c.ByClass = countClasses(c.ByClass, l, by)
	case domain.StateAuto:
		c.Auto += by
		c.AutoClass = countClasses(c.AutoClass, l, by)
	}
}

func countClasses(m map[string]int, l domain.Label, by int) map[string]int {
	if m == nil {
		m = map[string]int{}
	}
	seen := map[string]bool{}
	for _, id := range classesOf(l) {
		seen[id] = true
	}
	for _, b := range l.Boxes {
		seen[b.ClassID] = true
	}
	for id := range seen {
		m[id] += by
	}
	return m
}
