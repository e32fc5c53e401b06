package domain

import (
	"math"
	"time"
)

// AdvisedLabels is how many labels a Custom Auto-Label AI should be trained on; fewer is allowed, with a warning.
const AdvisedLabels = 100

// MinPerClass is the least number of labelled assets a class needs to be learnt.
const MinPerClass = 2

// TrainRequest asks for a Custom Auto-Label AI from an export.
type TrainRequest struct {
	ExportID string `json:"export"`
	Name     string `json:"name,omitempty"`
	Level    string `json:"level,omitempty"`    // "head" (default), "last", "whole", "scratch", "full"
	Backbone string `json:"backbone,omitempty"` // "" for the default
	Seed     int64  `json:"seed,omitempty"`
	// Unlabelled asks to learn from the project's images without labels, too, where that makes a head better: level head, one class an image.
	Unlabelled bool `json:"unlabelled,omitempty"`
}

// Estimate is what a training is expected to cost, from speeds measured on this host.
type Estimate struct {
	Images     int      `json:"images"`             // labelled assets that will be trained on
	ToEmbed    int      `json:"to_embed"`           // images whose embedding is not cached
	Seconds    float64  `json:"seconds"`            // expected wall time
	Credits    int64    `json:"credits"`            // what will be reserved
	Balance    int64    `json:"balance"`            // before
	MsPerImage float64  `json:"ms_per_image"`       // measured embedding time
	Basis      string   `json:"basis"`              // of Seconds: "measured" here, "earlier": by the last training of this kind, "guess": nothing is known yet
	Warnings   []string `json:"warnings,omitempty"` // codes: few_labels, class_too_small:<class id>, class_everywhere:<class id>, one_class, no_credits
}

// JobState is where a job is in its life.
type JobState string

const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
	JobPaused    JobState = "paused" // until it is resumed; what it reserved stays so
)

// Open tells whether a job in this state has not ended.
func (s JobState) Open() bool { return s == JobQueued || s == JobRunning || s == JobPaused }

// Codes of jobs that failed through no fault of theirs.
const (
	JobInterrupted = "interrupted" // the host was stopped or closed
	JobLost        = "lost"        // the workers that ran it died, one after the other
)

// LabelGPU is what jobs ask for that need a GPU, and what workers with one offer.
const LabelGPU = "gpu"

// Why a queued job waits.
const (
	WaitTurn   = "turn"   // others are before it
	WaitWorker = "worker" // no worker is connected that offers its label
	WaitRetry  = "retry"  // its worker was lost, and a moment passes before the next try
)

// Job is one long work: train, apply, dry-run, evaluate, cluster, sample, bulk.
type Job struct {
	ID         string       `json:"id"`
	ProjectID  string       `json:"project_id"`
	Workspace  string       `json:"workspace,omitempty"`
	Kind       string       `json:"kind"`
	Actor      string       `json:"actor,omitempty"` // who started it
	State      JobState     `json:"state"`
	Phase      string       `json:"phase,omitempty"` // code: embed, train, cluster, evaluate, read, write, import
	Done       int          `json:"done"`
	Total      int          `json:"total"`
	SecondsETA float64      `json:"eta_seconds,omitempty"`
	Seconds    float64      `json:"seconds,omitempty"` // that were spent on it, over all its runs
	Label      string       `json:"label,omitempty"`   // that a worker has to offer: gpu; "" for any
	Waiting    string       `json:"waiting,omitempty"` // queued: WaitTurn, WaitWorker, WaitRetry
	Worker     string       `json:"worker,omitempty"`  // name of the process that runs it, where there may be several
	Starts     int          `json:"starts,omitempty"`  // how often a run of it was begun: more than once when it was resumed
	Error      string       `json:"error,omitempty"`
	Code       string       `json:"code,omitempty"`      // of Error, for translation: interrupted, lost, conflict
	ModelID    string       `json:"model,omitempty"`     // train: the new model
	Apply      *ApplyReport `json:"apply,omitempty"`     // apply and dry-run
	Metrics    *Metrics     `json:"metrics,omitempty"`   // evaluate
	Operation  *Operation   `json:"operation,omitempty"` // bulk: what was done, without its assets
	Course     *Course      `json:"course,omitempty"`    // train, deeper than a head: how it goes
	CreatedAt  time.Time    `json:"created_at"`
	EndedAt    time.Time    `json:"ended_at,omitzero"`
}

// Model is a trained Custom Auto-Label AI with its card.
type Model struct {
	ID        string    `json:"id"`
	ProjectID string    `json:"project_id"`
	Name      string    `json:"name"`
	Version   int       `json:"version"` // 1, 2, ... within the project
	Task      Task      `json:"task"`
	Backbone  string    `json:"backbone"`
	ExportID  string    `json:"export"`
	Level     string    `json:"level"`
	Classes   []Class   `json:"classes"` // in the order of the head's outputs
	Metrics   Metrics   `json:"metrics"` // cross-validated: every image is scored by a head that never saw it or its near-duplicates
	Images    int       `json:"images"`
	Credits   int64     `json:"credits"`
	Seconds   float64   `json:"seconds"`
	CreatedAt time.Time `json:"created_at"`
	SHA256    string    `json:"sha256"` // of the ONNX file
	// Checks tell how what it labelled under a budget of errors turned out, the newest first; only of a model that is asked for by its id.
	Checks []SpotCheck `json:"checks,omitempty"`
	// Newer is what the project has by now that the model has not learnt, nil where that is nothing; only of the newest models of a list.
	Newer *Newer `json:"newer,omitempty"`
}

// Newer is what came into a project after the export that a model has learnt from was taken.
type Newer struct {
	Labels  int      `json:"labels"`            // images whose label is new, or was changed
	Classes []string `json:"classes,omitempty"` // ids of classes with labels that the model does not know
}

// Interval is a 95 % confidence interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// ClassMetrics is one row of the card.
type ClassMetrics struct {
	ClassID     string   `json:"class"`
	Name        string   `json:"name"`
	Support     int      `json:"support"` // images that truly hold the class
	TP          int      `json:"tp"`
	FP          int      `json:"fp"`
	FN          int      `json:"fn"`
	Precision   float64  `json:"precision"`
	Recall      float64  `json:"recall"`
	F1          float64  `json:"f1"`
	PrecisionCI Interval `json:"precision_ci"` // Wilson
	RecallCI    Interval `json:"recall_ci"`    // Wilson
}

// Averages are precision, recall and F1 over classes.
type Averages struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// ThresholdPoint is one point of the threshold curve: labels with confidence >= Threshold only.
type ThresholdPoint struct {
	Threshold float64 `json:"threshold"`
	Coverage  float64 `json:"coverage"`  // share of images labelled
	Precision float64 `json:"precision"` // share of those that are right
	Recall    float64 `json:"recall"`
}

// Metrics of a model on labelled images. Confusion is [truth][predicted], in the order of Classes (single-label only;
// nil for multi-label). Errors lists the images behind each wrong cell.
type Metrics struct {
	Images     int              `json:"images"`
	Accuracy   float64          `json:"accuracy"` // single: top-1; multi: exact match of the whole set
	AccuracyCI Interval         `json:"accuracy_ci"`
	Macro      Averages         `json:"macro"`
	Micro      Averages         `json:"micro"`
	Classes    []ClassMetrics   `json:"classes"`
	Confusion  [][]int          `json:"confusion,omitempty"`
	Curve      []ThresholdPoint `json:"curve,omitempty"`
	ECE        float64          `json:"ece"` // expected calibration error, 10 bins
	Folds      int              `json:"folds,omitempty"`
	Groups     int              `json:"groups,omitempty"` // near-duplicate groups that were kept on one side of every split
	Outcomes   []Outcome        `json:"outcomes,omitempty"`
	Bins       []Bin            `json:"bins,omitempty"`     // the reliability diagram
	Learning   *Learning        `json:"learning,omitempty"` // nil where there are too few images
	Suspects   int              `json:"suspects,omitempty"` // labels that were probably wrong when the model was trained
	Course     *Course          `json:"course,omitempty"`   // of a model that is more than a head: then all is measured on held-out images
	Compared   *Comparison      `json:"compared,omitempty"` // with a head of the labels alone, where more was asked for
	Boxes      *BoxMetrics      `json:"boxes,omitempty"`    // of a model of boxes, whose other figures follow from it; accuracy it has none
}

// Comparison says whether what was asked for was worth it: how it did beside a head of the labels alone, on the same images, which neither
// had learnt from. The model is the better one of the two.
type Comparison struct {
	Of          string   `json:"of"`             // "unlabelled", or the level: "last", "whole", "scratch"
	Used        int      `json:"used,omitempty"` // images without labels
	Images      int      `json:"images"`         // that both were measured on
	Kept        bool     `json:"kept"`           // false: the model is the head of the labels alone
	Without     float64  `json:"without"`        // accuracy of that head
	With        float64  `json:"with"`
	Gain        Interval `json:"gain"` // 95 %, of With - Without
	LossWithout float64  `json:"loss_without"`
	LossWith    float64  `json:"loss_with"` // log loss, in nats; 0 for boxes
	// MAPWithout and MAPWith are mAP50-95 of boxes, whose Without, With and Gain are of mAP50; nil for whole images.
	MAPWithout *float64 `json:"map_without,omitempty"`
	MAPWith    *float64 `json:"map_with,omitempty"`
}

// Bin is one bar of the reliability diagram: the images whose confidence is from Low to High.
type Bin struct {
	Low        float64  `json:"low"`
	High       float64  `json:"high"`
	Images     int      `json:"images"`
	Confidence float64  `json:"confidence"` // mean
	Right      float64  `json:"right"`      // share that is right
	RightCI    Interval `json:"right_ci"`   // Wilson
}

// Learning says how accuracy grows with the labels: what models of growing parts of them reach on images that they have not
// seen, and what more labels promise.
type Learning struct {
	Points    []LearningPoint `json:"points"` // fewest images first; the last is the cross-validation of all
	Law       Law             `json:"law"`
	Forecasts []Forecast      `json:"forecasts"` // fewest first
}

// LearningPoint is the accuracy of models that learnt from so many images, with its 95 % interval.
type LearningPoint struct {
	Images   int     `json:"images"`
	Accuracy float64 `json:"accuracy"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// Law is the error of models that learn from n images: floor + (start - floor) (1 + n/scale)^-power.
type Law struct {
	Start float64 `json:"start"`
	Floor float64 `json:"floor"`
	Scale float64 `json:"scale"`
	Power float64 `json:"power"`
}

// Accuracy that the law gives models that learn from n images.
func (l Law) Accuracy(n float64) float64 {
	if l.Scale <= 0 {
		return 1 - l.Start
	}
	return min(max(1-l.Floor-(l.Start-l.Floor)*math.Pow(1+n/l.Scale, -l.Power), 0), 1)
}

// Forecast is what More labels beside all that there are would give: the accuracy then and by how much it is more, each with
// the 95 % interval of what would be measured.
type Forecast struct {
	More     int     `json:"more"`
	Accuracy float64 `json:"accuracy"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Gain     float64 `json:"gain"`
	GainLow  float64 `json:"gain_low"`
	GainHigh float64 `json:"gain_high"`
}

// Outcome is one image of the evaluation: what was true and what was predicted, so that a click on the confusion matrix shows it.
type Outcome struct {
	AssetID   string    `json:"asset"`
	Truth     []int     `json:"truth"`           // class indices
	Predicted []int     `json:"predicted"`       // class indices
	Scores    []float64 `json:"scores"`          // per class, calibrated
	Group     int       `json:"group,omitempty"` // the same for near-duplicates; 0 for an image that has none
}

// Suspects are the labels that a model was trained on and that are probably wrong: a head that never saw the image is sure
// of something else.
type Suspects struct {
	Total int       `json:"total"` // of the images that are still there
	Open  int       `json:"open"`  // those that nobody has changed or kept since
	Items []Suspect `json:"items"` // open ones, the surest first
	// Examples are images, by class id, whose label is surely right, for each class that Items name.
	Examples map[string][]string `json:"examples,omitempty"`
}

// Suspect is one label that is probably wrong. The scores are held-out probabilities.
type Suspect struct {
	Asset     Asset        `json:"asset"`
	Given     []ClassScore `json:"given"`     // as it is labelled
	Suggested []ClassScore `json:"suggested"` // what is more probable
	Margin    float64      `json:"margin"`    // by how much, 0..1
}

// ApplyRequest lets a model label what Filter selects. Assets that people have labelled or skipped are never touched.
type ApplyRequest struct {
	Filter        Filter  `json:"filter"`
	MinConfidence float64 `json:"min_confidence"`
	// Budget is the share of labels that may be wrong, MinBudget to MaxBudget; 0 for no promise. The model then labels only what it is sure enough
	// of, as its answers to held-out images show (Promise), and some of its labels are drawn for people to check (SpotCheck).
	Budget float64 `json:"budget,omitempty"`
	DryRun bool    `json:"dry_run"`
}

// ApplyReport is what an apply did, or (dry run) would do.
type ApplyReport struct {
	DryRun      bool           `json:"dry_run"`
	Labelled    int            `json:"labelled"`
	Skipped     int            `json:"skipped"` // the model is not sure enough
	ByClass     map[string]int `json:"classes"` // by class id
	OperationID string         `json:"op,omitempty"`
	Histogram   []int          `json:"histogram,omitempty"` // confidences in 20 bins of 0.05
	Promise     *Promise       `json:"promise,omitempty"`   // where there is a budget
}

// Credits is the balance with its newest ledger entries.
type Credits struct {
	Balance int64         `json:"balance"`
	Entries []CreditEntry `json:"entries"`
	Trial   *Trial        `json:"trial,omitempty"` // where the workspace began with one
}

// Trial is the credits that a new workspace begins with. They are spent before others, and what is left of them expires when the
// trial ends; labels, models and exports stay as they are.
type Trial struct {
	Amount   int64     `json:"amount"`
	Left     int64     `json:"left"`      // of Amount
	Ends     time.Time `json:"ends"`      // when what is left expires
	DaysLeft int       `json:"days_left"` // begun days; 0 once it has ended
	Ended    bool      `json:"ended"`
}

// CreditEntry is one line of the ledger; Amount is signed.
type CreditEntry struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"` // grant, trial, expire, reserve, settle, refund
	Amount int64     `json:"amount"`
	JobID  string    `json:"job,omitempty"`
	At     time.Time `json:"at"`
}

// Backbone is a network that turns an image into an embedding.
type Backbone struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Source    string `json:"source"`  // where it came from
	License   string `json:"license"` // SPDX, and where that is written
	SHA256    string `json:"sha256"`
	Bytes     int64  `json:"bytes"`
	InputSize int    `json:"input_size"` // pixels, square
	Dim       int    `json:"dim"`        // length of the embedding
	Default   bool   `json:"default"`
}

// Capabilities tell the UI what this host can do.
type Capabilities struct {
	Host     string   `json:"host"` // device, server, edge
	Version  string   `json:"version"`
	Training []string `json:"training"` // ids of the levels that are offered
	Levels   []Level  `json:"levels"`   // all levels, the quickest first
	Tasks    []Task   `json:"tasks"`    // for which training works
	Samples  []Sample `json:"samples"`
	Engine   string   `json:"engine"`  // relaxed-simd, simd, scalar, avx2, wazero, go
	Threads  int      `json:"threads"` // images that are computed at the same time
	// ImageThreads is how many threads one of them may have; OneThread is why no more than one, where a browser could have
	// more: not_isolated (no COOP and COEP headers), no_shared, no_waiting, one_core.
	ImageThreads int    `json:"image_threads"`
	OneThread    string `json:"one_thread,omitempty"`
	// BackboneFormats are the files that a backbone can be added from: onnx, tflite.
	BackboneFormats []string `json:"backbone_formats"`
	MaxUpload       int64    `json:"max_upload"`         // bytes of one file or archive
	Accounts        string   `json:"accounts,omitempty"` // AccountsNone, AccountsSetup or AccountsOn
	Provider        string   `json:"provider,omitempty"` // name of what people may sign in by beside passwords; "" for nothing
}

// Sample is a free labelled set that Try a sample makes a project of.
type Sample struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Images  int    `json:"images"`
	License string `json:"license"`
	Bytes   int64  `json:"bytes"`
}
