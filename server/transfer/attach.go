package transfer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// attachment is one Finish at work: it brings the labels of an import to their images, some hundred images at a time, so that
// what it holds of the others is how they are called.
type attachment struct {
	s       *Service
	rec     store.ImportRecord
	items   *pendingItems
	lines   *lines
	project domain.Project    // as it was before
	ids     map[string]string // of its classes, by key of the name
	made    domain.Project    // with the classes of this import

	labels  int    // items that say something about an image
	names   []item // class names by index
	folders *folders
	own     *index // the images of this import
	all     *index // those of the project, loaded when first needed
	voc     dialect
	windows windows
	needed  map[string]string                // names of classes, by key
	inside  func(file string) (class string) // what folders say; nil where they are not read
	used    map[string]map[uint64]struct{}   // files that gave labels, by kind
	counts  map[string]int                   // what is worth a note
	every   map[string]domain.Asset          // all assets, where they are in memory
	told    time.Time                        // the report, last

	// Of the window at work.
	assets map[string]domain.Asset // of the images that were asked for; without an id where they are gone
	found  map[string]*finding     // by asset
	order  []string                // assets in the order in which labels came
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
		a.used[it.Kind] = map[uint64]struct{}{}
	}
	a.used[it.Kind][nameHash("", it.File)] = struct{}{}
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
		box, clipped, problem := pixelBox(it, raw, asset, a.voc.of(it) == domain.VOCZero)
		if problem != "" && a.project.Task == domain.TaskBoxes {
			a.lines.refuse(it.File, "box", "%s%s", at(it), problem)
			continue
		}
		if clipped {
			a.counts["clipped"]++
		}
		if it.Kind == kindVOC {
			a.counts["voc_boxes"]++
		}
		boxes, classes = append(boxes, box), append(classes, name)
	}
	return boxes, classes
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

// need notes the classes that the labels of the window name.
func (a *attachment) need() {
	for _, id := range a.order {
		f := a.found[id]
		for _, n := range slices.Concat(f.names, f.classes, f.proposed.names, f.proposed.classes) {
			if a.needed[key(n)] == "" {
				a.needed[key(n)] = n
			}
		}
	}
}

// classNames gives the classes that the labels need: files that list classes in an order keep it, the rest is sorted.
func (a *attachment) classNames() (names []string) {
	listed := map[string]bool{}
	for _, n := range a.names {
		if slices.ContainsFunc(n.Classes, func(c string) bool { return a.needed[key(c)] != "" && !listed[key(c)] }) {
			for _, c := range n.Classes {
				if classProblem(c) == "" {
					names = append(names, c)
					listed[key(c)] = true
				}
			}
		}
	}
	rest := make([]string, 0, len(a.needed))
	for k, n := range a.needed {
		if !listed[k] {
			rest = append(rest, n)
		}
	}
	slices.SortFunc(rest, natural)
	return append(names, rest...)
}
