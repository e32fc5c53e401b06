package domain

import "time"

// MapRequest asks for the images of a filter to be laid out in the plane by what they show.
type MapRequest struct {
	Filter Filter `json:"filter"` // all images where it is empty
	// Neighbours is how many images' closeness is kept for each: 0 for 15, otherwise 2 to 100. More show the whole better, fewer the
	// details.
	Neighbours int `json:"neighbours,omitempty"`
}

// ImageMap is images in the plane; what is alike lies together. A project has one: a new one takes its place. Its id is that of the job
// that made it.
type ImageMap struct {
	ID         string    `json:"id"`
	ProjectID  string    `json:"project_id"`
	Backbone   string    `json:"backbone"` // SHA-256 of the network whose embeddings are shown
	Images     int       `json:"images"`
	Unreadable int       `json:"unreadable,omitempty"` // images left out
	Trust      float64   `json:"trust"`                // trustworthiness of 12 neighbours: 1 when all that lie together are alike, 0.5 by chance
	CreatedAt  time.Time `json:"created_at"`
	Assets     []string  `json:"assets"` // ids
	XY         []int     `json:"xy"`     // x and y of each of Assets, -MapExtent to MapExtent, y upwards
}

// MapExtent is the largest coordinate of an ImageMap.
const MapExtent = 10_000

// What the places of MapStanding.Label and Model hold beside the index of a class.
const (
	MapNone    = -1 // no label, or nothing is known
	MapSeveral = -2 // several classes
	MapGone    = -3 // the image is not in the project any more
)

// MapStanding tells how the images of a map stand now, in the order of its Assets.
type MapStanding struct {
	Map     string   `json:"map"`     // id
	Classes []string `json:"classes"` // ids that the numbers stand for
	Label   []int    `json:"label"`   // index of the class of the label, or MapNone, MapSeveral, MapGone
	// Model is the index of the class that is the most probable by the head that learns from the labels, or by the newest model;
	// empty unless it was asked for.
	Model []int `json:"model"`
	// Doubt is how far the label is not borne out, in thousandths: 0 for one that is surely right, 1000 for one that is surely wrong;
	// of images without a label, how unsure the answer is. MapNone where nothing is known; empty unless it was asked for.
	Doubt []int `json:"doubt"`
}
