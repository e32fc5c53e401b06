package clusters

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	// poll is how often a running job is looked at.
	poll = 300 * time.Millisecond
	// maxK is how many groups the screen asks for at most: more rows than that nobody reads.
	maxK = 100
)

// How the number of groups is found.
const (
	numberSmall = "small"
	numberAuto  = "auto"
	numberFixed = "fixed"
	// perGroup is how many images a small group has about: a row shows all of them.
	perGroup = 10
)

// setup is how the images are to be grouped, and the job that does it.
type setup struct {
	shown   bool // although there are groups
	method  string
	number  string // how the number is found
	given   string // what was typed
	job     *domain.Job
	failed  string // why the last one did not end well
	sending bool
}

func active(j domain.Job) bool { return j.State.Open() }

// small is how many groups n images make where groups are small.
func small(n int) int { return min(max((n+perGroup/2)/perGroup, 2), maxK) }

// k gives the number of groups for n images, 0 to have it chosen; ok is false where what was typed makes none.
func (u *setup) k(n int) (k int, ok bool) {
	switch u.number {
	case numberSmall:
		return small(n), true
	case numberAuto:
		return 0, true
	}
	k, err := strconv.Atoi(strings.TrimSpace(u.given))
	return k, err == nil && k >= 2 && k <= maxK
}

var methods = []string{"kmeans", "ward", "birch", "average", "complete"}

// form asks how to group.
func (s *Screen) form() app.UI {
	n := s.unlabelled()
	if n < 2 {
		return app.Div().Class("card").Body(ui.Empty("clusters", i18n.T("clusters.nothing"), i18n.T("clusters.nothing_text"),
			ui.LinkButton(i18n.T("nav.images"), "grid", "primary", session.At("images", "").Path())))
	}
	options := make([]ui.Option, len(methods))
	for i, m := range methods {
		options[i] = ui.Option{Value: m, Label: i18n.T("clusters.method." + m), Hint: i18n.T("clusters.method." + m + "_hint")}
	}
	k, ok := s.setup.k(n)
	numbers := make([]ui.Option, 3)
	for i, of := range []string{numberSmall, numberAuto, numberFixed} {
		numbers[i] = ui.Option{Value: of, Label: i18n.T("clusters.number_" + of)}
	}
	return app.Section().Class("card", "stack", "cluster-form").Body(
		app.H2().Text(i18n.T("clusters.how")),
		ui.Choices(i18n.T("clusters.method"), s.setup.method, options, func(_ app.Context, v string) { s.setup.method = v }),
		app.Div().Class("row", "wrap").Body(
			app.Span().Class("label").Text(i18n.T("clusters.number")),
			ui.Segmented(i18n.T("clusters.number"), s.setup.number, numbers, func(_ app.Context, v string) { s.setup.number = v }),
			app.If(s.setup.number == numberFixed, func() app.UI {
				return ui.Input("cluster-count", s.setup.given, "20", func(v string) { s.setup.given = v }).
					Class("cluster-count").Attr("inputmode", "numeric").Aria("label", i18n.T("clusters.count")).Aria("invalid", strconv.FormatBool(!ok && s.setup.given != ""))
			}),
			app.Span().Class("small", "muted").Text(s.numberHint(k, ok)),
		),
		app.Div().Class("row", "wrap").Body(
			ui.Button(ui.ButtonSpec{Label: i18n.N("clusters.start", n), Icon: "clusters", Kind: "primary", Disabled: s.setup.sending || !ok, On: s.start}),
			app.Span().Class("small", "muted").Text(i18n.T("clusters.free")),
		),
	)
}

func (s *Screen) numberHint(k int, ok bool) string {
	if s.setup.number == numberFixed && !ok && s.setup.given != "" {
		return i18n.T("clusters.number_wrong", "max", maxK)
	}
	return i18n.T("clusters.number_"+s.setup.number+"_hint", "n", k)
}

func (s *Screen) start(app.Context) {
	k, ok := s.setup.k(s.unlabelled())
	if !ok {
		return
	}
	s.setup.sending, s.setup.failed = true, ""
	s.ask(domain.ClusterRequest{Method: s.setup.method, K: k, Learnt: true, Filter: domain.Filter{States: []domain.State{domain.StateUnlabelled}}},
		func(ctx app.Context, j domain.Job, err error) {
			s.setup.sending = false
			if err != nil {
				s.setup.failed = ui.ErrorText(err)
				return
			}
			s.setup.job = &j
			s.watch(ctx, j.ID)
		})
}

func (s *Screen) unlabelled() int { return session.Project.Counts.Unlabelled }

// regroup makes small groups of what is left, by what has been named so far, once that is with the server.
func (s *Screen) regroup(ctx app.Context) {
	if s.setup.sending || s.setup.job != nil {
		return
	}
	if len(s.queue) > 0 {
		s.again = true
		return
	}
	s.setup.number = numberSmall
	s.start(ctx)
}

func (s *Screen) ask(r domain.ClusterRequest, then func(app.Context, domain.Job, error)) {
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.Cluster(ctx, project, r) }, then)
}

// follow looks at a job until it has ended; each tells how it stands.
func (s *Screen) follow(id string, each func(ctx app.Context, j domain.Job, err error)) {
	session.FollowJob(s.ctx, id, poll, each)
}

// watch follows the grouping of all images.
func (s *Screen) watch(_ app.Context, id string) {
	s.follow(id, func(ctx app.Context, j domain.Job, err error) {
		switch {
		case err != nil:
			s.setup.job, s.setup.failed = nil, ui.ErrorText(err)
		case active(j):
			s.setup.job = &j
		case j.State == domain.JobDone:
			s.take(id)
		default:
			s.setup.job = nil
			if j.State == domain.JobFailed {
				s.setup.failed = j.Error
			}
		}
	})
}

// take shows what a job has made.
func (s *Screen) take(id string) {
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Clustering, error) { return c.Clustering(ctx, project, id) },
		func(_ app.Context, made domain.Clustering, err error) {
			s.setup.job = nil
			if err != nil {
				s.setup.failed = ui.ErrorText(err)
				return
			}
			s.show(made)
			s.move(s.at)
		})
}

func (s *Screen) progress() app.UI {
	j := *s.setup.job
	what := session.JobPhase(j)
	done, total := j.Done, j.Total
	if j.Phase == "cluster" { // thousandths, which count nothing
		what += " " + i18n.Percent(float64(done)/float64(max(total, 1)), 0)
	}
	return app.Div().Class("card").Body(ui.Progress(what, done, total, j.SecondsETA, func(app.Context) {
		c := session.Client()
		session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.CancelJob(ctx, j.ID) },
			func(ctx app.Context, _ domain.Job, err error) {
				if err != nil {
					ui.ToastError(ctx, err)
				}
			})
	}))
}
