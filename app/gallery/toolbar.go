package gallery

import (
	"fmt"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// searchDelay is how long the user must pause before a text is searched for.
const searchDelay = 250 * time.Millisecond

func (s *Screen) toolbar() app.UI {
	if session.Project.Counts.Assets == 0 && !s.view.restricted() {
		return app.Div().Class("gallery-bar", "bare").Body(app.H1().Class("visually-hidden").Text(i18n.T("nav.images")))
	}
	folded := "folded"
	if s.folded {
		folded = "open"
	}
	return app.Div().Class("gallery-bar").Body(
		app.H1().Class("visually-hidden").Text(i18n.T("nav.images")),
		app.P().Class("visually-hidden").ID("grid-how").Text(i18n.T("gallery.how")),
		app.Div().Class("line").Body(
			app.Div().Class("search").Body(ui.Icon("search"),
				app.Input().ID("gallery-search").Class("input").Type("search").Value(s.text).Placeholder(i18n.T("gallery.search")).
					Aria("label", i18n.T("gallery.search")).AutoComplete(false).OnInput(s.onSearch)),
			ui.Button(ui.ButtonSpec{Label: s.filterLabel(), Icon: "filter", Kind: "only-narrow " + onKind(s.view.hidden()) + " shrink", Pressed: &s.folded, On: func(app.Context) { s.folded = !s.folded }}),
			app.Span().Class("only-wide").Body(s.sorter()),
			app.Label().Class("tile-size", "only-wide").Title(i18n.T("gallery.tile")).Body(
				ui.Icon("grid"),
				app.Input().Type("range").Min(minTile).Max(maxTile).Step(8).Value(s.grid.tile).Aria("label", i18n.T("gallery.tile")).OnInput(s.onTile)),
			app.Span().Class("grow", "only-wide"),
			app.Span().Class("only-wide").Body(ui.LinkButton(i18n.T("check.title"), "eye", "", session.At("check", "").Path())),
			app.If(session.May(domain.RightManage), func() app.UI {
				return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.export"), Icon: "download", Kind: "shrink", On: s.askExport})
			}),
			app.If(session.May(domain.RightManage), func() app.UI {
				return &ui.Menu{Label: i18n.T("gallery.add"), Icon: "plus", Kind: "primary shrink", Items: []ui.MenuItem{
					{Label: i18n.T("gallery.add.images"), Icon: "image", On: s.pick(false)},
					{Label: i18n.T("gallery.add.folder"), Icon: "folder", On: s.pick(true)},
				}}
			}),
		),
		app.Div().Class("line", "filters", folded).Role("group").Aria("label", i18n.T("gallery.filter")).Body(s.filters()...),
		s.status(),
	)
}

func (s *Screen) filterLabel() string {
	if n := s.view.hidden(); n > 0 {
		return i18n.T("gallery.filter.n", "n", n)
	}
	return i18n.T("gallery.filter")
}

// go shows another view by going to its address.
func (s *Screen) show(ctx app.Context, v view) {
	to := session.At("images", "")
	to.Query = v.query()
	ctx.Navigate(to.Path())
}

// refine shows the view that change makes of the present one.
func (s *Screen) refine(change func(v *view)) ui.Handler {
	return func(ctx app.Context) {
		v := s.view
		v.saved = ""
		change(&v)
		s.show(ctx, v)
	}
}

func (s *Screen) clearFilter(ctx app.Context) { s.show(ctx, view{sort: s.view.sort, to: s.view.to}) }

func (s *Screen) onSearch(ctx app.Context, _ app.Event) {
	s.text = ctx.JSSrc().Get("value").String()
	s.typed++
	now := s.typed
	ctx.After(searchDelay, func(ctx app.Context) {
		if now == s.typed && s.text != s.view.filter.Text {
			s.refine(func(v *view) { v.filter.Text = s.text })(ctx)
		}
	})
}

// showText puts the text of the address into the field: an empty value is none that the renderer would set.
func (s *Screen) showText() {
	if e := app.Window().GetElementByID("gallery-search"); e.Truthy() {
		e.Set("value", s.text)
	}
}

func (s *Screen) focusSearch() {
	if e := app.Window().GetElementByID("gallery-search"); e.Truthy() {
		e.Call("focus")
		e.Call("select")
	}
}

func (s *Screen) onTile(ctx app.Context, _ app.Event) {
	size := 0
	if _, err := fmt.Sscan(ctx.JSSrc().Get("value").String(), &size); err != nil {
		return
	}
	s.grid.tile = clamp(size, minTile, maxTile)
	_ = ctx.LocalStorage().Set("tile", s.grid.tile)
	s.arrange(ctx)
}

// status says how many images are shown, or what is selected and what can be done with it.
func (s *Screen) status() app.UI {
	if s.sel.count() > 0 {
		return s.selectionBar()
	}
	text := ""
	switch {
	case s.working:
		text = i18n.T("gallery.working")
	case s.loaded:
		text = i18n.N("images.count", len(s.ids))
		if s.view.restricted() {
			text = i18n.T("gallery.matching", "n", len(s.ids), "total", session.Project.Counts.Assets)
		}
	}
	keys, inForce := someKeys(), s.keys()
	return app.Div().Class("line", "status").Body(
		app.Span().Class("num", "muted").Role("status").Text(text),
		app.If(s.loaded && len(s.ids) > 0, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.select_all", "n", len(s.ids)), Kind: "quiet", Small: true, On: s.selectAll})
		}),
		s.lookedNote(),
		app.Span().Class("grow"),
		app.If(len(s.ids) > 0, func() app.UI {
			return app.Span().Class("keys-hint", "only-wide", "muted", "small").Body(
				app.Kbd().Text(inForce.Key(hotkeys.Select)), app.Span().Text(i18n.T("gallery.hint.select")),
				app.Kbd().Text(inForce.Key(hotkeys.Open)), app.Span().Text(i18n.T("gallery.hint.open")),
				app.Range(keys).Slice(func(i int) app.UI { return app.Kbd().Text(keys[i]) }),
				app.If(len(keys) > 0, func() app.UI { return app.Span().Text(i18n.T("gallery.hint.label")) }),
			)
		}),
	)
}

// someKeys are the first keys that label, as a hint.
func someKeys() []string {
	var out []string
	for _, c := range session.Classes() {
		if c.Key != "" && len(out) < 3 && session.Project.Task != domain.TaskBoxes && !session.OnlyLooks() {
			out = append(out, c.Key)
		}
	}
	return out
}

func (s *Screen) selectionBar() app.UI {
	n := s.sel.count()
	bar := []app.UI{
		ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.unselect"), Icon: "close", IconOnly: true, Kind: "quiet", Small: true, On: func(app.Context) { s.sel.clear() }}),
		app.B().Class("num").Role("status").Text(i18n.N("gallery.selected", n)),
		app.If(s.loaded && n < len(s.ids), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.select_all", "n", len(s.ids)), Kind: "quiet every", Small: true, On: s.selectAll})
		}),
		app.If(n == 1, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.like"), Icon: "clusters", Kind: "quiet", Small: true, On: s.likeSelected})
		}),
		app.Span().Class("grow"),
	}
	if !session.OnlyLooks() {
		bar = append(bar, s.selectionActions()...)
	}
	return app.Div().Class("line", "status", "selected").Role("region").Aria("label", i18n.T("gallery.selection")).Body(bar...)
}

// selectionActions are what can be done to the selection.
func (s *Screen) selectionActions() []app.UI {
	boxes := session.Project.Task == domain.TaskBoxes
	return []app.UI{
		app.If(!boxes && len(session.Classes()) > 0, func() app.UI {
			return &ui.Menu{Label: s.giveLabel(), Icon: "tag", Kind: "primary", Small: true, Disabled: s.working, Items: s.classItems("set", "add")}
		}),
		app.If(session.Project.Task == domain.TaskMulti && len(session.Classes()) > 0, func() app.UI {
			return &ui.Menu{Label: i18n.T("gallery.remove"), Icon: "minus", Small: true, Disabled: s.working, Items: s.classItems("", "remove")}
		}),
		app.If(session.Project.Counts.Auto > 0, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.accept"), Icon: "check", Small: true, Disabled: s.working, On: func(ctx app.Context) { s.change(ctx, "accept") }})
		}),
		app.If(session.MayReview(), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("verdict.approve"), Icon: "check", Small: true, Disabled: s.working, On: s.approve})
		}),
		app.If(mayGold(), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("work.gold_mark"), Icon: "coins", Small: true, Disabled: s.working, On: s.markGold})
		}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.skip"), Icon: "skip", Small: true, Disabled: s.working, On: func(ctx app.Context) { s.change(ctx, "skip") }}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.unlabel"), Icon: "undo", Small: true, Disabled: s.working, On: func(ctx app.Context) { s.change(ctx, "clear") }}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.export_selected"), Icon: "download", Small: true, On: s.askExport}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("action.delete"), Icon: "trash", Kind: "danger", Small: true, Disabled: s.working, On: s.askDelete}),
	}
}

func (s *Screen) giveLabel() string {
	if session.Project.Task == domain.TaskMulti {
		return i18n.T("gallery.add_class")
	}
	return i18n.T("gallery.label_as")
}

// classItems are the classes as commands: what single and multi do with each.
func (s *Screen) classItems(single, multi string) []ui.MenuItem {
	action := single
	if session.Project.Task == domain.TaskMulti {
		action = multi
	}
	var out []ui.MenuItem
	for _, c := range session.Classes() {
		out = append(out, ui.MenuItem{Label: c.Name, Color: c.Color, Hint: c.Key, On: func(ctx app.Context) { s.give(ctx, action, c) }})
	}
	return out
}
