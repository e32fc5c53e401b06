// Package i18n gives the UI's texts in the user's language.
package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/irum-app/irum/web/messages"
)

var (
	mu       sync.RWMutex
	language = messages.Languages[0]
	texts    = map[string]map[string]string{}
)

// Language that texts are given in: "en" or "ko".
func Language() string {
	mu.RLock()
	defer mu.RUnlock()
	return language
}

// Use sets the language; one that is not known is left alone.
func Use(l string) {
	for _, known := range messages.Languages {
		if l == known {
			mu.Lock()
			language = l
			mu.Unlock()
		}
	}
}

func catalogue(l string) map[string]string {
	mu.RLock()
	c := texts[l]
	mu.RUnlock()
	if c != nil {
		return c
	}
	c, err := Source(l)
	if err != nil {
		c = map[string]string{} // the catalogue test makes this impossible in a build
	}
	mu.Lock()
	texts[l] = c
	mu.Unlock()
	return c
}

// Has tells whether key has a text.
func Has(key string) bool {
	_, ok := catalogue(messages.Languages[0])[key]
	return ok
}

// T gives the text of key with {name} replaced by pairs of name and value. Numbers get thousands separators.
// A key without a text comes back as it is, so that it is seen.
func T(key string, pairs ...any) string {
	text, ok := catalogue(Language())[key]
	if !ok {
		if text, ok = catalogue(messages.Languages[0])[key]; !ok {
			return key
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pairs[i]), value(pairs[i+1]))
	}
	return text
}

// N is T for a count: key.one when n is 1 and that text exists, else key. {n} is the count.
func N(key string, n int, pairs ...any) string {
	if _, ok := catalogue(Language())[key+".one"]; ok && n == 1 {
		key += ".one"
	}
	return T(key, append([]any{"n", n}, pairs...)...)
}

func value(v any) string {
	switch v := v.(type) {
	case int:
		return Number(v)
	case int64:
		return Number(int(v))
	case float64:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return fmt.Sprint(v)
}

// Number writes n with thousands separators.
func Number(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Percent writes a share 0..1 as percent with digits decimals.
func Percent(v float64, digits int) string {
	return strconv.FormatFloat(100*v, 'f', digits, 64) + "%"
}

// Bytes writes a size.
func Bytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// Duration writes seconds as people say them.
func Duration(seconds float64) string {
	s := int(seconds + 0.5)
	switch {
	case s < 1:
		return T("duration.under_second")
	case s < 60:
		return N("duration.seconds", s)
	case s < 3600:
		return T("duration.minutes", "m", s/60, "s", s%60)
	}
	return T("duration.hours", "h", s/3600, "m", s%3600/60)
}
