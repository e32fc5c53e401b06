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
	SortUseful       = "useful"       // those first whose labels would teach the most: unsure, unlike each other, and some by chance
)
