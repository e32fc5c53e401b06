package transfer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
)

// Download is an export in one format. Write gives the same bytes every time; it streams, so an error may come after some of
// them were written.
type Download struct {
	Filename    string
	ContentType string
	Write       func(ctx context.Context, w io.Writer) error
}

// output is one export on its way out. Its assets are read one by one from the snapshot, as often as a format needs them, so
// that memory does not grow with their number.
type output struct {
	s       *Service
	export  domain.Export
	format  domain.Format
	project domain.Project
	classes map[string]domain.Class // by id
	tree    domain.Tree
	used    map[string]bool // ids of the classes that labels hold
	splits  map[string]int  // images by split
	items   int
	auto    int        // images with a model's proposal
	voc     domain.VOC // dialect of Pascal VOC
}

// Download gives an export in a format of domain.Formats: json is the snapshot, the others are made from it. CodeInvalid for
// another format, CodeUnsupported where the format cannot hold this project's labels. voc is the dialect that Pascal VOC is written in,
// "" that of the snapshot.
func (s *Service) Download(ctx context.Context, project, exportID, format string, voc domain.VOC) (*Download, error) {
	o, err := s.output(ctx, project, exportID, format, voc)
	if err != nil {
		return nil, err
	}
	d := &Download{Filename: filePart(o.export.Name) + o.format.Ending, ContentType: "application/zip"}
	if write := packWriters[format]; write != nil {
		d.Write = func(ctx context.Context, w io.Writer) error { return o.zip(ctx, w, write) }
		return d, nil
	}
	d.ContentType = "application/json"
	if format == "csv" {
		d.ContentType = "text/csv; charset=utf-8"
	}
	d.Write = func(ctx context.Context, w io.Writer) error { return fileWriters[format](o, ctx, w) }
	return d, nil
}

// fileWriters make a format that is one file without images.
var fileWriters = map[string]func(*output, context.Context, io.Writer) error{
	"json": (*output).json, "csv": (*output).csv, "coco": (*output).coco, "labelstudio": (*output).labelStudio,
}

// packWriters make a format that is a ZIP of files and images.
var packWriters = map[string]func(*output, context.Context, *pack) error{
	"folder": (*output).folder, "yolo": (*output).yolo, "voc": (*output).pascal,
	"cvat": (*output).cvat, "datumaro": (*output).datumaro, "tfrecord": (*output).tfrecord,
}

// output checks that the format fits and reads the snapshot once, for its digest and for what has to be known before.
func (s *Service) output(ctx context.Context, project, exportID, format string, voc domain.VOC) (*output, error) {
	if err := domain.CheckVOC(voc); err != nil {
		return nil, err
	}
	export, err := s.Store.Export(ctx, project, exportID)
	if err != nil {
		return nil, err
	}
	f, known := domain.FormatNamed(format)
	if !known {
		return nil, domain.Errorf(domain.CodeInvalid, "The format %q is not known. Use %s.", format, formatNames()).In("format")
	}
	o := &output{s: s, export: export, format: f, classes: map[string]domain.Class{}, used: map[string]bool{}, splits: map[string]int{}}
	sum := sha256.New()
	err = o.scan(ctx, sum, func(_ int, a domain.Asset) error {
		o.items++
		o.splits[a.Split]++
		if a.Label.State == domain.StateAuto {
			o.auto++
		}
		for _, id := range a.Label.ClassIDs() {
			o.used[id] = true
		}
		return nil
	})
	if got := hex.EncodeToString(sum.Sum(nil)); err == nil && got != export.SHA256 {
		err = fmt.Errorf("the snapshot of export %s is damaged: its SHA-256 is %s", export.ID, got)
	}
	o.tree = domain.TreeOf(o.project.Classes)
	o.voc = cmp.Or(voc, o.project.VOC, domain.VOCOne)
	if err != nil {
		return nil, fmt.Errorf("snapshot of export %s: %w", export.ID, err)
	}
	switch {
	case f.Holds(o.project.Task):
	case o.project.Task == domain.TaskBoxes:
		return nil, domain.Errorf(domain.CodeUnsupported, "The format %q cannot hold boxes. Use %s.", format, formatNames(o.project.Task)).In("format")
	default:
		return nil, domain.Errorf(domain.CodeUnsupported, "The format %q holds boxes, and this project labels whole images. Use %s.", format, formatNames(o.project.Task)).In("format")
	}
	for _, c := range o.project.Classes {
		o.classes[c.ID] = c
	}
	return o, nil
}

// formatNames lists the formats that hold labels of all tasks.
func formatNames(tasks ...domain.Task) (names string) {
	for _, f := range domain.Formats {
		fits := true
		for _, t := range tasks {
			fits = fits && f.Holds(t)
		}
		if fits && names != "" {
			names += ", "
		}
		if fits {
			names += f.Name
		}
	}
	return names
}

// each visits the assets of the export in their order.
func (o *output) each(ctx context.Context, visit func(i int, a domain.Asset) error) error {
	return o.scan(ctx, io.Discard, visit)
}

// scan reads the snapshot, of which all bytes go to sum as well, and visits its assets one by one.
func (o *output) scan(ctx context.Context, sum io.Writer, visit func(i int, a domain.Asset) error) error {
	r, err := o.s.Blobs.Get(ctx, o.export.SHA256)
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	defer func() { _ = r.Close() }()
	all := io.TeeReader(r, sum)
	d := json.NewDecoder(all)
	if err := o.decode(ctx, d, visit); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, all)
	return err
}

func (o *output) decode(ctx context.Context, d *json.Decoder, visit func(i int, a domain.Asset) error) error {
	return decodeMembers(d, func(name string) error {
		switch name {
		case "project":
			return d.Decode(&o.project)
		case "assets":
			return decodeList(d, func(i int) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				var a domain.Asset
				if err := d.Decode(&a); err != nil {
					return err
				}
				return visit(i, a)
			})
		}
		var other json.RawMessage
		return d.Decode(&other)
	})
}

// decodeMembers calls next for each member of the object that d is at; next has to decode its value.
func decodeMembers(d *json.Decoder, next func(name string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(err, fmt.Errorf("%v stands where an object should", t))
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := next(name); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// decodeList calls next for each element of the list that d is at; next has to decode it.
func decodeList(d *json.Decoder, next func(i int) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(err, fmt.Errorf("%v stands where a list should", t))
	}
	for i := 0; d.More(); i++ {
		if err := next(i); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
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

// hasSplits tells whether all images have a split.
func (o *output) hasSplits() bool { return o.splits[""] == 0 }
