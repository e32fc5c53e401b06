package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/image/tiff"
	"golang.org/x/text/unicode/norm"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// withOrientation puts an EXIF orientation into a JPEG.
func withOrientation(data []byte, o uint16) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	exif = binary.BigEndian.AppendUint16(exif, o)
	exif = append(exif, 0, 0, 0, 0, 0, 0)
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(seg, exif...), data[2:]...)
}

func hugePNG() []byte {
	chunk := []byte("IHDR\x00\x00\x4e\x20\x00\x00\x4e\x20\x08\x02\x00\x00\x00")
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func deepPNG() []byte {
	var out bytes.Buffer
	_ = png.Encode(&out, image.NewGray16(image.Rect(0, 0, 4, 4)))
	return out.Bytes()
}

func movingGIF() []byte {
	frame := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.White, color.Black})
	var out bytes.Buffer
	_ = gif.EncodeAll(&out, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}})
	return out.Bytes()
}

func flipped(data []byte) []byte {
	data = bytes.Clone(data)
	data[len(data)/2] ^= 0xff
	return data
}

func badFiles() []part {
	good := jpegOf(32, 16, 1)
	return []part{
		{"good.jpg", good},
		{"again.jpg", good},
		{"really-jpeg.png", jpegOf(32, 16, 2)},
		{"no-extension", jpegOf(32, 16, 3)},
		{"turned.jpg", withOrientation(jpegOf(32, 16, 4), 6)},
		{"deep.png", deepPNG()},
		{"moving.gif", movingGIF()},
		{"empty.png", nil},
		{"half.jpg", good[:100]},
		{"broken.png", flipped(pngOf(30, 20, 5))},
		{"huge.png", hugePNG()},
		{"drawing.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		{"phone.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")},
		{"README.md", []byte("# hello")},
		{"LICENSE", []byte("text")},
		{"notes.txt", []byte("these are notes")},
		{"book.xlsx", zipOf(text("xl/workbook.xml", "<workbook/>"))},
		{".DS_Store", []byte("junk")},
		{"a/Thumbs.db", []byte("junk")},
		{"__MACOSX/._good.jpg", []byte("junk")},
		{"desktop.ini", []byte("junk")},
		{"deep.png.json", []byte("{")},
	}
}

func TestEveryBadFileGetsALineAndStopsNothing(t *testing.T) {
	wantRefused := []string{
		"empty.png empty", "half.jpg truncated", "broken.png corrupt", "huge.png too_large", "drawing.svg svg", "phone.heic heic",
		"README.md not_image", "LICENSE not_image", "notes.txt not_labels", "book.xlsx not_image", "deep.png.json coco_json",
	}
	wantNotes := []string{"really-jpeg.png renamed", "deep.png depth", "moving.gif animated"}
	check := func(t *testing.T, b *bench, rep domain.ImportReport) {
		t.Helper()
		if rep.Imported != 6 || rep.Duplicates != 1 || !rep.Finished {
			t.Errorf("report %+v", rep)
		}
		b.wantLines("refused", rep.Refused, wantRefused...)
		b.wantLines("notes", rep.Notes, wantNotes...)
		for _, a := range b.assets(b.project) {
			if a.Name == "turned.jpg" && (a.Width != 16 || a.Height != 32 || a.Orientation != 6) {
				t.Errorf("the turned photo is %d x %d, orientation %d", a.Width, a.Height, a.Orientation)
			}
			if len(a.DHash) != 16 || a.ThumbSHA == "" || a.Bytes == 0 || a.Measures == nil || a.Label.State != domain.StateUnlabelled {
				t.Errorf("%+v", a)
			}
		}
	}
	t.Run("loose", func(t *testing.T) {
		b := newBench(t, domain.TaskSingle)
		check(t, b, b.run("auto", badFiles()...))
	})
	t.Run("zip", func(t *testing.T) {
		b := newBench(t, domain.TaskSingle)
		check(t, b, b.run("auto", part{"all.zip", zipOf(badFiles()...)}))
	})
	t.Run("zip under another name", func(t *testing.T) {
		b := newBench(t, domain.TaskSingle)
		check(t, b, b.run("auto", part{"all.bin", zipOf(badFiles()...)}))
	})
}

func TestRefusedBytesAreNotKept(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	b.run("auto", part{"half.jpg", jpegOf(32, 16, 1)[:100]}, text("x.txt", "nothing"))
	for info, err := range b.Blobs.List(b.ctx) {
		t.Errorf("a blob of %d bytes was kept (%v)", info.Size, err)
	}
}

func TestHostileArchives(t *testing.T) {
	link := func(w *zip.Writer) {
		h := &zip.FileHeader{Name: "link.png"}
		h.SetMode(fs.ModeSymlink | 0o777)
		f, _ := w.CreateHeader(h)
		_, _ = f.Write([]byte("/etc/passwd"))
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, data []byte) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write(data)
	}
	link(w)
	put("../up.png", pngOf(8, 6, 1))
	put("a/../../up.png", pngOf(8, 6, 2))
	put("/etc/abs.png", pngOf(8, 6, 3))
	put(`C:\windows.png`, pngOf(8, 6, 4))
	put("C:/drive.png", pngOf(8, 6, 5))
	put("nul\x00.png", pngOf(8, 6, 6))
	put("bomb.bmp", append([]byte("BM"), make([]byte, 40<<20)...))
	put("inner.zip", zipOf(picture("deep.png", 9)))
	put(strings.Repeat("x", 2000)+".png", pngOf(8, 6, 7))
	h := &zip.FileHeader{Name: "secret.png", Flags: 1}
	f, _ := w.CreateRaw(h)
	_, _ = f.Write(nil)
	put("good.png", pngOf(8, 6, 8))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, domain.TaskSingle)
	rep := b.run("auto", part{"evil.zip", out.Bytes()})
	b.wantLines("refused", rep.Refused, "link.png symlink", "../up.png unsafe_path", "a/../../up.png unsafe_path", "/etc/abs.png unsafe_path",
		`C:\windows.png unsafe_path`, "C:/drive.png unsafe_path", "nul\uFFFD.png unsafe_path", "bomb.bmp archive_bomb",
		"inner.zip nested_archive", strings.Repeat("x", 300)+"… unsafe_path", "secret.png encrypted")
	b.wantLabels("good.png=unlabelled:")
}

func TestArchiveLimits(t *testing.T) {
	many := zipOf(picture("1.png", 1), picture("2.png", 2), picture("3.png", 3))
	damaged := zipOf(part{"a.jpg", jpegOf(64, 64, 1)}, picture("b.png", 2))
	damaged[60] ^= 0xff // inside the first entry
	white := make([]part, 0, 90)
	for i := range 90 {
		white = append(white, part{strings.Repeat("w", i+1) + ".dat", make([]byte, 1<<20)})
	}
	for name, c := range map[string]struct {
		limits Limits
		zip    []byte
		want   []string
		taken  int
	}{
		"entries":     {Limits{Entries: 2}, many, []string{"x.zip too_many"}, 0},
		"archive":     {Limits{ArchiveBytes: 100}, many, []string{"x.zip too_large"}, 0},
		"file":        {Limits{FileBytes: 20}, many, []string{"1.png too_large", "2.png too_large", "3.png too_large"}, 0},
		"total":       {Limits{TotalBytes: 1}, many, []string{"x.zip archive_bomb"}, 1},
		"not a zip":   {Limits{}, append([]byte("PK\x03\x04"), make([]byte, 100)...), []string{"x.zip corrupt"}, 0},
		"cut":         {Limits{}, many[:len(many)-30], []string{"x.zip corrupt"}, 0},
		"bad entry":   {Limits{}, damaged, []string{"a.jpg corrupt"}, 1},
		"empty":       {Limits{}, zipOf(), nil, 0},
		"total ratio": {Limits{Ratio: 1}, zipOf(white...), nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, domain.TaskSingle)
			b.Limits = c.limits
			rep := b.run("auto", part{"x.zip", c.zip})
			if name == "total ratio" {
				if !slices.Contains(codes(rep.Refused), "x.zip archive_bomb") || len(rep.Refused) > 70 {
					t.Errorf("%d files were read, refused %v", len(rep.Refused), codes(rep.Refused))
				}
				return
			}
			b.wantLines("refused", rep.Refused, c.want...)
			if rep.Imported != c.taken {
				t.Errorf("imported %d, want %d", rep.Imported, c.taken)
			}
		})
	}
}

// A body that can be read at any place is not spooled.
func TestArchiveReadInPlace(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	rep, err := b.Start(b.ctx, b.project, "")
	if err != nil {
		t.Fatal(err)
	}
	rep, err = b.File(b.ctx, b.project, rep.ID, "x.zip", bytes.NewReader(zipOf(picture("1.png", 1), picture("2.png", 2))))
	if err != nil || rep.Imported != 2 || rep.Finished {
		t.Errorf("%+v %v", rep, err)
	}
}

func TestKoreanNames(t *testing.T) {
	cat := string([]byte{0xb0, 0xed, 0xbe, 0xe7, 0xc0, 0xcc}) // 고양이 in CP949, as Windows' own ZIP tool writes it
	dog := norm.NFD.String("강아지")                             // as macOS writes it
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i, name := range []string{cat + "/1.png", cat + "/2.png"} {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true})
		_, _ = f.Write(pngOf(8, 6, i+1))
	}
	_ = w.Close()
	b := newBench(t, domain.TaskSingle, "강아지")
	rep := b.run("auto", part{"win.zip", out.Bytes()}, picture(dog+"/3.png", 3), picture(dog+"/4.png", 4))
	b.wantLabels(dog+"/3.png=labelled:강아지", dog+"/4.png=labelled:강아지", "고양이/1.png=labelled:고양이", "고양이/2.png=labelled:고양이")
	if !hasNote(rep, "charset") || !hasNote(rep, "labels_from_folders") {
		t.Errorf("notes %v", rep.Notes)
	}
	p, _ := b.Store.Project(b.ctx, b.project)
	if len(p.Classes) != 2 || p.Classes[1].Key != "2" || p.Classes[1].Color == "" {
		t.Errorf("classes %+v", p.Classes)
	}
}

func TestImportErrors(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	code := func(err error) string {
		var p *domain.Problem
		errors.As(err, &p)
		if p == nil {
			return ""
		}
		return p.Code
	}
	if _, err := b.Start(b.ctx, b.project, "excel"); code(err) != domain.CodeInvalid {
		t.Error(err)
	}
	if _, err := b.Start(b.ctx, "nowhere", "auto"); code(err) != domain.CodeNotFound {
		t.Error(err)
	}
	if _, err := b.File(b.ctx, b.project, "nothing", "a.png", strings.NewReader("")); code(err) != domain.CodeNotFound {
		t.Error(err)
	}
	rep, _ := b.Start(b.ctx, b.project, "auto")
	if _, err := b.File(b.ctx, b.project, rep.ID, "a.png", failing{}); !errors.Is(err, errBody) {
		t.Errorf("a body that breaks off must be an error, got %v", err)
	}
	stopped, stop := context.WithCancel(b.ctx)
	stop()
	if _, err := b.File(stopped, b.project, rep.ID, "a.png", bytes.NewReader(pngOf(8, 6, 1))); err == nil {
		t.Error("a cancelled import went on")
	}
	if rep, err := b.File(b.ctx, b.project, rep.ID, "../a.png", bytes.NewReader(pngOf(8, 6, 1))); err != nil || len(rep.Refused) != 1 || rep.Refused[0].Code != "unsafe_path" {
		t.Errorf("%+v %v", rep, err)
	}
	if _, err := b.Finish(b.ctx, b.project, rep.ID); err != nil {
		t.Fatal(err)
	}
	if again, err := b.Finish(b.ctx, b.project, rep.ID); err != nil || !again.Finished {
		t.Errorf("finishing twice: %+v %v", again, err)
	}
	if _, err := b.File(b.ctx, b.project, rep.ID, "a.png", bytes.NewReader(pngOf(8, 6, 1))); code(err) != domain.CodeConflict {
		t.Error(err)
	}
}

var errBody = errors.New("connection lost")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBody }

func TestOneUndoTakesAllLabelsOfAnImportBack(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	rep := b.run("folder", picture("cat/1.png", 1), picture("dog/2.png", 2))
	b.wantLabels("cat/1.png=labelled:cat", "dog/2.png=labelled:dog")
	if rep.Labelled != 2 {
		t.Errorf("labelled %d", rep.Labelled)
	}
	op, err := b.Store.Undo(b.ctx, b.project, rep.ID)
	if err != nil || op.Changed != 2 {
		t.Fatalf("%+v %v", op, err)
	}
	b.wantLabels("cat/1.png=unlabelled:", "dog/2.png=unlabelled:")
}

func TestLabelsOfPeopleAreKept(t *testing.T) {
	b := newBench(t, domain.TaskSingle, "cat", "dog")
	b.run("none", picture("1.png", 1), picture("2.png", 2))
	p, _ := b.Store.Project(b.ctx, b.project)
	_, err := b.Store.WriteLabels(b.ctx, b.project, store.LabelWrite{Kind: "label", Changes: []store.Change{{
		AssetID: b.assets(b.project)[0].ID,
		Label:   domain.Label{State: domain.StateLabelled, Source: domain.SourceHuman, Classes: []domain.ClassScore{{ClassID: p.Classes[0].ID}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	rep := b.run("csv", text("l.csv", "file,label\n1.png,dog\n2.png,dog\n"))
	b.wantLabels("1.png=labelled:cat", "2.png=labelled:dog")
	if !hasNote(rep, "label_kept") || rep.Labelled != 1 {
		t.Errorf("%+v", rep)
	}
	rep = b.run("csv", text("l.csv", "file,label\n2.png,cat\n")) // what was imported may be imported anew
	b.wantLabels("1.png=labelled:cat", "2.png=labelled:cat")
	if rep.Labelled != 1 {
		t.Errorf("%+v", rep)
	}
}

func TestManyPendingFilesSpillIntoBlobsThatGoAway(t *testing.T) {
	b := newBench(t, domain.TaskBoxes)
	rep, _ := b.Start(b.ctx, b.project, "auto")
	send := func(p part) {
		if _, err := b.File(b.ctx, b.project, rep.ID, p.name, bytes.NewReader(p.data)); err != nil {
			t.Fatal(err)
		}
	}
	send(text("classes.txt", "cell\n"))
	for i := range 3 {
		send(text("labels/"+string(rune('a'+i))+".txt", strings.Repeat("0 0.5 0.5 0.25 0.5\n0 0.25 0.5 0.125 0.5\n", 200)))
	}
	blobs := func() (n int) {
		for range b.Blobs.List(b.ctx) {
			n++
		}
		return n
	}
	if blobs() == 0 {
		t.Error("nothing was spilled")
	}
	send(picture("images/a.png", 1))
	send(picture("images/b.png", 2))
	send(picture("images/c.png", 3))
	if _, err := b.Finish(b.ctx, b.project, rep.ID); err != nil {
		t.Fatal(err)
	}
	for _, l := range b.labels(b.project) {
		if !strings.HasSuffix(l, "=labelled:cell@1.5,1.5,1,3,cell@3,1.5,2,3") {
			t.Error(l)
		}
	}
	if n := blobs(); n != 6 { // three images, three thumbnails
		t.Errorf("%d blobs are left", n)
	}
}

func dataTIFF() []byte {
	var out bytes.Buffer
	_ = tiff.Encode(&out, image.NewGray(image.Rect(0, 0, 5, 9)), nil)
	return out.Bytes()
}

func TestFilesOfOneImportMayComeAtTheSameTime(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	rep, err := b.Start(b.ctx, b.project, "auto")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			name := fmt.Sprintf("%c/%d.png", 'a'+i%4, i)
			if _, err := b.File(b.ctx, b.project, rep.ID, name, bytes.NewReader(pngOf(8, 6, i+1))); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	rep, err = b.Finish(b.ctx, b.project, rep.ID)
	if err != nil || rep.Imported != 40 || rep.Labelled != 40 || len(rep.Refused) > 0 {
		t.Errorf("%+v %v", rep, err)
	}
}
