//go:build js

// Package engines spreads the engine's work over Web Workers: Pool is the autolabel.Engine of the API worker, Main the
// role of each engine worker. They talk in messages of a JSON head and at most one block of bytes.
package engines

import (
	"encoding/json"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// ask is the head of a message to a worker. The block holds the ONNX file (backbone), the image file (embed), the
// embeddings as float32 (fit, cluster, map), or a piece of the features that boxes are learnt from (features).
type ask struct {
	Op      string         `json:"op"` // backbone, embed, fit, cluster, map, features, boxes, cancel
	SHA     string         `json:"sha,omitempty"`
	Threads int            `json:"threads,omitempty"` // of one image; the first ask of a worker counts
	Data    *train.Dataset `json:"data,omitempty"`    // without X
	Options train.Options  `json:"options,omitzero"`

	Points  *cluster.Points  `json:"points,omitempty"` // without X
	Cluster *cluster.Options `json:"cluster,omitempty"`

	Map *embedmap.Options `json:"map,omitempty"`

	At    int                `json:"at,omitempty"`   // where the piece of the features begins
	Size  int                `json:"size,omitempty"` // of all of them
	Set   *detect.Set        `json:"set,omitempty"`  // without Features
	Boxes *detect.FitOptions `json:"boxes,omitempty"`
	Part  int                `json:"part,omitempty"` // of detect.Parts
}

// answer is the head of a message from a worker. The block holds the embedding (embed), or the places (map).
type answer struct {
	Progress   bool                    `json:"progress,omitempty"` // not the end yet: Done of Total
	Done       int                     `json:"done,omitempty"`
	Total      int                     `json:"total,omitempty"`
	Info       *autolabel.BackboneInfo `json:"info,omitempty"`
	Head       *train.Head             `json:"head,omitempty"`
	Evaluation *train.Evaluation       `json:"evaluation,omitempty"`
	Clusters   *cluster.Result         `json:"clusters,omitempty"`
	Trust      float64                 `json:"trust,omitempty"`
	Part       *detect.Part            `json:"part,omitempty"`
	Error      string                  `json:"error,omitempty"`
	Problem    *domain.Problem         `json:"problem,omitempty"`
	Refusal    *refusal                `json:"refusal,omitempty"`
}

// refusal is a *vision.Refusal on its way.
type refusal struct{ Code, Reason string }

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
