package domain

// BoxMetrics say how well a model finds boxes, by COCO's definitions, on images that it was not trained on. The counts, and what follows from them, are at
// an IoU of 0.5 and at Threshold.
type BoxMetrics struct {
	Boxes     int               `json:"boxes"`     // that people drew
	MAP50     float64           `json:"map50"`     // mean average precision at an IoU of 0.5
	MAP       float64           `json:"map"`       // mean over IoUs of 0.5, 0.55, ..., 0.95
	Threshold float64           `json:"threshold"` // the score at which the mean F1 is best
	Precision float64           `json:"precision"` // mean over classes, as all that follow
	Recall    float64           `json:"recall"`
	F1        float64           `json:"f1"`
	LeftOut   int               `json:"left_out,omitempty"` // labelled images that found no room in memory, and had no part
	Classes   []BoxClassMetrics `json:"classes"`            // in the order of the model's outputs
}

// BoxClassMetrics is one class of BoxMetrics; the counts are of boxes.
type BoxClassMetrics struct {
	ClassID   string           `json:"class"`
	Name      string           `json:"name"`
	Support   int              `json:"support"` // boxes that people drew
	TP        int              `json:"tp"`
	FP        int              `json:"fp"`
	FN        int              `json:"fn"`
	Precision float64          `json:"precision"`
	Recall    float64          `json:"recall"`
	F1        float64          `json:"f1"`
	AP50      float64          `json:"ap50"`
	AP        float64          `json:"ap"`
	Curve     []PrecisionPoint `json:"curve"` // falling thresholds, growing recall; at most 101 points
}

// PrecisionPoint is one point of a precision-recall curve at an IoU of 0.5: boxes of at least Threshold only.
type PrecisionPoint struct {
	Threshold float64 `json:"threshold"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// BoxSuggestions are what a model finds in one image, the surest first, in pixels. Threshold is the score from which on the model's card counts.
type BoxSuggestions struct {
	ModelID   string  `json:"model"`
	Threshold float64 `json:"threshold"`
	Boxes     []Box   `json:"boxes"`
}

// TightenRequest asks for the object that a rough box is meant for; Model is "" for the project's newest.
type TightenRequest struct {
	Model string `json:"model,omitempty"`
	Box   Box    `json:"box"`
}

// Tightened is the box of the object, of the class of the rough one; Found is false where there is none that fits, and Box is as it was.
type Tightened struct {
	Box   Box  `json:"box"`
	Found bool `json:"found"`
}

// Proposals are boxes in one image that may hold something, the likeliest first.
type Proposals struct {
	Boxes []Proposal `json:"boxes"`
}

// Proposal is a box of no class, in pixels. Score orders proposals, from 0 to 1; it is no probability.
type Proposal struct {
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	W     float64 `json:"w"`
	H     float64 `json:"h"`
	Score float64 `json:"score"`
}

// Limits of how many proposals an image is asked for.
const (
	DefaultProposals = 50
	MaxProposals     = 300
)
