package autolabel

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

const (
	// backboneKey begins the settings that hold the registered backbones; the store keeps the blob that the rest names.
	backboneKey = "backbone/"
	// maxBackboneBytes keeps a network that no browser tab could hold from being taken.
	maxBackboneBytes = 200 << 20
	// maxDim bounds an embedding: one is kept for every image.
	maxDim = 16384
	// maxMoved is how far the embeddings may move when the weights become 8-bit integers, in units of quantise.Weights: heads on
	// the default backbone, which moves by 0.06, are as good as before and say the same of 99 of 100 photos.
	maxMoved = 0.1
)

// defaultBackbone is Config.Backbone's file, read once.
type defaultBackbone struct {
	mu   sync.Mutex
	data []byte
	card domain.Backbone
}

// defaultCard gives the default backbone and its bytes.
func (s *Service) defaultCard(ctx context.Context) (domain.Backbone, []byte, error) {
	d := &s.defaults
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.data != nil {
		return d.card, d.data, nil
	}
	if !s.computes() {
		return domain.Backbone{}, nil, errNoEngine()
	}
	if s.cfg.Backbone == nil {
		return domain.Backbone{}, nil, domain.Errorf(domain.CodeUnavailable, "This host has no backbone network. Add one first.").In("backbone")
	}
	data, err := s.cfg.Backbone(ctx)
	if err != nil {
		return domain.Backbone{}, nil, fmt.Errorf("read the default backbone: %w", err)
	}
	m, err := onnx.Read(data)
	if err != nil {
		return domain.Backbone{}, nil, fmt.Errorf("read the default backbone: %w", err)
	}
	d.card, d.data = card(m, data), data
	d.card.Default = true
	return d.card, d.data, nil
}

// card describes a backbone as canonical leaves it.
func card(m *onnx.Model, data []byte) domain.Backbone {
	sha := blob.Sum(data)
	b := domain.Backbone{
		ID: sha, SHA256: sha, Bytes: int64(len(data)),
		Name: m.Meta("irum.name"), Source: m.Meta("irum.source"), License: m.Meta("irum.license"),
	}
	b.InputSize, _ = strconv.Atoi(m.Meta("irum.input"))
	if len(m.Graph.Outputs) > 0 && len(m.Graph.Outputs[0].Dims) == 2 {
		b.Dim = int(m.Graph.Outputs[0].Dims[1])
	}
	return b
}

// Backbones that are known, the default first, the others by name.
func (s *Service) Backbones(ctx context.Context) ([]domain.Backbone, error) {
	settings, err := s.cfg.Store.Settings(ctx, backboneKey)
	if err != nil {
		return nil, err
	}
	out := []domain.Backbone{}
	for key, value := range settings {
		var b domain.Backbone
		if err := json.Unmarshal([]byte(value), &b); err != nil {
			return nil, fmt.Errorf("setting %s: %w", key, err)
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b domain.Backbone) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	if s.cfg.Backbone == nil {
		return out, nil
	}
	first, _, err := s.defaultCard(ctx)
	if err != nil {
		return nil, err
	}
	return append([]domain.Backbone{first}, out...), nil
}

// network is a backbone with the way to its bytes.
type backboneFile struct {
	domain.Backbone
	data func(context.Context) ([]byte, error)
}

// backbone finds a registered backbone by id ("" for the default).
func (s *Service) backbone(ctx context.Context, id string) (backboneFile, error) {
	if s.cfg.Backbone != nil || id == "" {
		b, data, err := s.defaultCard(ctx)
		if err != nil {
			return backboneFile{}, err
		}
		if id == "" || id == b.ID {
			return backboneFile{b, func(context.Context) ([]byte, error) { return data, nil }}, nil
		}
	}
	value, ok, err := s.cfg.Store.Setting(ctx, backboneKey+id)
	if err != nil {
		return backboneFile{}, err
	}
	var b domain.Backbone
	if !ok {
		return backboneFile{}, domain.Errorf(domain.CodeNotFound, "There is no backbone %q here. Choose one of the list, or add it.", id).In("backbone")
	}
	if err := json.Unmarshal([]byte(value), &b); err != nil {
		return backboneFile{}, fmt.Errorf("setting of backbone %s: %w", id, err)
	}
	return backboneFile{b, func(ctx context.Context) ([]byte, error) { return blob.Bytes(ctx, s.cfg.Blobs, id, 0) }}, nil
}

// BackboneFormats are the files that AddBackbone takes here: onnx, and on a server tflite.
func (s *Service) BackboneFormats() []string { return backboneFormats }

// AddBackbone registers an ONNX or, on a server, TFLite network under name, after it gave an embedding of a blank image. Of a classifier
// the values before its last layer are the embedding. Where the host can, large weights become 8-bit
// integers, unless that changes the embeddings too much; about a quarter of the bytes is kept and published then. Adding the same network again only renames it. A network that cannot be
// used is refused with CodeUnsupported and the reason.
func (s *Service) AddBackbone(ctx context.Context, name, source string, data []byte) (domain.Backbone, error) {
	name, source = strings.TrimSpace(name), strings.TrimSpace(source)
	switch {
	case name == "" || utf8.RuneCountInString(name) > 200:
		return domain.Backbone{}, domain.Errorf(domain.CodeInvalid, "A backbone needs a name of at most 200 characters.").In("name")
	case utf8.RuneCountInString(source) > 1000:
		return domain.Backbone{}, domain.Errorf(domain.CodeInvalid, "The source of a backbone has at most 1,000 characters.").In("source")
	case len(data) > maxBackboneBytes:
		return domain.Backbone{}, domain.Errorf(domain.CodeTooLarge, "The network has more than %d MB.", maxBackboneBytes>>20).In("file")
	}
	if len(data) >= 8 && string(data[4:8]) == "TFL3" {
		converted, err := fromTFLite(data)
		if err != nil {
			return domain.Backbone{}, err
		}
		data = converted
	}
	m, err := canonical(data)
	if err != nil {
		return domain.Backbone{}, unusable(err)
	}
	if s.cfg.Compact != nil {
		// What does not run stays as it is: trying it gives the reason.
		if small, moved, err := s.cfg.Compact(ctx, m); err == nil && moved <= maxMoved {
			m = small
		}
	}
	m.SetMeta("irum.name", name)
	m.SetMeta("irum.source", source)
	file := onnx.Write(m)
	b := card(m, file)
	if err := s.tryBackbone(ctx, &b, file); err != nil {
		return domain.Backbone{}, err
	}
	if _, err := s.cfg.Blobs.PutBytes(ctx, file); err != nil {
		return domain.Backbone{}, fmt.Errorf("keep backbone: %w", err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		return domain.Backbone{}, fmt.Errorf("encode backbone: %w", err)
	}
	return b, s.cfg.Store.SetSetting(ctx, backboneKey+b.ID, string(text))
}

func unusable(err error) error {
	return domain.Errorf(domain.CodeUnsupported, "This network cannot be used as a backbone: %v.", err).In("file")
}

// tryBackbone runs a backbone once, by the engine that will run it later.
func (s *Service) tryBackbone(ctx context.Context, b *domain.Backbone, file []byte) error {
	info, err := s.cfg.Engine.Backbone(ctx, b.SHA256, func(context.Context) ([]byte, error) { return file, nil })
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return unusable(err)
	}
	if info.Dim < 2 || info.Dim > maxDim {
		return unusable(fmt.Errorf("it gives %d numbers for an image, 2 to %d are expected", info.Dim, maxDim))
	}
	b.InputSize, b.Dim = info.InputSize, info.Dim
	v, err := s.cfg.Engine.Embed(ctx, b.SHA256, blank())
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return unusable(err)
	}
	return checkEmbedding(v, info.Dim)
}

// checkEmbedding refuses what no head can be trained on.
func checkEmbedding(v []float32, dim int) error {
	if len(v) != dim {
		return unusable(fmt.Errorf("it gives %d numbers instead of %d", len(v), dim))
	}
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return unusable(fmt.Errorf("what it gives for an image is not a finite number"))
		}
	}
	return nil
}

// blank is a grey image file.
func blank() []byte {
	img := image.NewGray(image.Rect(0, 0, 32, 32))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: 128}.Y
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img) // a buffer takes everything
	return out.Bytes()
}
