package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// Kinds of pending items.
const (
	kindImage   = "image"
	kindCSV     = "csv"
	kindVOC     = "voc"
	kindCOCO    = "coco"
	kindYOLO    = "yolo"
	kindNames   = "names"   // class names by index, for YOLO
	kindClasses = "classes" // class names in the order of their file
	kindSplit   = "split"
	kindIrum    = "irum"
	kindFolders = "folders"

	kindLabelStudio = "labelstudio"
	kindCVAT        = "cvat"
	kindDatumaro    = "datumaro"
	kindTFRecord    = "tfrecord"
	kindLabelMap    = "labelmap" // class names by number, for TFRecord
	kindResults     = "results"  // COCO's bare lists of predictions
)

// item is one thing that Finish works with: an image that was taken, or one label as its file says it, still unmatched.
// Coordinates and class indices are kept as they were written, because what they mean may only be told from all files together.
type item struct {
	Kind    string     `json:"k"`
	File    string     `json:"f"`            // the file it came from
	Line    int        `json:"l,omitempty"`  // in that file, from 1
	Image   string     `json:"i,omitempty"`  // the image it is about, as told
	SHA     string     `json:"s,omitempty"`  // hex, where the file tells it
	Asset   string     `json:"a,omitempty"`  // kindImage: the asset's id
	Classes []string   `json:"c,omitempty"`  // names; kindNames: in order of index
	Parents []string   `json:"pa,omitempty"` // kindClasses: the name of the class that each of Classes is under, "" for none
	List    string     `json:"t,omitempty"`  // several names in one cell, split only where a label may hold several
	Boxes   []rawBox   `json:"b,omitempty"`
	Empty   bool       `json:"e,omitempty"`  // looked at, nothing there
	State   string     `json:"st,omitempty"` // skipped; auto: a model's proposal, never truth
	Flag    string     `json:"fl,omitempty"`
	Split   string     `json:"sp,omitempty"`
	Size    [2]int     `json:"wh,omitzero"`  // width and height that the file claims
	Scores  []float64  `json:"sc,omitempty"` // of Classes, where a model gave them
	By      given      `json:"by,omitzero"`
	VOC     domain.VOC `json:"v,omitempty"` // kindVOC: the dialect, where the file says it
	Info    *infoNote  `json:"n,omitempty"`
}

// info is what is worth a note about it.
func (it *item) info() *infoNote {
	if it.Info == nil {
		it.Info = &infoNote{}
	}
	return it.Info
}

// class adds a class of the whole image. score is 0 where no model gave one.
func (it *item) class(name string, score float64) {
	it.Classes = append(it.Classes, name)
	if score > 0 || it.Scores != nil {
		for len(it.Scores) < len(it.Classes)-1 {
			it.Scores = append(it.Scores, 0)
		}
		it.Scores = append(it.Scores, score)
	}
}

// given says who gave a label, as far as the file tells.
type given struct {
	Source     domain.Source `json:"s,omitempty"`
	Confidence float64       `json:"c,omitempty"`
	Model      string        `json:"m,omitempty"` // id or name
}

// givenBy checks what a file says about who gave a label.
func givenBy(source string, confidence float64, model string) (by given) {
	switch s := domain.Source(source); s {
	case domain.SourceHuman, domain.SourceImport:
		by.Source = s
	case domain.SourceModel:
		by = given{Source: s, Confidence: asScore(confidence), Model: cleanText(strings.TrimSpace(model))}
	}
	return by
}

// asScore is v as a score between 0 and 1, 0 where it is none.
func asScore(v float64) float64 {
	if !(v >= 0 && v <= 1) {
		return 0
	}
	return v
}

// infoNote says what about an item is worth a note.
type infoNote struct {
	Polygons int `json:"p,omitempty"`
	Other    int `json:"o,omitempty"` // things that are neither classes nor boxes, which are left out
	Several  int `json:"v,omitempty"` // answers of several people, of which one was taken
}

// rawBox is a box as written. Class is a name, or for YOLO an index.
type rawBox struct {
	Class string     `json:"c"`
	At    [4]float64 `json:"x"`           // x y w h; Edges: x0 y0 x1 y1; yolo: centre and size
	Edges bool       `json:"e,omitempty"` // voc: as its dialect says
	Of    float64    `json:"o,omitempty"` // the numbers are of an image so wide and high: 1 shares, 100 percent; 0 pixels
	Score float64    `json:"p,omitempty"`
}

// extra is what formats have no words for: Irum writes it under keys of its own, which others pass over.
type extra struct {
	SHA256     string  `json:"sha256,omitempty"`
	State      string  `json:"state,omitempty"`
	Flag       string  `json:"flag,omitempty"`
	Split      string  `json:"split,omitempty"`
	Source     string  `json:"source,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	Model      string  `json:"model,omitempty"`
}

func extraOf(a domain.Asset) extra {
	l := a.Label
	return extra{a.SHA256, string(l.State), string(l.Flag), a.Split, string(l.Source), l.Confidence, l.ModelID}
}

// items gives the truth about an image and a model's proposal, both still without classes and boxes: it is the former as far
// as the format tells it.
func (e extra) items(it item) (truth, proposed item) {
	it.SHA = strings.ToLower(e.SHA256)
	if s := splitName(e.Split); s != "" {
		it.Split = s
	}
	it.Flag = strings.ToLower(e.Flag)
	truth, proposed = it, it
	truth.By, proposed.By = givenBy(e.Source, e.Confidence, e.Model), givenBy("model", e.Confidence, e.Model)
	proposed.State, proposed.Empty = stateAuto, e.State == stateAuto
	truth.Empty = e.State == string(domain.StateLabelled)
	if e.State == stateSkipped {
		truth.State = stateSkipped
	}
	return truth, proposed
}

// addBoth adds what extra.items gave once it is filled.
func (p *parsed) addBoth(truth, proposed item) {
	truth.Empty = truth.Empty && len(truth.Boxes)+len(truth.Classes) == 0
	p.add(truth)
	if proposed.Empty || len(proposed.Boxes)+len(proposed.Classes) > 0 {
		p.add(proposed)
	}
}

// pendingState is what ImportRecord.Pending holds: the newest items, and the blob of those before, which names the blob
// before it. So that a file costs what it adds, however many came before it.
type pendingState struct {
	Before string `json:"before,omitempty"`
	Items  []item `json:"items"`
}

// spillBytes is how large ImportRecord.Pending may grow before it goes into a blob.
const spillBytes = 32 << 10

// addPending keeps items until Finish.
func (s *Service) addPending(ctx context.Context, project, importID string, items []item) error {
	if len(items) == 0 {
		return nil
	}
	unlock := s.queue(importID)
	defer unlock()
	rec, err := s.Store.Import(ctx, project, importID)
	if err != nil {
		return err
	}
	var state pendingState
	if len(rec.Pending) > 0 {
		if err := json.Unmarshal(rec.Pending, &state); err != nil {
			return fmt.Errorf("pending labels of import %s: %w", importID, err)
		}
	}
	state.Items = append(state.Items, items...)
	text, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("pending labels of import %s: %w", importID, err)
	}
	if len(text) > cmp.Or(s.spill, spillBytes) {
		sha, err := s.Blobs.PutBytes(ctx, text)
		if err != nil {
			return fmt.Errorf("keep pending labels: %w", err)
		}
		if text, err = json.Marshal(pendingState{Before: sha}); err != nil {
			return err
		}
	}
	return s.Store.SetImportPending(ctx, project, importID, text)
}

// pendingItems are what addPending kept, in its order, page by page: at any time those of one page are in memory.
type pendingItems struct {
	s     *Service
	blobs []string // of all pages but the last, in order
	last  []item
}

// pending gives what addPending kept with an import.
func (s *Service) pending(ctx context.Context, kept []byte) (*pendingItems, error) {
	p := &pendingItems{s: s}
	if len(kept) == 0 {
		return p, nil
	}
	var state pendingState
	if err := json.Unmarshal(kept, &state); err != nil {
		return nil, fmt.Errorf("pending labels: %w", err)
	}
	p.last = state.Items
	for state.Before != "" {
		p.blobs = append(p.blobs, state.Before)
		var err error
		if state, err = s.pendingBlob(ctx, state.Before); err != nil {
			return nil, err
		}
	}
	slices.Reverse(p.blobs)
	return p, nil
}

func (s *Service) pendingBlob(ctx context.Context, sha string) (state pendingState, err error) {
	text, err := blob.Bytes(ctx, s.Blobs, sha, 0)
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		return state, fmt.Errorf("read pending labels: %w", err)
	}
	return state, nil
}

// pages is how many there are.
func (p *pendingItems) pages() int { return len(p.blobs) + 1 }

// page gives the items of page i.
func (p *pendingItems) page(ctx context.Context, i int) ([]item, error) {
	if i == len(p.blobs) {
		return p.last, nil
	}
	state, err := p.s.pendingBlob(ctx, p.blobs[i])
	return state.Items, err
}

// each visits all items in their order.
func (p *pendingItems) each(ctx context.Context, visit func(page int, it item) error) error {
	for i := range p.pages() {
		items, err := p.page(ctx, i)
		if err != nil {
			return err
		}
		for _, it := range items {
			if err := visit(i, it); err != nil {
				return err
			}
		}
	}
	return nil
}
