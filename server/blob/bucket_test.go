package blob_test

import (
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/blob/blobtest"
)

func TestMemory(t *testing.T) {
	blobtest.Run(t, func(*testing.T) blob.Bucket { return blob.NewMemory() })
}
