package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

type exportCmd struct {
	Project string `help:"Project, by name or id." required:"" placeholder:"P"`
	Format  string `help:"Format of the file: ${enum}. folder and voc are ZIP archives with the images." enum:"json,csv,folder,coco,yolo,voc" required:"" placeholder:"F"`
	Out     string `help:"File to write; one that is there is replaced once the new one is complete." required:"" type:"path" placeholder:"PATH"`
	Filter  string `help:"Which images: state=labelled&class=cat (a class by name or id)." placeholder:"Q"`
	Name    string `help:"Name of the snapshot."`
}

type exportResult struct {
	Export string `json:"export"`
	SHA256 string `json:"sha256"`
	Items  int    `json:"items"`
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
		if err := s.downloadTo(a, client.DownloadPath(p.ID, e.ID, c.Format), c.Out); err != nil {
			return err
		}
		return a.print(exportResult{e.ID, e.SHA256, e.Items}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%d images of %s, %d of them labelled, are in %s (export %s).\n", e.Items, p.Name, e.Labelled, c.Out, e.ID)
		})
	})
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
