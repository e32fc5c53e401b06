// Package triage is the screen of images that may be of little use: blurred, dark, tiny, nearly the same as others. Limits are moved on
// the histogram of what was measured, and what is beyond them is deleted, marked, or kept.
package triage

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	page = 60 // images that are read at a time
	// poll is how often a running job is looked at where the host does not tell of it.
	poll = 300 * time.Millisecond
)

// Screen is the screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what is begun from a button may end after it is gone
	project string
	report  *domain.Triage // nil until it is loaded
	failure error

	issue   domain.Issue
	limit   int // as it is being moved
	saving  bool
	list    list
	working bool // a deletion or a mark is on its way

	job     *domain.Job // that measures
	tried   bool        // to measure what was not
	refused map[string][]domain.Refusal
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads the report.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx, s.project = ctx, session.Now.Project
	s.refused = map[string][]domain.Refusal{}
	s.issue = asked()
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(ctx app.Context, _ app.Action) { s.load(ctx) })
	s.load(ctx)
}

// asked is the issue that the address names, or "".
func asked() domain.Issue {
	issue := domain.Issue(session.Now.Query.Get("issue"))
	if slices.Contains(domain.Issues, issue) {
		return issue
	}
	return ""
}

// OnNav shows another issue that the address names.
func (s *Screen) OnNav(ctx app.Context) {
	if session.Now.Screen != "check" || session.Now.Project != s.project { // on the way out, or not yet in
		return
	}
	if issue := asked(); issue != "" && issue != s.issue {
		s.issue, s.list = issue, list{}
		s.limit = s.now().Limit
		s.load(ctx)
	}
}

type found struct {
	report domain.Triage
	issue  domain.Issue
	images domain.IssueImages
}

// load reads the report and the worst images of the issue, or of the first that there is.
func (s *Screen) load(app.Context) {
	s.failure = nil
	c, project, asked, n := session.Client(), s.project, s.issue, max(page, len(s.list.images))
	session.Do(s.ctx, func(ctx context.Context) (f found, err error) {
		if f.report, err = c.Triage(ctx, project, ""); err != nil {
			return f, err
		}
		if f.issue = asked; asked == "" {
			f.issue = first(f.report)
		}
		f.images, err = c.IssueImages(ctx, project, f.issue, 0, min(n, 500))
		return f, err
	}, func(ctx app.Context, f found, err error) {
		if asked != s.issue {
			return // the user has gone on meanwhile
		}
		if s.failure = err; err != nil {
			return
		}
		s.report, s.issue = &f.report, f.issue
		s.limit = s.now().Limit
		s.list.fill(f.issue, f.images)
		if f.report.Unmeasured > 0 && !s.tried && session.May(domain.RightManage) {
			s.measure(ctx)
		}
	})
}

// first is the first issue that an image has.
func first(r domain.Triage) domain.Issue {
	for _, i := range r.Issues {
		if i.Count > 0 {
			return i.Issue
		}
	}
	return domain.IssueBlurred
}

// now is the issue that is looked at.
func (s *Screen) now() domain.IssueSummary {
	if s.report == nil {
		return domain.IssueSummary{}
	}
	if i := slices.IndexFunc(s.report.Issues, func(i domain.IssueSummary) bool { return i.Issue == s.issue }); i >= 0 {
		return s.report.Issues[i]
	}
	return domain.IssueSummary{}
}

// measure measures what came before images were measured.
func (s *Screen) measure(app.Context) {
	s.tried = true
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.MeasureImages(ctx, project) },
		func(ctx app.Context, j domain.Job, err error) {
			if err != nil { // what is measured is shown all the same
				ui.ToastError(ctx, err)
				return
			}
			s.job = &j
			session.FollowJob(s.ctx, j.ID, poll, func(ctx app.Context, j domain.Job, err error) {
				if err == nil && j.State.Open() {
					s.job = &j
					return
				}
				s.job = nil
				s.load(ctx)
			})
		})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("page", "check").Body(
		&hotkeys.Listener{Map: s.keys(), On: s.onKey},
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("check.title")), app.P().Text(i18n.T("check.lead"))),
			ui.LinkButton(i18n.T("nav.images"), "grid", "", session.At("images", "").Path()),
		),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(s.report == nil, ui.Loading).
			ElseIf(s.nothing(), func() app.UI {
				return app.Div().Class("card").Body(ui.Empty("image", i18n.T("check.empty"), i18n.T("check.empty_text"),
					ui.LinkButton(i18n.T("nav.images"), "grid", "primary", session.At("images", "").Path())))
			}).
			Else(s.body),
	)
}

// nothing tells whether there is nothing to check; conditions are computed before it is known which holds.
func (s *Screen) nothing() bool {
	return s.report != nil && s.report.Images == 0 && len(s.report.Refused) == 0
}

func (s *Screen) body() app.UI {
	return app.Div().Class("stack").Body(
		app.If(s.job != nil, func() app.UI {
			j := *s.job
			return ui.Progress(session.JobPhase(j), j.Done, j.Total, j.SecondsETA, nil)
		}).ElseIf(s.report.Unmeasured > 0, func() app.UI {
			return ui.Notice("info", i18n.N("check.unmeasured", s.report.Unmeasured))
		}),
		app.Div().Class("check-body").Body(
			app.Nav().Class("check-issues").Aria("label", i18n.T("check.issues")).Body(
				app.Range(s.report.Issues).Slice(func(k int) app.UI { return s.tab(s.report.Issues[k]) })),
			app.Section().Class("check-main", "stack").Aria("label", i18n.T("issue."+string(s.issue))).Body(
				s.measureCard(),
				s.images(),
			),
		),
		s.refusals(),
	)
}

// tab leads to an issue.
func (s *Screen) tab(i domain.IssueSummary) app.UI {
	to := session.At("check", "")
	to.Query = url.Values{"issue": {string(i.Issue)}}
	a := app.A().Class("check-tab").Href(to.Path()).Body(
		app.Span().Class("grow").Text(i18n.T("issue."+string(i.Issue))),
		app.Span().Class("count", "num").Text(i18n.Number(i.Count)))
	if i.Issue == s.issue {
		a = a.Aria("current", "true")
	}
	return a
}

// refusals lists the files that were not taken at all: corrupt ones, and others.
func (s *Screen) refusals() app.UI {
	return app.If(len(s.report.Refused) > 0 && session.May(domain.RightManage), func() app.UI {
		return app.Section().Class("stack").Aria("label", i18n.T("check.refused")).Body(
			app.H2().Text(i18n.T("check.refused")),
			app.P().Class("muted").Text(i18n.T("check.refused_text")),
			app.Range(s.report.Refused).Slice(func(k int) app.UI {
				r := s.report.Refused[k]
				lines := s.refused[r.Import]
				return app.Details().Class("report-lines").On("toggle", func(app.Context, app.Event) { s.readRefused(r.Import) }, app.EventScope(r.Import)).Body(
					app.Summary().Text(i18n.N("check.refused_at", r.Files, "time", r.At.Local().Format("2006-01-02 15:04"))),
					app.Ul().TabIndex(0).Body(
						app.Range(lines).Slice(func(i int) app.UI {
							return app.Li().Body(app.Span().Class("path").Text(lines[i].Path), app.Span().Text(ui.Reason(lines[i])))
						}),
						app.If(r.Files > len(lines) && len(lines) > 0, func() app.UI {
							return app.Li().Class("muted").Text(i18n.T("gallery.report.more", "n", r.Files-len(lines)))
						})))
			}))
	})
}

func (s *Screen) readRefused(id string) {
	if s.refused[id] != nil {
		return
	}
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.ImportLines, error) { return c.ImportRefused(ctx, project, id, "") },
		func(ctx app.Context, lines domain.ImportLines, err error) {
			if err != nil {
				ui.ToastError(ctx, err)
				return
			}
			s.refused[id] = lines.Items
		})
}
