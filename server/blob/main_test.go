//go:build !js

package blob_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		putUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// putUntilKilled puts blobs and prints the name of each that was acknowledged.
func putUntilKilled(dir string) {
	f, err := blob.OpenFolder(dir)
	for i := 0; err == nil; i++ {
		var sha string
		data := bytes.Repeat([]byte(fmt.Sprint(time.Now().UnixNano(), i)), 1+i%5000)
		if sha, err = f.PutBytes(context.Background(), data); err == nil {
			fmt.Println(sha)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
