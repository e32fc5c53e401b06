package transfer

import (
	"context"
	"io"

	"github.com/irum-app/irum/server/domain"
)

// SnapshotFormat is the value of Snapshot.Format.
const SnapshotFormat = "irum-export-1"

// Snapshot is the content of an export: the project without its counts, and the assets with their labels, ordered by
// name and id.
type Snapshot struct {
	Format  string         `json:"format"`
	Project domain.Project `json:"project"`
	Assets  []domain.Asset `json:"assets"`
}

// Download is an export in one format. Write gives the same bytes every time.
type Download struct {
	Filename    string
	ContentType string
	Write       func(ctx context.Context, w io.Writer) error
}

// CreateExport keeps an immutable snapshot of what f selects.
func (s *Service) CreateExport(ctx context.Context, project, name string, f domain.Filter) (domain.Export, error) {
	return domain.Export{}, domain.Errorf(domain.CodeUnavailable, "not written yet")
}

// Snapshot reads what an export holds.
func (s *Service) Snapshot(ctx context.Context, project, exportID string) (*Snapshot, error) {
	return nil, domain.Errorf(domain.CodeUnavailable, "not written yet")
}

// Download gives an export as json, csv, folder, coco, yolo or voc.
func (s *Service) Download(ctx context.Context, project, exportID, format string) (*Download, error) {
	return nil, domain.Errorf(domain.CodeUnavailable, "not written yet")
}
