package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
)

// session is the API that a command works over.
type session struct {
	*client.Client
	transport *httpclient.Transport
	close     func() error
}

// connect reaches the server that is named, or opens the data folder in this process.
func (a *app) connect() (*session, error) {
	if a.flags.Server != "" {
		t, err := httpclient.New(a.flags.Server)
		if err != nil {
			return nil, err
		}
		t.Use(a.flags.Token)
		return &session{client.New(t), t, func() error { return nil }}, nil
	}
	s, err := serve.Open(a, serve.Config{Data: a.flags.Data, DB: a.flags.DB, Blobs: a.flags.Blobs, Version: buildVersion(), Log: a.log, Backbone: a.backbone(), Trainer: a.trainer})
	if err != nil {
		return nil, err
	}
	t := httpclient.Over(s.API())
	return &session{client.New(t), t, s.Close}, nil
}

// with runs do over a session.
func (a *app) with(do func(s *session) error) error {
	s, err := a.connect()
	if err != nil {
		return err
	}
	err = do(s)
	if closed := s.close(); err == nil {
		err = closed
	}
	return err
}

// project finds a project by id, or by a name that only one has.
func (s *session) project(ctx context.Context, ref string) (domain.Project, error) {
	list, err := s.Projects(ctx)
	if err != nil {
		return domain.Project{}, err
	}
	var found []domain.Project
	for _, p := range list {
		if p.ID == ref {
			return p, nil
		}
		if p.Name == ref {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return domain.Project{}, domain.Errorf(domain.CodeNotFound, "There is no project %q. `irum projects` lists them.", ref).In("project")
	}
	return domain.Project{}, domain.Errorf(domain.CodeInvalid, "%d projects are named %q. Name one by its id: `irum projects` lists them.", len(found), ref).In("project")
}

// model finds a model of p by id, by name, or as the newest one by "latest".
func (s *session) model(ctx context.Context, p domain.Project, ref string) (domain.Model, error) {
	list, err := s.Models(ctx, p.ID)
	if err != nil {
		return domain.Model{}, err
	}
	if ref == "latest" && len(list) > 0 {
		return list[0], nil
	}
	for _, m := range list {
		if m.ID == ref || m.Name == ref {
			return m, nil
		}
	}
	return domain.Model{}, domain.Errorf(domain.CodeNotFound, "Project %q has no model %q. `irum models list --project %s` lists them.", p.Name, ref, p.ID).In("model")
}

// filter reads text like state=labelled&class=cat, with the parameters of the API. Classes are given by name or id.
func filter(p domain.Project, text string) (domain.Filter, error) {
	var f domain.Filter
	wrong := func(format string, args ...any) (domain.Filter, error) {
		return f, domain.Errorf(domain.CodeInvalid, format, args...).In("filter")
	}
	q, err := url.ParseQuery(text)
	if err != nil {
		return wrong("A filter looks like state=labelled&class=cat, not %q.", text)
	}
	for name, values := range q {
		for _, v := range values {
			switch name {
			case "ids":
				f.IDs = append(f.IDs, v)
			case "class":
				id := classID(p, v)
				if id == "" {
					return wrong("Project %q has no class %q.", p.Name, v)
				}
				f.Classes = append(f.Classes, id)
			case "state":
				f.States = append(f.States, domain.State(v))
			case "source":
				f.Sources = append(f.Sources, domain.Source(v))
			case "issue":
				f.Issues = append(f.Issues, domain.Issue(v))
			case "text":
				f.Text = v
			case "model":
				f.Model = v
			case "min_confidence", "max_confidence":
				number, err := strconv.ParseFloat(v, 64)
				if err != nil {
					return wrong("%q is not a number.", v)
				}
				if name == "min_confidence" {
					f.MinConfidence = &number
				} else {
					f.MaxConfidence = &number
				}
			default:
				return wrong("A filter has no %q. Use ids, class, state, source, issue, text, model, min_confidence or max_confidence.", name)
			}
		}
	}
	return f, nil
}

func classID(p domain.Project, ref string) string {
	for _, c := range p.Classes {
		if c.ID == ref {
			return c.ID
		}
	}
	for _, c := range p.Classes {
		if c.Name == ref {
			return c.ID
		}
	}
	return ""
}

func className(p domain.Project, id string) string {
	for _, c := range p.Classes {
		if c.ID == id {
			return c.Name
		}
	}
	return id
}

// stage says what a job is at, and how good the network is that it trains.
func stage(job domain.Job) string {
	if job.Course == nil || len(job.Course.Points) == 0 {
		return job.Phase
	}
	return fmt.Sprintf("%s, accuracy %.3f", job.Phase, job.Course.Points[len(job.Course.Points)-1].Accuracy)
}

const pollEvery = 150 * time.Millisecond

// wait follows a job to its end. When the command is interrupted the job is cancelled.
func (s *session) wait(a *app, job domain.Job) (domain.Job, error) {
	show := a.progress(job.Kind)
	defer show.end()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for job.State.Open() {
		show.at(stage(job), job.Done, job.Total)
		select {
		case <-tick.C:
		case <-a.Done():
			_, _ = s.CancelJob(context.WithoutCancel(a), job.ID)
			return job, a.Err()
		}
		next, err := s.Job(a, job.ID)
		if err != nil {
			return job, fmt.Errorf("follow job %s: %w", job.ID, err)
		}
		job = next
	}
	switch job.State {
	case domain.JobDone:
		return job, nil
	case domain.JobCancelled:
		return job, domain.Errorf(domain.CodeCancelled, "The job was cancelled.")
	}
	return job, domain.Errorf(domain.CodeInternal, "The job failed: %s", job.Error)
}
