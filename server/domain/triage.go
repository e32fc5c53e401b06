package domain

import (
	"slices"
	"time"
)

// Issue is a reason why an image may be of little use.
type Issue string

// Issues. All but IssueDuplicate are told by one number of the image on one side of a limit; see Scales.
const (
	IssueBlurred   Issue = "blurred"
	IssueDark      Issue = "dark"
	IssueBright    Issue = "bright"    // over-exposed: nothing in it is dark
	IssueBlank     Issue = "blank"     // of one brightness
	IssueTiny      Issue = "tiny"      // by its short side
	IssueNarrow    Issue = "narrow"    // by its sides' ratio
	IssueDuplicate Issue = "duplicate" // looks like another image of the project that is rather kept
)

// Issues are all of them, in the order in which they are shown.
var Issues = []Issue{IssueBlurred, IssueDark, IssueBright, IssueBlank, IssueTiny, IssueNarrow, IssueDuplicate}

// Scale is what an issue is measured in, and where its limit may be.
type Scale struct {
	Min, Max, Step int  // of limits; values beyond them are counted in the first and the last bar of a histogram
	Default        int  // limit
	Below          bool // values under the limit have the issue, else those from the limit on
}

// Scales tell of each issue how it is measured: blurred by Measures.Sharpness, dark by Light, bright by Shade, blank by Contrast, tiny by the
// short side in pixels, narrow by 100 times the long side over the short, duplicate by the bits that difference hashes differ in (those at
// the limit have the issue, too). Defaults are measured: engine/bench/UNSUPERVISED.md.
var Scales = map[Issue]Scale{
	IssueBlurred:   {Min: 0, Max: 1000, Step: 10, Default: 430, Below: true},
	IssueDark:      {Min: 0, Max: 255, Step: 5, Default: 85, Below: true},
	IssueBright:    {Min: 0, Max: 255, Step: 5, Default: 225},
	IssueBlank:     {Min: 0, Max: 255, Step: 5, Default: 20, Below: true},
	IssueTiny:      {Min: 0, Max: 512, Step: 8, Default: 32, Below: true},
	IssueNarrow:    {Min: 100, Max: 1000, Step: 20, Default: 300},
	IssueDuplicate: {Min: 0, Max: 5, Step: 1, Default: 2},
}

// Has tells whether a value has the issue at a limit.
func (s Scale) Has(value, limit int) bool {
	if s.Below {
		return value < limit
	}
	return value >= limit
}

// Limits are the limits of a project by issue.
type Limits map[Issue]int

// Of is the limit of an issue: the default where none is kept.
func (l Limits) Of(issue Issue) int {
	if v, ok := l[issue]; ok {
		return v
	}
	return Scales[issue].Default
}

// CheckLimits tells what is wrong with l; nil if nothing is.
func CheckLimits(l Limits) *Problem {
	for issue, v := range l {
		scale, known := Scales[issue]
		if !known {
			return noIssue(issue).In(string(issue))
		}
		if v < scale.Min || v > scale.Max {
			return Errorf(CodeInvalid, "The limit of %q is from %d to %d, not %d.", issue, scale.Min, scale.Max, v).In(string(issue))
		}
	}
	return nil
}

func noIssue(issue Issue) *Problem {
	return Errorf(CodeInvalid, "There is no issue %q. Use blurred, dark, bright, blank, tiny, narrow or duplicate.", issue)
}

// CheckIssue tells whether issue is one; nil if it is.
func CheckIssue(issue Issue) *Problem {
	if slices.Contains(Issues, issue) {
		return nil
	}
	return noIssue(issue).In("issue")
}

// Measures are vision.Measures of an image, from its thumbnail. Nil stands for not measured yet.
type Measures struct{ Sharpness, Light, Shade, Contrast int }

// Measure is the value of an asset on the scale of an issue; ok is false where it is not known, or the issue is none of one image.
func (a Asset) Measure(issue Issue) (value int, ok bool) {
	switch issue {
	case IssueTiny:
		return min(a.Width, a.Height), true
	case IssueNarrow:
		return 100 * max(a.Width, a.Height) / max(min(a.Width, a.Height), 1), true
	}
	if a.Measures == nil {
		return 0, false
	}
	switch issue {
	case IssueBlurred:
		return a.Measures.Sharpness, true
	case IssueDark:
		return a.Measures.Light, true
	case IssueBright:
		return a.Measures.Shade, true
	case IssueBlank:
		return a.Measures.Contrast, true
	}
	return 0, false
}

// Triage tells how many images of a project have which issue.
type Triage struct {
	Images     int            `json:"images"`
	Unmeasured int            `json:"unmeasured"` // images that came before Irum measured them; MeasureImages does
	Any        int            `json:"any"`        // images with one issue or several
	Issues     []IssueSummary `json:"issues"`     // in the order of Issues
	// Refused are the newest imports of the project that did not take all files, corrupt ones among them; ImportLines has the files.
	Refused []RefusedImport `json:"refused,omitempty"`
}

// RefusedImport is an import that did not take all files.
type RefusedImport struct {
	Import string    `json:"import"` // id
	At     time.Time `json:"at"`
	Files  int       `json:"files"`
}

// IssueSummary is one issue in a project. Bars count the images by their value: bar i those from min + i*step to below the next; the
// last one all others. Duplicates have none.
type IssueSummary struct {
	Issue   Issue `json:"issue"`
	Count   int   `json:"count"`
	Limit   int   `json:"limit"`
	Default int   `json:"default"`
	Min     int   `json:"min"`
	Max     int   `json:"max"`
	Step    int   `json:"step"`
	Below   bool  `json:"below"` // values under the limit have the issue, else those from the limit on
	Bars    []int `json:"bars,omitempty"`
}

// IssueImage is an image that has an issue, with its value. Of duplicates the value is the number of bits that differ.
type IssueImage struct {
	Asset Asset  `json:"asset"`
	Value int    `json:"value"`
	Kept  *Asset `json:"kept,omitempty"` // of a duplicate: the image that it is like
}

// IssueImages are the images of an issue, worst first; duplicates by the image that they are like.
type IssueImages struct {
	Items []IssueImage `json:"items"`
	Total int          `json:"total"`
}
