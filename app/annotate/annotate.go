// Package annotate is where images are labelled and proposals reviewed, one at a time by keyboard.
package annotate

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen. Key is where it stands: a new one makes a new screen.
type Screen struct {
	app.Compo

	Key    string
	Review bool // the queue of auto-labels, most uncertain first
	Queue  bool // images that are handed out one by one, to be labelled without a look at what others did

	ctx     app.Context // the screen's own: what runs beside the page comes back to it, though the button is gone meanwhile
	client  *client.Client
	place   platform.Place
	project string
	base    string // address of the list, without the image
	filter  domain.Filter
	sort    string

	desk     *desk
	writes   *outbox.Box
	keys     hotkeys.Map
	keyed    keyed // what keys are of
	stage    *stage
	strip    *strip
	pictures *pictures
	models   map[string]domain.Model

	failure   error // of loading the list
	broken    bool  // the picture cannot be shown
	fetching  bool
	remote    bool // the host is doing a step over many images
	stay      bool // no auto-advance
	dialog    string
	finder    finder
	returning string // what is typed about a label that goes back
	bulk      bulk

	watch     watch
	hints     hints
	boxHints  boxHints
	asks      asking
	taking    bool // what is done now takes a suggestion
	work      shared
	unwatched func()      // frees what watch listens to
	saves     app.Context // of the state of saving

	addressing, refreshing, following bool // something is under way that need not be started twice

	acted, refreshFrom time.Time // when something was last done to a label; since when the counts wait to be read
}

// parked is the desk of the screen that was left last. A change of language makes a new screen, which goes on with it.
var parked struct {
	base, language string
	at             time.Time
	desk           *desk
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads the list of images, or goes on with that of the screen before.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	s.client, s.place, s.project = session.Client(), session.Now.Place, session.Now.Project
	_ = ctx.LocalStorage().Get("annotate.stay", &s.stay)
	_ = ctx.LocalStorage().Get(s.suggestKey(), &s.hints.off)
	_ = ctx.LocalStorage().Get(s.leastKey(), &s.boxHints.least)
	loadTone(ctx)
	s.bulk.threshold = 0.95
	s.writes = outbox.Of(s.place, s.project)
	s.writes.Listen(
		func() { ctx.Dispatch(s.told) },
		func(w outbox.Write, op domain.Operation, err error) {
			ctx.Dispatch(func(ctx app.Context) { s.answered(ctx, w, op, err) })
		})
	s.stage = &stage{swipe: s.swiped}
	s.strip = &strip{pick: s.picked, ready: s.showStrip}
	s.strip.thumbs = newPictures(s.place, s.project, thumbPath, s.strip.fill)
	s.pictures = newPictures(s.place, s.project, imagePath, s.arrived)
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(ctx app.Context, _ app.Action) {
		if s.desk != nil {
			s.load(ctx, s.desk.current(), s.desk)
		}
	})
	warnBeforeLeaving(s)
	s.unwatched = s.watchPage()
	if s.Queue {
		s.work.active = time.Now()
		s.keepHold(ctx)
	}
	if parked.desk != nil && parked.base == s.where() && parked.language != i18n.Language() && time.Since(parked.at) < time.Second {
		s.base, s.desk = parked.base, parked.desk
		s.filter, s.sort, _ = s.selection()
		s.useBoxes()
		s.loadModels(ctx)
		s.ctx.Defer(s.look)
		return
	}
	s.load(ctx, session.Now.Item, nil)
}

// OnNav follows links to other images and lists of this screen.
func (s *Screen) OnNav(ctx app.Context) {
	if s.desk == nil || session.Now.Project != s.project || session.Now.Place != s.place || session.Now.Screen != s.screen() {
		return
	}
	item := s.item()
	if s.where() != s.base {
		s.keepDraft()
		s.load(ctx, item, nil)
		return
	}
	if i, listed := s.desk.index[item]; listed {
		s.goTo(ctx, i)
	}
}

// OnDismount keeps what is ticked and lets the images go. Writes go on without the screen.
func (s *Screen) OnDismount() {
	if s.writes == nil {
		return
	}
	s.keepDraft()
	s.writes.Listen(nil, nil)
	if s.Queue {
		s.release()
	}
	s.unwatched()
	s.pictures.close()
	s.strip.thumbs.close()
	if leaving == s {
		leaving = nil
	}
	parked.base, parked.desk, parked.at = s.base, s.desk, time.Now()
	parked.language = keyLanguage(s.Key)
}

// keyLanguage is the language that the screen of key was shown in.
func keyLanguage(key string) string {
	if len(key) > 2 && key[len(key)-3] == '@' {
		return key[len(key)-2:]
	}
	return ""
}

func (s *Screen) screen() string {
	switch {
	case s.Review:
		return "review"
	case s.Queue:
		return "queue"
	}
	return "annotate"
}

// where gives the address of the list, which the image in it is no part of.
func (s *Screen) where() string {
	r := session.At(s.screen(), "")
	r.Query = map[string][]string{}
	for k, v := range session.Now.Query {
		if k != "at" {
			r.Query[k] = v
		}
	}
	return r.Path()
}

func (s *Screen) item() string {
	if session.Now.Item != "" {
		return session.Now.Item
	}
	return session.Now.Query.Get("at")
}

// leaving is the screen that is asked before the page is left.
var (
	leaving   *Screen
	isWarning bool
)

// warnBeforeLeaving asks before a tab is closed with writes that have not come through.
func warnBeforeLeaving(s *Screen) {
	leaving = s
	if isWarning || !app.IsClient {
		return
	}
	isWarning = true
	app.Window().Call("addEventListener", "beforeunload", app.FuncOf(func(_ app.Value, args []app.Value) any {
		if leaving != nil && leaving.desk != nil {
			leaving.keepDraft()
		}
		if outbox.AtRisk() {
			args[0].Call("preventDefault")
			args[0].Set("returnValue", "unsaved")
		}
		return nil
	}))
}

// addressSoon puts the image into the address, so that a reload comes back to it. Not at once: browsers refuse hundreds of
// changes a minute.
func (s *Screen) addressSoon(ctx app.Context) {
	if s.addressing {
		return
	}
	s.addressing = true
	s.ctx.After(700*time.Millisecond, func(ctx app.Context) {
		s.addressing = false
		if s.desk == nil || session.Now.Screen != s.screen() || session.Now.Project != s.project {
			return
		}
		r := session.At(s.screen(), s.desk.current())
		r.Query = session.Now.Query
		r.Query.Del("at")
		session.Now.Item = r.Item
		if app.IsClient {
			app.Window().Get("history").Call("replaceState", nil, "", r.Path())
		}
		ctx.PreventUpdate()
	})
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	switch {
	case s.failure != nil && s.desk == nil:
		return app.Div().Class("page").Body(ui.Failed(s.failure, func(ctx app.Context) { s.load(ctx, s.item(), nil) }))
	case s.desk == nil || session.Project == nil:
		return ui.Loading()
	case len(s.desk.ids) == 0 && s.Queue:
		return app.Div().Class("page").Body(s.queueEmpty())
	case len(s.desk.ids) == 0:
		return app.Div().Class("page").Body(s.nothing())
	}
	if now := (keyed{session.Project.ID, session.Project.Rev}); s.keyed != now {
		s.keys, s.keyed = keysInForce(), now
	}
	class := "labelling"
	if s.Review {
		class = "reviewing"
	}
	finished := "working"
	if s.desk.current() == "" {
		finished = "finished"
	}
	return app.Div().Class("an", class, finished).OnClick(unfocus).Body(
		s.listener(),
		app.H1().Class("visually-hidden").Text(i18n.T("nav."+s.screen())),
		s.top(),
		app.Section().Class("an-stage").Aria("label", i18n.T("annotate.stage")).Body(
			&stageBox{Stage: s.stage, Review: s.Review, Label: s.shown(), Help: s.boxHelp()},
			app.If(s.desk.current() != "", s.tools),
			s.ghostRow(),
			app.If(s.broken, s.brokenNotice),
			app.If(s.desk.current() == "", s.finished),
		),
		s.panel(),
		&stripBox{Strip: s.strip, Label: i18n.T("annotate.strip")},
		app.Div().Class("visually-hidden").Role("status").Aria("live", "polite").Text(s.said()),
		app.If(s.stage.layer != nil, func() app.UI {
			return app.Div().Class("visually-hidden").Role("status").Aria("live", "polite").Text(s.boxSaid())
		}),
		s.openDialog(),
	)
}

// unfocus takes the focus off a button that was clicked by a pointer, so that Enter and Space go on to mean accept.
func unfocus(_ app.Context, e app.Event) {
	if e.Get("detail").Int() == 0 {
		return // pressed by keyboard: the focus belongs there
	}
	if active := app.Window().Get("document").Get("activeElement"); active.Truthy() && active.Call("matches", ".an button").Bool() {
		active.Call("blur")
	}
}

// said tells a screen reader what stands on the stage.
func (s *Screen) said() string {
	a, known := s.desk.asset()
	if !known {
		return ""
	}
	return i18n.T("annotate.said", "n", s.desk.at+1, "total", len(s.desk.ids), "name", a.Name, "label", s.inWords(a.Label)) + s.suggestSaid()
}

// shown names the stage.
func (s *Screen) shown() string {
	if text := s.said(); text != "" {
		return text
	}
	return i18n.T("annotate.stage")
}

// inWords says a label in one line.
func (s *Screen) inWords(l domain.Label) string {
	text := i18n.T("state." + string(l.State))
	if l.Flag != domain.FlagNone {
		text += ", " + i18n.T("flag."+string(l.Flag))
	}
	if len(l.Boxes) > 0 {
		return text + ": " + i18n.N("boxes.count", len(l.Boxes))
	}
	for i, id := range classesOf(l) {
		c, _ := session.Class(id)
		if i == 0 {
			text += ": " + c.Name
		} else {
			text += ", " + c.Name
		}
	}
	return text
}
