package domain

import "time"

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
	return map[string]Verdict{"approve": VerdictApproved, "return": VerdictReturned}[action]
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
