package home

import (
	"context"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// sampleJob is a sample that is being made into a project.
type sampleJob struct {
	name string
	on   platform.Place
	job  domain.Job
}

func (j sampleJob) running() bool { return j.name != "" }

// offer is a sample of a place.
type offer struct {
	place  platform.Place
	sample domain.Sample
}

// offers are the samples of the place that was used last, else of any.
func (s *Screen) offers() []offer {
	for _, p := range []platform.Place{s.place(), platform.Device, platform.Server} {
		sh := s.shelves[p]
		if sh == nil || len(sh.abilities.Samples) == 0 {
			continue
		}
		var out []offer
		for _, sample := range sh.abilities.Samples {
			out = append(out, offer{p, sample})
		}
		return out
	}
	return nil
}

func (s *Screen) sampleButton(o offer, kind string) app.UI {
	label := i18n.T("home.sample", "name", o.sample.Name)
	return ui.Button(ui.ButtonSpec{Label: label, Icon: "spark", Kind: kind, Scope: o.sample.ID + string(o.place), Disabled: s.busy, On: func(ctx app.Context) { s.trySample(ctx, o) }})
}

func sampleHint(o offer) string {
	return i18n.T("home.sample.hint", "n", o.sample.Images, "size", i18n.Bytes(o.sample.Bytes), "license", license(o.sample))
}

// license is the licence without where its text lies.
func license(s domain.Sample) string {
	name, _, _ := strings.Cut(s.License, ": /")
	return name
}

// sampleLine offers samples to those who have projects already.
func (s *Screen) sampleLine() app.UI {
	offers := s.offers()
	return app.Div().Class("samples", "row", "wrap").Body(app.Range(offers).Slice(func(i int) app.UI {
		return app.Div().Class("row", "wrap").Body(s.sampleButton(offers[i], "quiet"), app.Span().Class("small", "muted").Text(sampleHint(offers[i])))
	}))
}

func (s *Screen) trySample(ctx app.Context, o offer) {
	s.busy, s.failure = true, nil
	c := session.ClientOf(o.place)
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.TrySample(ctx, o.sample.ID) },
		func(ctx app.Context, job domain.Job, err error) {
			s.busy = false
			if err != nil {
				ui.ToastError(ctx, err)
				return
			}
			s.sample = sampleJob{name: o.sample.Name, on: o.place, job: job}
			s.use(ctx, o.place)
			s.follow(ctx, c)
		})
}

// followEvery is how often a job is looked at.
const followEvery = 300 * time.Millisecond

// follow asks for the job's state until it has ended.
func (s *Screen) follow(ctx app.Context, c *client.Client) {
	id := s.sample.job.ID
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) {
		select {
		case <-time.After(followEvery):
		case <-ctx.Done():
		}
		return c.Job(ctx, id)
	}, func(ctx app.Context, job domain.Job, err error) {
		switch {
		case err != nil:
			s.sample = sampleJob{}
			ui.ToastError(ctx, err)
		case job.State == domain.JobDone:
			to := session.Route{Place: s.sample.on, Project: job.ProjectID, Screen: "images"}
			s.sample = sampleJob{}
			ctx.Navigate(to.Path())
		case job.State == domain.JobFailed:
			s.sample = sampleJob{}
			ui.Toast(ctx, ui.ToastSpec{Text: job.Error, Error: true})
			s.load(ctx)
		case job.State == domain.JobCancelled:
			s.sample = sampleJob{}
			s.load(ctx)
		default:
			s.sample.job = job
			s.follow(ctx, c)
		}
	})
}

func (s *Screen) sampleDialog() app.UI {
	j := s.sample
	return &ui.Dialog{
		Title: i18n.T("home.sample", "name", j.name),
		Content: func() []app.UI {
			return []app.UI{ui.Progress(i18n.T("home.sample.making"), j.job.Done, j.job.Total, j.job.SecondsETA, s.cancelSample)}
		},
	}
}

func (s *Screen) cancelSample(ctx app.Context) {
	c, id := session.ClientOf(s.sample.on), s.sample.job.ID
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.CancelJob(ctx, id) },
		func(ctx app.Context, _ domain.Job, err error) {
			if err != nil {
				ui.ToastError(ctx, err)
			}
		})
}
