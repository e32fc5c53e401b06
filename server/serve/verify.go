package serve

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
)

// youngerThan is how old what nothing names has to be: a server at work puts a blob first and names it then.
const youngerThan = time.Hour

// Finding is one thing in a data folder that is not as it should be.
type Finding struct {
	Kind     string `json:"kind"` // damaged, missing, database, leftover, half, stranger, or a kind of store.Finding
	Object   string `json:"object"`
	Detail   string `json:"detail"`
	Repaired bool   `json:"repaired,omitempty"`
}

// Verification is what a look at a whole data folder found.
type Verification struct {
	OK       bool      `json:"ok"`       // there are no problems
	Problems []Finding `json:"problems"` // what is wrong
	Leftover []Finding `json:"leftover"` // what only costs space: blobs that nothing names, files that were cut off
	Blobs    int       `json:"blobs"`    // that were read and hashed
	Bytes    int64     `json:"bytes"`    // of them
	// Tables are the rows of people's work, by table: of a folder and what was restored from its backup they are the same.
	Tables map[string]store.TableDigest `json:"tables"`
}

// verifier looks at one data folder, or at a Postgres and its blobs.
type verifier struct {
	data   string
	db     *sql.DB // the Postgres, where there is one
	found  Verification
	blobs  blob.Bucket
	folder bool         // the blobs are in the data folder
	st     *store.Store // on a copy or a snapshot
	repair bool
}

// Verify looks at every blob, every row, all counts and the audit log of a data folder, and what else lies in it. The blobs are those
// in the folder, or in the bucket of Config.Blobs unless that is "". A server may be
// at work in the folder: rows are looked at in a copy of one moment. With repair, for which no server may be at work, what follows
// from the rest is made anew (counts, balances, numbers of comments, thumbnails) and leftovers are deleted; nothing else can be mended
// safely.
func Verify(ctx context.Context, data, bucket string, repair bool) (Verification, error) {
	v := &verifier{data: data, repair: repair, found: Verification{Problems: []Finding{}, Leftover: []Finding{}}}
	if _, err := os.Stat(filepath.Join(data, databaseFile)); err != nil {
		return v.found, domain.Errorf(domain.CodeNotFound, "%s holds no %s. Name a data folder by --data.", data, databaseFile).In("data")
	}
	if repair {
		l, err := takeLock(filepath.Join(data, lockFile))
		if err != nil {
			return v.found, err
		}
		defer func() { _ = l.release() }()
	}
	if err := v.checkFile(ctx); err != nil {
		return v.found, err
	}
	temp, err := os.MkdirTemp("", "irum-verify-")
	if err != nil {
		return v.found, fmt.Errorf("make a place for a copy: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	copied := filepath.Join(temp, databaseFile)
	named, err := copyDatabase(ctx, filepath.Join(data, databaseFile), copied)
	if err != nil && len(v.found.Problems) > 0 { // it is damaged so much that not even a copy can be made
		v.problem("database", databaseFile, "%v", err)
		return v.found, nil
	}
	if err != nil {
		return v.found, err
	}
	if err := v.openBlobs(ctx, bucket); err != nil {
		return v.found, err
	}
	err = openCopy(ctx, copied, func(st *store.Store) error {
		v.st = st
		return v.look(ctx, named)
	})
	return v.found, err
}

// VerifyPostgres is Verify for a Postgres and the blobs in bucket, or those of the data folder where bucket is "". Servers and workers may
// be at work: rows are read in a transaction that sees them as they were at its start. Nothing is repaired.
func VerifyPostgres(ctx context.Context, dsn, data, bucket string) (found Verification, err error) {
	db, dialect, err := openDatabase(Config{DB: dsn})
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if dialect != store.Postgres {
		return found, fmt.Errorf("verify a Postgres: the address is of something else")
	}
	v := &verifier{data: data, db: db, found: Verification{Problems: []Finding{}, Leftover: []Finding{}}}
	if err := v.openBlobs(ctx, bucket); err != nil {
		return v.found, err
	}
	err = v.snapshot(ctx, func() error {
		named, err := v.namedIn(ctx)
		if err != nil {
			return err
		}
		return v.look(ctx, named)
	})
	return v.found, err
}

// snapshot calls use while v.st reads the Postgres as it is now.
func (v *verifier) snapshot(ctx context.Context, use func() error) error {
	st, end, err := store.Snapshot(ctx, v.db)
	if err != nil {
		return err
	}
	before := v.st
	v.st = st
	err = use()
	v.st = before
	return errors.Join(err, end())
}

func (v *verifier) namedIn(ctx context.Context) ([]string, error) {
	shas, err := v.st.ReferencedBlobs(ctx)
	slices.Sort(shas)
	return slices.Compact(shas), err
}

func (v *verifier) openBlobs(ctx context.Context, bucket string) (err error) {
	if v.folder = bucket == ""; v.folder {
		v.blobs = blob.LookFolder(filepath.Join(v.data, blobFolder))
		return nil
	}
	v.blobs, err = openBlobs(ctx, v.data, bucket)
	return err
}

func (v *verifier) look(ctx context.Context, named []string) (err error) {
	if err := v.st.Verify(ctx, func(f store.Finding) { v.problem(f.Kind, f.Object, "%s", f.Detail) }); err != nil {
		return err
	}
	if v.found.Tables, err = v.st.Digest(ctx); err != nil {
		return err
	}
	if err := v.lookAtBlobs(ctx, named); err != nil {
		return err
	}
	if err = v.lookAtFiles(); err == nil && v.repair {
		err = v.mend(ctx)
	}
	v.found.OK = !slices.ContainsFunc(v.found.Problems, func(f Finding) bool { return !f.Repaired })
	return err
}

func (v *verifier) problem(kind, object, format string, args ...any) {
	v.found.Problems = append(v.found.Problems, Finding{Kind: kind, Object: object, Detail: fmt.Sprintf(format, args...)})
}

func (v *verifier) left(kind, object, detail string) {
	v.found.Leftover = append(v.found.Leftover, Finding{Kind: kind, Object: object, Detail: detail})
}

// checkFile lets SQLite check its file.
func (v *verifier) checkFile(ctx context.Context) error {
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(v.data, databaseFile)))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return fmt.Errorf("check the database file: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			v.problem("database", databaseFile, "%s", text)
		}
	}
	return rows.Err()
}

// lookAtBlobs reads every blob and compares its bytes with its name, and the names with those that rows have.
func (v *verifier) lookAtBlobs(ctx context.Context, named []string) error {
	there := map[string]bool{}
	for info, err := range v.blobs.List(ctx) {
		if err != nil {
			return err
		}
		there[info.SHA256] = true
		_, isNamed := slices.BinarySearch(named, info.SHA256)
		if !isNamed && (v.repair || time.Since(info.ModTime) > youngerThan) {
			v.left("leftover", info.SHA256, fmt.Sprintf("a blob of %d bytes that no row names", info.Size))
		}
		sum, n, err := v.sum(ctx, info.SHA256)
		switch {
		case errors.Is(err, fs.ErrNotExist) || err != nil && domain.AsProblem(err).Code == domain.CodeNotFound:
			continue // deleted meanwhile
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v.problem("damaged", "blob "+info.SHA256, "cannot be read: %v", err)
		case sum != info.SHA256 && isNamed:
			by, err := v.st.NamedBy(ctx, info.SHA256)
			if err != nil {
				return err
			}
			v.problem("damaged", "blob "+info.SHA256, "its bytes are not what they were when it was kept; it is named by %s. Bring the file back from a backup", strings.Join(by, ", "))
		default:
			v.found.Blobs, v.found.Bytes = v.found.Blobs+1, v.found.Bytes+n
		}
	}
	return v.missing(ctx, named, there)
}

func (v *verifier) sum(ctx context.Context, sha string) (string, int64, error) {
	r, err := v.blobs.Get(ctx, sha)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, r)
	return hexSum(h), n, err
}

// missing tells which blobs rows name that are not there; what was deleted since the copy was made is not.
func (v *verifier) missing(ctx context.Context, named []string, there map[string]bool) error {
	var gone []string
	for _, sha := range named {
		if !there[sha] {
			gone = append(gone, sha)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	now, err := v.namedNow(ctx)
	if err != nil {
		return err
	}
	for _, sha := range gone {
		if _, err := v.blobs.Stat(ctx, sha); err == nil || !slices.Contains(now, sha) {
			continue
		}
		by, err := v.st.NamedBy(ctx, sha)
		if err != nil {
			return err
		}
		v.problem("missing", "blob "+sha, "is not there; it is named by %s. Bring the file back from a backup", strings.Join(by, ", "))
	}
	return nil
}

// namedNow are the blobs that the database names by now.
func (v *verifier) namedNow(ctx context.Context) (named []string, err error) {
	if v.db != nil {
		err = v.snapshot(ctx, func() (err error) {
			named, err = v.namedIn(ctx)
			return err
		})
		return named, err
	}
	temp, err := os.MkdirTemp("", "irum-verify-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	return copyDatabase(ctx, filepath.Join(v.data, databaseFile), filepath.Join(temp, databaseFile))
}

// lookAtFiles tells which files of the blobs' folder are no blobs.
func (v *verifier) lookAtFiles() error {
	if !v.folder {
		return nil
	}
	root := filepath.Join(v.data, blobFolder)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		sha := filepath.Base(path)
		switch info, err := d.Info(); {
		case err != nil: // gone meanwhile
		case strings.HasPrefix(name, "tmp/"):
			if v.repair || time.Since(info.ModTime()) > youngerThan {
				v.left("half", name, fmt.Sprintf("%d bytes of a file that was cut off while it was written", info.Size()))
			}
		case !blob.Valid(sha) || name != sha[:2]+"/"+sha[2:4]+"/"+sha:
			v.left("stranger", name, "is not Irum's")
		}
		return nil
	})
}

// mend makes anew what was wrong and follows from the rest, and deletes what only costs space. What is not Irum's stays.
func (v *verifier) mend(ctx context.Context) error {
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(v.data, databaseFile)))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	st, err := store.Open(ctx, db, store.SQLite)
	if err != nil {
		return err
	}
	for i := range v.found.Problems {
		if err := v.mendProblem(ctx, st, &v.found.Problems[i]); err != nil {
			return err
		}
	}
	if _, err := api.Sweep(ctx, st, v.blobs); err != nil {
		return err
	}
	for i, f := range v.found.Leftover {
		switch f.Kind {
		case "half":
			if err := os.Remove(filepath.Join(v.data, blobFolder, filepath.FromSlash(f.Object))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		case "stranger":
			continue
		}
		v.found.Leftover[i].Repaired = true
	}
	return nil
}

// mendProblem makes what a problem is about anew, where that follows from the rest.
func (v *verifier) mendProblem(ctx context.Context, st *store.Store, f *Finding) (err error) {
	_, id, _ := strings.Cut(f.Object, " ")
	switch f.Kind {
	case "counts":
		err = st.RecountProject(ctx, id)
	case "comments":
		err = st.RepairComments(ctx, id)
	case "balance":
		var problem *domain.Problem
		if err = st.RepairBalance(ctx, id); errors.As(err, &problem) && problem.Code == domain.CodeConflict {
			return nil
		}
	case "missing":
		f.Repaired, err = v.mendThumb(ctx, st, id)
		return err
	default:
		return nil
	}
	f.Repaired = err == nil
	return err
}

// mendThumb makes a thumbnail anew of its image; false where the blob is no thumbnail, or the image is not there or damaged either.
func (v *verifier) mendThumb(ctx context.Context, st *store.Store, thumb string) (bool, error) {
	sha, err := st.Pictured(ctx, thumb)
	if err != nil || sha == "" {
		return false, err
	}
	data, err := blob.Bytes(ctx, v.blobs, sha, 0)
	if err != nil || blob.Sum(data) != sha {
		return false, ctx.Err()
	}
	img, _, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		return false, ctx.Err()
	}
	small, err := vision.Thumbnail(img, transfer.ThumbSide)
	if err != nil {
		return false, fmt.Errorf("make the thumbnail of %s: %w", sha, err)
	}
	is, err := v.blobs.PutBytes(ctx, small)
	if err == nil && is != thumb { // made by another version
		err = st.SetThumb(ctx, thumb, is)
	}
	return err == nil, err
}
