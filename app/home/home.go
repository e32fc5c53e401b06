// Package home lists projects and makes new ones.
package home

import (
	"cmp"
	"context"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen. Key is where it stands: a new one makes a new screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what is begun from a menu or dialog outlives its button
	shelves map[platform.Place]*shelf
	last    platform.Place // that was used last
	dialog  string         // create, delete or ""
	form    form
	doomed  card
	typed   string // name typed to confirm a deletion
	busy    bool
	failure error // of the open dialog
	sample  sampleJob
}

// shelf is what a place holds.
type shelf struct {
	loading   bool
	projects  []domain.Project
	abilities domain.Capabilities
	failure   error
}

var allPlaces = []platform.Place{platform.Device, platform.Server}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads what both places hold.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	_ = ctx.LocalStorage().Get("place", &s.last)
	s.shelves = map[platform.Place]*shelf{}
	for _, p := range allPlaces {
		s.loadShelf(ctx, p)
	}
	if session.Now.Query.Has("new") { // who comes from a demo wants their own
		s.askCreate(ctx)
	}
}

func (s *Screen) load(ctx app.Context) {
	for _, p := range allPlaces {
		s.loadShelf(ctx, p)
	}
}

func (s *Screen) loadShelf(ctx app.Context, p platform.Place) {
	sh := s.shelves[p]
	if sh == nil {
		sh = &shelf{}
		s.shelves[p] = sh
	}
	sh.loading, sh.failure = true, nil
	c := session.ClientOf(p)
	session.Do(s.ctx, func(ctx context.Context) (*shelf, error) {
		projects, err := c.Projects(ctx)
		if err != nil {
			return nil, err
		}
		abilities, err := c.Capabilities(ctx)
		return &shelf{projects: projects, abilities: abilities}, err
	}, func(_ app.Context, got *shelf, err error) {
		if err != nil {
			sh.loading, sh.failure = false, err
			return
		}
		s.shelves[p] = got
	})
}

// use remembers the place for the next time.
func (s *Screen) use(ctx app.Context, p platform.Place) {
	s.last = p
	_ = ctx.LocalStorage().Set("place", p)
}

// place is where new things are made unless the user says otherwise: where they were made last, if that can be had.
func (s *Screen) place() platform.Place {
	for _, p := range []platform.Place{s.last, platform.Device, platform.Server} {
		if p != "" && s.why(p) == "" {
			return p
		}
	}
	return platform.Device
}

// why says why a place cannot be had, "" where it can.
func (s *Screen) why(p platform.Place) string {
	if platform.Current == nil {
		return i18n.T("error.place")
	}
	if key := platform.Current.Why(p); key != "" {
		return i18n.T(key)
	}
	if sh := s.shelves[p]; sh != nil && sh.failure != nil {
		return ui.ErrorText(sh.failure)
	}
	if p == platform.Server && session.Me != nil && session.Me.Visitor {
		return i18n.T("home.place.demo")
	}
	return ""
}

// cards are the projects of both places, newest first.
func (s *Screen) cards() []card {
	var out []card
	for _, p := range allPlaces {
		if sh := s.shelves[p]; sh != nil {
			for _, project := range sh.projects {
				out = append(out, card{p, project})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b card) int {
		return cmp.Or(b.project.CreatedAt.Compare(a.project.CreatedAt), cmp.Compare(a.project.ID, b.project.ID))
	})
	return out
}

func (s *Screen) loading() bool {
	for _, sh := range s.shelves {
		if sh.loading {
			return true
		}
	}
	return len(s.shelves) == 0
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	cards := s.cards()
	first := len(cards) == 0
	return app.Div().Class("page", "home").Body(
		app.If(first && !s.loading(), s.hero).ElseIf(first, s.waiting).Else(s.head),
		s.troubles(first),
		app.If(!first, func() app.UI {
			return app.Ul().Class("projects").Body(app.Range(cards).Slice(func(i int) app.UI { return s.card(cards[i]) }))
		}),
		app.If(!first, s.sampleLine),
		s.dialogs(),
	)
}

func (s *Screen) waiting() app.UI {
	return app.Div().Class("stack").Role("status").Aria("label", i18n.T("loading")).Body(
		app.Div().Class("skeleton", "title"),
		app.Div().Class("projects").Body(app.Range(make([]int, 3)).Slice(func(int) app.UI { return app.Div().Class("skeleton", "project-card") })),
	)
}

func (s *Screen) head() app.UI {
	return app.Div().Class("page-head").Body(
		app.Div().Class("titles").Body(app.H1().Text(i18n.T("nav.projects")), app.P().Text(i18n.T("app.tagline"))),
		ui.Button(ui.ButtonSpec{Label: i18n.T("home.new"), Icon: "plus", Kind: "primary", On: s.askCreate}),
	)
}

// troubles tells which places could not be read. That there is no server is said only where it matters: Irum works
// without one.
func (s *Screen) troubles(first bool) app.UI {
	var out []app.UI
	for _, p := range allPlaces {
		sh := s.shelves[p]
		if sh == nil || sh.failure == nil {
			continue
		}
		other := s.shelves[platform.Server]
		if p == platform.Server {
			other = s.shelves[platform.Device]
		}
		if domain.AsProblem(sh.failure).Code == domain.CodeSignedOut {
			out = append(out, ui.Notice("info", i18n.T("account.home"), ui.LinkButton(i18n.T("account.login.button"), "", "small", "/login")))
			continue
		}
		tone := "info"
		if first && other != nil && other.failure != nil || p == platform.Device {
			tone = "error"
		}
		out = append(out, ui.Notice(tone, i18n.T("place."+string(p))+": "+ui.ErrorText(sh.failure),
			ui.Button(ui.ButtonSpec{Label: i18n.T("action.retry"), Small: true, Scope: string(p), On: func(ctx app.Context) { s.loadShelf(ctx, p) }})))
	}
	return app.If(len(out) > 0, func() app.UI { return app.Div().Class("stack").Body(out...) })
}

func (s *Screen) dialogs() app.UI {
	switch {
	case s.sample.running():
		return s.sampleDialog()
	case s.dialog == "create":
		return s.createDialog()
	case s.dialog == "delete":
		return s.deleteDialog()
	}
	return app.Span().Hidden(true)
}

func (s *Screen) closeDialog(app.Context) { s.dialog, s.failure = "", nil }
