package serve

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// A backup is a TAR file: manifest.json, then irum.db, then blobs/SHA256 for each blob that the database names, in order.
const (
	backupFormat = "irum-backup-1"
	manifestFile = "manifest.json"
)

// Manifest is the first entry of a backup.
type Manifest struct {
	Format    string    `json:"format"`
	Version   string    `json:"version"` // of the program that made it
	CreatedAt time.Time `json:"created_at"`
	Database  string    `json:"database_sha256"`
	Blobs     int       `json:"blobs"`
	Bytes     int64     `json:"bytes"` // of the blobs together
}

// Backup writes the data folder's database, as one moment shows it, and all blobs that it names, to a new file at out. The
// blobs are those in the folder, or in the bucket of Config.Blobs unless that is "". A
// server may be at work in the folder meanwhile. Blobs are checked on the way; a file that is there already stays as it is
// when anything fails.
func Backup(ctx context.Context, data, bucket, out, version string) (Manifest, error) {
	m := Manifest{Format: backupFormat, Version: version, CreatedAt: time.Now().UTC().Truncate(time.Second)}
	if _, err := os.Stat(filepath.Join(data, databaseFile)); err != nil {
		return m, domain.Errorf(domain.CodeNotFound, "%s holds no %s. Name a data folder by --data; a Postgres is backed up by pg_dump.", data, databaseFile).In("data")
	}
	temp, err := os.MkdirTemp(filepath.Dir(out), ".irum-backup-")
	if err != nil {
		return m, fmt.Errorf("make a place for the backup: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	copied := filepath.Join(temp, databaseFile)
	shas, err := copyDatabase(ctx, filepath.Join(data, databaseFile), copied)
	if err != nil {
		return m, err
	}
	if m.Database, err = fileSum(copied); err != nil {
		return m, err
	}
	blobs, err := openBlobs(ctx, data, bucket)
	if err != nil {
		return m, err
	}
	for _, sha := range shas {
		info, err := blobs.Stat(ctx, sha)
		if err != nil {
			return m, fmt.Errorf("the database names blob %s: %w", sha, err)
		}
		m.Blobs, m.Bytes = m.Blobs+1, m.Bytes+info.Size
	}
	packed := filepath.Join(temp, "backup.tar")
	if err := writeFile(packed, func(w io.Writer) error { return m.pack(ctx, w, copied, blobs, shas) }); err != nil {
		return m, err
	}
	if err := os.Rename(packed, out); err != nil {
		return m, err
	}
	return m, syncFolder(filepath.Dir(out))
}

// copyDatabase copies a database that may be in use to a new file and lists the blobs that the copy names.
func copyDatabase(ctx context.Context, from, to string) (shas []string, err error) {
	db, err := sql.Open("sqlite", store.SQLiteDSN(from))
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("copy the database: %w", err)
	}
	err = openCopy(ctx, to, func(st *store.Store) error {
		shas, err = st.ReferencedBlobs(ctx)
		return err
	})
	slices.Sort(shas)
	return slices.Compact(shas), err
}

// openCopy opens a database file that nobody else uses, and leaves it in one piece: the WAL goes back into the file.
func openCopy(ctx context.Context, path string, use func(*store.Store) error) error {
	db, err := sql.Open("sqlite", store.SQLiteDSN(path))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	st, err := store.Open(ctx, db, store.SQLite)
	if err == nil {
		err = use(st)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "PRAGMA journal_mode=DELETE")
	}
	return errors.Join(err, db.Close())
}

func (m Manifest) pack(ctx context.Context, w io.Writer, database string, blobs blob.Bucket, shas []string) error {
	archive := tar.NewWriter(w)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := m.entry(archive, manifestFile, int64(len(text))); err != nil {
		return err
	}
	if _, err := archive.Write(text); err != nil {
		return err
	}
	f, err := os.Open(database)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := m.entry(archive, databaseFile, info.Size()); err != nil {
		return err
	}
	if _, err := io.Copy(archive, f); err != nil {
		return err
	}
	for _, sha := range shas {
		if err := m.packBlob(ctx, archive, blobs, sha); err != nil {
			return fmt.Errorf("back up blob %s: %w", sha, err)
		}
	}
	return archive.Close()
}

func (m Manifest) entry(archive *tar.Writer, name string, size int64) error {
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: m.CreatedAt, Format: tar.FormatPAX})
}

func (m Manifest) packBlob(ctx context.Context, archive *tar.Writer, blobs blob.Bucket, sha string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := blobs.Stat(ctx, sha)
	if err != nil {
		return err
	}
	if err := m.entry(archive, blobFolder+"/"+sha, info.Size); err != nil {
		return err
	}
	r, err := blobs.Get(ctx, sha)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(archive, sum), r); err != nil {
		return err
	}
	if hexSum(sum) != sha {
		return domain.Errorf(domain.CodeInternal, "Its bytes are not what they were when it was kept: the disk may be damaged. Bring the file back from an older backup.")
	}
	return nil
}

// writeFile fills a new file and syncs it.
func writeFile(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = fill(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder makes a rename in dir survive a crash. Systems where a folder cannot be synced do that by themselves.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync()
	return f.Close()
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hexSum(sum), nil
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
