// Package api is Irum's API as one http.Handler. It turns HTTP into calls of store, transfer and autolabel and their
// answers into JSON, and knows no host: the browser's worker, the server and the command line all run this handler.
package api

import (
	"log/slog"
	"net/http"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
)

// Config is what the handler needs. Store, Transfer and Auto must be set.
type Config struct {
	Store    *store.Store
	Transfer *transfer.Service
	Auto     *autolabel.Service
	Host     string        // device, server or edge
	Version  string        // of this build
	Threads  int           // how many images the engine computes at the same time
	Engine   func() string // names the executor that runs networks (autolabel.Engine.Kind); nil when nobody knows
	// ImageThreads is how many threads one image may have, if more than one; OneThread is why it has one only, as a word of
	// engine.Threads, where it could have more elsewhere.
	ImageThreads int
	OneThread    string
	// MaxUpload is the largest file or archive that is taken, in bytes; 2 GiB when 0.
	MaxUpload int64
	Actor     string       // who is named in label events; "you" when empty
	Log       *slog.Logger // nil for slog.Default()
}

const (
	maxJSON     = 4 << 20   // bytes of a JSON body
	maxUpload   = 2 << 30   // bytes of an imported file, where the host says nothing else
	maxBackbone = 512 << 20 // bytes of a backbone: it is held in memory as a whole
)

type server struct {
	Config
	cross *http.CrossOriginProtection
	space space
}

// New gives the handler of everything under /api/. Errors are answered as problem details (RFC 9457). Where an answer
// breaks off in the middle the handler panics with http.ErrAbortHandler, as net/http's server wants it; other hosts must
// recover that and drop the answer.
func New(c Config) http.Handler {
	if c.MaxUpload == 0 {
		c.MaxUpload = maxUpload
	}
	if c.Actor == "" {
		c.Actor = "you"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &server{Config: c, cross: http.NewCrossOriginProtection()}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.handle(r.do))
	}
	return s.outermost(mux)
}

type route struct {
	pattern string
	do      func(w http.ResponseWriter, r *http.Request) error
}

func (s *server) routes() []route {
	const project = "/api/projects/{project}"
	return []route{
		{"GET /api/capabilities", s.capabilities},
		{"GET /api/credits", s.credits},
		{"GET /api/backbones", s.backbones},
		{"POST /api/backbones", s.addBackbone},
		{"POST /api/samples/{sample}", s.trySample},
		{"GET /api/jobs/{job}", s.job},
		{"POST /api/jobs/{job}/cancel", s.cancelJob},

		{"GET /api/projects", s.projects},
		{"POST /api/projects", s.createProject},
		{"GET " + project, s.project},
		{"PUT " + project, s.updateProject},
		{"DELETE " + project, s.deleteProject},

		{"GET " + project + "/assets", s.assets},
		{"GET " + project + "/asset-ids", s.assetIDs},
		{"POST " + project + "/assets/delete", s.deleteAssets},
		{"GET " + project + "/assets/{asset}", s.asset},
		{"GET " + project + "/assets/{asset}/thumb", s.thumb},
		{"GET " + project + "/assets/{asset}/image", s.image},

		{"POST " + project + "/labels", s.label},
		{"POST " + project + "/undo", s.undo},
		{"POST " + project + "/redo", s.redo},

		{"POST " + project + "/imports", s.startImport},
		{"POST " + project + "/imports/{import}/files", s.importFile},
		{"POST " + project + "/imports/{import}/finish", s.finishImport},

		{"GET " + project + "/exports", s.exports},
		{"POST " + project + "/exports", s.createExport},
		{"GET " + project + "/exports/{export}/download", s.download},

		{"POST " + project + "/estimate", s.estimate},
		{"POST " + project + "/train", s.train},
		{"POST " + project + "/cluster", s.cluster},
		{"GET " + project + "/clusterings", s.clusterings},
		{"GET " + project + "/clusterings/{clustering}", s.clustering},
		{"GET " + project + "/jobs", s.jobs},
		{"GET " + project + "/models", s.models},
		{"GET " + project + "/models/{model}", s.model},
		{"DELETE " + project + "/models/{model}", s.deleteModel},
		{"GET " + project + "/models/{model}/file", s.modelFile},
		{"POST " + project + "/models/{model}/apply", s.apply},
	}
}
