package transfer

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// lines gathers lines of a report, at most maxLines a file.
type lines struct {
	out   domain.ImportReport
	count map[string]int
}

func (l *lines) refuse(file, code, format string, args ...any) {
	if l.count == nil {
		l.count = map[string]int{}
	}
	if l.count[file]++; l.count[file] <= maxLines {
		l.out.Refused = append(l.out.Refused, domain.Refusal{Path: file, Code: code, Reason: fmt.Sprintf(format, args...)})
	}
}

func (l *lines) note(code, format string, args ...any) {
	l.out.Notes = append(l.out.Notes, domain.Refusal{Code: code, Reason: fmt.Sprintf(format, args...)})
}

// next gives what has come since it was asked last.
func (l *lines) next() domain.ImportReport {
	out := l.out
	l.out = domain.ImportReport{}
	return out
}

func (l *lines) report() domain.ImportReport {
	var files []string
	for file, n := range l.count {
		if n > maxLines {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	for _, file := range files {
		l.out.Refused = append(l.out.Refused, domain.Refusal{
			Path: file, Code: "more", Reason: fmt.Sprintf("%d more labels of this file were not taken.", l.count[file]-maxLines),
		})
	}
	return l.out
}

// yoloName gives the class name for an index: from the list of names that lies nearest above the label file, from the only
// list there is, or from the project's classes.
func (a *attachment) yoloName(file, index string) (name, problem string) {
	return a.indexName(kindNames, file, index)
}

// indexName is yoloName for lists of a kind.
func (a *attachment) indexName(kind, file, index string) (name, problem string) {
	n, _ := strconv.Atoi(index)
	var best *item
	count := 0
	for i := range a.names {
		it := &a.names[i]
		if it.Kind != kind {
			continue
		}
		count++
		dir := path.Dir(it.File)
		if dir != "." && !strings.HasPrefix(file, dir+"/") {
			continue
		}
		if best == nil || len(dir) >= len(path.Dir(best.File)) {
			best = it
		}
	}
	if best == nil && count == 1 {
		best = &a.names[slices.IndexFunc(a.names, func(it item) bool { return it.Kind == kind })]
	}
	switch {
	case best != nil && n < len(best.Classes) && best.Classes[n] != "":
		return best.Classes[n], ""
	case best != nil:
		return "", fmt.Sprintf("Class %d is not named in %s, which lists %d.", n, best.File, len(best.Classes))
	case kind == kindLabelMap:
		return "", fmt.Sprintf("Class %d has no name. Add label_map.pbtxt to the import.", n)
	case n < len(a.project.Classes):
		a.counts["project_names"]++
		return a.project.Classes[n].Name, ""
	}
	return "", fmt.Sprintf("Class %d has no name. Add data.yaml or classes.txt to the import.", n)
}

// notes says what was taken, and what is worth knowing about it.
func (a *attachment) notes() {
	say := func(count, code, format string) {
		if n := a.counts[count]; n > 0 {
			a.lines.note(code, format, n)
		}
	}
	if n := a.counts[kindFolders]; n > 0 {
		a.lines.note("labels_from_folders", "%d images were labelled with %d classes from the names of their folders.", n, a.counts["folder_classes"])
	}
	for _, kind := range []string{kindCSV, kindVOC, kindCOCO, kindYOLO, kindLabelStudio, kindCVAT, kindDatumaro, kindTFRecord, kindIrum} {
		if n := a.counts[kind]; n > 0 {
			a.lines.note("labels_from_"+kind, "%d images were labelled from %d %s files.", n, len(a.used[kind]), kindTitle[kind])
		}
	}
	if a.readVOC() {
		a.voc.note(a.lines)
	}
	say("project_names", "yolo_names", "%d YOLO boxes were named by the order of this project's classes, because no data.yaml or classes.txt came with them.")
	say("proposals", "predictions", "%d images have a label that a model proposed. It waits for review and is no truth.")
	say("proposals_kept", "predictions", "%d proposals of models were left out, because their images have a label.")
	say("other", "other_shapes", "%d annotations that are neither a class nor a box (masks, points, texts) were left out.")
	say("several", "several_answers", "%d images were annotated several times; the answer marked as the truth, else the newest, was taken.")
	say("polygons", "polygons", "%d polygons were reduced to the boxes around them.")
	say("clipped", "clipped", "%d boxes reached over the edge of their image and were cut there.")
	say("splits", "splits", "%d images were put into the split (train, val, test) that the label files tell.")
	say("kept", "label_kept", "%d images have a label from a person already, which was kept.")
	say("conflicts", "label_kept", "%d images were labelled by somebody else during the import, which was kept.")
}
