package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

// maxPerLabel is how many classes one label may hold.
const maxPerLabel = 5000

// noConfidence is kept as assets.uncertain where no model gave a confidence: it sorts behind all that have one.
const noConfidence = 2

func uncertain(l domain.Label) float64 {
	if l.Source != domain.SourceModel {
		return noConfidence
	}
	return l.Confidence
}

// normal checks l, of an image of width x height pixels, against the project and gives it in the one form that is kept: no
// classes where the state has none, each class once, no model's words on labels that no model gave.
func (p projectRow) normal(l domain.Label, width, height int) (domain.Label, *domain.Problem) {
	l.ModelID, l.Actor = clean(l.ModelID), clean(l.Actor)
	l.Spot = l.Spot && l.State == domain.StateAuto
	switch l.State {
	case domain.StateUnlabelled, "":
		return domain.Label{State: domain.StateUnlabelled, Actor: l.Actor}, nil
	case domain.StateSkipped:
		return domain.Label{State: domain.StateSkipped, Source: domain.SourceHuman, Flag: l.Flag, Actor: l.Actor}, flagProblem(l)
	case domain.StateAuto, domain.StateLabelled:
		l.Checked = l.Checked && l.State == domain.StateLabelled
		if err := reviewed(&l); err != nil {
			return l, err
		}
	default:
		return l, domain.Errorf(domain.CodeInvalid, "The state %q is not known. Use unlabelled, auto, labelled or skipped.", l.State)
	}
	switch l.Source {
	case domain.SourceHuman, domain.SourceImport:
		l.Confidence, l.ModelID = 0, ""
	case domain.SourceModel:
		l.Suggested = nil
	default:
		return l, domain.Errorf(domain.CodeInvalid, "The source %q is not known. Use human, import or model.", l.Source)
	}
	if l.Suggested != nil && (!share(l.Suggested.Confidence) || l.Suggested.Labels < 0) {
		return l, domain.Errorf(domain.CodeInvalid, "The confidence %v of a suggestion is not between 0 and 1.", l.Suggested.Confidence)
	}
	if !share(l.Confidence) {
		return l, domain.Errorf(domain.CodeInvalid, "The confidence %v is not between 0 and 1.", l.Confidence)
	}
	if len(l.Classes) > maxPerLabel {
		return l, domain.Errorf(domain.CodeInvalid, "One image holds at most %d classes.", maxPerLabel)
	}
	if err := flagProblem(l); err != nil {
		return l, err
	}
	if err := p.checkClasses(&l); err != nil {
		return l, err
	}
	return l, p.checkBoxes(&l, width, height)
}

func flagProblem(l domain.Label) *domain.Problem {
	if l.State.Takes(l.Flag) {
		return nil
	}
	return domain.Errorf(domain.CodeInvalid, "A label in the state %s cannot have the flag %q. Labelled takes unsure, skipped takes unsure or bad.", l.State, l.Flag)
}

// reviewed checks l's review; one that says nothing, or of what is not labelled, is taken away.
func reviewed(l *domain.Label) *domain.Problem {
	switch {
	case l.Verdict() == domain.VerdictNone || l.State != domain.StateLabelled:
		l.Review = nil
		return nil
	case !slices.Contains(domain.Verdicts, l.Review.Verdict):
		return domain.Errorf(domain.CodeInvalid, "The verdict %q is not known. Use approved or returned.", l.Review.Verdict)
	case utf8.RuneCountInString(l.Review.Comment) > domain.MaxComment:
		return domain.Errorf(domain.CodeInvalid, "A comment has at most %d characters.", domain.MaxComment)
	}
	r := *l.Review
	r.Comment, r.By = strings.TrimSpace(clean(r.Comment)), domain.Actor{ID: clean(r.By.ID), Name: clean(r.By.Name)}
	l.Review = &r
	return nil
}

func share(v float64) bool { return v >= 0 && v <= 1 } // false for NaN

func (p projectRow) hasClass(id string) bool {
	return slices.ContainsFunc(p.Classes, func(c domain.Class) bool { return c.ID == id })
}

func (p projectRow) checkClasses(l *domain.Label) *domain.Problem {
	if len(l.Classes) == 0 {
		l.Classes = nil
		return nil
	}
	if p.Task == domain.TaskBoxes {
		return domain.Errorf(domain.CodeInvalid, "This project labels boxes; a class of the whole image has no place in it.")
	}
	kept := make([]domain.ClassScore, 0, len(l.Classes))
	for _, c := range l.Classes {
		if !p.hasClass(c.ClassID) {
			return domain.Errorf(domain.CodeInvalid, "The project has no class %q. Add it first.", c.ClassID)
		}
		if !share(c.Score) {
			return domain.Errorf(domain.CodeInvalid, "The score %v of class %q is not between 0 and 1.", c.Score, c.ClassID)
		}
		if !slices.ContainsFunc(kept, func(k domain.ClassScore) bool { return k.ClassID == c.ClassID }) {
			kept = append(kept, c)
		}
	}
	if p.Task == domain.TaskSingle && len(kept) > 1 {
		return domain.Errorf(domain.CodeInvalid, "This project gives each image one class; %d were named.", len(kept))
	}
	l.Classes = kept
	return nil
}

func (p projectRow) checkBoxes(l *domain.Label, width, height int) *domain.Problem {
	if len(l.Boxes) == 0 {
		l.Boxes = nil
		return nil
	}
	if p.Task != domain.TaskBoxes {
		return domain.Errorf(domain.CodeInvalid, "This project labels whole images; boxes have no place in it.")
	}
	return domain.CheckBoxes(l.Boxes, p.Classes, width, height)
}

// encodeLabel gives the text that is kept: ” for what never was labelled. Its rev has a column of its own.
func encodeLabel(l domain.Label) (string, error) {
	if l.State == domain.StateUnlabelled && l.Actor == "" && l.UpdatedAt.IsZero() {
		return "", nil
	}
	l.Rev = 0
	return jsonText(l)
}

func decodeLabel(text string, rev int64) (domain.Label, error) {
	l := domain.Label{State: domain.StateUnlabelled}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return l, fmt.Errorf("kept label %q: %w", text, err)
		}
	}
	l.Rev = rev
	return l, nil
}

// versioned is a label with the version of the write that it comes from.
type versioned struct {
	label   domain.Label
	version int64
}

// edit is one change of one asset's label within an operation.
type edit struct {
	asset         string
	before, after versioned
	effort        domain.Effort
}

// next gives e's new label its rev.
func (e edit) next(at time.Time) edit {
	e.after.label.Rev = e.before.label.Rev + 1
	e.after.label.UpdatedAt = at
	return e
}
