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
	said
	proposed said // by models
	split    string
}

// said is one answer for an asset.
type said struct {
	names   []string  // distinct by key
	scores  []float64 // of names; 0 for none
	boxes   []domain.Box
	classes []string // of boxes, by name
	empty   bool
	skipped bool
	flag    domain.Flag
	by      given
	files   []string
}

func (f *said) name(class string, score float64) {
	at := slices.IndexFunc(f.names, func(n string) bool { return key(n) == key(class) })
	if at < 0 {
		f.names, f.scores = append(f.names, strings.TrimSpace(class)), append(f.scores, score)
		return
	}
	f.scores[at] = max(f.scores[at], score)
}

func (f *said) says() bool {
	return len(f.names)+len(f.boxes) > 0 || f.empty || f.skipped
}

// best keeps the name of the highest score alone: a model's words for a project of one class an image.
func (f *said) best() {
	at := 0
	for i, s := range f.scores {
		if s > f.scores[at] {
			at = i
		}
	}
	f.names, f.scores = f.names[at:at+1], f.scores[at:at+1]
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
	a := newAttachment(s, rec, items)
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

func newAttachment(s *Service, rec store.ImportRecord, items []item) *attachment {
	return &attachment{
		s: s, rec: rec, lines: &lines{}, own: newIndex(), assets: map[string]domain.Asset{}, found: map[string]*finding{},
		used: map[string]map[string]bool{}, counts: map[string]int{}, vocZero: vocZeroBased(items),
	}
}

func (a *attachment) run(ctx context.Context, items []item) (labelled int, err error) {
	if a.project, err = a.s.Store.Project(ctx, a.rec.ProjectID); err != nil {
		return 0, err
	}
	a.sort(items)
	targets, err := a.resolve(ctx)
	if err != nil {
		return 0, err
	}
	if err := a.takeAll(ctx, targets); err != nil {
		return 0, err
	}
	if err := a.keepSplits(ctx); err != nil {
		return 0, err
	}
	labelled, err = a.write(ctx)
	a.notes()
	return labelled, err
}

// sort lays out what has come.
func (a *attachment) sort(items []item) {
	a.ids = classIDs(a.project)
	for _, it := range items {
		switch it.Kind {
		case kindImage:
			a.images = append(a.images, it)
			a.own.add(it.File, it.SHA, it.Asset)
		case kindNames, kindClasses, kindLabelMap:
			a.names = append(a.names, it)
		default:
			a.labels = append(a.labels, it)
		}
	}
}

// takeAll gathers what the labels say, and after them the folders.
func (a *attachment) takeAll(ctx context.Context, targets []string) error {
	for i, it := range a.labels {
		if targets[i] != "" {
			a.take(it, a.assets[targets[i]])
		}
	}
	return a.folderLabels(ctx)
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
		a.counts["polygons"] += it.Info.Polygons
		a.counts["other"] += it.Info.Other
		a.counts["several"] += it.Info.Several
	}
	if it.Kind == kindSplit {
		return
	}
	names, scores, ok := a.classesOf(it)
	if !ok {
		return
	}
	boxes, classes := a.boxesOf(it, asset)
	boxed := a.project.Task == domain.TaskBoxes
	if boxed && len(names) > 0 && len(boxes) == 0 {
		a.lines.refuse(it.File, "needs_boxes", "%sthe label has no box, and this project's labels are boxes.", at(it))
		return
	}
	to := &f.said
	if it.State == stateAuto {
		to = &f.proposed
	}
	before := to.says()
	if boxed {
		to.boxes, to.classes = append(to.boxes, boxes...), append(to.classes, classes...)
	} else {
		for i, n := range append(names, classes...) {
			score := 0.0
			if i < len(scores) {
				score = scores[i]
			} else if j := i - len(names); j >= 0 {
				score = boxes[j].Score
			}
			to.name(n, score)
		}
	}
	to.empty = to.empty || it.Empty
	to.skipped = to.skipped || it.State == stateSkipped
	if it.By.Source != "" {
		to.by = it.By
	}
	if flag := domain.Flag(it.Flag); slices.Contains(domain.Flags, flag) && to.says() {
		to.flag = flag
	}
	if !to.says() {
		return
	}
	if !slices.Contains(to.files, it.File) {
		to.files = append(to.files, it.File)
	}
	if it.State == stateAuto {
		return
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
func (a *attachment) classesOf(it item) (names []string, scores []float64, ok bool) {
	names, scores = slices.Clone(it.Classes), it.Scores
	switch {
	case it.List == "":
	case a.project.Task == domain.TaskMulti && a.ids[key(it.List)] == "":
		names = append(names, listed(it.List)...)
	default:
		names = append(names, it.List)
	}
	for i, n := range names {
		if number, is := strings.CutPrefix(n, "\x00"); is {
			var problem string
			if names[i], problem = a.indexName(kindLabelMap, it.File, number); problem != "" {
				a.lines.refuse(it.File, "tfrecord_example", "%s%s", at(it), problem)
				return nil, nil, false
			}
		}
		if problem := classProblem(names[i]); problem != "" {
			a.lines.refuse(it.File, "class_name", "%s%s", at(it), problem)
			return nil, nil, false
		}
	}
	return names, scores, true
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
		if number, is := strings.CutPrefix(name, "\x00"); is {
			var problem string
			if name, problem = a.indexName(kindLabelMap, it.File, number); problem != "" {
				a.lines.refuse(it.File, "tfrecord_example", "%s%s", at(it), problem)
				continue
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
	a.project, err = a.s.ensureClasses(ctx, a.rec.ProjectID, names, a.parents())
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
			if label.State != domain.StateAuto {
				labelled++
			}
			rev := a.assets[id].Label.Rev
			changes = append(changes, store.Change{AssetID: id, Label: label, IfRev: &rev})
		}
	}
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

// parents gives what each class is under, by key of its name, as far as a file says.
func (a *attachment) parents() map[string]string {
	out := map[string]string{}
	for _, it := range a.names {
		for i, parent := range it.Parents {
			if i < len(it.Classes) && parent != "" && out[key(it.Classes[i])] == "" {
				out[key(it.Classes[i])] = parent
			}
		}
	}
	return out
}

// classNames gives the classes that the labels need: files that list classes in an order keep it, the rest is sorted.
func (a *attachment) classNames() (names []string) {
	needed := map[string]string{}
	for _, id := range a.order {
		f := a.found[id]
		for _, n := range slices.Concat(f.names, f.classes, f.proposed.names, f.proposed.classes) {
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
