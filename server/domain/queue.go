package domain

import "time"

// Limits of QueueSettings and of what is asked of a queue.
const (
	MaxLabellers  = 9    // of one image
	MaxGoldShare  = 0.5  // of what a labeller is given
	MaxPriority   = 9    // of an assignment; 0 is that of images that nobody assigned
	MaxLease      = 20   // images that one labeller holds at a time
	LeaseDefault  = 10   // minutes
	MaxLeaseTime  = 1440 // minutes
	MaxDisputes   = 100  // that an Agreement lists
	MaxGoldListed = 200  // that a list of gold images has
)

// ConsensusActor is who gave the labels that votes have decided, and who did the operations that wrote them.
const ConsensusActor = "consensus"

// QueueSettings is how the images of a project are handed out to those who label.
type QueueSettings struct {
	Auto      bool    `json:"auto"`       // images without a label are handed out though nobody assigned them
	Labellers int     `json:"labellers"`  // how many label such an image independently
	Unanimous bool    `json:"unanimous"`  // all votes must agree, else a reviewer decides; otherwise more than half of them
	GoldShare float64 `json:"gold_share"` // of what a labeller is given, 0 to MaxGoldShare
	Minutes   int     `json:"minutes"`    // how long an image is held without a sign of activity
}

// DefaultQueue is how a queue begins.
func DefaultQueue() QueueSettings {
	return QueueSettings{Auto: true, Labellers: 1, GoldShare: 0.05, Minutes: LeaseDefault}
}

// CheckQueue tells what is wrong with s in a project of a task.
func CheckQueue(task Task, s QueueSettings) *Problem {
	if p := CheckLabellers(task, s.Labellers); p != nil {
		return p
	}
	switch {
	case !(s.GoldShare >= 0 && s.GoldShare <= MaxGoldShare): // NaN too
		return Errorf(CodeInvalid, "The share of gold images is a number from 0 to %v.", MaxGoldShare).In("gold_share")
	case s.Minutes < 1 || s.Minutes > MaxLeaseTime:
		return Errorf(CodeInvalid, "An image is held for 1 to %d minutes.", MaxLeaseTime).In("minutes")
	}
	return nil
}

// CheckLabellers tells whether so many may label an image of a task independently.
func CheckLabellers(task Task, n int) *Problem {
	switch {
	case n < 1 || n > MaxLabellers:
		return Errorf(CodeInvalid, "An image is labelled by 1 to %d people.", MaxLabellers).In("labellers")
	case n > 1 && task == TaskBoxes:
		return Errorf(CodeInvalid, "Boxes are labelled by one person an image: votes on boxes are not offered.").In("labellers")
	}
	return nil
}

// QueueItem is an image that is held for who asks, as if nobody had labelled it.
type QueueItem struct {
	Asset Asset     `json:"asset"`
	Until time.Time `json:"until"` // when others may get it, unless it is asked for again
}

// QueueBatch is all that is held for who asks, in the order in which it is to be labelled.
type QueueBatch struct {
	Items []QueueItem `json:"items"`
	Done  int         `json:"done"`            // what they have labelled of this queue
	Blind bool        `json:"blind,omitempty"` // nothing is to be suggested: answers are compared
}

// QueueShare is one person's part of a queue. A person without an id is everybody.
type QueueShare struct {
	Person  Actor      `json:"person"`
	Waiting int        `json:"waiting"` // assigned to them
	Held    int        `json:"held"`
	Done    int        `json:"done"`
	Gold    *GoldScore `json:"gold,omitempty"`
}

// GoldScore is how many gold images somebody got right, with the 95 % interval of the share (Wilson's).
type GoldScore struct {
	Right    int     `json:"right"`
	Answered int     `json:"answered"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// QueueStatus tells how the queue of a project goes. Waiting, Held and Done count answers, of which an image may need several.
type QueueStatus struct {
	Settings QueueSettings `json:"settings"`
	Waiting  int           `json:"waiting"`
	Held     int           `json:"held"`
	Done     int           `json:"done"`
	Unqueued int           `json:"unqueued"` // images without a label that are not in the queue yet
	Disputed int           `json:"disputed"` // images that a reviewer has to decide
	Mine     QueueShare    `json:"mine"`
	People   []QueueShare  `json:"people,omitempty"` // told to managers
	Gold     int           `json:"gold,omitempty"`   // gold images; told to managers
}

// AssignRequest puts what Filter selects into the queue: for one person, or where Assignee is "" for everybody. With several
// Labellers the assignee is one of them.
type AssignRequest struct {
	Filter    Filter `json:"filter"`
	Assignee  string `json:"assignee,omitempty"`
	Priority  int    `json:"priority,omitempty"` // 0 to MaxPriority, the highest first
	Labellers int    `json:"labellers"`
}

// LeaseRequest asks for images of the queue: what is held is renewed, and more is given until N are held, at most MaxLease.
type LeaseRequest struct {
	N int `json:"n"`
}

// QueueAnswer is a person's answer about an image that is held for them, as one action: "set", "skip" or "flag". Op is made by the
// client: the same answer twice is one.
type QueueAnswer struct {
	OpID   string      `json:"op"`
	Change LabelChange `json:"change"`
}

// WithdrawRequest takes what waits for a person, or for everybody where Assignee is "", out of the queue.
type WithdrawRequest struct {
	Assignee string `json:"assignee,omitempty"`
}

// GoldRequest makes what Filter selects and is labelled gold, or Off ordinary again.
type GoldRequest struct {
	Filter Filter `json:"filter"`
	Off    bool   `json:"off,omitempty"`
}

// GoldList is the gold images of a project, at most MaxGoldListed of them.
type GoldList struct {
	Items []Asset `json:"items"`
	Total int     `json:"total"`
}

// Counted is how many images, or answers, an action was about.
type Counted struct {
	N int `json:"n"`
}

// Vote is one person's answer about an image that several label.
type Vote struct {
	By    Actor     `json:"by"`
	At    time.Time `json:"at"`
	Label Label     `json:"label"`
}

// Dispute is an image about which the votes do not agree.
type Dispute struct {
	Asset     Asset   `json:"asset"`
	Agreement float64 `json:"agreement"` // share of the pairs of votes that agree
	Proposal  Label   `json:"proposal"`  // of most votes; unlabelled where they are tied
	Votes     []Vote  `json:"votes"`
}

// PairAgreement is how far two people agree on the images that both have labelled.
type PairAgreement struct {
	A      Actor    `json:"a"`
	B      Actor    `json:"b"`
	Images int      `json:"images"`
	Agreed float64  `json:"agreed"`          // share of them
	Kappa  *float64 `json:"kappa,omitempty"` // Cohen's; nil where it is not defined
}

// ClassAgreement is how far people agree on whether images are of a class.
type ClassAgreement struct {
	ClassID string   `json:"class"`           // "" for skipped
	Votes   int      `json:"votes"`           // that gave it
	Alpha   *float64 `json:"alpha,omitempty"` // Krippendorff's, of yes and no; nil where it is not defined
}

// Agreement is how far those who labelled the same images agree.
type Agreement struct {
	Images   int              `json:"images"` // with two votes or more
	Votes    int              `json:"votes"`  // about them
	Agreed   float64          `json:"agreed"` // share of the pairs of votes that agree
	Fleiss   *float64         `json:"fleiss,omitempty"`
	Alpha    *float64         `json:"alpha,omitempty"`
	Open     int              `json:"open"` // images that more votes are awaited about
	Disputed int              `json:"disputed"`
	Pairs    []PairAgreement  `json:"pairs"`
	Classes  []ClassAgreement `json:"classes"`
	Disputes []Dispute        `json:"disputes"` // the most disagreed on first, at most MaxDisputes
}
