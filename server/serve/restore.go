package serve

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Restore makes a new data folder out of a backup file. data must not exist or be empty. Every byte is checked, and that
// all is there; the folder appears only when it is complete.
func Restore(ctx context.Context, in, data string) (Manifest, error) {
	var m Manifest
	entries, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("look into the data folder: %w", err)
	}
	if len(entries) > 0 {
		return m, domain.Errorf(domain.CodeConflict, "%s is not empty. Restore into a new folder.", data).In("data")
	}
	f, err := os.Open(in)
	if err != nil {
		return m, domain.Errorf(domain.CodeNotFound, "The backup cannot be read: %v.", err).In("in")
	}
	defer func() { _ = f.Close() }()
	parent := filepath.Dir(filepath.Clean(data))
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return m, err
	}
	temp, err := os.MkdirTemp(parent, ".irum-restore-")
	if err != nil {
		return m, fmt.Errorf("make the data folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if m, err = unpack(ctx, bufio.NewReaderSize(f, 1<<20), temp); err != nil {
		return m, err
	}
	if err := os.Remove(data); err != nil && !errors.Is(err, os.ErrNotExist) {
		return m, err
	}
	if err := os.Rename(temp, data); err != nil {
		return m, err
	}
	return m, syncFolder(parent)
}

func damaged(format string, args ...any) error {
	return domain.Errorf(domain.CodeInvalid, "This is no whole backup: "+format+".", args...).In("in")
}

// unpack reads a backup into the empty folder dir.
func unpack(ctx context.Context, r io.Reader, dir string) (m Manifest, err error) {
	archive := tar.NewReader(r)
	if err := readManifest(archive, &m); err != nil {
		return m, err
	}
	blobs, err := blob.OpenFolder(filepath.Join(dir, blobFolder))
	if err != nil {
		return m, err
	}
	have := map[string]bool{}
	for {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, damaged("%v", err)
		}
		sha, isBlob := strings.CutPrefix(h.Name, blobFolder+"/")
		switch {
		case h.Typeflag != tar.TypeReg:
			return m, damaged("%q is no file", h.Name)
		case h.Name == databaseFile:
			if err := unpackDatabase(archive, filepath.Join(dir, databaseFile), m.Database); err != nil {
				return m, err
			}
		case isBlob && blob.Valid(sha):
			got, _, err := blobs.Put(ctx, archive)
			if err != nil {
				return m, damaged("blob %s: %v", sha, err)
			}
			if got != sha {
				return m, damaged("the bytes of blob %s have changed", sha)
			}
			have[sha] = true
		default:
			return m, damaged("%q is not expected in it", h.Name)
		}
	}
	return m, complete(ctx, filepath.Join(dir, databaseFile), have)
}

func readManifest(archive *tar.Reader, m *Manifest) error {
	h, err := archive.Next()
	if err != nil || h.Name != manifestFile {
		return damaged("it does not begin with %s", manifestFile)
	}
	if err := json.NewDecoder(io.LimitReader(archive, 1<<20)).Decode(m); err != nil {
		return damaged("its %s cannot be read", manifestFile)
	}
	if m.Format != backupFormat {
		return domain.Errorf(domain.CodeUnsupported, "The backup is of the format %q; this Irum reads %q. Use the Irum that made it.", m.Format, backupFormat).In("in")
	}
	return nil
}

func unpackDatabase(r io.Reader, path, want string) error {
	err := writeFile(path, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
	if errors.Is(err, os.ErrExist) {
		return damaged("it holds two databases")
	}
	if err != nil {
		return damaged("%v", err)
	}
	sum, err := fileSum(path)
	if err == nil && sum != want {
		err = damaged("the bytes of the database have changed")
	}
	return err
}

// complete checks that all blobs are there that the database names.
func complete(ctx context.Context, database string, have map[string]bool) error {
	if _, err := os.Stat(database); err != nil {
		return damaged("it holds no database")
	}
	return openCopy(ctx, database, func(st *store.Store) error {
		shas, err := st.ReferencedBlobs(ctx)
		if err != nil {
			return err
		}
		for _, sha := range shas {
			if !have[sha] {
				return damaged("blob %s is missing", sha)
			}
		}
		return nil
	})
}
