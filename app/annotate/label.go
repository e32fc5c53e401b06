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
	c.Add(from, -1)
	c.Add(to, 1)
}
