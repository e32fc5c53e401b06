// Package domain holds the words of Irum: projects, classes, assets, labels, exports, models, jobs. It is shared by
// the API handler, its storage, the API client and the UI, and knows none of them. The JSON tags are the API's wire format.
package domain

import "time"

// Task says what a project's labels are.
type Task string

const (
	TaskSingle Task = "single" // exactly one class per asset
	TaskMulti  Task = "multi"  // any number of classes per asset, none included
	TaskBoxes  Task = "boxes"  // bounding boxes, each of one class
)

// Project is one labelling task over one set of assets.
type Project struct {
	ID        string    `json:"id"`
	Workspace string    `json:"workspace,omitempty"` // id; a new project is made in the one that the request names
	Name      string    `json:"name"`
	Task      Task      `json:"task"`
	Classes   []Class   `json:"classes"`
	CreatedAt time.Time `json:"created_at"`
	Rev       int64     `json:"rev"` // optimistic lock: a write names the rev it read
	Counts    Counts    `json:"counts"`
	VOC       VOC       `json:"voc,omitempty"` // dialect of the Pascal VOC boxes that were imported last; exports follow it
}

// Class is one name that a label can give. Its position in Project.Classes is stable and append-only, so that class
// indices in exported formats keep their meaning. A removed class is archived, never renumbered.
type Class struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Color    string `json:"color"` // #rrggbb
	Key      string `json:"key"`   // one character: the key that gives this class; "" for none
	Archived bool   `json:"archived,omitempty"`
	Parent   string `json:"parent,omitempty"` // id of the class that it is a kind of; "" for none
}

// Counts are kept per project; ByClass counts assets whose current label holds the class, by class id, labelled and auto apart.
type Counts struct {
	Assets     int            `json:"assets"`
	Unlabelled int            `json:"unlabelled"`
	Labelled   int            `json:"labelled"`
	Auto       int            `json:"auto"` // auto-labels waiting for review
	Skipped    int            `json:"skipped"`
	Unsure     int            `json:"unsure,omitempty"`    // flagged so, in whatever state
	Bad        int            `json:"bad,omitempty"`       // flagged so; they are counted as skipped too
	Discussed  int            `json:"discussed,omitempty"` // images with a thread of comments that nobody has resolved
	Approved   int            `json:"approved,omitempty"`  // by a reviewer; they and the next are counted as labelled too
	Returned   int            `json:"returned,omitempty"`
	ByClass    map[string]int `json:"by_class,omitempty"`      // state labelled
	AutoClass  map[string]int `json:"auto_by_class,omitempty"` // state auto
}

// State of an asset's current label.
type State string

const (
	StateUnlabelled State = "unlabelled"
	StateAuto       State = "auto"     // proposed by a model, nobody has looked yet
	StateLabelled   State = "labelled" // a person gave, corrected or accepted it, or it was imported as truth
	StateSkipped    State = "skipped"  // a person decided to give none
)

// Flag is what a person noted about an image beside its label.
type Flag string

const (
	FlagNone   Flag = ""
	FlagUnsure Flag = "unsure" // somebody else should look: a label that may be wrong, or none given for doubt
	FlagBad    Flag = "bad"    // the image is of no use: blurred, broken, of something else. Such an image is always skipped.
)

// Flags are all flags that mean something.
var Flags = []Flag{FlagUnsure, FlagBad}

// Source says where the current label came from.
type Source string

const (
	SourceNone   Source = ""
	SourceHuman  Source = "human"
	SourceImport Source = "import"
	SourceModel  Source = "model" // also after a person accepted it; State tells which
)

// Asset is one image of a project with its current label. Width and Height are in pixels of the image as people see it
// (EXIF orientation applied).
type Asset struct {
	ID          string    `json:"id"`
	ProjectID   string    `json:"project_id"`
	Name        string    `json:"name"`   // slash-separated path as it came, never used as a path on disk
	SHA256      string    `json:"sha256"` // hex, of the original bytes
	Format      string    `json:"format"` // jpeg, png, gif, webp, bmp, tiff
	Width       int       `json:"width"`
	Height      int       `json:"height"`
	Orientation int       `json:"orientation"` // EXIF, 1..8
	Bytes       int64     `json:"bytes"`
	DHash       string    `json:"dhash,omitempty"` // 64-bit difference hash, 16 hex digits: near-duplicate grouping
	ThumbSHA    string    `json:"-"`               // blob of the thumbnail that was made at import; not for clients
	Measures    *Measures `json:"-"`               // of the thumbnail; nil where it was not measured
	Split       string    `json:"split,omitempty"` // train, val, test or "": as imported, kept through exports
	CreatedAt   time.Time `json:"created_at"`
	Label       Label     `json:"label"`
	Comments    int       `json:"comments,omitempty"`     // how many there are
	OpenThreads int       `json:"open_threads,omitempty"` // threads of them that nobody has resolved
}

// Label is the current label of one asset.
type Label struct {
	State      State        `json:"state"`
	Source     Source       `json:"source,omitempty"`
	Flag       Flag         `json:"flag,omitempty"`
	Classes    []ClassScore `json:"classes,omitempty"` // single: at most one; empty and labelled in a multi project: "none of them"
	Boxes      []Box        `json:"boxes,omitempty"`
	Confidence float64      `json:"confidence,omitempty"` // model's score of the label as a whole, 0..1; 0 unless Source is model
	ModelID    string       `json:"model_id,omitempty"`   // the model that proposed it
	Spot       bool         `json:"spot,omitempty"`       // State is auto: drawn at random for people to check (SpotCheck)
	Suggested  *Suggested   `json:"suggested,omitempty"`  // Source is human: the person took it from a suggestion
	// Checked tells that a person looked at the label again, after a model had doubted it, and kept it: no model's doubt is
	// shown again until the label changes.
	Checked   bool      `json:"checked,omitempty"`
	Review    *Review   `json:"review,omitempty"` // of a labelled one
	Actor     string    `json:"actor,omitempty"`  // who gave it
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	Rev       int64     `json:"rev"`
}

// Suggested tells where a label came from that a person took from a suggestion.
type Suggested struct {
	Confidence float64 `json:"confidence"` // of the suggestion, 0..1
	Labels     int     `json:"labels"`     // that the suggesting head had learnt from
}

// ClassScore is a class with the model's probability for it; Score is 0 for labels that people gave.
type ClassScore struct {
	ClassID string  `json:"class"`
	Score   float64 `json:"score,omitempty"`
}

// Box is a bounding box in pixels of the oriented image, origin top left, float.
type Box struct {
	ClassID string  `json:"class"`
	X       float64 `json:"x"`
	Y       float64 `json:"y"`
	W       float64 `json:"w"`
	H       float64 `json:"h"`
	Score   float64 `json:"score,omitempty"`
}

// Filter selects assets of a project. Zero fields do not restrict; fields combine with AND, values inside one with OR.
// On the wire it is either JSON or URL parameters of the same names (repeated for lists).
type Filter struct {
	IDs           []string  `json:"ids,omitempty"`
	Classes       []string  `json:"class,omitempty"` // class ids; the current label holds one of them, or a class under one
	Exact         bool      `json:"exact,omitempty"` // Classes alone, without those under them
	States        []State   `json:"state,omitempty"`
	Sources       []Source  `json:"source,omitempty"`
	Flags         []Flag    `json:"flag,omitempty"`     // "" selects what has none
	Verdicts      []Verdict `json:"verdict,omitempty"`  // "" selects what has none
	Issues        []Issue   `json:"issue,omitempty"`    // at the limits of the project
	Comments      string    `json:"comments,omitempty"` // CommentsOpen or CommentsAny
	Text          string    `json:"text,omitempty"`     // case-insensitive part of the asset's name, or of that of a class that it has
	MinConfidence *float64  `json:"min_confidence,omitempty"`
	MaxConfidence *float64  `json:"max_confidence,omitempty"`
	Model         string    `json:"model,omitempty"`
}

// Sort orders of an asset list.
const (
	SortName      = "name"
	SortCreated   = "created"   // as imported; the default
	SortUncertain = "uncertain" // confidence ascending: the review queue's order
)

// SavedFilter is a filter, with an order, that is kept under a name for all who see a project. Its id is made by who saves it.
type SavedFilter struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Filter    Filter    `json:"filter"`
	Sort      string    `json:"sort,omitempty"`
	To        string    `json:"to,omitempty"` // of SortSimilarity
	Rev       int64     `json:"rev"`          // how often it was saved
	CreatedAt time.Time `json:"created_at,omitzero"`
}

// AssetPage is one page of a list. NextCursor is "" on the last page. Total counts the whole filter.
type AssetPage struct {
	Items      []Asset `json:"items"`
	NextCursor string  `json:"next_cursor,omitempty"`
	Total      int     `json:"total"`
}

// LabelChange sets the label of one asset, or of all that Filter selects. Action:
// "set" (Classes/Boxes by a person), "accept" (auto becomes labelled; by a filter without ids all but those with Label.Spot), "reject" (auto becomes unlabelled), "skip", "clear",
// "keep" (a labelled one stays as it is and is Checked), "add" / "remove" (a class of a multi project, bulk), "flag" (Flag
// instead of the one that is there; see Flagged), "approve" and "return" (a reviewer's verdict on what is labelled, with Comment;
// they have an address of their own, since not everybody may review).
type LabelChange struct {
	AssetID string   `json:"asset,omitempty"`
	Filter  *Filter  `json:"filter,omitempty"`
	Action  string   `json:"action"`
	Classes []string `json:"classes,omitempty"`
	Boxes   []Box    `json:"boxes,omitempty"`
	Flag    Flag     `json:"flag,omitempty"`    // of "set" (unsure or none) and "flag"
	Comment string   `json:"comment,omitempty"` // of "approve" and "return"
	Rev     *int64   `json:"rev,omitempty"`     // when given, a conflict (409) is answered if the label has moved on
	Effort  *Effort  `json:"effort,omitempty"`  // of one asset
}

// What was suggested while a person decided.
const (
	SuggestionNone     = ""
	SuggestionShown    = "shown"    // something was suggested, and the person decided otherwise
	SuggestionAccepted = "accepted" // the person took it
)

// Effort is what a decision about one image took a person. It is kept with the label's event (label_events.seconds and
// label_events.suggestion), so that labelling with and without suggestions can be compared.
type Effort struct {
	Seconds    float64 `json:"seconds,omitempty"`    // from when the image was in sight, 0 where nobody measured
	Suggestion string  `json:"suggestion,omitempty"` // SuggestionNone, SuggestionShown or SuggestionAccepted
	Confidence float64 `json:"confidence,omitempty"` // of a live suggestion that was accepted, 0..1
	Labels     int     `json:"labels,omitempty"`     // that the head which suggested it had learnt from
}

// Taken is the provenance of a label that was set with e: nil unless a live suggestion was accepted.
func (e *Effort) Taken() *Suggested {
	if e == nil || e.Suggestion != SuggestionAccepted || e.Labels == 0 {
		return nil
	}
	return &Suggested{Confidence: e.Confidence, Labels: e.Labels}
}

// LabelRequest is one user action: all its changes are written in one batch and undone together.
type LabelRequest struct {
	Changes []LabelChange `json:"changes"`
	OpID    string        `json:"op,omitempty"` // client-made id: replaying the same request is a no-op
	// Append lets the changes join the operation OpID where there is one already, so that what a person does in one go, image
	// by image, is undone in one step.
	Append bool `json:"append,omitempty"`
}

// BulkRequest does one action to all that Filter selects, as one operation. Action is one of LabelChange's, or "delete"; "delete",
// "approve" and "return" have addresses of their own.
type BulkRequest struct {
	Filter  Filter   `json:"filter"`
	Action  string   `json:"action"`
	Classes []string `json:"classes,omitempty"`
	Flag    Flag     `json:"flag,omitempty"`
	Comment string   `json:"comment,omitempty"`
	// KeepLabelled leaves alone what a person or an import has labelled.
	KeepLabelled bool `json:"keep_labelled,omitempty"`
	// Expect is the number of images that the user was told would change. When it is another by now nothing is done and the
	// job fails with the code conflict.
	Expect *int   `json:"expect,omitempty"`
	OpID   string `json:"op,omitempty"` // as in LabelRequest
}

// BulkPreview tells exactly what a BulkRequest would do now.
type BulkPreview struct {
	Selected int `json:"selected"` // what the filter selects
	Changed  int `json:"changed"`  // of those, what would be another than it is
	Labelled int `json:"labelled"` // of those, labels that a person or an import gave
}

// Operation is one undoable action over labels.
type Operation struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"` // label, bulk, apply, import, delete, undo; of the project itself: task, merge, move
	Changed int       `json:"changed"`
	Assets  []Asset   `json:"assets,omitempty"` // the changed assets as they are now, at most 200
	At      time.Time `json:"at"`
	Undone  bool      `json:"undone"`
	// Skipped counts labels that an undo left alone because somebody changed them since.
	Skipped int `json:"skipped,omitempty"`
}

// Trash is what was deleted from a project and can still come back. Bytes counts the images' own files.
type Trash struct {
	Images int   `json:"images"`
	Bytes  int64 `json:"bytes"`
}

// Refusal is one file that an import did not take, and why. Code is stable, for translation; Reason is English.
type Refusal struct {
	Path   string `json:"path"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// ImportProgress is how far an import is in its phase: images (files of an archive are read), match (labels are brought to their
// images), label (images are labelled). Total may grow in the phase images.
type ImportProgress struct {
	Phase string `json:"phase"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// ImportLines is one page of what an import refused, or of its notes. NextCursor is "" on the last page.
type ImportLines struct {
	Items      []Refusal `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty"`
}

// ImportReport answers an import.
type ImportReport struct {
	ID         string    `json:"id"`
	Imported   int       `json:"imported"`
	Labelled   int       `json:"labelled"`
	Duplicates int       `json:"duplicates"`      // the same bytes were in the project already; counted, not stored again
	Refused    []Refusal `json:"refused"`         // the first of RefusedCount
	Notes      []Refusal `json:"notes,omitempty"` // taken, but something is worth knowing: first frame of an animation, 16 bit reduced; the first of NotesCount
	Finished   bool      `json:"finished"`

	VOC          VOC             `json:"voc,omitempty"` // dialect in which Pascal VOC boxes were read
	RefusedCount int             `json:"refused_count"`
	NotesCount   int             `json:"notes_count,omitempty"`
	RefusedBy    map[string]int  `json:"refused_by,omitempty"` // how often each code
	Progress     *ImportProgress `json:"progress,omitempty"`   // while it is under way and something is known of it
	CreatedAt    time.Time       `json:"created_at"`
}

// Export is an immutable snapshot of a project's labels.
type Export struct {
	ID        string         `json:"id"`
	ProjectID string         `json:"project_id"`
	Name      string         `json:"name"`
	CreatedAt time.Time      `json:"created_at"`
	Filter    Filter         `json:"filter"`
	Items     int            `json:"items"`
	Labelled  int            `json:"labelled"`
	ByClass   map[string]int `json:"by_class"`       // labelled items per class id
	SHA256    string         `json:"sha256"`         // of the snapshot's canonical bytes
	Task      Task           `json:"task,omitempty"` // of the project then; "" for what was made before tasks could change
	Seq       int64          `json:"seq,omitempty"`  // of the project's writes, before the snapshot was taken; 0 where it was not kept
}
