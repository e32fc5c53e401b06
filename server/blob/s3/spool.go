package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// inMemory is how many bytes wait in memory for their upload; more wait in a file.
const inMemory = 4 << 20

// spooled is a stream that was read to its end.
type spooled struct {
	sha  string
	size int64
	head []byte
	file *os.File // the rest; nil where head is all
}

func spool(ctx context.Context, r io.Reader) (s *spooled, err error) {
	s = &spooled{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	hash := sha256.New()
	in := io.TeeReader(contextReader{ctx, r}, hash)
	if s.head, err = io.ReadAll(io.LimitReader(in, inMemory)); err != nil {
		return s, err
	}
	s.size = int64(len(s.head))
	if len(s.head) == inMemory {
		if s.file, err = os.CreateTemp("", "irum-blob-*"); err != nil {
			return s, fmt.Errorf("put blob: %w", err)
		}
		n, err := io.Copy(s.file, in)
		if err != nil {
			return s, err
		}
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return s, fmt.Errorf("put blob: %w", err)
		}
		s.size += n
	}
	s.sha = hex.EncodeToString(hash.Sum(nil))
	return s, nil
}

func (s *spooled) reader() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.head)
	}
	return io.MultiReader(bytes.NewReader(s.head), s.file)
}

func (s *spooled) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

// contextReader is a reader that fails when its context is over.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
