package domain

import "time"

// ClusterRequest asks for the images of a filter to be grouped by what they show.
type ClusterRequest struct {
	Filter Filter `json:"filter"`           // of states unlabelled where it names none
	Method string `json:"method,omitempty"` // kmeans (default), birch, ward, average, complete
	K      int    `json:"k,omitempty"`      // clusters; 0 chooses, not fewer than the project has classes
	// Learnt groups by what the labels have taught, too: by the head that learns from them, or the newest model. Where there is neither,
	// it does nothing.
	Learnt bool `json:"learnt,omitempty"`
}

// Clustering is images in groups. Its id is that of the job that made it.
type Clustering struct {
	ID         string    `json:"id"`
	ProjectID  string    `json:"project_id"`
	Method     string    `json:"method"`
	Asked      int       `json:"asked,omitempty"` // the K that was asked for; 0: it was chosen
	K          int       `json:"k"`               // clusters that there are
	Silhouette float64   `json:"silhouette"`      // -1 to 1, the higher the clearer the groups; 0 where there is one
	Images     int       `json:"images"`
	Unreadable int       `json:"unreadable,omitempty"` // images left out
	Part       bool      `json:"part,omitempty"`       // of images named by id: a cluster that was split
	Learnt     bool      `json:"learnt,omitempty"`     // what labels have taught had a part in it
	CreatedAt  time.Time `json:"created_at"`
	Clusters   []Cluster `json:"clusters,omitempty"` // largest first; not in lists
}

// Cluster is one group of a clustering.
type Cluster struct {
	ID       string   `json:"id"`                 // within the clustering
	Assets   []string `json:"assets"`             // ids, nearest to the middle first, without Outliers
	Outliers []string `json:"outliers,omitempty"` // ids, farthest last: they may belong elsewhere
	Shown    []string `json:"shown"`              // ids of at most 12 of Assets that stand for all, unlike each other; the most typical first
	Clear    float64  `json:"clear"`              // -1 to 1: how much nearer its images are to its middle than to another's
	Class    string   `json:"class,omitempty"`    // id of the class that the images are the most probable to have, where labels had a part
	Sure     float64  `json:"sure,omitempty"`     // mean probability of Class among the images, 0 to 1
}
