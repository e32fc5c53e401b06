package transfer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// ThumbSide is the long side of thumbnails, in pixels.
const ThumbSide = 256

// imageFile is one image as it came.
type imageFile struct {
	name  string
	split string
	data  []byte
}

// takenImage is what became of an imageFile: an asset, or a refusal.
type takenImage struct {
	asset   domain.Asset
	refused *domain.Refusal
	notes   []domain.Refusal
}

// takeImages checks, stores and adds one batch of images, and gives what to add to the report. Images that cannot be read
// become lines; an error means that storage failed.
func (s *Service) takeImages(ctx context.Context, project, importID string, files []imageFile) error {
	var report domain.ImportReport
	shas := make([]string, len(files))
	for i, f := range files {
		shas[i] = blob.Sum(f.data)
	}
	known, err := s.Store.AssetsBySHA(ctx, project, shas)
	if err != nil {
		return fmt.Errorf("look for images that the project has: %w", err)
	}
	taken, err := s.readImages(ctx, files, shas, known)
	if err != nil {
		return err
	}
	var items []item
	var assets []domain.Asset
	place := map[string]int{} // in assets, by sha
	for i, t := range taken {
		if t.refused != nil {
			report.Refused = append(report.Refused, *t.refused)
			continue
		}
		if _, twice := place[shas[i]]; twice || known[shas[i]].ID != "" {
			report.Duplicates++
			continue
		}
		place[shas[i]] = len(assets)
		assets = append(assets, t.asset)
		report.Notes = append(report.Notes, t.notes...)
	}
	var added store.AddResult
	if len(assets) > 0 {
		if added, err = s.Store.AddAssets(ctx, project, assets, store.LabelWrite{}); err != nil {
			return fmt.Errorf("add images: %w", err)
		}
	}
	report.Imported = added.Added
	report.Duplicates += len(assets) - added.Added // somebody else added the same in the meantime
	for i, f := range files {
		id := known[shas[i]].ID
		if at, ok := place[shas[i]]; ok {
			id = added.Assets[at].ID
		}
		if id != "" {
			items = append(items, item{Kind: kindImage, File: f.name, SHA: shas[i], Asset: id})
		}
	}
	if err := s.addPending(ctx, project, importID, items); err != nil {
		return err
	}
	return s.Store.AddToImport(ctx, project, importID, report, false)
}

// readImages works on several images at a time where the host can.
func (s *Service) readImages(ctx context.Context, files []imageFile, shas []string, known map[string]domain.Asset) ([]takenImage, error) {
	taken, errs := make([]takenImage, len(files)), make([]error, len(files))
	first := map[string]bool{}
	turns := make(chan struct{}, min(4, runtime.GOMAXPROCS(0))) // a large image takes much memory while it is decoded
	var wait sync.WaitGroup
	for i, f := range files {
		if known[shas[i]].ID != "" || first[shas[i]] {
			continue
		}
		first[shas[i]] = true
		turns <- struct{}{}
		wait.Go(func() {
			taken[i], errs[i] = s.readImage(ctx, f, shas[i])
			<-turns
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i := range files { // the second of two equal files is refused with the first
		if first[shas[i]] && taken[i].asset.SHA256 == "" && taken[i].refused == nil {
			for j := range i {
				if shas[j] == shas[i] && taken[j].refused != nil {
					again := *taken[j].refused
					again.Path = files[i].name
					taken[i].refused = &again
					break
				}
			}
		}
	}
	return taken, nil
}

func (s *Service) readImage(ctx context.Context, f imageFile, sha string) (takenImage, error) {
	if err := ctx.Err(); err != nil {
		return takenImage{}, err
	}
	l := s.Limits.filled()
	img, info, err := vision.Decode(f.data, vision.Limits{MaxBytes: int(l.FileBytes), MaxPixels: l.Pixels})
	if err != nil {
		line := domain.Refusal{Path: f.name, Code: "corrupt", Reason: err.Error()}
		var why *vision.Refusal
		if errors.As(err, &why) {
			line.Code = why.Code
		}
		return takenImage{refused: &line}, nil
	}
	thumb, err := vision.Thumbnail(img, ThumbSide)
	if err != nil {
		return takenImage{}, fmt.Errorf("thumbnail of %s: %w", f.name, err)
	}
	measures, err := Measure(thumb)
	if err != nil {
		return takenImage{}, fmt.Errorf("measure %s: %w", f.name, err)
	}
	if _, err := s.Blobs.PutBytes(ctx, f.data); err != nil {
		return takenImage{}, fmt.Errorf("keep %s: %w", f.name, err)
	}
	thumbSHA, err := s.Blobs.PutBytes(ctx, thumb)
	if err != nil {
		return takenImage{}, fmt.Errorf("keep the thumbnail of %s: %w", f.name, err)
	}
	t := takenImage{asset: domain.Asset{
		Name: f.name, SHA256: sha, Format: info.Format, Width: info.Width, Height: info.Height, Orientation: info.Orientation,
		Bytes: int64(len(f.data)), DHash: fmt.Sprintf("%016x", vision.DHash(img)), ThumbSHA: thumbSHA, Split: f.split, Measures: &measures,
		Label: domain.Label{State: domain.StateUnlabelled},
	}}
	for _, n := range info.Notes {
		t.notes = append(t.notes, domain.Refusal{Path: f.name, Code: n.Code, Reason: n.Text})
	}
	if e := ext(f.name); e != "" && imageTypes[e] != info.Format {
		t.notes = append(t.notes, domain.Refusal{
			Path: f.name, Code: "renamed",
			Reason: fmt.Sprintf("The name ends in .%s, but the content is %s. It was taken as what it is.", e, strings.ToUpper(info.Format)),
		})
	}
	return t, nil
}
