package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Label modes of an import beside the kinds of label files.
const (
	modeAuto   = "auto"
	modeFolder = "folder"
	modeNone   = "none"
)

// Start opens an import into a project. labels says which labels are read, as one of domain.LabelModes: auto is whatever is
// found, told in Notes; "" is auto. CodeInvalid for any other, CodeNotFound where there is no such project.
func (s *Service) Start(ctx context.Context, project, labels string) (domain.ImportReport, error) {
	return s.StartAs(ctx, project, labels, "")
}

// StartAs is Start with the dialect of Pascal VOC boxes, "" to find out.
func (s *Service) StartAs(ctx context.Context, project, labels string, voc domain.VOC) (domain.ImportReport, error) {
	if labels == "" {
		labels = modeAuto
	}
	if modes := domain.LabelModes(); !slices.Contains(modes, labels) {
		return domain.ImportReport{}, domain.Errorf(domain.CodeInvalid,
			"Labels cannot be read as %q. Use one of %s.", labels, strings.Join(modes, ", ")).In("labels")
	}
	if err := domain.CheckVOC(voc); err != nil {
		return domain.ImportReport{}, err
	}
	if _, err := s.Store.Project(ctx, project); err != nil {
		return domain.ImportReport{}, err
	}
	rec, err := s.Store.CreateImport(ctx, store.ImportRecord{ProjectID: project, Labels: labels, AskedVOC: voc})
	if err != nil {
		return domain.ImportReport{}, fmt.Errorf("open import: %w", err)
	}
	return rec.ImportReport, nil
}

// File takes one file of an import: an image, a ZIP archive, or a label file; body is read as a stream. The report counts
// the whole import so far; what is not taken gets a line in it, of which the first 100 are answered. An error means that nothing can be told about the file
// (storage or body failed, no such import), and the same file may be sent again.
func (s *Service) File(ctx context.Context, project, importID, name string, body io.Reader) (domain.ImportReport, error) {
	rec, err := s.Store.Import(ctx, project, importID)
	if err != nil {
		return domain.ImportReport{}, err
	}
	if rec.Finished {
		return domain.ImportReport{}, domain.Errorf(domain.CodeConflict, "This import is finished. Open another one for more files.")
	}
	if err := s.takeFile(ctx, rec, name, body); err != nil {
		return domain.ImportReport{}, err
	}
	return s.Store.ImportReport(ctx, project, importID, fileLines)
}

func (s *Service) takeFile(ctx context.Context, rec store.ImportRecord, name string, body io.Reader) error {
	text, _ := toUTF8(name)
	clean, reason := entryName(text)
	if reason != "" {
		return s.refuseFile(ctx, rec, text, "unsafe_path", reason)
	}
	if isJunk(clean) {
		return nil
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(body, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read %s: %w", clean, err)
	}
	head = head[:n]
	if isZIP(head) {
		if other := notArchive[ext(clean)]; other != "" {
			return s.refuseFile(ctx, rec, clean, "not_image", other)
		}
		return s.takeArchive(ctx, rec, clean, head, body)
	}
	if isTFRecords(head) {
		return s.takeRecords(ctx, rec, clean, io.MultiReader(bytes.NewReader(head), body))
	}
	limit := s.fileLimit(clean)
	data, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(head), body), limit+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", clean, err)
	}
	if int64(len(data)) > limit {
		return s.refuseFile(ctx, rec, clean, "too_large", tooLarge(limit))
	}
	if isLabels(clean, data) {
		_, err := s.takeLabels(ctx, rec, clean, data)
		return err
	}
	return s.takeImages(ctx, rec.ProjectID, rec.ID, []imageFile{{name: clean, split: pathSplit(clean), data: data}})
}

// notArchive are files that are ZIPs inside, and what to do with them.
var notArchive = map[string]string{
	"xlsx": "Spreadsheets are not read. Save the table as CSV (UTF-8).", "ods": "Spreadsheets are not read. Save the table as CSV (UTF-8).",
	"docx": "Documents are not read.", "pptx": "Presentations are not read.", "odt": "Documents are not read.",
	"jar": "Programs are not read.", "apk": "Programs are not read.", "epub": "Books are not read.", "npz": "NumPy archives are not read. Export the images as PNG.",
}

func isZIP(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// isLabels tells a label file from an image with such a name: images are told by their content, save for BMP, whose two
// letters a table may begin with as well.
func isLabels(name string, data []byte) bool {
	if !isLabelFile(name) {
		return false
	}
	format, err := vision.Sniff(data)
	return err != nil || format == "bmp"
}

func (s *Service) fileLimit(name string) int64 {
	l := s.Limits.filled()
	if isLabelFile(name) {
		return l.LabelBytes
	}
	return l.FileBytes
}

func tooLarge(limit int64) string {
	if limit < 1<<20 {
		return fmt.Sprintf("The file has more than %d bytes.", limit)
	}
	return fmt.Sprintf("The file has more than %d MiB. Make it smaller or split it.", limit>>20)
}

func (s *Service) refuseFile(ctx context.Context, rec store.ImportRecord, name, code, reason string) error {
	line := domain.Refusal{Path: cleanText(name), Code: code, Reason: reason}
	return s.Store.AddToImport(ctx, rec.ProjectID, rec.ID, domain.ImportReport{Refused: []domain.Refusal{line}}, false)
}

// takeLabels keeps what a label file says until Finish.
func (s *Service) takeLabels(ctx context.Context, rec store.ImportRecord, name string, data []byte) ([]item, error) {
	p := parseLabels(name, data, rec.Labels)
	if err := s.addPending(ctx, rec.ProjectID, rec.ID, p.items); err != nil {
		return nil, err
	}
	if len(p.refused)+len(p.notes) == 0 {
		return p.items, nil
	}
	return p.items, s.Store.AddToImport(ctx, rec.ProjectID, rec.ID, domain.ImportReport{Refused: p.refused, Notes: p.notes}, false)
}
