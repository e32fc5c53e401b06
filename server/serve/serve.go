// Package serve is Irum as a server of its own: the API over SQLite or Postgres and a folder of blobs, the web files, and
// the HTTP server around them. It also makes and restores backups of a data folder.
package serve

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx"
	_ "modernc.org/sqlite"             // database/sql driver "sqlite"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/quantise"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/blob/s3"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/events"
	"github.com/irum-app/irum/server/jobs"
	"github.com/irum-app/irum/server/limit"
	"github.com/irum-app/irum/server/once"
	"github.com/irum-app/irum/server/openapi"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/team"
	"github.com/irum-app/irum/server/transfer"
	"github.com/irum-app/irum/server/tuning"
	"github.com/irum-app/irum/web"
)

// Names inside a data folder.
const (
	databaseFile = "irum.db"
	blobFolder   = "blobs"
	lockFile     = "irum.lock"
)

// Config says what to open and where to listen. Only Data is needed.
type Config struct {
	Data string // folder of the database file and the blobs; made where it is missing
	DB   string // postgres://... for Postgres; empty for the SQLite file in Data
	// Blobs is the folder of blobs, or s3://... for an object storage (blob/s3.Open); "" for the folder in Data. Servers and workers
	// of one Postgres share it; with both, Data is not used.
	Blobs string
	// NoWork leaves jobs to workers. It takes a Postgres.
	NoWork bool
	Name   string        // of this process, for people; "" for that of the machine
	Lease  time.Duration // 0 for DefaultLease
	Addr   string        // host:port to listen at; "" for nobody but this process, which may do everything
	Hosts  []string      // names under which a proxy may ask, besides those of this machine, when Addr is a loopback address
	// Team asks everybody to sign in also where nobody but the users of this machine could reach the server. It is always so
	// once there are accounts, and where Addr, Hosts or URL let others in.
	Team    bool
	URL     string    // at which people open the server, such as https://irum.example, when that is not Addr
	OIDC    team.OIDC // by which people may sign in; turns Team on
	Cost    team.Cost // of checking a password; the default when zero
	Version string
	Log     *slog.Logger // nil for slog.Default()
	Web     fs.FS        // nil for what was built into this program
	// Backbone gives the default backbone as ONNX; nil for backbone.onnx of Web.
	Backbone func(context.Context) ([]byte, error)
	// Proposals gives the head of proposals as ONNX; nil for proposals.onnx of Web.
	Proposals func(context.Context) ([]byte, error)
	// Trainer trains whole networks in this process (level full); nil for none.
	Trainer autolabel.Trainer
}

// Server is one open data folder with its API. Open makes it, Close gives it back.
type Server struct {
	cfg   Config
	lock  *lock
	db    *sql.DB
	store *store.Store
	auto  *autolabel.Service
	queue *jobs.Queue   // nil with SQLite
	team  *team.Service // nil where nobody signs in
	setup string        // token by which the first account is made
	api   http.Handler
	meter *meter
	// events tells pages what changes.
	events *events.Hub
	// storage tells whether the data folder can be written to.
	storage storage
	// described makes the description of the API, once.
	described func() ([]byte, error)
}

// Open opens the data folder, for this process alone: another one that has it open is a *domain.Problem (unavailable).
func Open(ctx context.Context, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Web == nil {
		c.Web = web.FS
	}
	if c.Backbone == nil {
		c.Backbone = backboneOf(c.Web)
	}
	if c.Proposals == nil {
		c.Proposals = proposalsOf(c.Web)
	}
	s := &Server{cfg: c, meter: newMeter(), storage: storage{dir: c.Data}}
	if err := s.open(ctx); err != nil {
		if p := domain.AsProblem(err); p.Code == domain.CodeStorage {
			err = fmt.Errorf("%w (%v)", p, err) //nolint:errorlint // what the system said, for people
		}
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) (err error) {
	if s.cfg.DB == "" && s.cfg.NoWork {
		return domain.Errorf(domain.CodeInvalid, "With SQLite nobody else could run jobs. Leave --no-work out, or name a Postgres by --db.").In("work")
	}
	if err = s.take(); err != nil {
		return err
	}
	var dialect store.Dialect
	if s.db, dialect, err = openDatabase(s.cfg); err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, s.db, dialect); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	blobs, err := openBlobs(ctx, s.cfg.Data, s.cfg.Blobs)
	if err != nil {
		return fmt.Errorf("open the blobs: %w", err)
	}
	if err := s.tidy(ctx, blobs); err != nil {
		return err
	}
	in := transfer.New(s.store, blobs)
	threads := runtime.GOMAXPROCS(0)
	local := autolabel.NewLocal(threads, engine.Options{})
	tuner := tuning.New(tuning.Options{Log: s.cfg.Log})
	if err := s.openJobs(ctx, autolabel.Config{
		Store: s.store, Blobs: blobs, Transfer: in, Engine: local, Backbone: s.cfg.Backbone, Proposals: s.cfg.Proposals,
		Compact: quantise.Weights, Boxes: detect.Train, Tuner: tuner, BoxTuner: tuner, Samples: samplesOf(s.cfg.Web), Log: s.cfg.Log, Repeat: true, Lease: cmp.Or(s.cfg.Lease, DefaultLease),
	}); err != nil {
		return err
	}
	if err := s.openTeam(ctx); err != nil {
		return err
	}
	s.events = events.New(s.store, s.auto)
	if s.queue != nil {
		s.events.Look = s.auto.Jobs
	}
	c := api.Config{
		Store: s.store, Transfer: in, Auto: s.auto, Host: "server", Version: s.cfg.Version, Threads: threads, Engine: local.Kind, Log: s.cfg.Log,
		Routes: []api.Route{
			{Pattern: "GET /metrics", Need: api.Host, Do: s.metrics},
			{Pattern: "GET /api/openapi.json", Need: api.Open, Do: s.openapi},
			s.events.Route(),
		},
		Shared: s.queue != nil,
	}
	if s.team != nil {
		c.Team = s.team
	}
	keys, err := once.New(ctx, s.store, dialect == store.SQLite, s.cfg.Log)
	if err != nil {
		return err
	}
	gate := limit.New()
	c.Around = func(r api.Route) api.Route { return gate.Around(keys.Around(r)) }
	s.described = sync.OnceValues(func() ([]byte, error) { return openapi.Document(api.Table(c), c.Version) })
	s.api = api.New(c)
	return nil
}

// openBlobs opens the bucket at an address, or in a folder; "" is the folder in data.
func openBlobs(ctx context.Context, data, address string) (blob.Bucket, error) {
	switch {
	case address == "":
		return blob.OpenFolder(filepath.Join(data, blobFolder))
	case s3.Is(address):
		return s3.Open(ctx, address)
	case strings.Contains(address, "://"):
		// The address may hold a key, so it is not repeated.
		return nil, domain.Errorf(domain.CodeInvalid, "The blobs' address must begin with s3://, or name a folder. Without one, a folder in the data folder is used.").In("blobs")
	}
	return blob.OpenFolder(address)
}

// take makes the data folder this process's own, where it needs one: a Postgres and a folder of blobs are shared.
func (s *Server) take() error {
	if s.cfg.DB != "" && s.cfg.Blobs != "" {
		s.cfg.Data = s.cfg.Blobs // whose disk is measured
		return nil
	}
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	var err error
	s.lock, err = takeLock(filepath.Join(s.cfg.Data, lockFile))
	return err
}

// sweepAge is how old a blob that nothing names has to be before it is removed while others may be putting blobs: older than what
// an upload of many gigabytes has put and not named yet.
const sweepAge = 24 * time.Hour

// tidy removes blobs that nothing needs. Where others use the bucket too it makes sure that it is theirs, and leaves young blobs.
func (s *Server) tidy(ctx context.Context, blobs blob.Bucket) error {
	var swept int
	var err error
	if s.cfg.DB == "" {
		swept, err = api.Sweep(ctx, s.store, blobs)
	} else {
		if err := sameBucket(ctx, s.store, blobs); err != nil {
			return err
		}
		var named []string
		if named, err = s.store.ReferencedBlobs(ctx); err == nil {
			swept, _, err = blob.Sweep(ctx, blobs, named, sweepAge)
		}
	}
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "blobs that nothing needs could not be removed", "error", err)
	} else if swept > 0 {
		s.cfg.Log.InfoContext(ctx, "removed blobs that nothing needs", "number", swept)
	}
	return nil
}

// openJobs opens what runs jobs: this process, with SQLite; with Postgres it shares them with others.
func (s *Server) openJobs(ctx context.Context, c autolabel.Config) (err error) {
	if s.cfg.Trainer != nil && !s.cfg.NoWork {
		c.Trainer, c.Labels = s.cfg.Trainer, []string{domain.LabelGPU}
	}
	if s.cfg.DB != "" {
		p := processConfig{s.cfg.Name, append([]string{""}, c.Labels...), c.Lease, s.cfg.Version, s.cfg.Log}
		if s.cfg.NoWork {
			p.labels = nil
		}
		if s.queue, err = openQueue(ctx, s.cfg.DB, s.store, p); err != nil {
			return err
		}
		c.Queue, c.Worker = s.queue, processName(s.cfg.Name)
	}
	if s.auto, err = autolabel.New(ctx, c); err != nil {
		return fmt.Errorf("open auto-labelling: %w", err)
	}
	switch {
	case s.queue != nil:
		return s.queue.Start(s.auto)
	case s.cfg.Addr != "": // a command does not begin what is not its own
		s.auto.Work()
	}
	return nil
}

func openDatabase(c Config) (*sql.DB, store.Dialect, error) {
	switch {
	case c.DB == "":
		db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(c.Data, databaseFile)))
		return keepOpen(db), store.SQLite, err
	case strings.HasPrefix(c.DB, "postgres://"), strings.HasPrefix(c.DB, "postgresql://"):
		db, err := sql.Open("pgx", c.DB)
		return keepOpen(db), store.Postgres, err
	}
	// The address may hold a password, so it is not repeated.
	return nil, 0, domain.Errorf(domain.CodeInvalid, "The database's address must begin with postgres://. Without one, SQLite in the data folder is used.").In("db")
}

// maxConnections is how many connections to the database there are at most. Requests use one at a time.
const maxConnections = 24

// keepOpen keeps connections for the next request: database/sql would close all but two of them, and opening one costs more
// than most requests do.
func keepOpen(db *sql.DB) *sql.DB {
	if db != nil { // else its error tells
		db.SetMaxOpenConns(maxConnections)
		db.SetMaxIdleConns(maxConnections)
		db.SetConnMaxIdleTime(5 * time.Minute)
	}
	return db
}

// API is the handler of /api/, without what a listening server needs around it.
func (s *Server) API() http.Handler { return s.api }

// Close stops all jobs, waits for them, and closes the database. Jobs that can be run again go on when it is opened again, or
// elsewhere.
func (s *Server) Close() error {
	if s.events != nil {
		s.events.Close()
	}
	var err error
	if s.queue != nil {
		err = s.queue.Stop(0)
	}
	if s.auto != nil {
		s.auto.Close()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return errors.Join(err, s.lock.release())
}
