package transfer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// label makes the label of one asset, or tells by a line why there is none. What people gave goes before what models
// proposed, and a proposal never takes the place of a label.
func (a *attachment) label(id string, ids map[string]string) (label domain.Label, ok bool) {
	f, asset := a.found[id], a.assets[id]
	old := asset.Label
	if !f.says() {
		return a.proposal(f, asset, ids)
	}
	label = domain.Label{State: domain.StateLabelled, Source: domain.SourceImport}
	if f.by.Source != "" {
		label.Source, label.Confidence, label.ModelID = f.by.Source, f.by.Confidence, f.by.Model
	}
	switch {
	case f.skipped && len(f.names)+len(f.boxes) == 0:
		label = domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman}
	default:
		if code, reason := a.fill(&label, &f.said, ids); code != "" {
			a.lines.refuse(strings.Join(f.files, ", "), code, "%s%s", asset.Name, reason)
			return label, false
		}
	}
	if label.State.Takes(f.flag) {
		label.Flag = f.flag
	}
	if old.State == domain.StateSkipped || old.State == domain.StateLabelled {
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

// proposal makes the label of an asset of which only models say something.
func (a *attachment) proposal(f *finding, asset domain.Asset, ids map[string]string) (label domain.Label, ok bool) {
	p := &f.proposed
	if !p.says() {
		return label, false
	}
	if asset.Label.State != domain.StateUnlabelled && asset.Label.State != "" {
		a.counts["proposals_kept"]++
		return label, false
	}
	label = domain.Label{State: domain.StateAuto, Source: domain.SourceModel, Confidence: p.by.Confidence, ModelID: p.by.Model}
	if a.project.Task == domain.TaskSingle && len(p.names) > 1 {
		p.best()
	}
	if code, reason := a.fill(&label, p, ids); code != "" {
		a.lines.refuse(strings.Join(p.files, ", "), code, "%s%s", asset.Name, reason)
		return label, false
	}
	if label.Confidence == 0 {
		label.Confidence = leastSure(label)
	}
	a.counts["proposals"]++
	return label, true
}

// leastSure is the lowest score in a label, as the confidence of one of which none is told.
func leastSure(l domain.Label) float64 {
	var all []float64
	for _, c := range l.Classes {
		all = append(all, c.Score)
	}
	for _, b := range l.Boxes {
		all = append(all, b.Score)
	}
	if len(all) == 0 {
		return 0
	}
	return slices.Min(all)
}

// fill puts what was said into a label, or tells why this project cannot hold it.
func (a *attachment) fill(label *domain.Label, f *said, ids map[string]string) (code, reason string) {
	switch {
	case len(f.boxes) > domain.MaxBoxes:
		return "too_many_boxes", fmt.Sprintf(": the labels have %d boxes for it, more than %d.", len(f.boxes), domain.MaxBoxes)
	case a.project.Task == domain.TaskBoxes:
		for i, b := range f.boxes {
			b.ClassID = ids[key(f.classes[i])]
			if label.Source != domain.SourceModel {
				b.Score = 0
			}
			if !slices.Contains(label.Boxes, b) {
				label.Boxes = append(label.Boxes, b)
			}
		}
	case a.project.Task == domain.TaskSingle && len(f.names) == 0:
		return "no_class", ": nothing is labelled in it, and this project needs exactly one class for each image."
	case a.project.Task == domain.TaskSingle && len(f.names) > 1:
		return "conflicting_labels", " has several labels (" + strings.Join(f.names, ", ") + "), and this project takes one. It stays as it was."
	default:
		for _, c := range a.made.Classes { // in the order of the project
			at := slices.IndexFunc(f.names, func(n string) bool { return ids[key(n)] == c.ID })
			if at < 0 {
				continue
			}
			label.Classes = append(label.Classes, domain.ClassScore{ClassID: c.ID})
			if label.Source == domain.SourceModel {
				label.Classes[len(label.Classes)-1].Score = f.scores[at]
			}
		}
	}
	return "", ""
}

// sameLabel tells whether two labels say the same, whoever said it.
func sameLabel(a, b domain.Label) bool {
	return a.State == b.State && slices.EqualFunc(a.Classes, b.Classes, func(x, y domain.ClassScore) bool { return x.ClassID == y.ClassID }) &&
		slices.EqualFunc(a.Boxes, b.Boxes, func(x, y domain.Box) bool { x.Score, y.Score = 0, 0; return x == y })
}
