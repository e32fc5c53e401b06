package domain

import (
	"slices"
	"time"
)

// Verdict is what a reviewer said of a label.
type Verdict string

// Verdicts.
const (
	VerdictNone     Verdict = ""
	VerdictApproved Verdict = "approved"
	VerdictReturned Verdict = "returned" // it is to be looked at again by who labels; the label stays until then
)

// Verdicts are all that say something.
var Verdicts = []Verdict{VerdictApproved, VerdictReturned}

// Review is what a reviewer said of a label. It goes when the label changes.
type Review struct {
	Verdict Verdict   `json:"verdict"`
	Comment string    `json:"comment,omitempty"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
}

// VerdictOf gives the verdict that an action of a LabelChange is, none if it is no reviewer's.
func VerdictOf(action string) Verdict {
	switch action {
	case "approve":
		return VerdictApproved
	case "return":
		return VerdictReturned
	}
	return VerdictNone
}

// Judged gives l with a review. What is not labelled is not judged. The actor stays: it is still the label of who gave it.
func (l Label) Judged(r Review) Label {
	if l.State == StateLabelled {
		l.Review = &r
	}
	return l
}

// Verdict of l's review, none if nobody reviewed it.
func (l Label) Verdict() Verdict {
	if l.Review == nil {
		return VerdictNone
	}
	return l.Review.Verdict
}

// SameReview tells whether reviewers said the same of two labels.
func SameReview(a, b Label) bool {
	return a.Verdict() == b.Verdict() && (a.Review == nil || b.Review == nil || a.Review.Comment == b.Review.Comment)
}

// SameLabel tells whether two labels, as they are kept, say the same, so that writing one over the other changes nothing. Who said
// it when does not count.
func SameLabel(a, b Label) bool {
	return SameReview(a, b) && a.State == b.State && a.Source == b.Source && a.Flag == b.Flag && a.Checked == b.Checked && a.Confidence == b.Confidence && a.ModelID == b.ModelID &&
		slices.Equal(a.Classes, b.Classes) && slices.Equal(a.Boxes, b.Boxes)
}

// StillApproved gives next, which a person gives in the place of l, with l's approval where it says the same.
func (l Label) StillApproved(next Label) Label {
	approved := next
	approved.Review = l.Review
	if l.Verdict() == VerdictApproved && SameLabel(l, approved) {
		return approved
	}
	return next
}
