package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// Info describes one blob.
type Info struct {
	SHA256  string    // hex, lower case
	Size    int64     // bytes
	ModTime time.Time // when it was last put
}

// Bucket keeps blobs by the SHA-256 of their bytes. All methods may be called at the same time from many goroutines.
// A sha that is no 64 lower-case hex digits, or names nothing, is answered with a *domain.Problem of CodeNotFound.
type Bucket interface {
	// Put reads r to its end and keeps it. After it returned without an error the blob survives a crash. Putting what is
	// there already is cheap and no error. When r fails, nothing is kept and r's error is returned.
	Put(ctx context.Context, r io.Reader) (sha string, n int64, err error)
	// PutBytes is Put of bytes in memory.
	PutBytes(ctx context.Context, data []byte) (sha string, err error)
	// Get opens a blob. The caller closes it. The reader also is an io.ReaderAt and io.Seeker where the place allows.
	Get(ctx context.Context, sha string) (io.ReadCloser, error)
	// Stat tells size and time without reading.
	Stat(ctx context.Context, sha string) (Info, error)
	// Delete removes a blob; removing what is not there is no error.
	Delete(ctx context.Context, sha string) error
	// List gives all blobs in ascending order of sha. It stops at the first error.
	List(ctx context.Context) iter.Seq2[Info, error]
}

// Bytes reads a whole blob of at most limit bytes (0: no limit).
func Bytes(ctx context.Context, b Bucket, sha string, limit int64) ([]byte, error) {
	r, err := b.Get(ctx, sha)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if limit <= 0 {
		return io.ReadAll(r)
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = domain.Errorf(domain.CodeTooLarge, "Blob %s has more than %d bytes.", sha, limit)
	}
	return data, err
}

// Sum gives the name that a bucket keeps data under.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Valid tells whether sha can name a blob. Buckets check it before they make a path of it.
func Valid(sha string) bool {
	if len(sha) != 2*sha256.Size {
		return false
	}
	for i := range len(sha) {
		if c := sha[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// NotFound is the answer of a bucket that has no such blob.
func NotFound(sha string) error {
	return domain.Errorf(domain.CodeNotFound, "There is no blob %q. It may have been deleted.", sha)
}
