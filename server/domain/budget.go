package domain

import "time"

// BudgetConfidence is the probability with which a budget of wrong labels is kept.
const BudgetConfidence = 0.95

// Smallest and greatest budget that can be asked for.
const (
	MinBudget = 0.001
	MaxBudget = 0.5
)

// Promise is what an apply under a budget of errors says of its labels: with a probability of Confidence at most Wrong of them are wrong, as far as
// the images are like those that people labelled. Of a multi-label project a label is wrong when any answer of it is.
type Promise struct {
	Budget     float64       `json:"budget"`     // share of wrong labels that was asked for
	Confidence float64       `json:"confidence"` // BudgetConfidence
	Labelled   int           `json:"labelled"`   // labels that it is about
	Wrong      int           `json:"wrong"`      // of them, at most
	Held       int           `json:"held"`       // labelled images by which it is proven, near-duplicates counted once
	Parts      []PromisePart `json:"parts"`
	Spot       int           `json:"spot"` // labels that are drawn at random for people to check
}

// PromisePart is the classes that were tested together: one that has images enough, or all that have not. The promise holds for
// each part.
type PromisePart struct {
	Classes   []string `json:"classes"`             // ids, by the class that the model gives
	Threshold float64  `json:"threshold,omitempty"` // least confidence of a label; none is given where Labelled is 0
	Labelled  int      `json:"labelled"`
	Wrong     int      `json:"wrong"`      // of them, at most
	Of        int      `json:"of"`         // images that the model gives these classes
	Held      int      `json:"held"`       // labelled images that it gives these classes, without having seen them
	Seen      int      `json:"seen"`       // of Held, from the threshold on
	SeenWrong int      `json:"seen_wrong"` // of Seen
	// More is how many more labelled images would be needed until something is labelled, -1 where the model is wrong too often
	// when it is surest.
	More int `json:"more,omitempty"`
}

// SpotCheck is how an apply under a budget turned out: of its labels some were drawn at random, and people look at them.
type SpotCheck struct {
	OperationID string    `json:"op"`
	At          time.Time `json:"at"`
	Promise     Promise   `json:"promise"`
	Checked     int       `json:"checked"`  // drawn labels that people have decided about
	Wrong       int       `json:"wrong"`    // of Checked: corrected or rejected
	Open        []string  `json:"open"`     // ids of the images that nobody has looked at yet
	ErrorCI     Interval  `json:"error_ci"` // of the share that is wrong (Clopper and Pearson)
	Over        bool      `json:"over"`     // surely more is wrong than the budget allows: the images are not like those that were learnt from
}
