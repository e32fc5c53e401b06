package transfer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/irum-app/irum/server/blob"
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
)

// item is one thing that Finish works with: an image that was taken, or one label as its file says it, still unmatched.
// Coordinates and class indices are kept as they were written, because what they mean may only be told from all files together.
type item struct {
	Kind    string    `json:"k"`
	File    string    `json:"f"`           // the file it came from
	Line    int       `json:"l,omitempty"` // in that file, from 1
	Image   string    `json:"i,omitempty"` // the image it is about, as told
	SHA     string    `json:"s,omitempty"` // hex, where the file tells it
	Asset   string    `json:"a,omitempty"` // kindImage: the asset's id
	Classes []string  `json:"c,omitempty"` // names; kindNames: in order of index
	List    string    `json:"t,omitempty"` // several names in one cell, split only where a label may hold several
	Boxes   []rawBox  `json:"b,omitempty"`
	Empty   bool      `json:"e,omitempty"` // looked at, nothing there
	State   string    `json:"st,omitempty"`
	Flag    string    `json:"fl,omitempty"`
	Split   string    `json:"sp,omitempty"`
	Size    [2]int    `json:"wh,omitzero"` // width and height that the file claims
	Info    *infoNote `json:"n,omitempty"`
}

// infoNote says what about an item is worth a note.
type infoNote struct {
	Polygons    int `json:"p,omitempty"`
	Predictions int `json:"q,omitempty"`
}

// rawBox is a box as written. Class is a name, or for YOLO an index.
type rawBox struct {
	Class string     `json:"c"`
	At    [4]float64 `json:"x"` // voc: xmin ymin xmax ymax; coco and irum: x y w h; yolo: centre and size as shares
	Edges bool       `json:"e,omitempty"`
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
	if len(text) > spillBytes {
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

// allPending gives what addPending kept, in its order, and the blobs it lies in.
func (s *Service) allPending(ctx context.Context, pending []byte) (items []item, blobs []string, err error) {
	var parts [][]item
	for len(pending) > 0 {
		var state pendingState
		if err := json.Unmarshal(pending, &state); err != nil {
			return nil, nil, fmt.Errorf("pending labels: %w", err)
		}
		parts = append(parts, state.Items)
		pending = nil
		if state.Before != "" {
			blobs = append(blobs, state.Before)
			if pending, err = blob.Bytes(ctx, s.Blobs, state.Before, 0); err != nil {
				return nil, nil, fmt.Errorf("read pending labels: %w", err)
			}
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		items = append(items, parts[i]...)
	}
	return items, blobs, nil
}
