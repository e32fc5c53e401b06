//go:build !js

package transfer

import (
	"errors"
	"io"
	"os"
)

const defaultArchiveBytes = 8 << 30

// spool keeps up to limit bytes of r in a file without a name that lives as long as it is open.
func spool(r io.Reader, limit int64) (at io.ReaderAt, size int64, done func(), err error) {
	f, err := os.CreateTemp("", "irum-import-*")
	if err != nil {
		return nil, 0, nil, err
	}
	done = func() { _ = f.Close(); _ = os.Remove(f.Name()) }
	size, err = io.Copy(f, io.LimitReader(r, limit+1))
	if err == nil && size > limit {
		err = errSpoolFull
	}
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	return f, size, done, nil
}

var errSpoolFull = errors.New("the archive is larger than the limit")
