//go:build js

package device

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/wasm/glue"
)

// samples are the sets that the page's own server sends, and the service worker keeps.
type samples []domain.Sample

func loadSamples(ctx context.Context) (samples, error) {
	data, err := glue.Fetch(ctx, "/samples/index.json")
	if err != nil {
		return nil, err
	}
	var s samples
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read the list of samples: %w", err)
	}
	return s, nil
}

// Samples implements autolabel.SampleSource.
func (s samples) Samples() []domain.Sample { return s }

// Open implements autolabel.SampleSource.
func (s samples) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	if !slices.ContainsFunc(s, func(x domain.Sample) bool { return x.ID == id }) {
		return nil, domain.Errorf(domain.CodeNotFound, "There is no sample %q.", id)
	}
	data, err := glue.Fetch(ctx, "/samples/"+url.PathEscape(id)+".zip")
	if err != nil {
		return nil, domain.Errorf(domain.CodeUnavailable, "The sample could not be loaded. Check the connection and try again.")
	}
	return file{bytes.NewReader(data)}, nil
}

// file lets a reader of a ZIP jump.
type file struct{ *bytes.Reader }

// Close implements io.Closer.
func (file) Close() error { return nil }
