package main

import "testing"

// TestEngineSize holds the engine to what it may add to the program that the browser is sent.
func TestEngineSize(t *testing.T) {
	if testing.Short() {
		t.Skip("two builds, and Brotli at its slowest")
	}
	with, without, err := engineSize("../..")
	if err != nil {
		t.Fatal(err)
	}
	added := with.brotli - without.brotli
	t.Logf("the engine adds %d bytes, %d at Brotli 11, to a program of %d and %d", with.raw-without.raw, added, without.raw, without.brotli)
	if added > engineBytes || added < engineBytes/20 {
		t.Errorf("the engine adds %d bytes at Brotli 11; it may add %d", added, engineBytes)
	}
}
