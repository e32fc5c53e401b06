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
	Shared    bool         // other processes use the database and the bucket too
	Team      Team         // nil for a host of one user
	Routes    []Route      // the host's own, beside those of the API: they pass through the same guard
	Log       *slog.Logger // nil for slog.Default()
	// Around is what the host does around each route, once the guard has let a request in: keys of requests, limits. nil for
	// nothing.
	Around func(Route) Route
}

// ReplayedHeader is set in answers that were given before: the request was not done again.
const ReplayedHeader = "Idempotent-Replayed"

const (
	maxJSON     = 4 << 20   // bytes of a JSON body
	maxUpload   = 2 << 30   // bytes of an imported file, where the host says nothing else
	maxBackbone = 512 << 20 // bytes of a backbone: it is held in memory as a whole
)

type server struct {
	Config
	cross  *http.CrossOriginProtection
	space  space
	orders orders
}

// New gives the handler of everything under /api/. Errors are answered as problem details (RFC 9457). Where an answer
// breaks off in the middle the handler panics with http.ErrAbortHandler, as net/http's server wants it; other hosts must
// recover that and drop the answer.
func New(c Config) http.Handler {
	if c.MaxUpload == 0 {
		c.MaxUpload = maxUpload
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &server{Config: c, cross: http.NewCrossOriginProtection()}
	mux := http.NewServeMux()
	for _, r := range s.table() {
		if c.Around != nil {
			r = c.Around(r)
		}
		mux.Handle(r.Pattern, s.handle(r.Need, r.Do))
	}
	return s.outermost(mux)
}

// Table is every address that a host of c answers.
func Table(c Config) []Route { return (&server{Config: c}).table() }

// table is every address that this host answers.
func (s *server) table() []Route {
	all := append(append(s.routes(), s.queueRoutes()...), s.Routes...)
	if s.Team == nil {
		return append(all, Route{"GET /api/me", SignedIn, s.me})
	}
	return append(all, s.Team.Routes()...)
}

// Route is one address of the API. Need says who may call it and is checked before Do: there is no route without one.
type Route struct {
	Pattern string // of http.ServeMux
	Need    Need
	Do      func(w http.ResponseWriter, r *http.Request) error
}

// routes is the table of the API. What a route needs is explained at Need. Handlers know who acts by domain.ActorOf of the
// request's context, and take every object by its project: (project, id), never by id alone.
func (s *server) routes() []Route {
	const project = "/api/projects/{project}"
	return []Route{
		{"GET /api/capabilities", Open, s.capabilities},
		{"GET /api/credits", View, s.credits},
		{"GET /api/backbones", SignedIn, s.backbones},
		{"POST /api/backbones", Host, s.addBackbone},
		{"POST /api/samples/{sample}", Manage, s.trySample},
		{"GET /api/jobs/{job}", View, s.job},
		{"POST /api/jobs/{job}/cancel", Label, s.cancelJob},
		{"POST /api/jobs/{job}/pause", Label, s.pauseJob},
		{"POST /api/jobs/{job}/resume", Label, s.resumeJob},

		{"GET /api/projects", SignedIn, s.projects},
		{"POST /api/projects", Manage, s.createProject},
		{"GET " + project, View, s.project},
		{"PUT " + project, Manage, s.updateProject},
		{"DELETE " + project, Manage, s.deleteProject},

		{"POST " + project + "/task", Manage, s.changeTask},
		{"POST " + project + "/task/preview", Manage, s.previewTask},
		{"POST " + project + "/classes/merge", Manage, s.mergeClasses},
		{"POST " + project + "/classes/merge/preview", Manage, s.previewMerge},
		{"GET " + project + "/changes", View, s.changes},
		{"POST " + project + "/changes/{change}/undo", Manage, s.undoChange},
		{"POST " + project + "/changes/{change}/redo", Manage, s.redoChange},

		{"GET " + project + "/assets", View, s.assets},
		{"GET " + project + "/asset-ids", View, s.assetIDs},
		{"POST " + project + "/assets/delete", Manage, s.deleteAssets},
		{"GET " + project + "/assets/{asset}", View, s.asset},
		{"GET " + project + "/assets/{asset}/thumb", View, s.thumb},
		{"GET " + project + "/assets/{asset}/image", View, s.image},

		{"GET " + project + "/trash", Manage, s.trash},
		{"DELETE " + project + "/trash", Manage, s.emptyTrash},

		{"POST " + project + "/suggestions", Label, s.suggest},
		{"GET " + project + "/suggestions", View, s.suggests},
		{"PUT " + project + "/suggestions", Manage, s.switchSuggestions},

		{"POST " + project + "/useful", Label, s.useful},
		{"GET " + project + "/saving", View, s.saving},

		{"GET " + project + "/assets/{asset}/boxes", View, s.suggestBoxes},
		{"POST " + project + "/assets/{asset}/tighten", Label, s.tighten},
		{"GET " + project + "/assets/{asset}/proposals", View, s.propose},

		{"GET " + project + "/assets/{asset}/comments", View, s.comments},
		{"POST " + project + "/assets/{asset}/comments", Label, s.addComment},
		{"PUT " + project + "/comments/{comment}", Label, s.editComment},
		{"POST " + project + "/comments/{comment}/resolve", Label, s.resolveThread},
		{"DELETE " + project + "/comments/{comment}", Label, s.deleteComment},

		{"POST " + project + "/labels", Label, s.label},
		{"POST " + project + "/reviews", Review, s.review},
		{"POST " + project + "/bulk", Label, s.bulk},
		{"POST " + project + "/bulk/review", Review, s.bulk},
		{"POST " + project + "/bulk/delete", Manage, s.bulk},
		{"POST " + project + "/bulk/preview", Label, s.previewBulk},
		{"POST " + project + "/undo", Label, s.undo},
		{"POST " + project + "/redo", Label, s.redo},

		{"GET " + project + "/filters", View, s.savedFilters},
		{"PUT " + project + "/filters/{filter}", Label, s.saveFilter},
		{"DELETE " + project + "/filters/{filter}", Label, s.deleteSavedFilter},

		{"POST " + project + "/imports", Manage, s.startImport},
		{"GET " + project + "/imports/{import}", Manage, s.theImport},
		{"GET " + project + "/imports/{import}/lines", Manage, s.importLines},
		{"POST " + project + "/imports/{import}/files", Manage, s.importFile},
		{"POST " + project + "/imports/{import}/finish", Manage, s.finishImport},

		{"GET " + project + "/exports", View, s.exports},
		{"POST " + project + "/exports", Manage, s.createExport},
		{"GET " + project + "/exports/{export}/download", Manage, s.download},
		{"GET " + project + "/exports/{export}/check", Manage, s.checkExport},

		{"POST " + project + "/estimate", Manage, s.estimate},
		{"POST " + project + "/train", Manage, s.train},
		{"POST " + project + "/cluster", Manage, s.cluster},
		{"GET " + project + "/clusterings", View, s.clusterings},
		{"GET " + project + "/clusterings/{clustering}", View, s.clustering},
		{"POST " + project + "/map", Manage, s.makeMap},
		{"GET " + project + "/map", View, s.imageMap},
		{"GET " + project + "/map/standing", View, s.mapStanding},
		{"GET " + project + "/triage", View, s.triage},
		{"GET " + project + "/triage/images", View, s.issueImages},
		{"PUT " + project + "/triage/limits", Manage, s.setLimits},
		{"POST " + project + "/triage/measure", Manage, s.measureImages},
		{"GET " + project + "/analytics", View, s.analytics},
		{"GET " + project + "/jobs", View, s.jobs},
		{"GET " + project + "/models", View, s.models},
		{"GET " + project + "/models/{model}", View, s.model},
		{"DELETE " + project + "/models/{model}", Manage, s.deleteModel},
		{"GET " + project + "/models/{model}/file", Manage, s.modelFile},
		{"GET " + project + "/models/{model}/suspects", View, s.suspects},
		{"POST " + project + "/models/{model}/apply", Manage, s.apply},
	}
}
