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
	By      string    `json:"by"` // an actor's id
	At      time.Time `json:"at"`
}

// Verdict of l's review, none if nobody reviewed it.
func (l Label) Verdict() Verdict {
	if l.Review == nil {
		return VerdictNone
	}
	return l.Review.Verdict
}
