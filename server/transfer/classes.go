package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// classProblem says why name cannot be a class, "" where it can.
func classProblem(name string) string {
	switch n := utf8.RuneCountInString(name); {
	case key(name) == "":
		return "the label has no name."
	case n > maxClass:
		return fmt.Sprintf("the label has %d characters, more than %d.", n, maxClass)
	}
	return ""
}

// classIDs gives the class id for each key of a name.
func classIDs(p domain.Project) map[string]string {
	ids := map[string]string{}
	for _, archived := range []bool{true, false} { // the living win
		for _, c := range p.Classes {
			if c.Archived == archived {
				ids[key(c.Name)] = c.ID
			}
		}
	}
	return ids
}

// ensureClasses makes the names that the project has not yet its classes, in their order, and gives the project. Archived
// classes that are named come back. Names are unique by key. parents tells, by key, what new ones are under; what the project has
// stays where it is. CodeTooLarge where they would be too many.
func (s *Service) ensureClasses(ctx context.Context, project string, names []string, parents map[string]string) (domain.Project, error) {
	for try := 0; ; try++ {
		p, err := s.Store.Project(ctx, project)
		if err != nil {
			return p, err
		}
		changed := addClasses(&p, names, parents)
		if !changed {
			return p, nil
		}
		if limit := s.Limits.filled().Classes; len(p.Classes) > limit {
			return p, domain.Errorf(domain.CodeTooLarge, "The labels name %d classes, more than %d. Check that the label column, or the folders, name classes.", len(p.Classes), limit)
		}
		p, err = s.Store.UpdateProject(ctx, p)
		var problem *domain.Problem
		if err == nil || try >= 10 || !errors.As(err, &problem) || problem.Code != domain.CodeConflict {
			return p, err
		}
	}
}

func addClasses(p *domain.Project, names []string, parents map[string]string) (changed bool) {
	had := len(p.Classes)
	at := map[string]int{}
	p.Classes = slices.Clone(p.Classes)
	for i, c := range p.Classes {
		if j, ok := at[key(c.Name)]; !ok || p.Classes[j].Archived {
			at[key(c.Name)] = i
		}
	}
	for _, name := range names {
		if i, ok := at[key(name)]; ok {
			if p.Classes[i].Archived {
				p.Classes[i].Archived, changed = false, true
			}
			continue
		}
		at[key(name)] = len(p.Classes)
		p.Classes, changed = append(p.Classes, domain.Class{ID: store.NewID(), Name: strings.TrimSpace(name)}), true
	}
	for i := had; i < len(p.Classes); i++ {
		c := &p.Classes[i]
		if over, ok := at[key(parents[key(c.Name)])]; ok {
			c.Parent = p.Classes[over].ID
			if domain.CheckTree(p.Classes) != nil { // the file's tree goes in circles, or is too deep
				c.Parent = ""
			}
		}
	}
	return changed
}

// natural orders names as people do: "2" before "10".
func natural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			va, vb := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if len(va) != len(vb) {
				return len(va) - len(vb)
			}
			if c := strings.Compare(va, vb); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
