package domain

// JobEvent tells how a job stands (event job); what it has found the job itself says.
type JobEvent struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"`
	State      JobState `json:"state"`
	Phase      string   `json:"phase,omitempty"`
	Done       int      `json:"done"`
	Total      int      `json:"total"`
	SecondsETA float64  `json:"eta_seconds,omitempty"`
}

// LabelsEvent tells that labels or images of a project have changed (event labels), or where it stands (hello, reset).
type LabelsEvent struct {
	Seq    int64    `json:"seq"`              // of the project's writes
	Assets []string `json:"assets,omitempty"` // ids of images that the write was about, where they are few and known
}
