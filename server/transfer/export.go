package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
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

// Download is an export in one format. Write gives the same bytes every time; it streams, so an error may come after some of
// them were written.
type Download struct {
	Filename    string
	ContentType string
	Write       func(ctx context.Context, w io.Writer) error
}

// CreateExport keeps an immutable snapshot of what f selects. CodeInvalid where that is nothing.
func (s *Service) CreateExport(ctx context.Context, project, name string, f domain.Filter) (domain.Export, error) {
	p, err := s.Store.Project(ctx, project)
	if err != nil {
		return domain.Export{}, err
	}
	if name = strings.TrimSpace(name); name == "" {
		name = p.Name
	}
	if utf8.RuneCountInString(name) > 200 {
		return domain.Export{}, domain.Errorf(domain.CodeInvalid, "The name of an export has at most 200 characters.").In("name")
	}
	p.Counts = domain.Counts{}
	snap := Snapshot{Format: SnapshotFormat, Project: p, Assets: []domain.Asset{}}
	export := domain.Export{ProjectID: project, Name: name, Filter: f, ByClass: map[string]int{}}
	err = s.Store.EachAsset(ctx, project, store.Query{Filter: f, Sort: domain.SortName}, func(page []domain.Asset) error {
		snap.Assets = append(snap.Assets, page...)
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
			for _, id := range labelClasses(a.Label) {
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

// labelClasses gives the class ids that a label holds, each once.
func labelClasses(l domain.Label) (ids []string) {
	for _, c := range l.Classes {
		ids = append(ids, c.ClassID)
	}
	for _, b := range l.Boxes {
		ids = append(ids, b.ClassID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
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

// output is one export on its way out.
type output struct {
	s       *Service
	export  domain.Export
	snap    *Snapshot
	classes map[string]domain.Class // by id
	flagged bool                    // somebody noted something about an image: only then the tables have a column for it
}

// Download gives an export as json (the snapshot), csv, coco (one JSON file), folder, yolo or voc (ZIPs with the images).
// CodeInvalid for another format, CodeUnsupported where the format cannot hold this project's labels.
func (s *Service) Download(ctx context.Context, project, exportID, format string) (*Download, error) {
	export, err := s.Store.Export(ctx, project, exportID)
	if err != nil {
		return nil, err
	}
	snap, err := s.snapshot(ctx, export)
	if err != nil {
		return nil, err
	}
	o := &output{s: s, export: export, snap: snap, classes: map[string]domain.Class{}}
	for _, c := range snap.Project.Classes {
		o.classes[c.ID] = c
	}
	o.flagged = slices.ContainsFunc(snap.Assets, func(a domain.Asset) bool { return a.Label.Flag != domain.FlagNone })
	boxes := snap.Project.Task == domain.TaskBoxes
	d := &Download{Filename: filePart(export.Name) + "-" + format + ".zip", ContentType: "application/zip"}
	switch {
	case format == "json":
		d.Filename, d.ContentType, d.Write = filePart(export.Name)+".json", "application/json", o.json
	case format == "csv":
		d.Filename, d.ContentType, d.Write = filePart(export.Name)+".csv", "text/csv; charset=utf-8", o.csv
	case format == "coco":
		d.Filename, d.ContentType, d.Write = filePart(export.Name)+"-coco.json", "application/json", o.coco
	case format == "folder" && boxes:
		return nil, domain.Errorf(domain.CodeUnsupported, "Class folders cannot hold boxes. Use COCO, YOLO, VOC or CSV.").In("format")
	case format == "folder":
		d.Write = o.zip(o.folder)
	case (format == "yolo" || format == "voc") && !boxes:
		return nil, domain.Errorf(domain.CodeUnsupported, "%s holds boxes, and this project labels whole images. Use class folders, CSV or COCO.", kindTitle[format]).In("format")
	case format == "yolo":
		d.Write = o.zip(o.yolo)
	case format == "voc":
		d.Write = o.zip(o.voc)
	default:
		return nil, domain.Errorf(domain.CodeInvalid, "The format %q is not known. Use json, csv, folder, coco, yolo or voc.", format).In("format")
	}
	return d, nil
}

func (o *output) json(ctx context.Context, w io.Writer) error {
	r, err := o.s.Blobs.Get(ctx, o.export.SHA256)
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	defer func() { _ = r.Close() }()
	_, err = io.Copy(w, r)
	return err
}

// className gives the name of a class id.
func (o *output) className(id string) string { return o.classes[id].Name }

// hasSplits tells whether some, and whether all images have a split.
func (o *output) hasSplits() (some, all bool) {
	all = true
	for _, a := range o.snap.Assets {
		some, all = some || a.Split != "", all && a.Split != ""
	}
	return some, all
}
