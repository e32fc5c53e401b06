package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

// shared are the flags of processes that share a Postgres.
type shared struct {
	Name  string        `help:"Name of this process on others' screens; by default that of the machine." env:"IRUM_NAME"`
	Lease time.Duration `help:"How long this process may be silent before the jobs that it runs go on elsewhere." default:"30s" env:"IRUM_LEASE"`
}

// leased refuses leases that a busy machine would lose.
func (s shared) leased() error {
	if s.Lease < time.Second || s.Lease > time.Hour {
		return domain.Errorf(domain.CodeInvalid, "A lease lasts 1s to 1h, not %v.", s.Lease).In("lease")
	}
	return nil
}

type workerCmd struct {
	shared
	gpuFlags
	Only  bool          `help:"Take no other jobs than full trainings: for a machine whose GPU should not wait."`
	Grace time.Duration `help:"How long a job may go on when the worker is told to stop; then another worker goes on with it." default:"20s" env:"IRUM_GRACE"`
}

// Help explains what workers are for.
func (workerCmd) Help() string {
	return "Servers that use one Postgres (--db) queue their trainings, groupings and auto-labelling there, and any number of workers, on any " +
		"machine that reaches the Postgres and the folder of images, runs them. A worker that dies is noticed when its lease is over, and its jobs " +
		"go on elsewhere from their last checkpoint. On SIGTERM a worker takes no more jobs, finishes what it can within --grace and hands back the rest."
}

// Run works until it is interrupted.
func (c workerCmd) Run(a *app) error {
	if err := c.leased(); err != nil {
		return err
	}
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	var handler slog.Handler = slog.NewTextHandler(a.stderr, options)
	if a.flags.JSON {
		handler = slog.NewJSONHandler(a.stderr, options)
	}
	log := slog.New(handler)
	trainer, err := c.trainer(a, log)
	if err != nil {
		return err
	}
	var labels []string
	if trainer != nil {
		labels = []string{domain.LabelGPU}
	}
	w, err := serve.OpenWorker(a, serve.WorkerConfig{
		Labels: labels, Trainer: trainer, Only: c.Only,
		DB: a.flags.DB, Blobs: a.flags.Blobs, Name: c.Name, Lease: c.Lease, Version: buildVersion(), Log: log, Backbone: a.backbone(),
	})
	if err != nil {
		return err
	}
	_ = a.print(map[string]string{"worker": w.Name()}, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s waits for jobs\n", w.Name()) })
	<-a.Done()
	return w.Close(c.Grace)
}
