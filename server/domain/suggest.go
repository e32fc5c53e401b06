package domain

// MinSuggest is how many labelled images a class needs to be suggested; suggestions begin when two classes have them (in a
// multi project one, with as many images without it).
const MinSuggest = 3

// TakeFrom is the least probability of a class that is part of what a multi-label suggestion says.
const TakeFrom = 0.5

// SuggestRequest asks what the live head of a project says of some images.
type SuggestRequest struct {
	Assets []string `json:"assets"` // ids, at most 100, the next first: in this order the images are looked at
	// WaitMS is how long the answer may wait, in milliseconds up to 5000, for the labels given so far to be learnt and for the
	// first of Assets to be looked at.
	WaitMS int `json:"wait_ms,omitempty"`
}

// States of Suggestions.
const (
	SuggestOff      = "off"      // switched off for the project, or of no use for its task
	SuggestTooFew   = "too_few"  // too few labels yet
	SuggestLearning = "learning" // the first head is being made
	SuggestReady    = "ready"
	SuggestFailed   = "failed" // Reason says why
)

// Suggestions is what the live head of a project says, and how it stands.
type Suggestions struct {
	State    string       `json:"state"`
	Reason   string       `json:"reason,omitempty"`     // of off (switched_off, boxes) or failed (English)
	Classes  int          `json:"classes"`              // that have enough labels
	Missing  int          `json:"missing,omitempty"`    // too_few: labels that are missing at least
	Labels   int          `json:"labels"`               // that the head has learnt from
	Images   int          `json:"images"`               // of the project
	Embedded int          `json:"embedded"`             // of them, that were looked at
	Items    []Suggestion `json:"items"`                // of the asked assets that the project has, in their order
	Unread   int          `json:"unreadable,omitempty"` // images that cannot be read
}

// Suggestion is what the head says of one image.
type Suggestion struct {
	AssetID string       `json:"asset"`
	Pending bool         `json:"pending,omitempty"` // it was not looked at yet
	Classes []ClassScore `json:"classes,omitempty"` // the most probable first, at most 5
	// Take is what the suggestion comes to: the most probable class, or in a multi project those of TakeFrom and more, none
	// included.
	Take []string `json:"take,omitempty"`
	// Confidence is the probability that Take is right; in a multi project that of its least sure answer.
	Confidence float64 `json:"confidence,omitempty"`
}

// Sort orders by what the live head, or an embedding, says. Assets of which it says nothing come last.
const (
	SortUncertainty  = "uncertainty"  // the least sure first
	SortDisagreement = "disagreement" // labels that the other labels speak against first
	SortSimilarity   = "similarity"   // most like a given image first
	SortUseful       = "useful"       // those first whose labels would teach the most: typical while there are few labels, later in doubt, even of all classes, and some by chance
)

// UsefulBatch is what the queue of the most useful images hands out: those whose labels would teach the most, with some among them that
// chance has chosen.
type UsefulBatch struct {
	Items []Asset `json:"items"`
}

// Saving is how many labels of the queue of the most useful images have done what labels by chance do.
type Saving struct {
	Picked int `json:"picked"` // labels that came from the queue
	Chance int `json:"chance"` // of them, those that chance chose
	Wanted int `json:"wanted"` // labels by chance before anything can be told
	Every  int `json:"every"`  // one image of so many is chosen by chance
	// Known tells whether there are enough; what follows is 0 otherwise.
	Known    bool    `json:"known"`
	Accuracy float64 `json:"accuracy"` // of a head of the labels by chance alone, on them
	Queue    float64 `json:"queue"`    // the number of the queue's labels whose head is as good
	Same     float64 `json:"same"`     // the number of labels by chance whose head is as good
	Low      float64 `json:"low"`      // 95 % interval of Queue / Same by the luck of the images that were tested
	High     float64 `json:"high"`
	// Points are the accuracies of heads of so many labels, those from before the queue aside.
	Points []SavingPoint `json:"points"`
}

// SavingPoint is the accuracy that heads of so many labels had.
type SavingPoint struct {
	Labels int     `json:"labels"`
	Queue  float64 `json:"queue"`  // of the first of the queue
	Chance float64 `json:"chance"` // of those by chance alone
	Both   bool    `json:"both"`   // there are so many by chance
}
