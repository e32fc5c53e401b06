//go:build js

// Command edge is the API as a Cloudflare Worker, over D1 and R2, by github.com/syumai/workers. web/edge/worker.mjs runs several of
// it, each for one request at a time.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"syscall/js"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/cron"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/demo"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
	"github.com/irum-app/irum/wasm/glue"
	"github.com/irum-app/irum/wasm/r2"
)

// Names of what wrangler.jsonc binds.
const (
	databaseBinding = "DB"
	bucketBinding   = "BLOBS"
)

// maxUpload is the largest file in bytes: a Worker has 128 MB of memory.
const maxUpload = 16 << 20

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	h, d, err := open(context.Background(), log)
	if err != nil {
		log.Error("the edge host cannot be opened", "error", err)
		os.Exit(1)
	}
	// worker.mjs asks whether a request has left something at work.
	js.Global().Get("context").Get("binding").Set("goroutines", js.FuncOf(func(js.Value, []js.Value) any { return runtime.NumGoroutine() }))
	cron.ScheduleTaskNonBlock(func(ctx context.Context) error {
		if err := d.CleanUp(ctx); err != nil {
			log.Error("cleaning up failed", "error", err)
		}
		return nil // the library would end the program
	})
	workers.Serve(whole{h})
}

func open(ctx context.Context, log *slog.Logger) (http.Handler, *demo.Service, error) {
	st, err := store.OpenDB(ctx, store.D1(askD1), store.SQLite)
	if err != nil {
		return nil, nil, fmt.Errorf("open D1: %w", err)
	}
	blobs, err := r2.Open(bucketBinding)
	if err != nil {
		return nil, nil, err
	}
	in := transfer.New(st, blobs)
	auto, err := autolabel.New(ctx, autolabel.Config{
		Store: st, Blobs: blobs, Transfer: in, Engine: noEngine{}, Queue: nobody{}, Log: log,
	})
	if err != nil {
		return nil, nil, err
	}
	d := demo.New(demo.Config{
		Store: st, Blobs: blobs, Token: variable("TOKEN"), MaxAssets: number("MAX_ASSETS"), MaxBytes: number("MAX_BYTES"), Log: log,
	})
	return api.New(api.Config{
		Store: st, Transfer: in, Auto: auto, Host: "edge", Version: variable("VERSION"), MaxUpload: maxUpload, Shared: true,
		Team: d, Around: d.Around, Log: log,
	}), d, nil
}

// askD1 hands a request to d1.mjs.
func askD1(ctx context.Context, request []byte) ([]byte, error) {
	answer, err := glue.Await(ctx, js.Global().Call("d1", cloudflare.GetBinding(databaseBinding), string(request)))
	if err != nil {
		return nil, err
	}
	return []byte(answer.String()), nil
}

// variable is a variable or secret of the Worker, "" where it is not set.
func variable(name string) string {
	v := cloudflare.GetBinding(name)
	if v.Type() != js.TypeString {
		return ""
	}
	return v.String()
}

func number(name string) int64 {
	n, _ := strconv.ParseInt(variable(name), 10, 64)
	return n
}

// nobody is the queue of a host without workers.
type nobody struct{}

// Offer implements autolabel.Queue.
func (nobody) Offer(context.Context, string) error {
	return domain.Errorf(domain.CodeUnsupported, "The edge host runs no jobs.")
}

// whole gives answers to the runtime in one piece. The library would stream them, and be done with the program after the first.
type whole struct{ h http.Handler }

// ServeHTTP implements http.Handler.
func (h whole) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	raw, ok := w.(interface{ WriteRawJSBody(js.Value) })
	if !ok {
		panic(errors.New("github.com/syumai/workers takes no body of JavaScript any more"))
	}
	a := &answer{header: w.Header(), status: http.StatusOK}
	func() {
		defer func() {
			if v := recover(); v != nil { // the API has logged it, and nothing was sent
				a.fail()
			}
		}()
		h.h.ServeHTTP(a, r)
	}()
	w.Header().Del("Content-Length") // of what is not compressed
	w.WriteHeader(a.status)
	raw.WriteRawJSBody(glue.Array(a.body))
}

// answer is an http.ResponseWriter that gathers.
type answer struct {
	header http.Header
	status int
	begun  bool
	body   []byte
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.begun, a.status = true, status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// fail makes the answer that of a handler that broke off.
func (a *answer) fail() {
	a.status = http.StatusInternalServerError
	a.header.Set("Content-Type", "application/problem+json")
	a.body = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"` + domain.CodeInternal +
		`","detail":"Something went wrong inside Irum. The log has the details."}`)
}
