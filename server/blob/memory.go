package blob

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"sync"
	"time"
)

// Memory is a Bucket in memory, for tests and for hosts without a disk.
type Memory struct {
	mu    sync.RWMutex
	blobs map[string]memoryBlob
}

type memoryBlob struct {
	data []byte
	at   time.Time
}

var _ Bucket = (*Memory)(nil)

// NewMemory gives an empty bucket.
func NewMemory() *Memory { return &Memory{blobs: map[string]memoryBlob{}} }

// Put implements Bucket.
func (m *Memory) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	if err := ctx.Err(); err != nil {
		return "", 0, err
	}
	return m.keep(data), int64(len(data)), nil
}

// PutBytes implements Bucket. It copies data.
func (m *Memory) PutBytes(ctx context.Context, data []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return m.keep(bytes.Clone(data)), nil
}

func (m *Memory) keep(data []byte) string {
	sha := Sum(data)
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.blobs[sha]; ok {
		data = old.data
	}
	m.blobs[sha] = memoryBlob{data: data, at: time.Now()}
	return sha
}

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }

// Get implements Bucket.
func (m *Memory) Get(_ context.Context, sha string) (io.ReadCloser, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, ok := m.blobs[sha]
	if !ok {
		return nil, NotFound(sha)
	}
	return memoryReader{bytes.NewReader(b.data)}, nil
}

// Stat implements Bucket.
func (m *Memory) Stat(_ context.Context, sha string) (Info, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, ok := m.blobs[sha]
	if !ok {
		return Info{}, NotFound(sha)
	}
	return Info{SHA256: sha, Size: int64(len(b.data)), ModTime: b.at}, nil
}

// Delete implements Bucket.
func (m *Memory) Delete(_ context.Context, sha string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, sha)
	return nil
}

// List implements Bucket.
func (m *Memory) List(ctx context.Context) iter.Seq2[Info, error] {
	m.mu.RLock()
	infos := make([]Info, 0, len(m.blobs))
	for sha, b := range m.blobs {
		infos = append(infos, Info{SHA256: sha, Size: int64(len(b.data)), ModTime: b.at})
	}
	m.mu.RUnlock()
	slices.SortFunc(infos, func(a, b Info) int {
		if a.SHA256 < b.SHA256 {
			return -1
		}
		return 1
	})
	return func(yield func(Info, error) bool) {
		for _, info := range infos {
			if err := ctx.Err(); err != nil {
				yield(Info{}, err)
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}
