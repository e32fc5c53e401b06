package domain

import (
	"slices"
	"time"
)

// Rule says which class an image keeps that has several, where a project goes over to one class an image.
type Rule string

// Rules.
const (
	RuleFirst      Rule = "first"      // the one that stands first in the label
	RuleConfident  Rule = "confident"  // the one that a model is surest of; the first where no model scored them
	RuleCommon     Rule = "common"     // the one that most images of the project have
	RuleUnlabelled Rule = "unlabelled" // none: the image waits for a label again
	RuleReview     Rule = "review"     // the first, flagged as unsure, so that somebody looks
)

// Rules are all rules, as they are offered.
var Rules = []Rule{RuleFirst, RuleConfident, RuleCommon, RuleReview, RuleUnlabelled}

// TaskRequest changes what a project's labels are: from one class an image to several, or back. Boxes are neither made of
// classes nor the other way round.
type TaskRequest struct {
	Task Task `json:"task"`
	Rule Rule `json:"rule,omitempty"` // for images with several classes; needed where there are any
	// Expect is TaskPreview.Changed as the user was told. When it is another by now nothing is done and the job fails with the
	// code conflict.
	Expect *int   `json:"expect,omitempty"`
	OpID   string `json:"op,omitempty"` // as in LabelRequest
}

// TaskPreview tells exactly what a TaskRequest would do now.
type TaskPreview struct {
	From     Task          `json:"from"`
	To       Task          `json:"to"`
	Images   int           `json:"images"`
	Kept     int           `json:"kept"`     // labels and proposals that stay as they are
	Several  int           `json:"several"`  // images with more than one class: the rule decides about them
	Scored   int           `json:"scored"`   // of those, with scores of a model
	None     int           `json:"none"`     // labelled as none of the classes: they become skipped
	Changed  int           `json:"changed"`  // labels that would be others than they are
	Verdicts int           `json:"verdicts"` // of those, which a reviewer has approved or returned; that is said of the old label
	Classes  []ClassChange `json:"classes,omitempty"`
	Models   []Named       `json:"models,omitempty"`  // that cannot be applied to the project any more
	Exports  []Named       `json:"exports,omitempty"` // that no model for the project can be trained on any more
}

// ClassChange is how many images have a class before and after.
type ClassChange struct {
	ClassID string `json:"class"`
	Before  int    `json:"before"`
	After   int    `json:"after"`
}

// Named is an object with its name.
type Named struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int    `json:"version,omitempty"`
}

// MergeRequest makes several classes one: labels of From become labels of Into, and From are archived.
type MergeRequest struct {
	From   []string `json:"from"`
	Into   string   `json:"into"`
	Expect *int     `json:"expect,omitempty"` // MergePreview.Changed, as in TaskRequest
	OpID   string   `json:"op,omitempty"`
}

// MergePreview tells exactly what a MergeRequest would do now.
type MergePreview struct {
	Changed int `json:"changed"` // images whose label would be another than it is
	Both    int `json:"both"`    // of those, which have Into already, or several of From
	Into    int `json:"into"`    // images that have Into afterwards
	Moved   int `json:"moved"`   // classes that are under one of From and would be under Into
}

// ProjectChange is an operation that changed what a project is: its task, or its classes.
type ProjectChange struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind"` // task, merge, move
	At      time.Time     `json:"at"`
	Actor   string        `json:"actor,omitempty"`
	Changed int           `json:"changed"` // labels
	Undone  bool          `json:"undone"`
	From    Task          `json:"from,omitempty"` // of a task
	To      Task          `json:"to,omitempty"`
	Rule    Rule          `json:"rule,omitempty"`
	Classes []ClassPlaced `json:"classes,omitempty"` // of merge and move
	Into    string        `json:"into,omitempty"`    // of a merge: class id
}

// ClassPlaced is where a class stood and where it stands.
type ClassPlaced struct {
	ClassID     string `json:"class"`
	From        string `json:"from,omitempty"` // parent
	To          string `json:"to,omitempty"`
	WasArchived bool   `json:"was_archived,omitempty"`
	Archived    bool   `json:"archived,omitempty"`
	WasKey      string `json:"was_key,omitempty"`
}

// Fits tells whether a project of task t can hold l.
func (l Label) Fits(t Task) bool {
	switch {
	case l.State != StateLabelled && l.State != StateAuto:
		return true
	case t == TaskBoxes:
		return len(l.Classes) == 0
	case t == TaskSingle:
		return len(l.Classes) == 1 && len(l.Boxes) == 0
	}
	return len(l.Boxes) == 0
}

// Chosen is l as a project of one class an image can hold it. common counts the images of each class.
func (l Label) Chosen(r Rule, common map[string]int) Label {
	if l.Fits(TaskSingle) {
		return l
	}
	if len(l.Classes) == 0 {
		if l.State == StateAuto { // a model's word alone
			return Label{State: StateUnlabelled}
		}
		return Label{State: StateSkipped, Source: SourceHuman, Actor: l.Actor} // as somebody decided
	}
	keep := l.Classes[0]
	switch r {
	case RuleUnlabelled:
		return Label{State: StateUnlabelled}
	case RuleConfident:
		for _, c := range l.Classes {
			if c.Score > keep.Score {
				keep = c
			}
		}
	case RuleCommon:
		for _, c := range l.Classes {
			if common[c.ClassID] > common[keep.ClassID] {
				keep = c
			}
		}
	case RuleReview:
		if l.State == StateLabelled {
			l.Flag = FlagUnsure
		}
	}
	l.Classes, l.Review, l.Checked, l.Suggested = []ClassScore{keep}, nil, false, nil
	if keep.Score > 0 && l.Source == SourceModel {
		l.Confidence = keep.Score
	}
	return l
}

// Merged is l with class into in the place of those of from, each class once.
func (l Label) Merged(from []string, into string) Label {
	swap := func(id string) string {
		if slices.Contains(from, id) {
			return into
		}
		return id
	}
	var kept []ClassScore
	for _, c := range l.Classes {
		c.ClassID = swap(c.ClassID)
		i := slices.IndexFunc(kept, func(k ClassScore) bool { return k.ClassID == c.ClassID })
		if i < 0 {
			kept = append(kept, c)
		} else if c.Score > kept[i].Score {
			kept[i].Score = c.Score
		}
	}
	l.Classes = kept
	l.Boxes = slices.Clone(l.Boxes)
	for i := range l.Boxes {
		l.Boxes[i].ClassID = swap(l.Boxes[i].ClassID)
	}
	return l
}
