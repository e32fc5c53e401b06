package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// attachment is one Finish at work: it brings the labels of an import to their images.
type attachment struct {
	s       *Service
	rec     store.ImportRecord
	project domain.Project
	lines   *lines
	ids     map[string]string // of the classes that the project has before, by key of the name

	images  []item // kindImage
	labels  []item
	names   []item // class names by index
	own     *index // the images of this import
	all     *index // those of the project, loaded when first needed
	assets  map[string]domain.Asset
	vocZero bool

	found  map[string]*finding // by asset
	order  []string            // assets in the order in which labels came
	used   map[string]map[string]bool
	counts map[string]int // what is worth a note
}

// finding is what the labels say about one asset.
type finding struct {
	names   []string // distinct by key
	boxes   []domain.Box
	classes []string // of boxes, by name
	empty   bool
	skipped bool
	flag    domain.Flag
	split   string
	files   []string
}

func (f *finding) name(class string) {
	if !slices.ContainsFunc(f.names, func(n string) bool { return key(n) == key(class) }) {
		f.names = append(f.names, strings.TrimSpace(class))
	}
}

func (f *finding) says() bool {
	return len(f.names)+len(f.boxes) > 0 || f.empty || f.skipped
}

// Finish attaches the labels to their images as one operation that can be undone (its id is the import's), and closes the
// import. Labels that people gave are kept. Finishing twice is no error and changes nothing.
func (s *Service) Finish(ctx context.Context, project, importID string) (domain.ImportReport, error) {
	unlock := s.queue("finish " + importID)
	defer unlock()
	rec, err := s.Store.Import(ctx, project, importID)
	if err != nil || rec.Finished {
		return rec.ImportReport, err
	}
	items, blobs, err := s.allPending(ctx, rec.Pending)
	if err != nil {
		return domain.ImportReport{}, err
	}
	a := &attachment{
		s: s, rec: rec, lines: &lines{}, own: newIndex(), assets: map[string]domain.Asset{}, found: map[string]*finding{},
		used: map[string]map[string]bool{}, counts: map[string]int{}, vocZero: vocZeroBased(items),
	}
	labelled, err := a.run(ctx, items)
	if err != nil {
		return domain.ImportReport{}, err
	}
	report := a.lines.report()
	report.Labelled = labelled
	if err := s.Store.AddToImport(ctx, project, importID, report); err != nil {
		return domain.ImportReport{}, err
	}
	if err := s.Store.FinishImport(ctx, project, importID); err != nil {
		return domain.ImportReport{}, err
	}
	for _, sha := range blobs { // nothing else names them
		_ = s.Blobs.Delete(ctx, sha)
	}
	s.forget(importID)
	rec, err = s.Store.Import(ctx, project, importID)
	return rec.ImportReport, err
}

func (a *attachment) run(ctx context.Context, items []item) (labelled int, err error) {
	if a.project, err = a.s.Store.Project(ctx, a.rec.ProjectID); err != nil {
		return 0, err
	}
	a.ids = classIDs(a.project)
	for _, it := range items {
		switch it.Kind {
		case kindImage:
			a.images = append(a.images, it)
			a.own.add(it.File, it.SHA, it.Asset)
		case kindNames, kindClasses:
			a.names = append(a.names, it)
		default:
			a.labels = append(a.labels, it)
		}
	}
	targets, err := a.resolve(ctx)
	if err != nil {
		return 0, err
	}
	for i, it := range a.labels {
		if targets[i] != "" {
			a.take(it, a.assets[targets[i]])
		}
	}
	if err := a.folderLabels(ctx); err != nil {
		return 0, err
	}
	if err := a.keepSplits(ctx); err != nil {
		return 0, err
	}
	labelled, err = a.write(ctx)
	a.notes()
	return labelled, err
}

// resolve finds the asset of each label, with a line where there is none, and loads those assets.
func (a *attachment) resolve(ctx context.Context) (targets []string, err error) {
	targets = make([]string, len(a.labels))
	for i, it := range a.labels {
		id, several := a.own.find(it)
		if id == "" && several == 0 {
			if err := a.loadAll(ctx); err != nil {
				return nil, err
			}
			id, several = a.all.find(it)
		}
		if id == "" {
			code, reason := noImage(it, several)
			a.lines.refuse(it.File, code, "%s", reason)
			continue
		}
		targets[i] = id
	}
	return targets, a.load(ctx, targets)
}

func (a *attachment) loadAll(ctx context.Context) error {
	if a.all != nil {
		return nil
	}
	a.all = newIndex()
	return a.s.Store.EachAsset(ctx, a.rec.ProjectID, store.Query{}, func(page []domain.Asset) error {
		for _, asset := range page {
			a.all.add(asset.Name, asset.SHA256, asset.ID)
		}
		return nil
	})
}

// load reads the assets of ids that are not loaded yet.
func (a *attachment) load(ctx context.Context, ids []string) error {
	var missing []string
	seen := map[string]bool{"": true}
	for _, id := range ids {
		if _, ok := a.assets[id]; !ok && !seen[id] {
			seen[id] = true
			missing = append(missing, id)
		}
	}
	for part := range slices.Chunk(missing, 200) {
		page, err := a.s.Store.Assets(ctx, a.rec.ProjectID, store.Query{Filter: domain.Filter{IDs: part}, Limit: len(part)})
		if err != nil {
			return fmt.Errorf("load the images of labels: %w", err)
		}
		for _, asset := range page.Items {
			a.assets[asset.ID] = asset
		}
	}
	return nil
}

func (a *attachment) finding(id string) *finding {
	f := a.found[id]
	if f == nil {
		f = &finding{}
		a.found[id] = f
		a.order = append(a.order, id)
	}
	return f
}

// take adds what one label says to the finding of its asset.
func (a *attachment) take(it item, asset domain.Asset) {
	if asset.ID == "" { // deleted since it was imported
		code, reason := noImage(it, 0)
		a.lines.refuse(it.File, code, "%s", reason)
		return
	}
	f := a.finding(asset.ID)
	if it.Split != "" {
		f.split = it.Split
	}
	if it.Info != nil {
		a.counts["predictions"] += it.Info.Predictions
		a.counts["polygons"] += it.Info.Polygons
	}
	if it.Kind == kindSplit {
		return
	}
	names, ok := a.classesOf(it)
	if !ok {
		return
	}
	boxes, classes := a.boxesOf(it, asset)
	boxed := a.project.Task == domain.TaskBoxes
	if boxed && len(names) > 0 && len(boxes) == 0 {
		a.lines.refuse(it.File, "needs_boxes", "%sthe label has no box, and this project's labels are boxes.", at(it))
		return
	}
	before := f.says()
	if boxed {
		f.boxes, f.classes = append(f.boxes, boxes...), append(f.classes, classes...)
	} else {
		for _, n := range append(names, classes...) {
			f.name(n)
		}
	}
	f.empty = f.empty || it.Empty
	f.skipped = f.skipped || it.State == string(domain.StateSkipped)
	if flag := domain.Flag(it.Flag); slices.Contains(domain.Flags, flag) && f.says() {
		f.flag = flag
	}
	if !f.says() {
		return
	}
	if !slices.Contains(f.files, it.File) {
		f.files = append(f.files, it.File)
	}
	if !before {
		a.counts[it.Kind]++
	}
	if a.used[it.Kind] == nil {
		a.used[it.Kind] = map[string]bool{}
	}
	a.used[it.Kind][it.File] = true
}

func at(it item) string {
	if it.Line > 0 {
		return fmt.Sprintf("Line %d: ", it.Line)
	}
	return fmt.Sprintf("%s: ", it.Image)
}

// classesOf gives the names that an item gives to the whole image.
func (a *attachment) classesOf(it item) (names []string, ok bool) {
	names = slices.Clone(it.Classes)
	switch {
	case it.List == "":
	case a.project.Task == domain.TaskMulti && a.ids[key(it.List)] == "":
		names = append(names, listed(it.List)...)
	default:
		names = append(names, it.List)
	}
	for _, n := range names {
		if problem := classProblem(n); problem != "" {
			a.lines.refuse(it.File, "class_name", "%s%s", at(it), problem)
			return nil, false
		}
	}
	return names, true
}

// boxesOf gives the boxes of an item in pixels, with their class names.
func (a *attachment) boxesOf(it item, asset domain.Asset) (boxes []domain.Box, classes []string) {
	for _, raw := range it.Boxes {
		name := raw.Class
		if it.Kind == kindYOLO {
			var problem string
			if name, problem = a.yoloName(it.File, raw.Class); problem != "" {
				a.lines.refuse(it.File, "yolo_names", "%s", problem)
				return nil, nil
			}
		}
		if problem := classProblem(name); problem != "" {
			a.lines.refuse(it.File, "class_name", "%s%s", at(it), problem)
			continue
		}
		box, clipped, problem := pixelBox(it, raw, asset, a.vocZero)
		if problem != "" && a.project.Task == domain.TaskBoxes {
			a.lines.refuse(it.File, "box", "%s%s", at(it), problem)
			continue
		}
		if clipped {
			a.counts["clipped"]++
		}
		boxes, classes = append(boxes, box), append(classes, name)
	}
	return boxes, classes
}

// write makes the classes and writes the labels, and gives how many.
func (a *attachment) write(ctx context.Context) (labelled int, err error) {
	names := a.classNames()
	a.project, err = a.s.ensureClasses(ctx, a.rec.ProjectID, names)
	var problem *domain.Problem
	if errors.As(err, &problem) && problem.Code == domain.CodeTooLarge {
		a.lines.refuse("", "too_many_classes", "No labels were taken: %s", problem.Detail)
		clear(a.counts)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	ids := classIDs(a.project)
	var changes []store.Change
	for _, id := range a.order {
		if label, ok := a.label(id, ids); ok {
			rev := a.assets[id].Label.Rev
			changes = append(changes, store.Change{AssetID: id, Label: label, IfRev: &rev})
		}
	}
	labelled = len(changes)
	for part := range slices.Chunk(changes, 500) {
		op, err := a.s.Store.WriteLabels(ctx, a.rec.ProjectID, store.LabelWrite{
			OpID: a.rec.ID, Kind: "import", Actor: domain.ActorOf(ctx).ID, Append: true, SkipConflicts: true, Changes: part,
		})
		if err != nil {
			return 0, fmt.Errorf("write labels: %w", err)
		}
		a.counts["conflicts"] = op.Skipped
	}
	return labelled - a.counts["conflicts"], nil
}

// classNames gives the classes that the labels need: files that list classes in an order keep it, the rest is sorted.
func (a *attachment) classNames() (names []string) {
	needed := map[string]string{}
	for _, id := range a.order {
		f := a.found[id]
		for _, n := range append(slices.Clone(f.names), f.classes...) {
			if needed[key(n)] == "" {
				needed[key(n)] = n
			}
		}
	}
	for _, n := range a.names {
		if slices.ContainsFunc(n.Classes, func(c string) bool { return needed[key(c)] != "" }) {
			for _, c := range n.Classes {
				if classProblem(c) == "" {
					names = append(names, c)
					delete(needed, key(c))
				}
			}
		}
	}
	rest := make([]string, 0, len(needed))
	for _, n := range needed {
		rest = append(rest, n)
	}
	slices.SortFunc(rest, natural)
	return append(names, rest...)
}

// label makes the label of one asset, or tells by a line why there is none.
func (a *attachment) label(id string, ids map[string]string) (label domain.Label, ok bool) {
	f, asset := a.found[id], a.assets[id]
	if !f.says() {
		return label, false
	}
	label = domain.Label{State: domain.StateLabelled, Source: domain.SourceImport}
	file := strings.Join(f.files, ", ")
	switch {
	case f.skipped && len(f.names)+len(f.boxes) == 0:
		label.State = domain.StateSkipped
	case len(f.boxes) > domain.MaxBoxes:
		a.lines.refuse(file, "too_many_boxes", "%s: the labels have %d boxes for it, more than %d.", asset.Name, len(f.boxes), domain.MaxBoxes)
		return label, false
	case a.project.Task == domain.TaskBoxes:
		for i, b := range f.boxes {
			b.ClassID = ids[key(f.classes[i])]
			if !slices.Contains(label.Boxes, b) {
				label.Boxes = append(label.Boxes, b)
			}
		}
	case a.project.Task == domain.TaskSingle && len(f.names) == 0:
		a.lines.refuse(file, "no_class", "%s: nothing is labelled in it, and this project needs exactly one class for each image.", asset.Name)
		return label, false
	case a.project.Task == domain.TaskSingle && len(f.names) > 1:
		a.lines.refuse(file, "conflicting_labels", "%s has several labels (%s), and this project takes one. It stays as it was.", asset.Name, strings.Join(f.names, ", "))
		return label, false
	default:
		for _, c := range a.project.Classes { // in the order of the project
			if slices.ContainsFunc(f.names, func(n string) bool { return ids[key(n)] == c.ID }) {
				label.Classes = append(label.Classes, domain.ClassScore{ClassID: c.ID})
			}
		}
	}
	if label.State.Takes(f.flag) {
		label.Flag = f.flag
	}
	if old := asset.Label; old.State == domain.StateSkipped || old.State == domain.StateLabelled {
		if sameLabel(old, label) {
			return label, false
		}
		if old.Source != domain.SourceImport {
			a.counts["kept"]++
			return label, false
		}
	}
	return label, true
}

func sameLabel(a, b domain.Label) bool {
	return a.State == b.State && a.Flag == b.Flag && slices.EqualFunc(a.Classes, b.Classes, func(x, y domain.ClassScore) bool { return x.ClassID == y.ClassID }) &&
		slices.EqualFunc(a.Boxes, b.Boxes, func(x, y domain.Box) bool { x.Score, y.Score = 0, 0; return x == y })
}
