package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// SnapshotFormat is the value of Snapshot.Format.
const SnapshotFormat = "irum-export-1"

// Snapshot is the content of an export: the project without its counts, and the assets with their labels, ordered by
// name and id. Unlabelled and skipped assets are in it.
type Snapshot struct {
	Format  string         `json:"format"`
	Project domain.Project `json:"project"`
	Assets  []domain.Asset `json:"assets"`
}

// CreateExport keeps an immutable snapshot of what f selects. CodeInvalid where that is nothing.
func (s *Service) CreateExport(ctx context.Context, project, name string, f domain.Filter) (domain.Export, error) {
	p, seq, err := s.Store.LabelSeq(ctx, project)
	if err != nil {
		return domain.Export{}, err
	}
	if name = strings.TrimSpace(name); name == "" {
		name = p.Name
	}
	if utf8.RuneCountInString(name) > 200 {
		return domain.Export{}, domain.Errorf(domain.CodeInvalid, "The name of an export has at most 200 characters.").In("name")
	}
	p.Counts, p.Workspace = domain.Counts{}, "" // what is outside of the project does not change its export
	snap := Snapshot{Format: SnapshotFormat, Project: p, Assets: []domain.Asset{}}
	export := domain.Export{ProjectID: project, Name: name, Task: p.Task, Seq: seq, Filter: f, ByClass: map[string]int{}}
	err = s.Store.EachAsset(ctx, project, store.Query{Filter: f, Sort: domain.SortName}, func(page []domain.Asset) error {
		for _, a := range page {
			a.Comments, a.OpenThreads = 0, 0 // they are about the work, not about the labels
			snap.Assets = append(snap.Assets, a)
		}
		return nil
	})
	if err != nil {
		return domain.Export{}, err
	}
	if len(snap.Assets) == 0 {
		return domain.Export{}, domain.Errorf(domain.CodeInvalid, "There is no image to export. Choose another filter or import images first.").In("filter")
	}
	slices.SortFunc(snap.Assets, func(a, b domain.Asset) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, a := range snap.Assets {
		if a.Label.State == domain.StateLabelled {
			export.Labelled++
			for _, id := range a.Label.ClassIDs() {
				export.ByClass[id]++
			}
		}
	}
	export.Items = len(snap.Assets)
	text, err := json.Marshal(snap)
	if err != nil {
		return domain.Export{}, fmt.Errorf("encode snapshot: %w", err)
	}
	if export.SHA256, err = s.Blobs.PutBytes(ctx, text); err != nil {
		return domain.Export{}, fmt.Errorf("keep snapshot: %w", err)
	}
	return s.Store.SaveExport(ctx, export)
}

// Snapshot reads what an export holds.
func (s *Service) Snapshot(ctx context.Context, project, exportID string) (*Snapshot, error) {
	export, err := s.Store.Export(ctx, project, exportID)
	if err != nil {
		return nil, err
	}
	return s.snapshot(ctx, export)
}

func (s *Service) snapshot(ctx context.Context, export domain.Export) (*Snapshot, error) {
	text, err := blob.Bytes(ctx, s.Blobs, export.SHA256, 0)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	if sum := blob.Sum(text); sum != export.SHA256 {
		return nil, fmt.Errorf("the snapshot of export %s is damaged: its SHA-256 is %s", export.ID, sum)
	}
	var snap Snapshot
	if err := json.Unmarshal(text, &snap); err != nil {
		return nil, fmt.Errorf("snapshot of export %s: %w", export.ID, err)
	}
	return &snap, nil
}
