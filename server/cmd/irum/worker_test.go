package main

import (
	"strings"
	"testing"
)

// TestWorkerSaysWhatItNeeds wants a wrong command line of a worker to be told what is missing, without the password of an address.
func TestWorkerSaysWhatItNeeds(t *testing.T) {
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"--db postgres://":         {"worker", "--blobs", dir},
		"must begin with postgres": {"worker", "--blobs", dir, "--db", "irum.db"},
		"--blobs DIR":              {"worker", "--db", "postgres://u:secret@127.0.0.1:1/x"},
		"connection refused":       {"worker", "--blobs", dir, "--db", "postgres://u:secret@127.0.0.1:1/x"},
		"lasts 1s to 1h":           {"worker", "--blobs", dir, "--db", "postgres://u:secret@127.0.0.1:1/x", "--lease", "1ms"},
		"Leave --no-work out":      {"serve", "--data", dir, "--no-work"},
	} {
		said := irum(t, exitFailed, nil, args...)
		if !strings.Contains(said, want) || strings.Contains(said, "secret") {
			t.Errorf("irum %s says %q, want %q", strings.Join(args, " "), said, want)
		}
	}
}
