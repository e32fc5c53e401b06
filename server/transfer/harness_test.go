package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// bench is a service with one project.
type bench struct {
	*Service
	t       *testing.T
	ctx     context.Context
	project string
}

func newBench(t *testing.T, task domain.Task, classes ...string) *bench {
	t.Helper()
	s := New(storetest.SQLite(t), blob.NewMemory())
	b := &bench{Service: s, t: t, ctx: t.Context()}
	b.project = b.newProject(task, classes...)
	return b
}

func (b *bench) newProject(task domain.Task, classes ...string) string {
	b.t.Helper()
	in := domain.Project{Name: "Test", Task: task}
	for _, c := range classes {
		in.Classes = append(in.Classes, domain.Class{Name: c})
	}
	p, err := b.Store.CreateProject(b.ctx, in)
	if err != nil {
		b.t.Fatal(err)
	}
	return p.ID
}

// part is one file that an import sends.
type part struct {
	name string
	data []byte
}

func text(name, s string) part { return part{name, []byte(s)} }

// picture is a PNG that no other seed gives.
func picture(name string, seed int) part { return part{name, pngOf(8, 6, seed)} }

func pngOf(w, h, seed int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, color.RGBA{uint8(i * seed), uint8(seed >> 8), uint8(seed + i), 255})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func jpegOf(w, h, seed int) []byte {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 + seed*31)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func zipOf(parts ...part) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range parts {
		f, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate})
		if err == nil {
			_, err = f.Write(p.data)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// run imports parts and gives the report after Finish.
func (b *bench) run(labels string, parts ...part) domain.ImportReport {
	b.t.Helper()
	return b.into(b.project, labels, parts...)
}

func (b *bench) into(project, labels string, parts ...part) domain.ImportReport {
	b.t.Helper()
	rep, err := b.Start(b.ctx, project, labels)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range parts {
		body := io.MultiReader(bytes.NewReader(p.data)) // no ReaderAt, so that archives are spooled as from the network
		if _, err := b.File(b.ctx, project, rep.ID, p.name, body); err != nil {
			b.t.Fatalf("%s: %v", p.name, err)
		}
	}
	rep, err = b.Finish(b.ctx, project, rep.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return rep
}

func (b *bench) assets(project string) []domain.Asset {
	b.t.Helper()
	var out []domain.Asset
	err := b.Store.EachAsset(b.ctx, project, store.Query{Sort: domain.SortName}, func(page []domain.Asset) error {
		out = append(out, page...)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// labels gives "name=state:class,class" (boxes as class@x,y,w,h) for all assets in order of name.
func (b *bench) labels(project string) []string {
	b.t.Helper()
	p, err := b.Store.Project(b.ctx, project)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, a := range b.assets(project) {
		out = append(out, a.Name+"="+describe(p, a.Label))
	}
	return out
}

func describe(p domain.Project, l domain.Label) string {
	names := map[string]string{}
	for _, c := range p.Classes {
		names[c.ID] = c.Name
	}
	var says []string
	for _, c := range l.Classes {
		says = append(says, names[c.ClassID])
	}
	for _, x := range l.Boxes {
		says = append(says, fmt.Sprintf("%s@%.6g,%.6g,%.6g,%.6g", names[x.ClassID], x.X, x.Y, x.W, x.H))
	}
	slices.Sort(says)
	return string(l.State) + ":" + strings.Join(says, ",")
}

// bySHA describes labels and splits by content, so that projects with other names and ids compare.
func (b *bench) bySHA(project string) map[string]string {
	b.t.Helper()
	p, err := b.Store.Project(b.ctx, project)
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]string{}
	for _, a := range b.assets(project) {
		out[a.SHA256] = fmt.Sprintf("%s %s %s %s %.6g %s", describe(p, a.Label), a.Split, a.Label.Flag, a.Label.Source, a.Label.Confidence, a.Label.ModelID)
	}
	return out
}

func (b *bench) wantLabels(want ...string) {
	b.t.Helper()
	if got := b.labels(b.project); !slices.Equal(got, want) {
		b.t.Errorf("labels\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// codes lists "path code" of lines, in order.
func codes(lines []domain.Refusal) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Path+" "+l.Code)
	}
	slices.Sort(out)
	return out
}

func (b *bench) wantLines(what string, lines []domain.Refusal, want ...string) {
	b.t.Helper()
	slices.Sort(want)
	if got := codes(lines); !slices.Equal(got, want) {
		b.t.Errorf("%s\n got %q\nwant %q\n%v", what, got, want, lines)
	}
	for _, l := range lines {
		if l.Reason == "" {
			b.t.Errorf("%s of %s has no reason", l.Code, l.Path)
		}
	}
}

func hasNote(rep domain.ImportReport, code string) bool {
	return slices.ContainsFunc(rep.Notes, func(n domain.Refusal) bool { return n.Code == code })
}

// dataFiles reads up to n files of the test data beside the repository that match pattern.
func dataFiles(t testing.TB, n int, pattern string) []part {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skipf("there is no test data at ../../../shared/data/%s", pattern)
	}
	var out []part
	for _, name := range names[:min(n, len(names))] {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, part{filepath.ToSlash(name[strings.Index(filepath.ToSlash(name), "shared/data/")+len("shared/data/"):]), data})
	}
	return out
}
