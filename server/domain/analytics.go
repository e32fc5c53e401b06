package domain

import "time"

// LabelsMade is how many labels were made in some time, and by whom. What a person accepted of a model is the person's.
type LabelsMade struct {
	At     time.Time `json:"at"` // when the time begins
	People int       `json:"people"`
	Auto   int       `json:"auto"`
	Import int       `json:"import"`
}

// Units of Analytics.Progress.
const (
	UnitHour = "hour"
	UnitDay  = "day"
	UnitWeek = "week"
)

// Analytics is how a project's labelling goes.
type Analytics struct {
	Unit     string       `json:"unit"`            // of Progress: hour, day or week
	Progress []LabelsMade `json:"progress"`        // oldest first, without gaps
	Alone    Pace         `json:"alone"`           // of decisions with nothing suggested
	Assisted Pace         `json:"assisted"`        // with a suggestion or a model's label in sight
	Model    *Model       `json:"model,omitempty"` // the newest, with its learning curve and reliability; without Outcomes
}

// Pace is how many seconds one label takes: quartiles over the newest decisions of one image each. Where the screen has not
// measured a decision, it is the time since the same person's one before. What took more than PaceCutOff is a pause.
type Pace struct {
	Labels   int     `json:"labels"`   // that were timed
	Measured int     `json:"measured"` // of them by the screen
	Low      float64 `json:"low"`      // a quarter takes less
	Median   float64 `json:"median"`
	High     float64 `json:"high"` // a quarter takes more
}

// PaceCutOff is how many seconds a decision takes at most; what is longer is a pause.
const PaceCutOff = 120
