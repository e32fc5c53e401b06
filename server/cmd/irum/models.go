package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/irum-app/irum/server/domain"
)

type modelsCmd struct {
	List modelsListCmd `cmd:"" help:"List backbones, and with --project its models."`
	Add  modelsAddCmd  `cmd:"" help:"Register an ONNX or TFLite network as a backbone."`
}

type modelsListCmd struct {
	Project string `help:"Project whose models are listed too." placeholder:"P"`
}

type modelsResult struct {
	Backbones []domain.Backbone `json:"backbones"`
	Models    []domain.Model    `json:"models,omitempty"`
}

// Run lists.
func (c modelsListCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		var out modelsResult
		var err error
		if out.Backbones, err = s.Backbones(a); err != nil {
			return err
		}
		if c.Project != "" {
			p, err := s.project(a, c.Project)
			if err != nil {
				return err
			}
			if out.Models, err = s.Models(a, p.ID); err != nil {
				return err
			}
		}
		return a.print(out, out.text)
	})
}

func (r modelsResult) text(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "BACKBONE\tNAME\tINPUT\tNUMBERS\tLICENCE")
	for _, b := range r.Backbones {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\n", b.ID, b.Name, b.InputSize, b.Dim, b.License)
	}
	if len(r.Models) > 0 {
		_, _ = fmt.Fprintln(t, "\nMODEL\tNAME\tVERSION\tIMAGES\tACCURACY")
	}
	for _, m := range r.Models {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.3f\n", m.ID, m.Name, m.Version, m.Images, m.Metrics.Accuracy)
	}
	_ = t.Flush()
}

type modelsAddCmd struct {
	From   string `arg:"" help:"File, or http:// or https:// address; a download that was cut off goes on where it ended." name:"file-or-url"`
	Name   string `help:"Name of the backbone; the file's name when empty."`
	SHA256 string `name:"sha256" help:"Digest that the file must have; needed for http:// addresses." placeholder:"HEX"`
}

// Run registers a backbone.
func (c modelsAddCmd) Run(a *app) error {
	path, name := c.From, filepath.Base(c.From)
	want := strings.ToLower(c.SHA256)
	if raw, err := hex.DecodeString(want); want != "" && (err != nil || len(raw) != sha256.Size) {
		return domain.Errorf(domain.CodeInvalid, "A SHA-256 has 64 hexadecimal digits.").In("sha256")
	}
	if strings.Contains(c.From, "://") {
		d, err := newDownload(a, c.From, want)
		if err != nil {
			return err
		}
		if path, err = d.get(a); err != nil {
			return err
		}
		defer d.forget()
		name = d.name()
	}
	if c.Name != "" {
		name = c.Name
	}
	file, err := os.Open(path)
	if err != nil {
		return domain.Errorf(domain.CodeNotFound, "%s cannot be read: %v.", path, err).In("file-or-url")
	}
	defer func() { _ = file.Close() }()
	if err := checkSum(file, want); err != nil {
		return err
	}
	return a.with(func(s *session) error {
		b, err := s.AddBackbone(a, name, c.From, file, nil)
		if err != nil {
			return err
		}
		return a.print(map[string]domain.Backbone{"backbone": b}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Backbone %s: %s, images of %d x %d in, %d numbers out, SHA-256 %s.\n", b.ID, b.Name, b.InputSize, b.InputSize, b.Dim, b.SHA256)
		})
	})
}

// checkSum compares the bytes of file with want, unless that is empty, and goes back to its beginning.
func checkSum(file *os.File, want string) error {
	if want == "" {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return domain.Errorf(domain.CodeInvalid, "The file has the SHA-256 %s, not %s. Do not use it.", got, want).In("sha256")
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

// cacheFolder is where downloads are kept until they are whole.
func cacheFolder(context.Context) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the download: %w", err)
	}
	dir := filepath.Join(base, "irum", "downloads")
	return dir, os.MkdirAll(dir, 0o700)
}
