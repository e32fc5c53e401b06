package domain_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestWhatCannotBeKept(t *testing.T) {
	for text, code := range map[string]string{
		"put blob: write /x/put-1: no space left on device":                           domain.CodeStorage,
		"statement 3 of batch: database or disk is full (13)":                         domain.CodeStorage,
		`ERROR: could not extend file "base/1/2": No space left on device (53100)`:    domain.CodeStorage,
		"attempt to write a readonly database (8)":                                    domain.CodeStorage,
		"open /x: read-only file system":                                              domain.CodeStorage,
		"ERROR: cannot execute INSERT in a read-only transaction (SQLSTATE 25006)":    domain.CodeStorage,
		"QuotaExceededError: The operation failed because it would exceed the quota.": domain.CodeStorage,
		"disk I/O error (266)": domain.CodeInternal, // reading went wrong
		"something else":       domain.CodeInternal,
	} {
		if p := domain.AsProblem(fmt.Errorf("write: %w", errors.New(text))); p.Code != code {
			t.Errorf("%q: %+v", text, p)
		}
	}
	if p := domain.AsProblem(domain.Errorf(domain.CodeInvalid, "The name says: no space left on device.")); p.Code != domain.CodeInvalid {
		t.Errorf("a problem that names the words: %+v", p)
	}
}
