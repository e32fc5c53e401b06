// Package gallery shows a project's images as a grid, filters them, selects, labels many at once, and takes in new ones.
package gallery

import (
	"context"
	"reflect"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen. Key is where it stands: a new one makes a new screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what is begun from a menu or dialog outlives its button
	view    view
	ids     []string // in order; it stays as it is while labels change
	loaded  bool
	failure error
	loads   int // counts loads, so that a late answer is told

	grid   grid
	turn   int // counts renders
	assets map[string]domain.Asset
	stale  map[string]bool // shown, but changed on the host
	busy   bool            // a page of assets is on its way
	sel    selection
	focus  int // cell that has the keyboard

	stroke  *stroke // a key that is held while the keyboard walks
	pressed string  // code of the key whose action is being done; "" for a button's

	saved  savedFilters
	looked looked

	text    string // in the search field
	typed   int
	folded  bool // filters are shown in a narrow window
	models  []domain.Model
	dialog  string // bulk, export, import or ""
	export  exportDialog
	bulk    bulkDialog
	working bool                // an action is on its way
	later   []func(app.Context) // actions that came meanwhile
	drop    dropZone
	choice  importChoice
	arrived int // images of the running import when the grid was last loaded
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads what the address asks for.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	s.grid.tile = defaultTile
	_ = ctx.LocalStorage().Get("tile", &s.grid.tile)
	s.grid.tile = clamp(s.grid.tile, minTile, maxTile)
	s.view = parseView(session.Now.Query)
	s.text = s.view.filter.Text
	s.assets, s.stale = map[string]domain.Asset{}, map[string]bool{}
	ctx.Handle(session.ActionProjectLoaded, s.onProject)
	ctx.Handle(session.ActionLabelsChanged, func(ctx app.Context, _ app.Action) {
		for id := range s.assets {
			s.stale[id] = true
		}
		s.reload(ctx)
	})
	ctx.Handle(session.ActionLabelsMoved, func(ctx app.Context, a app.Action) {
		ids, _ := a.Value.([]string)
		s.labelsMoved(ctx, ids)
	})
	s.watchSize(ctx)
	s.drop.listen(ctx, s)
	ctx.Handle(session.ActionAccount, func(app.Context, app.Action) {}) // it tells what the person may
	s.watchImport()
	s.load(ctx)
	s.loadModels(ctx)
	s.loadSaved(ctx)
}

// labelsMoved loads images again whose labels the host has written, none named for any; the list stays in its order.
func (s *Screen) labelsMoved(ctx app.Context, ids []string) {
	for _, id := range ids {
		if _, known := s.assets[id]; known {
			s.stale[id] = true
		}
	}
	if ids == nil {
		for id := range s.assets {
			s.stale[id] = true
		}
	}
	if !s.working { // else what works loads them
		s.fetch(ctx)
	}
}

func (s *Screen) onProject(app.Context, app.Action) {}

// OnDismount frees what the browser holds for the screen.
func (s *Screen) OnDismount() {
	s.remember()
	s.grid.release()
	s.drop.release()
	unwatchImport()
}

// OnNav follows the filter in the address.
func (s *Screen) OnNav(ctx app.Context) {
	if session.Now.Screen != "images" || s.assets == nil { // on the way out, or not yet in
		return
	}
	next := parseView(session.Now.Query)
	if reflect.DeepEqual(next, s.view) || next.saved != "" && next.saved == s.view.saved {
		return
	}
	s.remember()
	if next.saved != "" || !reflect.DeepEqual(next.filter, s.view.filter) {
		s.sel.clear()
	}
	s.view = next
	s.syncText()
	s.load(ctx)
}

// syncText makes the search field say what the view says.
func (s *Screen) syncText() {
	if s.text != s.view.filter.Text {
		s.text = s.view.filter.Text
		s.showText()
	}
}

// load gets the list of ids.
func (s *Screen) load(ctx app.Context) {
	s.loads++
	now, c, project, v := s.loads, session.Client(), session.Now.Project, s.view
	s.failure, s.looked = nil, looked{}
	session.Do(s.ctx, func(ctx context.Context) (out listing, err error) {
		if out.view = v; v.saved != "" {
			if out.view, out.saved, err = openSaved(ctx, c, project, v.saved); err != nil {
				return out, err
			}
		}
		out.ids, err = c.AssetIDsBy(ctx, project, out.view.filter, out.view.sort, out.view.to)
		return out, err
	}, func(ctx app.Context, l listing, err error) {
		if now != s.loads {
			return
		}
		if l.saved != nil {
			s.saved.list = l.saved
		}
		if s.failure = err; err != nil {
			return
		}
		if v.saved != "" && l.view.saved == "" {
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.saved.gone"), Error: true})
		}
		s.ids, s.loaded, s.view = l.ids, true, l.view
		s.syncText()
		s.recall(ctx)
		s.follow(ctx)
	})
}

// listing is a list of images, with the view that it is of.
type listing struct {
	ids   []string
	view  view
	saved []domain.SavedFilter
}

// openSaved gives what a saved filter shows, or all images where there is none of that id any more.
func openSaved(ctx context.Context, c *client.Client, project, id string) (view, []domain.SavedFilter, error) {
	list, err := c.SavedFilters(ctx, project)
	for _, f := range list {
		if f.ID == id {
			return viewOf(f), list, err
		}
	}
	return view{sort: domain.SortCreated}, list, err
}

// reload gets the list again and stays where it is: images have come or gone.
func (s *Screen) reload(ctx app.Context) {
	s.remember()
	s.load(ctx)
}

func (s *Screen) loadModels(ctx app.Context) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.Model, error) { return c.Models(ctx, project) },
		func(_ app.Context, models []domain.Model, err error) {
			if err == nil { // without them only the filter by model is missing
				s.models = models
			}
		})
}

// place is where somebody was in a list, for when they come back from an image.
type place struct {
	scroll float64
	image  string
}

var places = map[string]place{}

func (s *Screen) placeKey() string { return session.Now.Project + "?" + s.view.query().Encode() }

func (s *Screen) remember() {
	if !s.loaded {
		return
	}
	p := place{scroll: s.grid.scroll}
	if s.focus < len(s.ids) {
		p.image = s.ids[s.focus]
	}
	places[s.placeKey()] = p
}

// recall shows the new list where it was left.
func (s *Screen) recall(ctx app.Context) {
	p := places[s.placeKey()]
	s.focus = 0
	for i, id := range s.ids {
		if id == p.image {
			s.focus = i
		}
	}
	s.grid.scroll = p.scroll
	s.grid.moved = true
	s.arrange(ctx)
	s.keepFocus(ctx)
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("gallery").Body(
		&hotkeys.Listener{Map: s.keys(), On: s.onKey, Up: s.lift},
		s.toolbar(),
		s.importPanel(),
		app.If(s.orderFailed(), s.noOrder).ElseIf(s.failure != nil, func() app.UI { return app.Div().Class("pad").Body(ui.Failed(s.failure, s.load)) }).
			ElseIf(!s.loaded, s.skeleton).
			ElseIf(len(s.ids) == 0, s.nothing).
			Else(s.renderGrid),
		app.If(s.drop.over, s.overlay),
		s.dialogs(),
	)
}

func (s *Screen) dialogs() app.UI {
	switch s.dialog {
	case "bulk":
		return s.bulkDialog()
	case "save-filter":
		return s.saveDialog()
	case "saved-filters":
		return s.manageDialog()
	case "export":
		return s.renderExport()
	case "import":
		return s.importDialog()
	}
	return app.Span().Hidden(true)
}

func (s *Screen) closeDialog(app.Context) { s.dialog = "" }

// skeleton stands for the grid while the list is on its way.
func (s *Screen) skeleton() app.UI {
	return app.Div().Class("grid-scroll", "waiting").Role("status").Aria("label", i18n.T("loading")).Body(
		app.Range(make([]int, 28)).Slice(func(int) app.UI { return app.Div().Class("skeleton") }))
}

// nothing tells why the grid is empty and what to do.
func (s *Screen) nothing() app.UI {
	if s.view.restricted() {
		return ui.Empty("search", i18n.T("gallery.none.title"), i18n.T("gallery.none.text"),
			ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.filter.clear"), Icon: "close", On: s.clearFilter}))
	}
	if !session.May(domain.RightManage) {
		return ui.Empty("image", i18n.T("gallery.none_yet"), i18n.T("gallery.looks_only"))
	}
	return app.Div().Class("drop-here").Body(
		ui.Icon("upload"),
		app.H2().Text(i18n.T("gallery.empty.title")),
		app.P().Text(i18n.T("gallery.empty.text")),
		app.Div().Class("row", "wrap", "center").Body(
			ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.add.images"), Icon: "image", Kind: "primary", On: s.pick(false)}),
			ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.add.folder"), Icon: "folder", On: s.pick(true)}),
		),
		app.P().Class("small").Text(i18n.T("gallery.empty.formats")),
	)
}
