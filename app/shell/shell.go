// Package shell is the frame around every screen: top bar, the project's rail, the screen, toasts.
package shell

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/analytics"
	"github.com/irum-app/irum/app/annotate"
	"github.com/irum-app/irum/app/clusters"
	"github.com/irum-app/irum/app/embedmap"
	"github.com/irum-app/irum/app/gallery"
	"github.com/irum-app/irum/app/home"
	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/models"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/settings"
	"github.com/irum-app/irum/app/suspects"
	"github.com/irum-app/irum/app/teamwork"
	"github.com/irum-app/irum/app/triage"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Root is the whole page.
type Root struct {
	app.Compo

	ctx     app.Context // of the page
	found   bool
	failure error
	toasts  toasts
	credits *domain.Credits
	update  bool
	waiting waiting
}

// OnMount reads the preferences and starts listening to what the screens tell.
func (r *Root) OnMount(ctx app.Context) {
	session.LoadPreferences(ctx)
	hotkeys.Load(ctx)
	ctx.Handle(session.ActionToast, func(ctx app.Context, a app.Action) {
		if t, ok := a.Value.(ui.ToastSpec); ok {
			r.toasts.show(ctx, t)
		}
	})
	ctx.Handle(session.ActionProjectChanged, func(ctx app.Context, _ app.Action) { r.loadProject(ctx) })
	ctx.Handle(session.ActionLabelsMoved, func(ctx app.Context, _ app.Action) { r.loadProject(ctx) })
	ctx.Handle(session.ActionCredits, func(ctx app.Context, _ app.Action) { r.loadCredits(ctx) })
	r.watchAccount(ctx)
	r.watchOutbox(ctx)
	if app.IsClient {
		app.Window().Get("document").Call("addEventListener", "visibilitychange", app.FuncOf(func(app.Value, []app.Value) any {
			ctx.Dispatch(listen)
			return nil
		}))
	}
}

// listen follows what the server tells of the project while somebody may see it.
func listen(ctx app.Context) {
	if app.IsClient {
		session.Listen(ctx, !app.Window().Get("document").Get("hidden").Bool())
	}
}

// OnAppUpdate offers the new version.
func (r *Root) OnAppUpdate(_ app.Context) { r.update = true }

// OnNav finds the screen of the address.
func (r *Root) OnNav(ctx app.Context) {
	before := session.Now
	session.Now, r.found = session.Parse(ctx.Page().URL())
	if session.Now.Project != before.Project || session.Now.Place != before.Place || session.Project == nil {
		session.Project, r.failure, r.credits = nil, nil, nil
		r.loadProject(ctx)
		listen(ctx)
	}
	if before.Screen != session.Now.Screen {
		ctx.Defer(focusMain)
	}
}

// focusMain takes the focus off the link that led here, so that Enter and the other keys are the new screen's.
func focusMain(app.Context) {
	if main := app.Window().GetElementByID("main"); main.Truthy() {
		main.Call("focus", map[string]any{"preventScroll": true})
	}
}

func (r *Root) loadProject(ctx app.Context) {
	route := session.Now
	if route.Project == "" {
		return
	}
	c := session.Client()
	session.Do(ctx, func(ctx context.Context) (domain.Project, error) { return c.Project(ctx, route.Project) },
		func(ctx app.Context, p domain.Project, err error) {
			if session.Now.Project != route.Project || session.Now.Place != route.Place {
				return // the user has gone on meanwhile
			}
			switch {
			case err == nil:
				r.failure, session.Project = nil, &p
				listen(ctx) // after signing in
				if r.credits == nil {
					r.loadCredits(ctx)
				}
				ctx.NewAction(session.ActionProjectLoaded)
			case session.Project == nil || domain.AsProblem(err).Code == domain.CodeNotFound:
				r.failure = err
			default: // what is shown may be a little old, but it is there
				ui.ToastError(ctx, err)
			}
		})
}

func (r *Root) loadCredits(ctx app.Context) {
	route := session.Now
	if route.Project == "" || session.Project == nil {
		return
	}
	c, workspace := session.Client(), session.Project.Workspace
	session.Do(ctx, func(ctx context.Context) (domain.Credits, error) { return c.Credits(ctx, workspace) }, func(_ app.Context, v domain.Credits, err error) {
		if err == nil && session.Now.Place == route.Place {
			r.credits = &v
		}
	})
}

// Render implements app.Composer.
func (r *Root) Render() app.UI {
	return app.Div().Class("app").Body(
		r.topbar(),
		app.If(session.Now.Project == "", func() app.UI {
			return app.Main().Class("screen").ID("main").TabIndex(-1).Body(r.screen())
		}).Else(func() app.UI {
			return app.Div().Class("frame").Body(
				r.rail(),
				app.Main().Class("screen").ID("main").TabIndex(-1).Body(r.screen()),
			)
		}),
		r.toasts.render(),
		app.If(r.waiting.open, r.waitingDialog),
		app.If(session.SignedOut && session.Now.Place == platform.Server && session.Project != nil, r.loginAgain),
		app.If(!listens[session.Now.Screen], func() app.UI { return &hotkeys.Listener{Map: hotkeys.For(hotkeys.Everywhere, nil)} }),
	)
}

// listens are the screens with keys of their own.
var listens = map[string]bool{"images": true, "annotate": true, "queue": true, "disputes": true, "review": true, "clusters": true, "map": true, "suspects": true, "check": true}

func (r *Root) screen() app.UI {
	// The language is part of the key: every text of the screen changes with it.
	in := "@" + i18n.Language()
	key := session.Route{Place: session.Now.Place, Project: session.Now.Project, Screen: session.Now.Screen, Item: session.Now.Item}.Path() + in
	switch {
	case !r.found:
		return ui.Empty("search", i18n.T("notfound.title"), i18n.T("notfound.text"), ui.LinkButton(i18n.T("nav.projects"), "home", "", "/"))
	case session.Alone[session.Now.Screen]:
		return r.alone(key)
	case session.Now.Project == "":
		return &home.Screen{Key: key}
	case session.SignedOut && session.Now.Place == platform.Server && session.Project == nil:
		return r.login(nil)
	case r.failure != nil:
		return app.Div().Class("page").Body(ui.Failed(r.failure, r.loadProject), ui.LinkButton(i18n.T("nav.projects"), "home", "", "/"))
	case session.Project == nil:
		return ui.Loading()
	}
	switch session.Now.Screen {
	case "images":
		return &gallery.Screen{Key: key}
	case "annotate":
		return &annotate.Screen{Key: session.At("annotate", "").Path() + in}
	case "queue":
		return &annotate.Screen{Key: session.At("queue", "").Path() + in, Queue: true}
	case "work":
		return &teamwork.Screen{Key: key}
	case "disputes":
		return &teamwork.Disputes{Key: key}
	case "clusters":
		return &clusters.Screen{Key: key}
	case "map":
		return &embedmap.Screen{Key: key}
	case "check":
		return &triage.Screen{Key: key}
	case "review":
		return &annotate.Screen{Key: session.At("review", "").Path() + in, Review: true}
	case "suspects":
		return &suspects.Screen{Key: key}
	case "exports":
		return &models.Exports{Key: key}
	case "ai":
		return &models.Models{Key: key}
	case "analytics":
		return &analytics.Screen{Key: key}
	case "settings":
		return &settings.Screen{Key: key}
	}
	return ui.Empty("search", i18n.T("notfound.title"), i18n.T("notfound.text"), ui.LinkButton(i18n.T("nav.images"), "grid", "", session.At("images", "").Path()))
}

// placeTag says where the data are.
func placeTag(p platform.Place) app.UI {
	icon, tone := "device", "jade"
	if p == platform.Server {
		icon, tone = "server", ""
	}
	if session.Visits() {
		return app.Span().Title(i18n.T("home.place.demo")).Body(ui.Tag(i18n.T("demo.tag"), "amber", "eye"))
	}
	return app.Span().Title(i18n.T("place." + string(p) + "_hint")).Body(ui.Tag(i18n.T("place."+string(p)), tone, icon))
}
