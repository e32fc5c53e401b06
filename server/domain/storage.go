package domain

import "strings"

// What file systems and databases say when they cannot keep anything, in lower case. It is looked for in the text: the errors
// are of many types (SQLite native and in the browser, Postgres, OPFS, each system's files), and the texts are the same.
var (
	fullTexts = []string{
		"no space left on device", "not enough space on the disk", "disk quota exceeded", "database or disk is full", "quotaexceedederror",
		"could not extend file", "disk i/o error (778)", "disk i/o error (4874)", // SQLite could not write, or make its shared memory
	}
	readOnlyTexts = []string{"read-only file system", "attempt to write a readonly database", "in a read-only transaction"}
)

// asStorage gives the problem of an err that says that nothing can be kept, nil for others.
func asStorage(err error) *Problem {
	text := strings.ToLower(err.Error())
	detail := ""
	switch {
	case containsAny(text, fullTexts):
		detail = "There is no room left where Irum keeps its data, so this was not kept. Make room there (or raise the quota) and try again; what was kept before is safe and can be read."
	case containsAny(text, readOnlyTexts):
		detail = "The place where Irum keeps its data cannot be written to, so this was not kept. Make it writable and try again; what was kept before is safe and can be read."
	default:
		return nil
	}
	p := Errorf(CodeStorage, "%s", detail)
	p.RetryAfter = 30
	return p
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
