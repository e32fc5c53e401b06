package serve

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"slices"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// backboneOf reads the default backbone out of the web files.
func backboneOf(files fs.FS) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		data, err := fs.ReadFile(files, "backbone.onnx")
		if err != nil {
			return nil, domain.Errorf(domain.CodeUnavailable, "This build holds no backbone, so it cannot train. Run `make build`.")
		}
		return data, nil
	}
}

// proposalsOf reads the head of proposals out of the web files; nil where there is none.
func proposalsOf(files fs.FS) func(context.Context) ([]byte, error) {
	if _, err := fs.Stat(files, "proposals.onnx"); err != nil {
		return nil
	}
	return func(context.Context) ([]byte, error) { return fs.ReadFile(files, "proposals.onnx") }
}

// samples are the sets in the folder samples of the web files.
type samples struct {
	files fs.FS
	list  []domain.Sample
}

// samplesOf gives no samples where the web files were not built.
func samplesOf(files fs.FS) autolabel.SampleSource {
	s := samples{files: files}
	if data, err := fs.ReadFile(files, "samples/index.json"); err == nil {
		_ = json.Unmarshal(data, &s.list) // our own build wrote it
	}
	return s
}

// Samples implements autolabel.SampleSource.
func (s samples) Samples() []domain.Sample { return s.list }

// Open implements autolabel.SampleSource.
func (s samples) Open(_ context.Context, id string) (io.ReadCloser, error) {
	known := slices.ContainsFunc(s.list, func(x domain.Sample) bool { return x.ID == id })
	if known {
		if f, err := s.files.Open("samples/" + id + ".zip"); err == nil {
			return f, nil
		}
	}
	return nil, domain.Errorf(domain.CodeNotFound, "There is no sample %q.", id)
}
