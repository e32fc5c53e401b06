package store

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

const (
	maxName    = 200  // characters of a project's or class's name
	maxClasses = 2000 // of one project, archived ones included
)

// palette is what classes are coloured by where nobody chose: Okabe and Ito's, told apart by the colour-blind, and darker
// tones of it.
var palette = []string{
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#7f7f7f",
	"#003f5c", "#8a5f00", "#005c43", "#7d3f63", "#7d3700", "#2f6f92", "#8f8800", "#3f3f3f",
}

// freeKeys are given to classes in turn; the letters that are missing are commands of the annotate view.
const freeKeys = "1234567890qweytiopklm"

func projectName(name string) (string, error) {
	name = strings.TrimSpace(clean(name))
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return "", domain.Errorf(domain.CodeInvalid, "A project needs a name of 1 to %d characters.", maxName).In("name")
	}
	return name, nil
}

// completeClasses checks in, which must begin with the classes of old in their order, and fills in ids, colours and keys.
func completeClasses(old, in []domain.Class) ([]domain.Class, error) {
	if len(in) > maxClasses {
		return nil, domain.Errorf(domain.CodeInvalid, "A project has at most %d classes.", maxClasses).In("classes")
	}
	for i, c := range old {
		if i >= len(in) || in[i].ID != c.ID {
			return nil, domain.Errorf(domain.CodeInvalid,
				"The class %q must stay at place %d: exports count on it. Archive it to drop it.", c.Name, i+1).In(fmt.Sprintf("classes[%d]", i))
		}
	}
	out := make([]domain.Class, len(in))
	ids, names, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, c := range in {
		if err := checkClass(&c); err != nil {
			return nil, err.In(fmt.Sprintf("classes[%d]", i))
		}
		switch {
		case c.ID != "" && ids[c.ID]:
			return nil, domain.Errorf(domain.CodeInvalid, "Two classes have the id %q.", c.ID).In(fmt.Sprintf("classes[%d].id", i))
		case names[c.Name]:
			return nil, domain.Errorf(domain.CodeInvalid, "Two classes are named %q. Give one another name.", c.Name).In(fmt.Sprintf("classes[%d].name", i))
		case c.Key != "" && keys[c.Key]:
			return nil, domain.Errorf(domain.CodeInvalid, "Two classes have the key %q. Give one another key.", c.Key).In(fmt.Sprintf("classes[%d].key", i))
		}
		ids[c.ID], names[c.Name], keys[c.Key] = true, true, true
		out[i] = c
	}
	for i := range out {
		fillClass(&out[i], i)
	}
	giveKeys(out[len(old):], keys)
	if err := domain.CheckTree(out); err != nil {
		return nil, err
	}
	return out, nil
}

// checkClass cleans c and tells what is wrong with it. An archived class gives up its key.
func checkClass(c *domain.Class) *domain.Problem {
	c.ID, c.Name, c.Color, c.Parent = clean(c.ID), strings.TrimSpace(clean(c.Name)), strings.ToLower(c.Color), clean(c.Parent)
	if c.Archived {
		c.Key = ""
	}
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > maxName:
		return domain.Errorf(domain.CodeInvalid, "A class needs a name of 1 to %d characters.", maxName)
	case len(c.ID) > 100:
		return domain.Errorf(domain.CodeInvalid, "A class's id has at most 100 bytes.")
	case c.Color != "" && !isColor(c.Color):
		return domain.Errorf(domain.CodeInvalid, "The colour %q is not of the form #rrggbb.", c.Color)
	case utf8.RuneCountInString(c.Key) > 1 || !utf8.ValidString(c.Key):
		return domain.Errorf(domain.CodeInvalid, "The key %q is not one character.", c.Key)
	}
	return nil
}

func isColor(s string) bool {
	return len(s) == 7 && s[0] == '#' && strings.Trim(s[1:], "0123456789abcdef") == ""
}

func fillClass(c *domain.Class, place int) {
	if c.ID == "" {
		c.ID = NewID()
	}
	if c.Color == "" {
		c.Color = palette[place%len(palette)]
	}
}

// giveKeys gives a key to every class that has none, while there are keys. A class whose name is one of the keys gets that
// one, so that 7 labels as "7".
func giveKeys(classes []domain.Class, taken map[string]bool) {
	give := func(c *domain.Class, key string) bool {
		if c.Key != "" || c.Archived || taken[key] {
			return false
		}
		c.Key, taken[key] = key, true
		return true
	}
	for i := range classes {
		if name := strings.ToLower(classes[i].Name); len(name) == 1 && strings.Contains(freeKeys, name) {
			give(&classes[i], name)
		}
	}
	next := 0
	for i := range classes {
		for next < len(freeKeys) && classes[i].Key == "" && !classes[i].Archived {
			give(&classes[i], freeKeys[next:next+1])
			next++
		}
	}
}
