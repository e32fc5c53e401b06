package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

type exportCmd struct {
	Project string `help:"Project, by name or id." required:"" placeholder:"P"`
	Format  string `help:"Format of the file: ${enum}. Those that hold images are ZIP archives." enum:"${formats}" required:"" placeholder:"F"`
	Out     string `help:"File to write; one that is there is replaced once the new one is complete." required:"" type:"path" placeholder:"PATH"`
	Filter  string `help:"Which images: state=labelled&class=cat (a class by name or id), issue=blurred." placeholder:"Q"`
	Name    string `help:"Name of the snapshot."`
	VOC     string `help:"How Pascal VOC counts pixels: one (from 1) or zero. As the project's last VOC import did where nothing is said." enum:"one,zero,," default:"" placeholder:"DIALECT"`
}

type exportResult struct {
	Export string `json:"export"`
	SHA256 string `json:"sha256"`
	Items  int    `json:"items"`
	// What the format does not hold, found by reading the file again in memory.
	Losses []domain.Loss `json:"losses"`
}

func formatNames() string {
	var names []string
	for _, f := range domain.Formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ",")
}

// Run takes a snapshot and downloads it.
func (c exportCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		f, err := filter(p, c.Filter)
		if err != nil {
			return err
		}
		name := c.Name
		if name == "" {
			name = "irum export " + time.Now().Format("2006-01-02 15:04")
		}
		e, err := s.CreateExport(a, p.ID, name, f)
		if err != nil {
			return err
		}
		check, err := s.CheckVOCExport(a, p.ID, e.ID, c.Format, domain.VOC(c.VOC))
		if err != nil {
			return err
		}
		if err := s.downloadTo(a, client.DownloadPath(p.ID, e.ID, c.Format)+"&voc="+c.VOC, c.Out); err != nil {
			return err
		}
		return a.print(exportResult{e.ID, e.SHA256, e.Items, check.Losses}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%d images of %s, %d of them labelled, are in %s (export %s).\n", e.Items, p.Name, e.Labelled, c.Out, e.ID)
			_, _ = fmt.Fprintf(w, "Read back in memory, %d of them are exactly the same.\n", check.Same)
			for _, l := range check.Losses {
				_, _ = fmt.Fprintf(w, "Not in this format: %s\n", lossText(l))
			}
		})
	})
}

var lossTexts = map[string]string{
	"images": "the images themselves", "name": "the names of %d images", "missing": "%d images, which would not be found again",
	"class": "the classes of %d labels", "box": "boxes of %d images", "rounded": "fractions of a pixel, in boxes of %d images",
	"skipped": "that %d images were skipped", "empty": "that nothing is in %d images", "proposal": "%d proposals of models",
	"state": "the state of %d labels", "source": "who gave %d labels", "confidence": "the model and its scores for %d labels",
	"flag":  "the notes (unsure, bad) on %d images",
	"split": "the split of %d images", "unused": "%d classes that no label uses", "refused": "%d lines that would be refused",
	"zero_based": "the standard's way to count pixels, from 1: boxes of %d images count from 0, as they came into the project",
}

func lossText(l domain.Loss) string {
	text := lossTexts[l.Code]
	if strings.Contains(text, "%d") {
		text = fmt.Sprintf(text, l.Count)
	}
	if l.Example != "" {
		text += " (" + l.Example + ")"
	}
	return text
}

// downloadTo writes what is at path to a file that appears only when it is complete.
func (s *session) downloadTo(ctx context.Context, path, out string) error {
	temp, err := os.CreateTemp(filepath.Dir(out), ".irum-download-*")
	if err != nil {
		return domain.Errorf(domain.CodeInvalid, "%s cannot be written: %v.", out, err).In("out")
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	w := bufio.NewWriterSize(temp, 1<<20)
	_, err = s.transport.Download(ctx, path, w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = temp.Sync()
	}
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), out)
}
