package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const dailyImport = 250 // images in daily work; IRUM_IMPORT asks for more

// TestImportOfManyImages imports IRUM_IMPORT images by the command line, as a ZIP and as a folder with a class a folder, and
// samples the memory of the process: it must not grow with the number of images, and progress must be told on the way.
func TestImportOfManyImages(t *testing.T) {
	n := many(t, "IRUM_IMPORT", dailyImport)
	dir := t.TempDir()
	folder, archive := filepath.Join(dir, "images"), filepath.Join(dir, "images.zip")
	writeImages(t, folder, archive, n)
	for kind, path := range map[string]string{"zip": archive, "folder": folder} {
		t.Run(kind, func(t *testing.T) { importAndWatch(t, path, n) })
	}
}

// writeImages makes n JPEG files of 64 x 48 pixels in ten classes, as files and in an archive.
func writeImages(t *testing.T, folder, archive string, n int) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(archive)
	must(err)
	packed := zip.NewWriter(file)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range n {
		img := image.NewYCbCr(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio420)
		for k := range img.Y {
			img.Y[k] = byte(r.UintN(64)) + byte(i%10)*16
		}
		for k := range img.Cb {
			img.Cb[k], img.Cr[k] = byte(i), byte(i>>8)
		}
		var data bytes.Buffer
		must(jpeg.Encode(&data, img, nil))
		name := fmt.Sprintf("class%d/%06d.jpg", i%10, i)
		must(os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		must(os.WriteFile(filepath.Join(folder, name), data.Bytes(), 0o600))
		w, err := packed.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		must(err)
		_, err = w.Write(data.Bytes())
		must(err)
	}
	must(packed.Close())
	must(file.Close())
}

func importAndWatch(t *testing.T, path string, n int) {
	data := t.TempDir()
	cmd := program(t, "--data", data, "import", "--project", "Many", "--task", "single", "--labels", "folder", path)
	var told bytes.Buffer
	cmd.Stderr = &told
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	type sample struct {
		at  time.Duration
		rss int64
	}
	var samples []sample
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case err := <-done:
			if running = false; err != nil {
				t.Fatalf("%v\n%s", err, told.String())
			}
		case <-tick.C:
			if now, _, ok := memory(cmd.Process.Pid); ok {
				samples = append(samples, sample{time.Since(begun), now})
			}
		}
	}
	took := time.Since(begun)
	var out struct{ Projects []domain.Project }
	irum(t, 0, &out, "--data", data, "projects", "--json")
	if c := out.Projects[0].Counts; c.Assets != n || c.Labelled != n || len(c.ByClass) != 10 {
		t.Errorf("imported %+v", c)
	}
	line := ""
	for i := range min(len(samples), 11) {
		s := samples[i*(len(samples)-1)/max(min(len(samples), 11)-1, 1)]
		line += fmt.Sprintf(" %.0fs:%d", s.at.Seconds(), s.rss>>20)
	}
	t.Logf("%d images in %v, %.0f a second; MiB of memory by time:%s", n, took.Round(10*time.Millisecond), float64(n)/took.Seconds(), line)
	if k := len(samples); k >= 50 { // long enough to tell
		early, late := int64(0), int64(0)
		for i, s := range samples {
			if i < k/4 {
				early = max(early, s.rss)
			} else {
				late = max(late, s.rss)
			}
		}
		if late > early+early/2+64<<20 {
			t.Errorf("memory grew from %d to %d MiB", early>>20, late>>20)
		}
	}
	if lines := strings.Count(told.String(), "import"); took > 25*time.Second && lines < 2 {
		t.Errorf("no progress was told: %q", told.String())
	}
	if told.Len() > 0 {
		lines := strings.Split(strings.TrimSpace(told.String()), "\n")
		t.Logf("progress: %s", lines[len(lines)/2])
	}
}
