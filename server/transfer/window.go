package transfer

import (
	"context"
	"fmt"
	"slices"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// windowAssets is how many images are labelled at a time.
const windowAssets = 1000

// windows parts the images that labels speak of, in the order in which they are named first, into windows of so many, and
// knows on which pages of items each is spoken of.
type windows struct {
	size  int
	rank  map[uint64]int32 // by hash of the asset's id
	pages [][]int32        // by window, rising
}

// of gives the window of an image that was added.
func (w *windows) of(id string) int { return int(w.rank[nameHash("", id)]) / w.size }

func (w *windows) add(id string, page int) {
	hash := nameHash("", id)
	rank, ok := w.rank[hash]
	if !ok {
		rank = int32(len(w.rank))
		w.rank[hash] = rank
	}
	at := int(rank) / w.size
	if at == len(w.pages) {
		w.pages = append(w.pages, nil)
	}
	if p := w.pages[at]; len(p) == 0 || p[len(p)-1] != int32(page) {
		w.pages[at] = append(p, int32(page))
	}
}

// clear begins another window.
func (a *attachment) clear() {
	a.assets, a.found, a.order = map[string]domain.Asset{}, map[string]*finding{}, nil
}

// targets finds the asset of each item that says something about one, "" where there is none, which refuse has told.
func (a *attachment) targets(ctx context.Context, items []item, refuse bool) (out []string, err error) {
	out = make([]string, len(items))
	for i, it := range items {
		if it.Kind == kindImage && a.inside != nil && a.inside(it.File) != "" {
			out[i] = it.Asset
		}
		if !isLabel(it) {
			continue
		}
		id, several := a.own.find(it)
		if id == "" && several == 0 {
			if err := a.loadAll(ctx); err != nil {
				return nil, err
			}
			id, several = a.all.find(it)
		}
		if out[i] = id; id == "" && refuse {
			code, reason := noImage(it, several)
			a.lines.refuse(it.File, code, "%s", reason)
		}
	}
	return out, nil
}

func (a *attachment) loadAll(ctx context.Context) error {
	if a.all != nil {
		return nil
	}
	a.all = newIndex()
	return a.s.Store.EachName(ctx, a.rec.ProjectID, a.all.add)
}

// load reads the assets of ids that are not loaded yet.
func (a *attachment) load(ctx context.Context, ids []string) error {
	var missing []string
	for _, id := range ids {
		if _, ok := a.assets[id]; ok || id == "" {
			continue
		}
		a.assets[id] = a.every[id]
		missing = append(missing, id)
	}
	if a.every != nil {
		return nil
	}
	for part := range slices.Chunk(missing, 500) {
		assets, err := a.s.Store.AssetsByID(ctx, a.rec.ProjectID, part)
		if err != nil {
			return fmt.Errorf("load the images of labels: %w", err)
		}
		for id, asset := range assets {
			a.assets[id] = asset
		}
	}
	return nil
}

// gather makes the findings of a window.
func (a *attachment) gather(ctx context.Context, window int) error {
	a.clear()
	var items []item
	var ids []string
	for _, page := range a.windows.pages[window] {
		all, err := a.items.page(ctx, int(page))
		if err != nil {
			return err
		}
		targets, err := a.targets(ctx, all, false)
		if err != nil {
			return err
		}
		for i, it := range all {
			if targets[i] != "" && a.windows.of(targets[i]) == window {
				items, ids = append(items, it), append(ids, targets[i])
			}
		}
	}
	return a.takeAll(ctx, items, ids)
}

// takeAll adds what items say to the findings of their assets.
func (a *attachment) takeAll(ctx context.Context, items []item, ids []string) error {
	if err := a.load(ctx, ids); err != nil {
		return err
	}
	for i, it := range items {
		if ids[i] == "" {
			continue
		}
		if it.Kind == kindImage {
			it = item{Kind: kindFolders, File: it.File, Image: it.File, Classes: []string{a.inside(it.File)}}
		}
		a.take(it, a.assets[ids[i]])
	}
	return nil
}

// labelAll labels window by window.
func (a *attachment) labelAll(ctx context.Context) error {
	left := len(a.windows.rank)
	if err := a.tell(ctx, domain.ImportReport{Progress: &domain.ImportProgress{Phase: phaseLabel, Total: left}}); err != nil {
		return err
	}
	ids := classIDs(a.made)
	for window := range a.windows.pages {
		if err := a.gather(ctx, window); err != nil {
			return err
		}
		if err := a.keepSplits(ctx); err != nil {
			return err
		}
		labelled, err := a.write(ctx, ids)
		if err != nil {
			return err
		}
		delta := a.lines.next()
		done := min(left, a.windows.size)
		delta.Labelled, delta.Progress = labelled, &domain.ImportProgress{Done: done}
		if err := a.tell(ctx, delta); err != nil {
			return err
		}
		left -= done
	}
	return nil
}

// write writes the labels of a window, and gives how many.
func (a *attachment) write(ctx context.Context, ids map[string]string) (labelled int, err error) {
	var changes []store.Change
	for _, id := range a.order {
		if label, ok := a.label(id, ids); ok {
			if label.State != domain.StateAuto {
				labelled++
			}
			rev := a.assets[id].Label.Rev
			changes = append(changes, store.Change{AssetID: id, Label: label, IfRev: &rev})
		}
	}
	before := a.counts["conflicts"]
	for part := range slices.Chunk(changes, 500) {
		op, err := a.s.Store.WriteLabels(ctx, a.rec.ProjectID, store.LabelWrite{
			OpID: a.rec.ID, Kind: "import", Actor: domain.ActorOf(ctx).ID, Append: true, SkipConflicts: true, Changes: part,
		})
		if err != nil {
			return 0, fmt.Errorf("write labels: %w", err)
		}
		a.counts["conflicts"] = op.Skipped // of the whole operation
	}
	return labelled - (a.counts["conflicts"] - before), nil
}

// keepSplits gives images the splits that label files told. Within an archive label files are read first, so its new images
// have theirs already.
func (a *attachment) keepSplits(ctx context.Context) error {
	splits := map[string]string{}
	for _, id := range a.order {
		if s := a.found[id].split; s != "" && s != a.assets[id].Split {
			splits[id] = s
		}
	}
	if len(splits) == 0 {
		return nil
	}
	n, err := a.s.Store.SetSplit(ctx, a.rec.ProjectID, splits)
	a.counts["splits"] += n
	return err
}
