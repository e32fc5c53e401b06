//go:build js

// Package device is the API role: the whole API in a worker of the browser, over SQLite and blobs on OPFS, with the
// engine in further workers. web/shell/worker.js starts it and carries the requests.
package device

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"syscall/js"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
	"github.com/irum-app/irum/wasm/engines"
	"github.com/irum-app/irum/wasm/glue"
	"github.com/irum-app/irum/wasm/opfs"
	"github.com/irum-app/irum/wasm/sqlite"
)

// maxEngines is how many engine workers are made at most: each holds the network's weights.
const maxEngines = 4

// boxMemory is how much the features of boxes may take in this worker, and once more in each engine worker that learns from them.
const boxMemory = 96 << 20

// Main opens the data, tells the host object that it is ready, and does not return. What keeps it from opening is told
// to host.failed(text).
func Main() {
	host := js.Global().Get("irum")
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	h, err := open(context.Background(), host, log)
	if err != nil {
		log.Error("the data on this device cannot be opened", "err", err)
		host.Call("failed", err.Error())
		select {}
	}
	s := &service{h: h, log: log, running: map[int]context.CancelFunc{}}
	serve := js.FuncOf(func(_ js.Value, args []js.Value) any {
		go s.serve(args[0].Int(), args[1], args[2])
		return nil
	})
	cancel := js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.cancel(args[0].Int())
		return nil
	})
	host.Call("ready", serve, cancel)
	select {}
}

func open(ctx context.Context, host js.Value, log *slog.Logger) (http.Handler, error) {
	useBrowserCharset()
	st, err := store.Open(ctx, sqlite.Open(host.Get("databases"), "/irum.db"), store.SQLite)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	blobs, err := opfs.Open(ctx, "blobs")
	if err != nil {
		return nil, err
	}
	sets, err := loadSamples(ctx)
	if err != nil {
		log.Warn("there are no samples", "err", err) // everything else works without
	}
	in := transfer.New(st, blobs)
	workers := min(max(js.Global().Get("navigator").Get("hardwareConcurrency").Int()-1, 1), maxEngines)
	cores, alone := engine.Threads(ctx, "")
	pool := engines.NewPool(workers, cores, func() js.Value { return host.Call("startEngine") })
	auto, err := autolabel.New(ctx, autolabel.Config{
		Store: st, Blobs: blobs, Transfer: in, Samples: sets, Log: log,
		Engine: pool, Boxes: detect.Train, BoxMemory: boxMemory,
		Backbone: func(ctx context.Context) ([]byte, error) {
			return glue.Fetch(ctx, "/backbone.onnx")
		},
		Proposals: func(ctx context.Context) ([]byte, error) {
			return glue.Fetch(ctx, "/proposals.onnx")
		},
	})
	if err != nil {
		return nil, err
	}
	return api.New(api.Config{
		Store: st, Transfer: in, Auto: auto, Host: "device", Version: glue.Text(host, "version"),
		Threads: workers, ImageThreads: pool.ImageThreads(), OneThread: alone, Engine: pool.Kind, Log: log,
	}), nil
}
