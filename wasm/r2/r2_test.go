//go:build js

package r2_test

import (
	"syscall/js"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/blob/blobtest"
	"github.com/irum-app/irum/wasm/glue"
	"github.com/irum-app/irum/wasm/r2"
)

// TestBucket runs over R2 in workerd (web/edge/test/exec.mjs).
func TestBucket(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Bucket {
		if _, err := glue.Await(t.Context(), js.Global().Call("emptyBucket")); err != nil {
			t.Fatal(err)
		}
		b, err := r2.Open("BLOBS")
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}
