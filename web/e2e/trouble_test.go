package e2e

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const cellsPath = "../../../shared/data/bccd/BCCD"

// requests keeps what p asks of any server from now on.
func requests(p *person) (all func() []string) {
	var mu sync.Mutex
	var list []string
	err := chromedp.Listen(p.ctx, func(ev any) {
		if e, ok := ev.(*network.EventRequestWillBeSent); ok && strings.HasPrefix(e.Request.URL, "http") {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, e.Request.Method+" "+e.Request.URL)
		}
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), list...)
	}
}

// cells packs n blood images with VOC labels for the first labelled of them.
func cells(t *testing.T, n, labelled int) string {
	t.Helper()
	images, err := filepath.Glob(filepath.Join(cellsPath, "JPEGImages", "*.jpg"))
	if images = images[min(len(images), 100):]; err != nil || len(images) < n { // among these each class is missing somewhere
		t.Skipf("the blood images are not there: %s", cellsPath)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name, file string) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	for i, file := range images[:n] {
		add("JPEGImages/"+filepath.Base(file), file)
		if i < labelled {
			name := strings.TrimSuffix(filepath.Base(file), ".jpg") + ".xml"
			add("Annotations/"+name, filepath.Join(cellsPath, "Annotations", name))
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "blood.zip")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newProject makes a project on the device; choose is pressed in the dialog before.
func (p *person) newProject(name, classes string, choose ...string) {
	p.t.Helper()
	p.click("New project")
	p.typeInto("Name", name)
	for _, c := range append(choose, "This device") {
		p.click(c)
	}
	p.typeInto("Classes", classes)
	p.click("Create project")
	p.sees("Drop images here", time.Minute)
}

// TestSeveralClassesOnDevice: labels from VOC files, a model of them, its card, and an apply that is taken back after a
// reload. Nothing but the app itself is asked of the server.
func TestSeveralClassesOnDevice(t *testing.T) {
	archive := cells(t, 60, 48)
	p := newPerson(t, 1440, 900)
	url, _ := host(t)
	p.open(url)
	p.sees("New project", time.Minute)
	p.newProject("Blood", "", "Several classes per image")
	asked := requests(p)
	p.drop("#main", []string{archive})
	p.click("Add")
	p.sees("60 images added", time.Minute)
	p.sees("48 of 60 labelled", 30*time.Second)
	p.until("labels under the images", `[...document.querySelectorAll('[role=gridcell]')].some(c => c.innerText.includes('RBC'))`, 20*time.Second)
	p.click("Label Exports")
	p.click("New export")
	p.until("the name's field to have the focus", `document.activeElement.id === 'export-name'`, 10*time.Second)
	p.press(kb.Enter)
	p.click("Create Custom Auto-Label AI")
	p.sees("Estimated cost", time.Minute)
	p.press(kb.Enter)
	p.sees("Exact match", 2*time.Minute)
	for _, name := range []string{"RBC", "WBC", "Platelets", "Macro average", "Threshold"} {
		p.sees(name, 20*time.Second)
	}
	p.click("Apply")
	p.click("Preview")
	p.click("Label 12 images")
	p.sees("12 to review", time.Minute)
	p.open(eval[string](p, `location.href`))
	p.until("the first proposal", `document.querySelector('.an-score')`, time.Minute)
	p.press("z")
	p.sees("Undone for 12 images", 20*time.Second)
	p.sees("Nothing to review", 20*time.Second)
	for _, r := range asked() {
		if !strings.HasPrefix(r, "GET "+url) || strings.Contains(r, "/api/") && !strings.HasSuffix(r, "/api/capabilities") && !strings.HasSuffix(r, "/api/me") { // what the host is, and whether people sign in
			t.Errorf("a project of the device asks the server: %s", r)
		}
	}
}

func pngOf(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// badFolder holds what people drop by mistake or malice, and three images: one under the name of another format, one whose
// name is markup, and one in an archive whose other entry leads outside.
func badFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mixed")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	whole := pngOf(t, 200, 100, color.RGBA{200, 30, 30, 255})
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, c := range map[string]color.Color{"../outside.png": color.Black, "inside.png": color.White} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(pngOf(t, 20, 20, c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty.jpg": {}, "cut.png": whole[:len(whole)-30], "note.txt": []byte("hello"), "phone.heic": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
		"drawing.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="pwned=1"/>`), "renamed.jpg": whole, "more.zip": archive.Bytes(),
		"<img src=x onerror=pwned=1>.png": pngOf(t, 30, 30, color.RGBA{0, 200, 0, 255}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestBadInputIsReported: what cannot be taken is told file by file, in both languages, and the rest is there. Names that
// are markup stay names.
func TestBadInputIsReported(t *testing.T) {
	p := newPerson(t, 1440, 900)
	p.open(site(t, nil).URL)
	p.sees("New project", time.Minute)
	markup := `<img src=x onerror=pwned=1> "q" 😀 مرحبا ` + strings.Repeat("L", 100)
	p.newProject(markup, markup[:40]+"\n"+`"q's"`)
	p.drop("#main", []string{badFolder(t)})
	p.click("Add")
	p.sees("3 images added", time.Minute)
	for _, line := range []string{
		"The file is empty.", "The file ends too early.", "SVG files are programs rather than photos", "HEIC photos cannot be read yet",
		"neither an image nor labels", "The name leads outside",
	} {
		p.sees(line, 10*time.Second)
	}
	p.shot("bad-en")
	p.click("한국어로 보기")
	for _, line := range []string{"이미지 3개 추가됨", "빈 파일입니다.", "파일이 중간에 끊겼습니다.", "SVG는 추가하지 않습니다.", "HEIC 사진은 아직 읽지 못합니다.", "안전하지 않은 경로입니다."} {
		p.sees(line, 10*time.Second)
	}
	p.shot("bad-ko")
	for _, screen := range []string{"라벨링", "라벨 내보내기", "설정", "이미지"} {
		p.click(screen)
		p.until("no wider than the window", `document.documentElement.scrollWidth <= innerWidth`, 5*time.Second)
	}
	if eval[bool](p, `'pwned' in window`) {
		t.Error("a name was run as markup")
	}
}

// TestTrainingThatDoesNotEnd: credits come back when a training is cancelled, and when the page is reloaded under it, which
// the page then says.
func TestTrainingThatDoesNotEnd(t *testing.T) {
	p := newPerson(t, 1440, 900)
	p.open(site(t, nil).URL)
	p.click("Try “Fashion-MNIST”")
	p.sees("100 of 600 labelled", time.Minute)
	p.click("Label Exports")
	p.click("New export")
	p.click("Create export")
	train := func() {
		t.Helper()
		p.click("Create Custom Auto-Label AI")
		p.sees("Estimated cost", time.Minute)
		p.click("Confirm and train")
		p.until("a training under way", `/\b[1-9]\d* \/ 1?\d\d/.test(document.body.innerText)`, time.Minute)
	}
	train()
	p.sees("999 credits", 20*time.Second)
	p.click("Cancel")
	p.sees("Its credits were given back", 20*time.Second)
	p.sees("1,000 credits", 20*time.Second)
	p.click("Label Exports")
	train()
	p.open(eval[string](p, `location.href`))
	p.sees("The training did not finish, and its credits were given back", time.Minute)
	p.sees("1,000 credits", 20*time.Second)
	p.click("Create") // from the page of models it starts too
	p.click("Export 1")
	p.sees("Estimated cost", time.Minute)
	p.press(kb.Enter)
	p.sees("Confusion matrix", 2*time.Minute)
}
