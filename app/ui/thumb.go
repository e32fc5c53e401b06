package ui

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/client"
)

// Thumb shows the thumbnail of an asset, or (Whole) the image itself. It sets the picture beside the renderer: hundreds of them come in while the user
// scrolls, and none changes anything else.
type Thumb struct {
	app.Compo

	ID    string
	Whole bool

	shown  string
	cancel context.CancelFunc
	free   func()
}

// OnMount begins to load.
func (t *Thumb) OnMount(ctx app.Context) {
	ctx.PreventUpdate()
	t.load(ctx)
}

// OnUpdate loads the picture of another asset.
func (t *Thumb) OnUpdate(ctx app.Context) { t.load(ctx) }

// OnDismount lets go of the picture.
func (t *Thumb) OnDismount() { t.release() }

func (t *Thumb) release() {
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
	if t.free != nil {
		t.free()
		t.free = nil
	}
	t.shown = ""
}

func (t *Thumb) load(ctx app.Context) {
	if t.shown == t.ID || platform.Current == nil {
		return
	}
	t.release()
	t.shown = t.ID
	img := t.JSValue()
	img.Call("removeAttribute", "src")
	img.Get("classList").Call("remove", "failed")
	loading, cancel := context.WithCancel(ctx)
	t.cancel = cancel
	id, where, path := t.ID, session.Now.Place, client.ThumbPath(session.Now.Project, t.ID)
	if t.Whole {
		path = client.ImagePath(session.Now.Project, t.ID)
	}
	go func() {
		url, free, err := platform.Current.ImageURL(loading, where, path)
		if t.shown != id || loading.Err() != nil {
			if free != nil {
				free()
			}
			return
		}
		if err != nil {
			img.Get("classList").Call("add", "failed")
			return
		}
		t.free = free
		img.Set("src", url)
	}()
}

// Render implements app.Composer.
func (t *Thumb) Render() app.UI { return app.Img().Class("thumb").Role("presentation") } // an empty alt would be left out
