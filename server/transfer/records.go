package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// isRecordName tells files of records by name: set.tfrecord, set.record-00000-of-00010.
func isRecordName(name string) bool {
	for part := range strings.FieldsFuncSeq(strings.ToLower(name[strings.LastIndexByte(name, '/')+1:]), func(c rune) bool { return c == '.' || c == '-' }) {
		if part == "tfrecord" || part == "tfrecords" || part == "record" || part == "records" {
			return true
		}
	}
	return false
}

// records is one file of records on its way in: images and labels go on as they come, so that its size does not matter.
type records struct {
	s      *Service
	rec    store.ImportRecord
	labels bool
	parsed *parsed
	images []imageFile
	held   int
}

// takeRecords imports a TFRecord file.
func (s *Service) takeRecords(ctx context.Context, rec store.ImportRecord, file string, r io.Reader) error {
	t := &records{s: s, rec: rec, labels: rec.Labels == modeAuto || rec.Labels == kindTFRecord, parsed: &parsed{file: file}}
	limits := s.Limits.filled()
	err := readTFRecords(r, limits.FileBytes+1<<20, func(n int, data []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.take(n, data)
		if len(t.images) >= batchImages || t.held >= batchBytes || len(t.parsed.items) >= 10*batchImages {
			return t.flush(ctx)
		}
		return nil
	})
	var bad errTFRecord
	if errors.As(err, &bad) {
		t.parsed.refuse("tfrecord", "%s", bad.reason)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if n := t.parsed.more; n > 0 {
		t.parsed.refused = append(t.parsed.refused, domain.Refusal{Path: file, Code: "more", Reason: fmt.Sprintf("%d more records of this file were not taken.", n)})
	}
	return t.flush(ctx)
}

func (t *records) take(n int, data []byte) {
	e, err := parseExample(data)
	if err != nil {
		t.parsed.refuse("tfrecord_example", "Record %d: %v.", n, err)
		return
	}
	truth, proposed, img := e.read(t.parsed.file, n)
	if img.data != nil {
		clean, reason := entryName(img.name)
		if reason != "" {
			t.parsed.refuse("unsafe_path", "Record %d: %s", n, reason)
			return
		}
		img.name, img.data = clean, slices.Clone(img.data)
		truth.SHA = blob.Sum(img.data)
		proposed.SHA = truth.SHA
		t.images, t.held = append(t.images, img), t.held+len(img.data)
	}
	if t.labels {
		t.parsed.addBoth(truth, proposed)
	}
}

// flush stores what has come. The lines of the whole file are bounded, not those of each turn.
func (t *records) flush(ctx context.Context) error {
	images, items, refused := t.images, t.parsed.items, t.parsed.refused
	t.images, t.held, t.parsed.items, t.parsed.refused = nil, 0, nil, nil
	t.parsed.refused = make([]domain.Refusal, 0, maxLines)
	t.parsed.told += len(refused)
	if len(images) > 0 {
		if err := t.s.takeImages(ctx, t.rec.ProjectID, t.rec.ID, images); err != nil {
			return err
		}
	}
	if err := t.s.addPending(ctx, t.rec.ProjectID, t.rec.ID, items); err != nil {
		return err
	}
	n := len(images) // how many there will be is not known
	return t.s.Store.AddToImport(ctx, t.rec.ProjectID, t.rec.ID, domain.ImportReport{
		Refused: refused, Progress: &domain.ImportProgress{Phase: phaseImages, Done: n, Total: n},
	}, false)
}

// record takes a tf.Example of a, without the image's bytes, as a file of records would give it.
func (r *reimport) record(file string, data []byte, a domain.Asset) error {
	e, err := parseExample(data)
	if err != nil {
		return err
	}
	truth, proposed, img := e.read(file, len(r.names)+1)
	r.image(img.name, a)
	p := &parsed{file: file}
	p.addBoth(truth, proposed)
	r.items = append(r.items, p.items...)
	return nil
}
