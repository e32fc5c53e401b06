package transfer

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Phases of an import, as domain.ImportProgress tells them.
const (
	phaseImages = "images"
	phaseMatch  = "match"
	phaseLabel  = "label"
)

// reportLines is how many lines of each kind a finished import is answered with, and fileLines one under way.
const (
	reportLines = 1000
	fileLines   = 100
)

// Finish attaches the labels to their images as one operation that can be undone (its id is the import's), and closes the
// import. Labels that people gave are kept. Finishing twice is no error and changes nothing.
func (s *Service) Finish(ctx context.Context, project, importID string) (domain.ImportReport, error) {
	unlock := s.queue("finish " + importID)
	defer unlock()
	rec, err := s.Store.Import(ctx, project, importID)
	if err != nil {
		return domain.ImportReport{}, err
	}
	if rec.Finished {
		return s.Report(ctx, project, importID)
	}
	items, err := s.pending(ctx, rec.Pending)
	if err != nil {
		return domain.ImportReport{}, err
	}
	if err := s.Store.FinishingImport(ctx, project, importID); err != nil {
		return domain.ImportReport{}, err
	}
	if err := newAttachment(s, rec, items).run(ctx); err != nil {
		return domain.ImportReport{}, err
	}
	if err := s.Store.FinishImport(ctx, project, importID); err != nil {
		return domain.ImportReport{}, err
	}
	for _, sha := range items.blobs { // nothing else names them
		_ = s.Blobs.Delete(ctx, sha)
	}
	s.forget(importID)
	return s.Report(ctx, project, importID)
}

// Report gives an import as it is, with the first 1,000 lines of each kind; CodeNotFound where there is none.
func (s *Service) Report(ctx context.Context, project, importID string) (domain.ImportReport, error) {
	return s.Store.ImportReport(ctx, project, importID, reportLines)
}

func newAttachment(s *Service, rec store.ImportRecord, items *pendingItems) *attachment {
	a := &attachment{
		s: s, rec: rec, items: items, lines: &lines{}, folders: &folders{}, own: newIndex(),
		windows: windows{size: cmp.Or(s.window, windowAssets), rank: map[uint64]int32{}},
		needed:  map[string]string{}, used: map[string]map[uint64]struct{}{}, counts: map[string]int{},
	}
	a.clear()
	return a
}

func (a *attachment) run(ctx context.Context) (err error) {
	if a.project, err = a.s.Store.Project(ctx, a.rec.ProjectID); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{a.survey, a.match, a.readFolders} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	a.made, err = a.s.ensureClasses(ctx, a.rec.ProjectID, a.classNames(), a.parents())
	var problem *domain.Problem
	switch {
	case errors.As(err, &problem) && problem.Code == domain.CodeTooLarge:
		a.lines.refuse("", "too_many_classes", "No labels were taken: %s", problem.Detail)
		clear(a.counts)
	case err != nil:
		return err
	default:
		if err := a.labelAll(ctx); err != nil {
			return err
		}
	}
	a.notes()
	report := a.lines.report()
	if a.readVOC() {
		report.VOC = a.voc.all()
		if err := a.s.Store.SetVOC(ctx, a.rec.ProjectID, report.VOC); err != nil {
			return err
		}
	}
	return a.tell(ctx, report)
}

// readVOC tells whether boxes of Pascal VOC were taken.
func (a *attachment) readVOC() bool {
	return a.counts["voc_boxes"] > 0 && a.project.Task == domain.TaskBoxes
}

// tell adds to the report of the import, if it is about one.
func (a *attachment) tell(ctx context.Context, delta domain.ImportReport) error {
	if a.rec.ID == "" {
		return nil
	}
	a.told = time.Now()
	return a.s.Store.AddToImport(ctx, a.rec.ProjectID, a.rec.ID, delta, true)
}

// survey looks at all items: what is there, which folders, which dialect; and learns how the images are called where labels ask
// for them.
func (a *attachment) survey(ctx context.Context) error {
	a.ids = classIDs(a.project)
	a.voc = dialect{asked: a.rec.AskedVOC, had: a.project.VOC}
	err := a.items.each(ctx, func(_ int, it item) error {
		switch {
		case it.Kind == kindImage:
			a.folders.add(it.File)
		case isLabel(it):
			a.labels++
			a.voc.see(it)
		default:
			a.names = append(a.names, it)
		}
		return nil
	})
	if err != nil || a.labels == 0 {
		return err
	}
	return a.items.each(ctx, func(_ int, it item) error {
		if it.Kind == kindImage {
			a.own.add(it.File, it.SHA, it.Asset)
		}
		return nil
	})
}

// isLabel tells items that say something about an image.
func isLabel(it item) bool {
	switch it.Kind {
	case kindImage, kindNames, kindClasses, kindLabelMap:
		return false
	}
	return true
}

// tellEvery is how often matching is told of at most.
const tellEvery = 500 * time.Millisecond

// match finds the image of each label, with a line where there is none, and learns which classes the labels name.
func (a *attachment) match(ctx context.Context) error {
	if a.labels == 0 {
		return nil
	}
	if err := a.tell(ctx, domain.ImportReport{Progress: &domain.ImportProgress{Phase: phaseMatch, Total: a.labels}}); err != nil {
		return err
	}
	done := 0
	for page := range a.items.pages() {
		items, err := a.items.page(ctx, page)
		if err != nil {
			return err
		}
		targets, err := a.targets(ctx, items, true)
		if err != nil {
			return err
		}
		for i, it := range items {
			if targets[i] != "" {
				a.windows.add(targets[i], page)
			}
			if isLabel(it) {
				done++
			}
		}
		if err := a.learn(ctx, items, targets); err != nil {
			return err
		}
		if page == a.items.pages()-1 || time.Since(a.told) > tellEvery || len(a.lines.out.Refused) >= fileLines {
			delta := domain.ImportReport{}
			if a.rec.ID != "" {
				delta = a.lines.next()
			}
			delta.Progress = &domain.ImportProgress{Done: done}
			if err := a.tell(ctx, delta); err != nil {
				return err
			}
			done = 0
		}
	}
	return nil
}

// learn notes the classes that a page of labels names. What it says is taken, and told of, when it is the turn of its window.
func (a *attachment) learn(ctx context.Context, items []item, targets []string) error {
	told, counts := a.lines, a.counts
	a.lines, a.counts = &lines{}, map[string]int{}
	a.clear()
	err := a.takeAll(ctx, items, targets)
	a.need()
	a.lines, a.counts = told, counts
	a.clear()
	return err
}

// readFolders learns classes from folders: where asked, or in auto mode where no file labels anything and the folders look
// like classes.
func (a *attachment) readFolders(ctx context.Context) error {
	if a.rec.Labels != modeFolder && (a.rec.Labels != modeAuto || len(a.used) > 0) {
		return nil
	}
	inside := func(file string) string { return a.folders.class(file, false) }
	if a.rec.Labels == modeAuto {
		g := &guess{f: a.folders, exists: func(c string) bool { return a.ids[key(c)] != "" }}
		if err := a.eachImage(ctx, func(_ int, it item) { g.add(it.File) }); err != nil || !g.holds() {
			return err
		}
		inside = g.class
	}
	boxes := a.project.Task == domain.TaskBoxes
	outside, classes := 0, map[string]bool{}
	err := a.eachImage(ctx, func(page int, it item) {
		class := inside(it.File)
		if class == "" {
			outside++
			return
		}
		if k := key(class); !classes[k] {
			classes[k] = true
			if a.needed[k] == "" && classProblem(class) == "" && !boxes {
				a.needed[k] = class
			}
		}
		if !boxes {
			a.windows.add(it.Asset, page)
		}
	})
	if err != nil {
		return err
	}
	if a.rec.Labels == modeFolder && outside > 0 {
		a.lines.note("no_folder", "%d images lie in no folder that could name a class.", outside)
	}
	switch {
	case len(classes) == 0:
	case boxes:
		a.lines.note("needs_boxes", "The folders name classes, but this project's labels are boxes. Use a single- or multi-label project for them.")
	default:
		a.inside = inside
		a.counts["folder_classes"] = len(classes)
	}
	return nil
}

func (a *attachment) eachImage(ctx context.Context, visit func(page int, it item)) error {
	return a.items.each(ctx, func(page int, it item) error {
		if it.Kind == kindImage {
			visit(page, it)
		}
		return nil
	})
}
