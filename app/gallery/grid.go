package gallery

import (
	"context"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Sizes of tiles in CSS pixels.
const (
	defaultTile = 150
	minTile     = 96
	maxTile     = 296
)

// grid is the part of the screen that scrolls.
type grid struct {
	tile     int
	lay      layout
	width    float64
	viewport float64
	scroll   float64
	moved    bool // scroll was set by us and must be given to the element
	from, to int  // rows that are rendered

	view  app.Context    // of what is rendered of it
	cells map[int][]cell // of rendered rows, as they look while only scrolling changes anything

	scrolled time.Time    // when it was scrolled last
	speed    float64      // pixels a second
	bare     map[int]bool // rows that came while it was flung: nobody sees what is in them
	slowing  bool         // it is being watched whether it is slow again

	observer app.Value
	resized  app.Func
}

// fit is the size of tiles: the one that was chosen, smaller in narrow windows, where three in a row are wanted.
func (g *grid) fit() int {
	if g.width < 520 {
		return min(g.tile, 104)
	}
	return g.tile
}

func (g *grid) release() {
	if g.observer != nil {
		g.observer.Call("disconnect")
		g.resized.Release()
		g.observer = nil
	}
}

// watchSize arranges the grid anew whenever its room changes.
func (s *Screen) watchSize(ctx app.Context) {
	if !app.IsClient {
		return
	}
	s.grid.resized = app.FuncOf(func(app.Value, []app.Value) any {
		ctx.Dispatch(s.arrange)
		return nil
	})
	s.grid.observer = app.Window().Get("ResizeObserver").New(s.grid.resized)
	s.grid.observer.Call("observe", s.JSValue())
}

func (s *Screen) scroller() app.Value {
	if !s.Mounted() || !app.IsClient {
		return nil
	}
	if e := s.JSValue().Call("querySelector", ".grid-scroll[role=grid]"); e.Truthy() {
		return e
	}
	return nil
}

// arrange works out the layout once the grid is in the page, and what of it is to be rendered.
func (s *Screen) arrange(ctx app.Context) {
	ctx.Defer(func(ctx app.Context) {
		e := s.scroller()
		if e == nil {
			return
		}
		g := &s.grid
		g.width, g.viewport = e.Get("clientWidth").Float(), e.Get("clientHeight").Float()
		if g.width == 0 {
			return
		}
		before := g.lay
		g.lay = newLayout(len(s.ids), g.width, g.fit())
		if !g.moved && (before.cols != g.lay.cols || before.cell != g.lay.cell) {
			g.scroll, g.moved = g.lay.keep(before, g.scroll), true
		}
		g.from, g.to = g.lay.window(g.scroll, g.viewport)
		ui.SetStyle(e, "--cols", fmt.Sprint(g.lay.cols))
		ui.SetStyle(e, "--cell", fmt.Sprintf("%.3fpx", g.lay.cell))
		ui.SetStyle(e.Get("firstElementChild"), "height", fmt.Sprintf("%.0fpx", g.lay.height()))
		if g.moved {
			g.moved = false
			e.Set("scrollTop", g.scroll)
			g.scroll = e.Get("scrollTop").Float() // the browser keeps it inside
			g.from, g.to = g.lay.window(g.scroll, g.viewport)
		}
		s.fetch(ctx)
		ctx.Update()
	})
}

// onScroll renders the rows that come while others go, a row or two at a time, and nothing otherwise: many at once would hold
// up the frames in which they come.
func (s *Screen) onScroll(ctx app.Context, _ app.Event) {
	g := &s.grid
	g.moveTo(ctx.JSSrc().Get("scrollTop").Float(), time.Now())
	if g.flung() && !g.slowing {
		g.slowing = true
		s.ctx.After(restAfter, s.slowDown)
	}
	if g.flung() && !g.lay.near(g.from, g.to, g.scroll, g.viewport) { // rows that nobody sees come by the page
		ctx.PreventUpdate()
		return
	}
	from, to := g.from, g.to
	if g.from, g.to = g.lay.window(g.scroll, g.viewport); g.from == from && g.to == to {
		ctx.PreventUpdate()
		return
	}
	s.ctx.PreventUpdate() // around the grid all stays as it is
	if g.flung() {
		for r := g.from; r < g.to; r++ {
			if r < from || r >= to {
				g.bare[r] = true
			}
		}
		return
	}
	g.bare = nil
	s.fetch(ctx)
	s.keepFocus(ctx)
}

const (
	// flingSpeed is from how many pixels a second on nobody sees what is in the rows that pass.
	flingSpeed = 9000
	// restAfter is how long after the last scrolling the rows are filled.
	restAfter = 120 * time.Millisecond
)

// moveTo notes where the grid is scrolled to and how fast.
func (g *grid) moveTo(scroll float64, now time.Time) {
	if dt := now.Sub(g.scrolled).Seconds(); dt > 0 && dt < 0.5 {
		g.speed = 0.5*g.speed + 0.5*math.Abs(scroll-g.scroll)/dt
	} else {
		g.speed = 0
	}
	g.scroll, g.scrolled = scroll, now
	if g.flung() && g.bare == nil {
		g.bare = map[int]bool{}
	}
}

func (g *grid) flung() bool { return g.speed > flingSpeed }

// slowDown fills the rows when the grid has come to rest.
func (s *Screen) slowDown(ctx app.Context) {
	g := &s.grid
	if g.flung() && time.Since(g.scrolled) < restAfter {
		ctx.After(restAfter, s.slowDown)
		ctx.PreventUpdate()
		return
	}
	g.slowing, g.speed, g.bare = false, 0, nil
	g.from, g.to = g.lay.window(g.scroll, g.viewport)
	ctx.PreventUpdate()
	s.showGrid()
	s.fetch(ctx)
	s.keepFocus(ctx)
}

// rendered are the places in ids of the rendered cells, [from, to).
func (s *Screen) rendered() (from, to int) {
	g := &s.grid
	return min(g.from*g.lay.cols, len(s.ids)), min(g.to*g.lay.cols, len(s.ids))
}

// pageOfAssets is how many assets are asked for at a time.
const pageOfAssets = 200

// wanted are the assets to ask for: those that are rendered and not known. Where there are any, those that come after and
// before them go along, so that scrolling asks once a page and not once a row.
func (s *Screen) wanted() []string {
	var want []string
	from, to := s.rendered()
	add := func(from, to int) {
		for i := max(from, 0); i < min(to, len(s.ids)) && len(want) < pageOfAssets; i++ {
			if _, known := s.assets[s.ids[i]]; !known || s.stale[s.ids[i]] {
				want = append(want, s.ids[i])
			}
		}
	}
	if add(from, to); len(want) > 0 {
		add(to, to+pageOfAssets)
		add(from-pageOfAssets, from)
	}
	return want
}

// fetch gets the assets that are wanted, one page at a time: while it is on its way the user may have scrolled on, and what
// matters is where they are then.
func (s *Screen) fetch(ctx app.Context) {
	if s.busy {
		return
	}
	want := s.wanted()
	if len(want) == 0 {
		return
	}
	s.busy = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.AssetPage, error) {
		return c.Assets(ctx, project, domain.Filter{IDs: want}, "", "", pageOfAssets)
	}, func(ctx app.Context, page domain.AssetPage, err error) {
		s.busy = false
		if err != nil {
			s.failure = err
			return
		}
		s.forget()
		for _, id := range want {
			delete(s.stale, id)
			s.assets[id] = domain.Asset{ID: id} // stays so where it was deleted meanwhile
		}
		for _, a := range page.Items {
			s.assets[a.ID] = a
		}
		if s.grid.cells = nil; s.view.to == "" && s.sel.count() == 0 { // else more than the grid tells of assets
			ctx.PreventUpdate()
			s.showGrid()
		}
		s.fetch(ctx)
	})
}

// knownAssets is how many assets are kept.
const knownAssets = 6000

func (s *Screen) forget() {
	if len(s.assets) < knownAssets {
		return
	}
	kept := map[string]domain.Asset{}
	from, to := s.rendered()
	for _, id := range s.ids[from:to] {
		if a, ok := s.assets[id]; ok {
			kept[id] = a
		}
	}
	s.assets = kept
}

// gridView is the grid in the page. It is a component of its own, so that scrolling renders nothing around it.
type gridView struct {
	app.Compo

	Screen *Screen
	Turn   int // another one whenever the screen is rendered
}

// OnMount implements app.Mounter.
func (v *gridView) OnMount(ctx app.Context) { v.Screen.grid.view = ctx }

// Render implements app.Composer.
func (v *gridView) Render() app.UI { return v.Screen.rows() }

func (s *Screen) renderGrid() app.UI {
	s.grid.cells = nil // anything may have changed
	s.turn++
	return &gridView{Screen: s, Turn: s.turn}
}

// showGrid renders the grid and nothing around it.
func (s *Screen) showGrid() {
	if s.grid.view.Context != nil {
		s.grid.view.Dispatch(func(app.Context) { s.ctx.PreventUpdate() })
	}
}

func (s *Screen) rows() app.UI {
	g := &s.grid
	rows := g.to - g.from
	maps.DeleteFunc(g.cells, func(r int, _ []cell) bool { return r < g.from || r >= g.to })
	var owned []string
	for r := g.from; r < g.to; r++ {
		owned = append(owned, rowID(r))
	}
	// Each row stays in the slot that its number gives, so that scrolling changes only rows that come and go; aria-owns
	// gives readers their order.
	slots := make([]app.UI, rows)
	for r := g.from; r < g.to; r++ {
		slots[r%rows] = s.row(r)
	}
	// It is the only section here, so that what takes its place is never made of its element, which has styles of ours.
	return app.Div().Class("grid-scroll").Role("grid").Aria("label", i18n.T("gallery.grid")).Aria("multiselectable", "true").Aria("describedby", "grid-how").
		Aria("rowcount", fmt.Sprint(g.lay.rows())).Aria("colcount", fmt.Sprint(g.lay.cols)).TabIndex(-1).
		OnScroll(s.onScroll, app.PassiveEvent()).OnClick(s.onClick).OnMouseDown(s.onMouseDown).Body(
		app.Div().Class("grid-space").Role("rowgroup").Aria("owns", join(owned)).Body(slots...),
	)
}

func join(ids []string) string {
	out := ""
	for i, id := range ids {
		if i > 0 {
			out += " "
		}
		out += id
	}
	return out
}

func rowID(r int) string { return fmt.Sprintf("grid-row-%d", r) }

func (s *Screen) row(r int) app.UI {
	g := &s.grid
	out := &row{Index: r, Top: g.lay.rowTop(r), Bare: g.bare[r]}
	if out.Bare {
		return out
	}
	if out.Cells = g.cells[r]; out.Cells == nil {
		for i := r * g.lay.cols; i < min((r+1)*g.lay.cols, len(s.ids)); i++ {
			out.Cells = append(out.Cells, s.cell(i))
		}
		if g.cells == nil {
			g.cells = map[int][]cell{}
		}
		g.cells[r] = out.Cells
	}
	return out
}

// cell says how cell i looks now.
func (s *Screen) cell(i int) cell {
	id := s.ids[i]
	c := cell{Index: i, ID: id, Chosen: s.sel.has(id), Current: i == s.focus}
	a, known := s.assets[id]
	switch {
	case !known:
		c.Label = i18n.T("loading")
		return c
	case a.ProjectID == "":
		c.Gone, c.Label = true, i18n.T("gallery.cell.gone")
		return c
	}
	c.Name, c.Ready = a.Name, true
	c.State, c.Flag, c.Talk = string(a.Label.State), a.Label.Flag, a.OpenThreads
	for _, class := range classesOf(a.Label) {
		c.Classes = append(c.Classes, chip{class.Name, class.Color})
	}
	if a.Label.State == domain.StateAuto {
		c.Percent = i18n.Percent(a.Label.Confidence, 0)
	}
	c.Label = describe(a, c)
	return c
}

// classesOf gives the classes of a label, those of boxes once each.
func classesOf(l domain.Label) []domain.Class {
	var out []domain.Class
	seen := map[string]bool{}
	add := func(id string) {
		if c, ok := session.Class(id); ok && !seen[id] {
			seen[id] = true
			out = append(out, c)
		}
	}
	for _, c := range l.Classes {
		add(c.ClassID)
	}
	for _, b := range l.Boxes {
		add(b.ClassID)
	}
	return out
}

// describe is what a screen reader says of an image: what stands there, in the same order, then its state.
func describe(a domain.Asset, c cell) string {
	text := a.Name
	for _, class := range c.Classes {
		text += ", " + class.Name
	}
	if c.Percent != "" {
		text += ", " + c.Percent
	}
	if c.Flag != domain.FlagNone {
		text += ", " + i18n.T("flag."+string(c.Flag))
	}
	if c.Talk > 0 {
		text += ", " + i18n.N("comments.open_long", c.Talk)
	}
	return text + ", " + i18n.T("state."+string(a.Label.State))
}

// onClick selects or opens the image that was clicked on.
func (s *Screen) onClick(ctx app.Context, e app.Event) {
	target := e.Get("target")
	element := target.Call("closest", "[data-i]")
	if !element.Truthy() {
		ctx.PreventUpdate()
		return
	}
	i := 0
	if _, err := fmt.Sscan(element.Get("dataset").Get("i").String(), &i); err != nil || i >= len(s.ids) {
		return
	}
	before := s.focus
	s.focus = i
	switch tick := target.Call("closest", ".tick").Truthy(); {
	case target.Call("closest", ".like").Truthy():
		s.showLike(ctx, i)
		return
	case e.Get("shiftKey").Bool():
		if s.sel.count() == 0 {
			s.sel.anchor = before
		}
		s.sel.extend(s.ids, s.sel.anchor, i)
	case tick, e.Get("ctrlKey").Bool(), e.Get("metaKey").Bool(), s.sel.count() > 0:
		s.sel.toggle(s.ids, i)
	default:
		s.open(ctx, i)
	}
	s.giveFocus(ctx)
}

// onMouseDown keeps Shift+click from selecting text.
func (s *Screen) onMouseDown(ctx app.Context, e app.Event) {
	if e.Get("shiftKey").Bool() {
		e.PreventDefault()
	}
	ctx.PreventUpdate()
}

// open goes to the image, with the same list to walk along.
func (s *Screen) open(ctx app.Context, i int) {
	if i < 0 || i >= len(s.ids) {
		return
	}
	to := session.At("annotate", s.ids[i])
	to.Query = s.view.spelled()
	ctx.Navigate(to.Path())
}

// moveTo walks to cell i and scrolls so that it is seen.
func (s *Screen) moveTo(ctx app.Context, i int) {
	g := &s.grid
	s.focus = i
	if to := g.lay.reveal(i, g.scroll, g.viewport); to != g.scroll {
		g.scroll = to
		if e := s.scroller(); e != nil {
			e.Set("scrollTop", to)
		}
	}
	if g.lay.near(g.from, g.to, g.scroll, g.viewport) {
		g.from, g.to = g.lay.window(g.scroll, g.viewport)
		s.fetch(ctx)
	}
	s.giveFocus(ctx)
}

// giveFocus puts the browser's focus where ours is.
func (s *Screen) giveFocus(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		e := s.scroller()
		if e == nil {
			return
		}
		to := e.Call("querySelector", fmt.Sprintf(`[data-i="%d"]`, s.focus))
		if !to.Truthy() {
			to = e
		}
		to.Call("focus", map[string]any{"preventScroll": true})
	})
}

// keepFocus moves the browser's focus along when the cell that has it shows another image now.
func (s *Screen) keepFocus(ctx app.Context) {
	e := s.scroller()
	if e != nil && e.Call("contains", app.Window().Get("document").Get("activeElement")).Bool() {
		s.giveFocus(ctx)
	}
}
