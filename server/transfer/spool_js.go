//go:build js

package transfer

import (
	"bytes"
	"errors"
	"io"
)

const defaultArchiveBytes = 1 << 30

// spool keeps up to limit bytes of r in memory: the browser has no files to keep them in.
func spool(r io.Reader, limit int64) (at io.ReaderAt, size int64, done func(), err error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errSpoolFull
	}
	if err != nil {
		return nil, 0, nil, err
	}
	return bytes.NewReader(data), int64(len(data)), func() {}, nil
}

var errSpoolFull = errors.New("the archive is larger than the limit")
