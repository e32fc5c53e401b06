package transfer

import (
	"context"
	"io"

	"github.com/irum-app/irum/server/domain"
)

// Start opens an import. labels is auto, folder, csv, voc, coco, yolo or none.
func (s *Service) Start(ctx context.Context, project, labels string) (domain.ImportReport, error) {
	return domain.ImportReport{}, domain.Errorf(domain.CodeUnavailable, "not written yet")
}

// File takes one file of an import: an image, a ZIP archive, or a label file. The report counts the whole import so far.
func (s *Service) File(ctx context.Context, project, importID, path string, body io.Reader) (domain.ImportReport, error) {
	return domain.ImportReport{}, domain.Errorf(domain.CodeUnavailable, "not written yet")
}

// Finish attaches the labels to their images as one operation that can be undone, and closes the import.
func (s *Service) Finish(ctx context.Context, project, importID string) (domain.ImportReport, error) {
	return domain.ImportReport{}, domain.Errorf(domain.CodeUnavailable, "not written yet")
}
