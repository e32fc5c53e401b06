package i18n

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/irum-app/irum/web/messages"
)

// TestCataloguesAgree checks that every language has every text with the same places for values.
func TestCataloguesAgree(t *testing.T) {
	places := regexp.MustCompile(`\{[a-z_]+\}`)
	base, err := Source("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range messages.Languages[1:] {
		other, err := Source(l)
		if err != nil {
			t.Fatal(err)
		}
		for key, text := range base {
			plural := strings.HasSuffix(key, ".one") // languages without a plural leave this out
			if other[key] == "" && !plural {
				t.Errorf("%s has no text for %q", l, key)
				continue
			}
			for _, place := range places.FindAllString(text, -1) {
				if !plural && !strings.Contains(other[key], place) {
					t.Errorf("%s: %q leaves out %s", l, key, place)
				}
			}
		}
		for key := range other {
			if base[key] == "" {
				t.Errorf("%s has a text for %q that en has not", l, key)
			}
		}
	}
}

// TestEveryKeyInCodeHasAText reads the UI's sources for i18n.T("key") and i18n.N("key").
func TestEveryKeyInCodeHasAText(t *testing.T) {
	call := regexp.MustCompile(`\b(?:i18n\.)?[TN]\("([a-z0-9_.]+)"`)
	base, err := Source("en")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range call.FindAllStringSubmatch(string(source), -1) {
			if base[m[1]] == "" && !strings.HasSuffix(m[1], ".") && !strings.HasSuffix(m[1], "_") {
				t.Errorf("%s uses the key %q, which has no text", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNumbersAndCounts(t *testing.T) {
	if got := Number(-1234567); got != "-1,234,567" {
		t.Error(got)
	}
	if got := Percent(0.873, 1); got != "87.3%" {
		t.Error(got)
	}
	Use("en")
	if got := N("images.count", 1); got != "1 image" {
		t.Error(got)
	}
	if got := N("images.count", 1200); got != "1,200 images" {
		t.Error(got)
	}
	Use("ko")
	defer Use("en")
	if got := N("images.count", 1); got != "이미지 1개" {
		t.Error(got)
	}
	if got := T("no.such.key"); got != "no.such.key" {
		t.Error(got)
	}
}
