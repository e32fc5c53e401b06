// Package lookup finds names by a part of them that somebody types: the beginning first, then words and whatever holds it, the
// initials of words, and Hangul by initial consonants and by syllables that are not finished yet.
package lookup

import (
	"slices"
	"strings"
	"unicode"
)

// The ranks of a match, the best first; none is behind all.
const (
	whole = iota
	start
	word
	inside
	initials
	none
)

// Find gives the places of names that text finds, the best first, and in their own order among the equally good. An empty text
// finds all.
func Find(n int, name func(i int) string, text string) []int {
	q := letters(plain(text))
	ranks := make([]int, n)
	out := make([]int, 0, n)
	for i := range n {
		if ranks[i] = rank(plain(name(i)), q); ranks[i] < none {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return ranks[a] - ranks[b] })
	return out
}

// Matches tells whether text finds name.
func Matches(name, text string) bool { return rank(plain(name), letters(plain(text))) < none }

// plain is text as it is compared: in lower case, without spaces around.
func plain(text string) []rune { return []rune(strings.ToLower(strings.TrimSpace(text))) }

func rank(name, q []rune) int {
	best := rankOf(name, q)
	if best < none {
		return best
	}
	if initialsOf(name, q) {
		return initials
	}
	// Spaces are written where one likes, in Korean above all.
	name, q = slices.DeleteFunc(slices.Clone(name), unicode.IsSpace), slices.DeleteFunc(slices.Clone(q), unicode.IsSpace)
	if rankOf(name, q) < none {
		return initials
	}
	return none
}

func rankOf(name, q []rune) int {
	best := none
	for i := range name {
		if !at(name[i:], q) {
			continue
		}
		switch {
		case i == 0 && slices.Equal(name, q):
			return whole
		case i == 0:
			return start
		case separates(name[i-1]):
			return word
		}
		best = inside
	}
	if len(q) == 0 {
		return start
	}
	return best
}

// at tells whether name begins with q.
func at(name, q []rune) bool {
	for i, r := range q {
		switch {
		case i >= len(name):
			return false
		case means(name[i], r):
		case i == len(q)-1 && begins(name[i:], r):
		default:
			return false
		}
	}
	return true
}

func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// initialsOf tells whether q are the first letters of name's words, from the first word on.
func initialsOf(name, q []rune) bool {
	if len(q) < 2 {
		return false
	}
	k := 0
	for i, r := range name {
		if (i == 0 || separates(name[i-1])) && !separates(r) {
			if !means(r, q[k]) {
				return false
			}
			if k++; k == len(q) {
				return true
			}
		}
	}
	return false
}
