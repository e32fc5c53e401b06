// Package session holds what every screen shares: which place the data are in, who is looked at, language, theme. There is
// one page, so there is one session; it is read and written on the UI goroutine only.
package session

import (
	"context"
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Names of the actions (app.Context.NewAction) that parts of the page tell each other.
const (
	ActionToast          = "toast"           // value: ui.ToastSpec
	ActionProjectChanged = "project-changed" // counts or classes have changed: the frame loads the project again
	ActionProjectLoaded  = "project-loaded"  // Project is fresh: a screen that shows counts or classes handles it to be rendered again
	ActionCredits        = "credits-changed"
	ActionLabelsChanged  = "labels-changed" // labels have changed under the screen: it loads what it shows again
)

// Route is where the page is: /p/{place}/{project}/{screen}/{item}?query, or /{screen} without a project.
type Route struct {
	Place   platform.Place
	Project string // id; "" at home
	Screen  string // images, annotate, queue, work, disputes, check, clusters, map, review, suspects, exports, ai, analytics, settings; without a project "" for home, or one of Alone
	Item    string // asset, export or model id
	Query   url.Values
}

var letters = map[platform.Place]string{platform.Device: "d", platform.Server: "s"}

// Alone are the screens without a project: they are about the server.
var Alone = map[string]bool{"login": true, "setup": true, "account": true, "team": true, "invite": true}

// Path gives r's address.
func (r Route) Path() string {
	if r.Project == "" {
		if len(r.Query) > 0 {
			return "/" + r.Screen + "?" + r.Query.Encode()
		}
		return "/" + r.Screen
	}
	path := "/p/" + letters[r.Place] + "/" + url.PathEscape(r.Project) + "/" + r.Screen
	if r.Item != "" {
		path += "/" + url.PathEscape(r.Item)
	}
	if len(r.Query) > 0 {
		path += "?" + r.Query.Encode()
	}
	return path
}

// Parse reads an address; ok is false for one that leads nowhere.
func Parse(u *url.URL) (r Route, ok bool) {
	r.Query = u.Query()
	path := strings.Trim(u.EscapedPath(), "/")
	if path == "" || path == "index.html" {
		return r, true
	}
	parts := strings.Split(path, "/")
	if len(parts) == 1 && Alone[path] {
		r.Place, r.Screen = platform.Server, path
		return r, true
	}
	if len(parts) < 3 || parts[0] != "p" {
		return r, false
	}
	for place, letter := range letters {
		if parts[1] == letter {
			r.Place = place
		}
	}
	r.Project, _ = url.PathUnescape(parts[2])
	r.Screen = "images"
	if len(parts) > 3 {
		r.Screen = parts[3]
	}
	if len(parts) > 4 {
		r.Item, _ = url.PathUnescape(parts[4])
	}
	return r, r.Place != "" && r.Project != "" && len(parts) <= 5
}

// Now is where the page is. The frame sets it before a screen is rendered.
var Now Route

// Project is the project that is looked at, nil until it is loaded. The frame loads it and keeps it fresh.
var Project *domain.Project

// At is Now at another screen and item of the same project, without a query.
func At(screen, item string) Route {
	return Route{Place: Now.Place, Project: Now.Project, Screen: screen, Item: item}
}

// MostUseful is where the images are labelled whose labels would teach the most.
func MostUseful() Route {
	r := At("annotate", "")
	r.Query = url.Values{"batch": {"useful"}}
	return r
}

// Useful tells whether the page is there.
func Useful() bool { return Now.Query.Get("batch") == "useful" }

// Client gives the API of the place where the page is. A place that cannot be had gives a client whose calls tell why.
func Client() *client.Client { return ClientOf(Now.Place) }

// ClientOf is Client for a place.
func ClientOf(p platform.Place) *client.Client {
	if platform.Current != nil {
		if c := platform.Current.Client(p); c != nil {
			if p == platform.Server {
				c = client.New(watched{c.T})
			}
			return c
		}
		return client.New(unavailable{platform.Current.Why(p)})
	}
	return client.New(unavailable{"error.place"})
}

type unavailable struct{ why string }

func (u unavailable) Do(context.Context, client.Request) (client.Response, error) {
	p := domain.Errorf(domain.CodeUnavailable, "%s", i18n.T(u.why))
	return client.Response{}, p
}

// Do runs work beside the page and then hands its result to then on the UI goroutine, if the component is still there.
func Do[T any](ctx app.Context, work func(context.Context) (T, error), then func(app.Context, T, error)) {
	ctx.Async(func() {
		v, err := work(ctx)
		ctx.Dispatch(func(ctx app.Context) { then(ctx, v, err) })
	})
}

// ProjectChanged makes the frame load the project's counts and classes again.
func ProjectChanged(ctx app.Context) { ctx.NewAction(ActionProjectChanged) }
