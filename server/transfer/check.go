package transfer

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Check makes an export in a format as Download does, reads that again in memory by the importers, and tells what did not
// come back. Pixels are neither read nor written. Errors and voc are Download's.
func (s *Service) Check(ctx context.Context, project, exportID, format string, voc domain.VOC) (domain.ExportCheck, error) {
	o, err := s.output(ctx, project, exportID, format, voc)
	if err != nil {
		return domain.ExportCheck{}, err
	}
	back := &reimport{o: o}
	if write := packWriters[format]; write != nil {
		err = write(o, ctx, &pack{o: o, back: back})
	} else {
		var out bytes.Buffer
		if err = fileWriters[format](o, ctx, &out); err == nil {
			err = o.each(ctx, func(_ int, a domain.Asset) error {
				back.image(a.Name, a)
				return nil
			})
		}
		back.file("labels"+path.Ext(o.format.Ending), out.Bytes())
	}
	if err != nil {
		return domain.ExportCheck{}, err
	}
	if err := back.read(ctx); err != nil {
		return domain.ExportCheck{}, err
	}
	return back.compare(ctx)
}

// reimport is what an import into an empty project would make of the files of an export.
type reimport struct {
	o       *output
	items   []item // images under the names that they have in the file, and labels
	names   []string
	assets  map[string]domain.Asset // by place in the export, as text: without labels
	refused []domain.Refusal

	project domain.Project
	classes map[string]string // names by id
	labels  map[string]domain.Label
	splits  map[string]string
	place   map[string]string // by SHA-256, and in order: the same bytes are in an export once
}

// file takes a label file.
func (r *reimport) file(name string, data []byte) {
	clean, reason := entryName(name)
	if reason != "" {
		r.refused = append(r.refused, domain.Refusal{Path: name, Code: "unsafe_path", Reason: reason})
		return
	}
	p := parseLabels(clean, data, modeAuto)
	r.items, r.refused = append(r.items, p.items...), append(r.refused, p.refused...)
}

// image takes an image under the name that it has in the file.
func (r *reimport) image(name string, a domain.Asset) {
	clean, reason := entryName(name)
	if reason != "" {
		r.refused = append(r.refused, domain.Refusal{Path: name, Code: "unsafe_path", Reason: reason})
		return
	}
	if r.assets == nil {
		r.assets, r.place = map[string]domain.Asset{}, map[string]string{}
	}
	id := strconv.Itoa(len(r.names))
	r.names = append(r.names, clean)
	r.place[a.SHA256] = id
	r.items = append(r.items, item{Kind: kindImage, File: clean, SHA: a.SHA256, Asset: id})
	a.ID, a.Name, a.Split, a.Label = id, clean, "", domain.Label{State: domain.StateUnlabelled}
	r.assets[id] = a
}

// read brings labels and images together.
func (r *reimport) read(ctx context.Context) error {
	a := newAttachment(r.o.s, store.ImportRecord{Labels: modeAuto}, &pendingItems{last: r.items})
	a.project.Task, a.every, a.all, a.windows.size = r.o.project.Task, r.assets, a.own, math.MaxInt32
	for _, step := range []func(context.Context) error{a.survey, a.match, a.readFolders} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if len(a.windows.pages) > 0 {
		if err := a.gather(ctx, 0); err != nil {
			return err
		}
	}
	a.made = a.project
	addClasses(&a.made, a.classNames(), a.parents())
	r.classes = map[string]string{}
	for _, c := range a.made.Classes {
		r.classes[c.ID] = key(c.Name)
	}
	ids := classIDs(a.made)
	folders := newFolders(r.names)
	r.labels, r.splits = map[string]domain.Label{}, map[string]string{}
	for i, name := range r.names {
		id := strconv.Itoa(i)
		r.splits[id] = folders.split(name)
		f := a.found[id]
		if f == nil {
			continue
		}
		if f.split != "" {
			r.splits[id] = f.split
		}
		if label, ok := a.label(id, ids); ok {
			r.labels[id] = label
		}
	}
	r.project, r.refused = a.made, append(r.refused, a.lines.report().Refused...)
	return nil
}

// losses counts what did not come back, by code.
type losses struct {
	all  []domain.Loss
	most float64 // pixels that a box moved
}

func (l *losses) add(code, example string) {
	i := slices.IndexFunc(l.all, func(x domain.Loss) bool { return x.Code == code })
	if i < 0 {
		l.all = append(l.all, domain.Loss{Code: code, Example: cleanText(example)})
		i = len(l.all) - 1
	}
	l.all[i].Count++
}

func (r *reimport) compare(ctx context.Context) (domain.ExportCheck, error) {
	out := domain.ExportCheck{Format: r.o.format.Name, Items: r.o.items}
	lost := &losses{}
	if !r.o.format.Images {
		lost.all = append(lost.all, domain.Loss{Code: "images", Count: r.o.items})
	}
	if out.Format == "voc" {
		out.VOC = r.o.voc
	}
	err := r.o.each(ctx, func(_ int, a domain.Asset) error {
		if out.VOC == domain.VOCZero && a.Label.State == domain.StateLabelled && len(a.Label.Boxes) > 0 {
			lost.add("zero_based", "")
		}
		id, ok := r.place[a.SHA256]
		if !ok {
			lost.add("missing", a.Name)
			return nil
		}
		if name := r.assets[id].Name; name != a.Name {
			lost.add("name", a.Name+" → "+name)
		}
		got, ok := r.labels[id]
		if !ok {
			got.State = domain.StateUnlabelled
		}
		same := r.sameAnswer(lost, a, got)
		if a.Label.Source != got.Source && got.State == a.Label.State {
			lost.add("source", a.Name)
			same = false
		}
		if !sameScores(r, a.Label, got) && got.State == a.Label.State {
			lost.add("confidence", a.Name)
			same = false
		}
		if a.Label.Flag != got.Flag && got.State == a.Label.State {
			lost.add("flag", a.Name)
			same = false
		}
		if r.splits[id] != splitName(a.Split) {
			lost.add("split", a.Name)
			same = false
		}
		if same {
			out.Same++
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	for _, c := range r.o.project.Classes {
		if !c.Archived && !slices.ContainsFunc(r.project.Classes, func(x domain.Class) bool { return key(x.Name) == key(c.Name) }) && !r.o.used[c.ID] {
			lost.add("unused", c.Name)
		}
	}
	r.compareTree(lost)
	for _, line := range r.refused {
		lost.add("refused", strings.TrimSpace(line.Path+" "+line.Reason))
	}
	for i := range lost.all {
		if lost.all[i].Code == "rounded" {
			lost.all[i].Example = strconv.FormatFloat(lost.most, 'g', 2, 64)
		}
	}
	out.Losses = append([]domain.Loss{}, lost.all...)
	return out, nil
}

// compareTree tells which classes came back under another one than they were, or under none.
func (r *reimport) compareTree(lost *losses) {
	was, is := r.o.tree, domain.TreeOf(r.project.Classes)
	above := func(t domain.Tree, id string) string {
		line := t.Line(id)
		if len(line) < 2 {
			return ""
		}
		return key(line[len(line)-2].Name)
	}
	for _, c := range r.o.project.Classes {
		i := slices.IndexFunc(r.project.Classes, func(x domain.Class) bool { return key(x.Name) == key(c.Name) })
		if i >= 0 && above(was, c.ID) != above(is, r.project.Classes[i].ID) {
			lost.add("parent", was.Path(c.ID))
		}
	}
}

// sameAnswer compares states, classes and boxes.
func (r *reimport) sameAnswer(lost *losses, a domain.Asset, got domain.Label) bool {
	want := a.Label
	if want.State != got.State {
		code := "state"
		switch {
		case got.State != domain.StateUnlabelled:
		case want.State == domain.StateSkipped:
			code = "skipped"
		case want.State == domain.StateAuto:
			code = "proposal"
		case len(want.Classes)+len(want.Boxes) == 0:
			code = "empty"
		}
		lost.add(code, a.Name)
		return false
	}
	was, is := classNamesOf(r.o.className, want), classNamesOf(r.className, got)
	if !slices.Equal(was, is) {
		lost.add("class", fmt.Sprintf("%s: %s → %s", a.Name, strings.Join(was, ", "), strings.Join(is, ", ")))
		return false
	}
	moved, ok := boxesMoved(want.Boxes, got.Boxes, func(x, y domain.Box) bool {
		return key(r.o.className(x.ClassID)) == r.className(y.ClassID)
	})
	switch {
	case !ok:
		lost.add("box", fmt.Sprintf("%s: %d → %d", a.Name, len(want.Boxes), len(got.Boxes)))
		return false
	case moved > 1e-6:
		lost.most = max(lost.most, moved)
		lost.add("rounded", "")
		return false
	}
	return true
}

// boxesMoved gives how far, in pixels, the edges of boxes are from where they were. ok is false where that is more than
// rounding to whole pixels explains, or where there are other boxes.
func boxesMoved(was, is []domain.Box, sameClass func(was, is domain.Box) bool) (most float64, ok bool) {
	if len(was) != len(is) {
		return 0, false
	}
	for i, b := range was {
		c := is[i]
		if !sameClass(b, c) {
			return 0, false
		}
		for _, d := range []float64{b.X - c.X, b.Y - c.Y, b.X + b.W - c.X - c.W, b.Y + b.H - c.Y - c.H} {
			most = max(most, d, -d)
		}
	}
	return most, most <= 1
}

// className gives the name of a class as it came back.
func (r *reimport) className(id string) string { return r.classes[id] }

func classNamesOf(name func(id string) string, l domain.Label) (names []string) {
	for _, c := range l.Classes {
		names = append(names, key(name(c.ClassID)))
	}
	slices.Sort(names)
	return names
}

// sameScores compares what models said, save for scores that were never given.
func sameScores(r *reimport, was, is domain.Label) bool {
	if was.Source != domain.SourceModel {
		return true
	}
	near := func(a, b float64) bool { return a == 0 || a-b < 1e-6 && b-a < 1e-6 }
	for _, c := range was.Classes {
		i := slices.IndexFunc(is.Classes, func(x domain.ClassScore) bool {
			return r.className(x.ClassID) == key(r.o.className(c.ClassID))
		})
		if i < 0 || !near(c.Score, is.Classes[i].Score) {
			return false
		}
	}
	for i, b := range was.Boxes {
		if i >= len(is.Boxes) || !near(b.Score, is.Boxes[i].Score) {
			return false
		}
	}
	return near(was.Confidence, is.Confidence) && was.ModelID == is.ModelID
}
