package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	batchImages = 100
	batchBytes  = 64 << 20
	// freeBytes may be unpacked whatever the ratio is: small drawings and tables pack well.
	freeBytes = 1 << 20
	// directoryBytes is how much of an archive may be its directory, an entry of which takes some 140 bytes.
	directoryBytes = 48 << 20
)

// readerAtSize is a body that needs no spooling.
type readerAtSize interface {
	io.ReaderAt
	Size() int64
}

// takeArchive imports a ZIP. head is what was read of body already.
func (s *Service) takeArchive(ctx context.Context, rec store.ImportRecord, name string, head []byte, body io.Reader) error {
	l := s.Limits.filled()
	at, size, done := io.ReaderAt(nil), int64(0), func() {}
	if direct, ok := body.(readerAtSize); ok {
		at, size = direct, direct.Size()
		if size > l.ArchiveBytes {
			return s.refuseFile(ctx, rec, name, "too_large", tooLarge(l.ArchiveBytes))
		}
	} else {
		var err error
		at, size, done, err = spool(io.MultiReader(bytes.NewReader(head), body), l.ArchiveBytes)
		if errors.Is(err, errSpoolFull) {
			return s.refuseFile(ctx, rec, name, "too_large", tooLarge(l.ArchiveBytes))
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	defer done()
	a := &archive{s: s, rec: rec, limits: l, size: size}
	return a.take(ctx, name, at)
}

// archive is one ZIP on its way in.
type archive struct {
	s        *Service
	rec      store.ImportRecord
	limits   Limits
	size     int64 // packed
	unpacked int64 // so far

	folders *folders
	index   *index            // of the names of images, which stand for ids here
	told    map[string]string // splits that label files told, by name
	lines   []domain.Refusal
	notes   []domain.Refusal
	images  []imageFile
	held    int64 // bytes in images
	entries int   // since the last flush
}

type entry struct {
	name string
	file *zip.File
}

func (a *archive) take(ctx context.Context, name string, at io.ReaderAt) error {
	guard := &directoryGuard{at: at, left: directoryBytes}
	r, err := zip.NewReader(guard, a.size)
	switch {
	case guard.left < 0 || err == nil && len(r.File) > a.limits.Entries:
		return a.s.refuseFile(ctx, a.rec, name, "too_many", fmt.Sprintf("The archive holds more than %d files. Split it.", a.limits.Entries))
	case err != nil:
		return a.s.refuseFile(ctx, a.rec, name, "corrupt", fmt.Sprintf("The archive cannot be read: %v. Pack it again.", err))
	}
	guard.left = 1 << 62
	entries := a.check(r.File)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if looksLikeImageName(e.name) {
			names = append(names, e.name)
		}
	}
	a.expect(names)
	// Labels first: the splits that they tell are kept with the images.
	slices.SortStableFunc(entries, func(x, y entry) int { return order(x.name) - order(y.name) })
	start := domain.ImportReport{Progress: &domain.ImportProgress{Phase: phaseImages, Total: len(entries)}}
	if err := a.s.Store.AddToImport(ctx, a.rec.ProjectID, a.rec.ID, start, false); err != nil {
		return err
	}
	for i, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if a.unpacked > a.limits.TotalBytes || a.unpacked > a.limits.Ratio*a.size+64*freeBytes {
			a.refuse(name, "archive_bomb", "The archive unpacks to far more than it should; %d of its files were not read.", len(entries)-i)
			break
		}
		if err := a.entry(ctx, e); err != nil {
			return err
		}
		if a.entries++; a.entries >= batchImages || len(a.images) >= batchImages || a.held >= batchBytes || len(a.lines) >= 1000 {
			if err := a.flush(ctx); err != nil {
				return err
			}
		}
	}
	return a.flush(ctx)
}

func order(name string) int {
	if isLabelFile(name) {
		return 0
	}
	return 1
}

// expect learns the names of the images that are in the archive.
func (a *archive) expect(names []string) {
	a.folders, a.index, a.told = newFolders(names), newIndex(), map[string]string{}
	for _, name := range names {
		a.index.add(name, "", name)
	}
}

func (a *archive) split(name string) string {
	if s := a.told[name]; s != "" {
		return s
	}
	return a.folders.split(name)
}

func (a *archive) refuse(name, code, format string, args ...any) {
	a.lines = append(a.lines, domain.Refusal{Path: cleanText(name), Code: code, Reason: fmt.Sprintf(format, args...)})
}

// check leaves out what must not or need not be read, with a line where somebody would miss it.
func (a *archive) check(files []*zip.File) []entry {
	var out []entry
	decoded := 0
	for _, f := range files {
		text, changed := toUTF8(f.Name)
		if changed {
			decoded++
		}
		if f.FileInfo().IsDir() {
			if _, reason := entryName(text); reason != "" {
				a.refuse(text, "unsafe_path", "%s", reason)
			}
			continue
		}
		clean, reason := entryName(text)
		mode := f.Mode()
		switch {
		case reason != "":
			a.refuse(text, "unsafe_path", "%s", reason)
		case isJunk(clean):
		case mode&fs.ModeSymlink != 0:
			a.refuse(clean, "symlink", "The entry is a link. Pack the file that it points to.")
		case !mode.IsRegular():
			a.refuse(clean, "not_file", "The entry is no plain file.")
		case f.Flags&1 != 0:
			a.refuse(clean, "encrypted", "The entry is encrypted. Pack it again without a password.")
		default:
			out = append(out, entry{clean, f})
		}
	}
	if decoded > 0 {
		a.notes = append(a.notes, domain.Refusal{Code: "charset", Reason: fmt.Sprintf("%d names in the archive are not UTF-8 and were read as Korean (CP949).", decoded)})
	}
	return out
}

// entry reads one file of the archive; images wait for flush.
func (a *archive) entry(ctx context.Context, e entry) error {
	if isRecordName(e.name) {
		return a.records(ctx, e)
	}
	data, ok := a.read(e)
	if !ok {
		return nil
	}
	switch {
	case isZIP(data) && notArchive[ext(e.name)] != "":
		a.refuse(e.name, "not_image", "%s", notArchive[ext(e.name)])
	case isZIP(data):
		a.refuse(e.name, "nested_archive", "An archive inside an archive is not opened. Unpack it first.")
	case isLabels(e.name, data):
		items, err := a.s.takeLabels(ctx, a.rec, e.name, data)
		for _, it := range items {
			if it.Split != "" {
				if name, _ := a.index.find(it); name != "" {
					a.told[name] = it.Split
				}
			}
		}
		return err
	default:
		a.images = append(a.images, imageFile{name: e.name, split: a.split(e.name), data: data})
		a.held += int64(len(data))
	}
	return nil
}

// records reads a TFRecord file as a stream, within the limits of the archive alone: it may hold any number of images.
func (a *archive) records(ctx context.Context, e entry) error {
	r, err := e.file.Open()
	if err != nil {
		a.refuse(e.name, "corrupt", "The entry cannot be unpacked: %v.", err)
		return nil
	}
	defer func() { _ = r.Close() }()
	packed := int64(min(e.file.CompressedSize64, uint64(a.size)))
	in := &counter{r: io.LimitReader(r, min(max(packed*a.limits.Ratio, freeBytes), a.limits.TotalBytes-a.unpacked)+1)}
	err = a.s.takeRecords(ctx, a.rec, e.name, in)
	a.unpacked += in.n
	if err != nil && ctx.Err() == nil && in.err != nil {
		a.refuse(e.name, "corrupt", "The entry cannot be unpacked: %v. Pack it again.", in.err)
		return nil
	}
	return err
}

// counter counts what is read, and keeps the error that reading ended with.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// read unpacks e within the limits, whatever its header says. Where it cannot, there is a line.
func (a *archive) read(e entry) (data []byte, ok bool) {
	limit := a.s.fileLimit(e.name)
	packed := int64(min(e.file.CompressedSize64, uint64(a.size)))
	most := max(packed*a.limits.Ratio, freeBytes)
	r, err := e.file.Open()
	if err != nil {
		a.refuse(e.name, "corrupt", "The entry cannot be unpacked: %v.", err)
		return nil, false
	}
	defer func() { _ = r.Close() }()
	var buf bytes.Buffer
	if e.file.UncompressedSize64 <= uint64(min(limit, most)) {
		buf.Grow(int(e.file.UncompressedSize64) + 1)
	}
	n, err := io.Copy(&buf, io.LimitReader(r, min(limit, most)+1))
	a.unpacked += n
	switch {
	case n > limit:
		a.refuse(e.name, "too_large", "%s", tooLarge(limit))
	case n > most:
		a.refuse(e.name, "archive_bomb", "The entry unpacks to more than %d times its size.", a.limits.Ratio)
	case err != nil:
		a.refuse(e.name, "corrupt", "The entry cannot be unpacked: %v. Pack it again.", err)
	default:
		return buf.Bytes(), true
	}
	return nil, false
}

func (a *archive) flush(ctx context.Context) error {
	images, report := a.images, domain.ImportReport{Refused: a.lines, Notes: a.notes, Progress: &domain.ImportProgress{Done: a.entries}}
	a.images, a.held, a.lines, a.notes, a.entries = nil, 0, nil, nil, 0
	if len(images) > 0 {
		if err := a.s.takeImages(ctx, a.rec.ProjectID, a.rec.ID, images); err != nil {
			return err
		}
	}
	return a.s.Store.AddToImport(ctx, a.rec.ProjectID, a.rec.ID, report, false)
}

// directoryGuard bounds how much is read while the archive's directory is loaded into memory.
type directoryGuard struct {
	at   io.ReaderAt
	left int64
}

// ReadAt implements io.ReaderAt.
func (g *directoryGuard) ReadAt(p []byte, off int64) (int, error) {
	if g.left -= int64(len(p)); g.left < 0 {
		return 0, errors.New("the directory is too large")
	}
	return g.at.ReadAt(p, off)
}
