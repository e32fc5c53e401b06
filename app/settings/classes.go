package settings

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// problem is what is wrong with a class: a key of a text, and for it the name of a class or an action where it has one.
type problem struct{ key, name string }

// soft tells what is only worth knowing: it can be saved.
func (p problem) soft() bool { return p.key == "used_key" }

func hard(found map[int][]problem) bool {
	for _, list := range found {
		for _, p := range list {
			if !p.soft() {
				return true
			}
		}
	}
	return false
}

// problems checks classes as they stand in the form, by their place. original are the classes that the project has: a key
// that one of them has already is left alone.
func problems(classes, original []domain.Class) map[int][]problem {
	out := map[int][]problem{}
	add := func(i int, p problem) { out[i] = append(out[i], p) }
	letters := hotkeys.Letters()
	named, keyed := map[string]int{}, map[string][]int{}
	for i, c := range classes {
		named[strings.TrimSpace(c.Name)]++
		if !c.Archived {
			keyed[strings.ToLower(c.Key)] = append(keyed[strings.ToLower(c.Key)], i)
		}
	}
	for i, c := range classes {
		name := strings.TrimSpace(c.Name)
		switch {
		case name == "":
			add(i, problem{key: "name"})
		case named[name] > 1:
			add(i, problem{key: "same_name"})
		}
		if c.Key == "" || c.Archived {
			continue
		}
		if utf8.RuneCountInString(c.Key) != 1 {
			add(i, problem{key: "key"})
			continue
		}
		for _, k := range keyed[strings.ToLower(c.Key)] {
			if k != i {
				add(i, problem{"same_key", classes[k].Name})
				break
			}
		}
		kept := i < len(original) && original[i].Key == c.Key
		if action, used := letters[strings.ToLower(c.Key)]; used && !kept {
			add(i, problem{"used_key", string(action)}) // the class may take it: then the action gives way
		}
	}
	return out
}

// freeColor is the first colour that the fewest classes have.
func freeColor(classes []domain.Class) string {
	used := map[string]int{}
	for _, c := range classes {
		used[strings.ToLower(c.Color)]++
	}
	best := ui.ClassColors[0]
	for _, c := range ui.ClassColors {
		if used[c] < used[best] {
			best = c
		}
	}
	return best
}

// freeKey is the first digit, then letter, that no class and no action has; "" where all are taken.
func freeKey(classes []domain.Class) string {
	letters := hotkeys.Letters()
	for _, r := range "1234567890qweytuiopjklmhcvb" {
		key := string(r)
		taken := slices.ContainsFunc(classes, func(c domain.Class) bool { return !c.Archived && strings.EqualFold(c.Key, key) })
		if _, used := letters[key]; !taken && !used {
			return key
		}
	}
	return ""
}

// keyOf makes the key of what was typed: its last character, letters in lower case.
func keyOf(typed string) string {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return ""
	}
	r, _ := utf8.DecodeLastRuneInString(typed)
	return strings.ToLower(string(r))
}
