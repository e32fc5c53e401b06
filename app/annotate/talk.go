package annotate

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// actionComment asks the talk beside the image for its field.
const actionComment = "annotate-comment"

// talk is the comments on the image that is looked at. It is a component of its own, so that what is typed renders nothing else.
type talk struct {
	app.Compo

	Client  *client.Client
	Project string
	Asset   string
	All     int    // comments, as far as the list of images knows
	Open    int    // threads of them that nobody has resolved
	Key     string // that leads here, as it is written on the keyboard
	On      func(ctx app.Context, asset string, all, open int)

	ctx      app.Context
	asset    string // that list is of
	list     []domain.Comment
	loading  bool
	failure  error
	expanded bool
	busy     bool
	field    talkField
	drafts   map[string]string // what was typed and not said, by image
}

// talkField is what the field is for: a new thread, an answer, or other words for what was said.
type talkField struct {
	thread, edit string
	text         string
	id           string // of the comment that is being sent; the same when it is sent again
	refused      error
	deleting     string // comment that is asked about
}

// OnMount listens for the key that leads here.
func (t *talk) OnMount(ctx app.Context) {
	t.ctx, t.drafts = ctx, map[string]string{}
	ctx.Handle(actionComment, func(ctx app.Context, _ app.Action) { t.write(ctx, talkField{text: t.drafts[t.asset]}) })
	t.look(ctx)
}

// OnUpdate follows to another image.
func (t *talk) OnUpdate(ctx app.Context) { t.look(ctx) }

func (t *talk) look(ctx app.Context) {
	if t.asset == t.Asset {
		return
	}
	t.keepDraft()
	t.asset, t.list, t.failure, t.loading = t.Asset, nil, nil, false
	t.field = talkField{text: t.drafts[t.asset]}
	t.expanded = t.Open > 0 || t.field.text != ""
	if t.All > 0 {
		t.load(ctx)
	}
	ctx.Update()
	t.fill(false)
}

// fill puts what was typed into the field, which a person may have changed since it was rendered, and gives it the keys.
func (t *talk) fill(focus bool) {
	t.ctx.Defer(func(app.Context) {
		field := app.Window().GetElementByID("an-say")
		if !field.Truthy() {
			return
		}
		if field.Get("value").String() != t.field.text {
			field.Set("value", t.field.text)
		}
		if focus {
			field.Call("focus")
			field.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

// cancel goes back to the field for a new thread.
func (t *talk) cancel(app.Context) {
	t.field = talkField{text: t.drafts[t.asset]}
	t.fill(false)
}

func (t *talk) keepDraft() {
	if t.drafts == nil || t.field.edit != "" || t.field.thread != "" {
		return
	}
	if t.drafts[t.asset] = t.field.text; t.field.text == "" {
		delete(t.drafts, t.asset)
	}
}

func (t *talk) load(ctx app.Context) {
	c, project, asset := t.Client, t.Project, t.asset
	t.loading, t.failure = true, nil
	session.Do(t.ctx, func(ctx context.Context) ([]domain.Comment, error) { return c.Comments(ctx, project, asset) },
		func(ctx app.Context, list []domain.Comment, err error) {
			if asset != t.asset {
				return
			}
			t.loading, t.failure = false, err
			if err == nil {
				t.list = list
				t.tell(ctx)
			}
		})
}

// tell hands on how many comments there are now.
func (t *talk) tell(ctx app.Context) {
	all, open := domain.CommentCounts(t.list)
	if all != t.All || open != t.Open {
		t.On(ctx, t.asset, all, open)
	}
}

// write opens the field.
func (t *talk) write(ctx app.Context, f talkField) {
	t.field, t.expanded = f, true
	t.ctx.Update()
	t.fill(true)
}

func (t *talk) typed(ctx app.Context, _ app.Event) {
	t.field.text = ctx.JSSrc().Get("value").String()
	t.keepDraft()
}

func (t *talk) key(ctx app.Context, e app.Event) {
	switch {
	case e.Get("isComposing").Bool():
	case e.Get("key").String() == "Enter" && (e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()):
		e.PreventDefault()
		t.send(ctx)
		return
	case e.Get("key").String() == "Escape":
		e.PreventDefault()
		t.leave()
		return
	}
	ctx.PreventUpdate()
}

// leave gives the keys back to the image. What was typed stays.
func (t *talk) leave() {
	t.keepDraft()
	t.cancel(t.ctx)
	t.expanded = t.Open > 0 || len(t.list) > 0
	if active := app.Window().Get("document").Get("activeElement"); active.Truthy() {
		active.Call("blur")
	}
}

// send says what was typed.
func (t *talk) send(ctx app.Context) {
	f := t.field
	if t.busy || f.text == "" {
		return
	}
	if f.id == "" {
		f.id = newID()
	}
	t.field.id = f.id
	c, project, asset := t.Client, t.Project, t.asset
	t.change(func(ctx context.Context) error {
		if f.edit != "" {
			_, err := c.EditComment(ctx, project, f.edit, f.text)
			return err
		}
		_, err := c.AddComment(ctx, project, asset, f.id, f.thread, f.text)
		return err
	}, func() {
		if f.edit == "" && f.thread == "" {
			delete(t.drafts, asset)
		}
		if asset == t.asset {
			t.field = talkField{}
			t.leave()
		}
	})
}

func (t *talk) resolve(id string, resolved bool) {
	c, project := t.Client, t.Project
	t.change(func(ctx context.Context) error {
		_, err := c.ResolveThread(ctx, project, id, resolved)
		return err
	}, func() {})
}

func (t *talk) remove(id string) {
	c, project := t.Client, t.Project
	t.change(func(ctx context.Context) error { return c.DeleteComment(ctx, project, id) }, func() { t.field.deleting = "" })
}

// change lets the host do work and shows what the comments are then.
func (t *talk) change(work func(context.Context) error, done func()) {
	c, project, asset := t.Client, t.Project, t.asset
	t.busy, t.field.refused = true, nil
	session.Do(t.ctx, func(ctx context.Context) (list []domain.Comment, err error) {
		if err = work(ctx); err == nil {
			list, err = c.Comments(ctx, project, asset)
		}
		return list, err
	}, func(ctx app.Context, list []domain.Comment, err error) {
		t.busy = false
		switch {
		case err != nil && asset == t.asset:
			t.field.refused = err
		case err != nil:
			ui.ToastError(ctx, err)
		default:
			if asset == t.asset {
				t.list = list
				done()
				t.tell(ctx)
			} else {
				done()
				all, open := domain.CommentCounts(list)
				t.On(ctx, asset, all, open)
			}
			session.ProjectChanged(ctx)
		}
	})
}

// mine tells whether who sits here has written c.
func mine(c domain.Comment) bool {
	me := domain.LocalUser
	if session.Now.Place == platform.Server && session.Me != nil && !session.Me.Local {
		me = session.Me.User.ID
	}
	return c.Author.ID == me
}

func authorName(a domain.Actor) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.ID == domain.LocalUser:
		return i18n.T("comments.you")
	}
	return a.ID
}
