package embedmap

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	maxThumbs = 24  // of the selection
	maxLink   = 400 // images that the gallery is asked for by an address
)

// work is the map with what can be done on it.
func (s *Screen) work() app.UI {
	m := s.made
	missing := session.Project.Counts.Assets - m.Images - m.Unreadable
	return app.Div().Class("map-work").Body(
		app.Div().Class("map-side").Body(
			app.Div().Class("row", "wrap").Body(
				app.B().Text(i18n.N("images.count", m.Images)),
				app.Span().Title(i18n.T("map.trust_hint")).Body(ui.Tag(i18n.T("map.trust", "share", i18n.Percent(m.Trust, 0)), "")),
				app.If(m.Unreadable > 0, func() app.UI { return ui.Tag(i18n.N("map.unreadable", m.Unreadable), "amber", "alert") }),
			),
			app.If(missing > 0, func() app.UI { return ui.Notice("info", i18n.N("map.outdated", missing)) }),
			app.Span().Class("label").Text(i18n.T("map.by")),
			ui.Segmented(i18n.T("map.by"), s.by, s.modes(), func(_ app.Context, v string) { s.by, s.reason = v, ""; s.refresh() }),
			app.If(s.reason != "", func() app.UI { return ui.Notice("info", s.reason) }),
			s.legendList(),
		),
		app.Div().Class("map-stage").Body(
			&canvasBox{Canvas: &s.canvas, Label: i18n.T("map.plane", "n", m.Images)},
			s.tools(),
			s.tip(),
			app.Div().Class("visually-hidden").Role("status").Text(s.spoken()),
		),
		s.selection(),
	)
}

func (s *Screen) modes() []ui.Option {
	out := []ui.Option{{Value: byLabel, Label: i18n.T("map.by.label")}}
	if session.Project.Task != domain.TaskBoxes {
		out = append(out, ui.Option{Value: byModel, Label: i18n.T("map.by.model")}, ui.Option{Value: byDoubt, Label: i18n.T("map.by.doubt")})
	}
	return out
}

// tools are what a drag does, and how near the map is.
func (s *Screen) tools() app.UI {
	var options []ui.Option
	for _, tool := range []string{toolLasso, toolBox, toolMove} {
		options = append(options, ui.Option{Value: tool, Label: i18n.T("map.tool." + tool)})
	}
	zoom := func(icon, name string, on func()) app.UI {
		return ui.Button(ui.ButtonSpec{Icon: icon, Label: i18n.T(name), IconOnly: true, Small: true, Kind: "quiet", On: func(app.Context) { on() }})
	}
	return app.Div().Class("map-tools", "row").Body(
		ui.Segmented(i18n.T("map.tool"), s.canvas.tool, options, func(_ app.Context, v string) { s.canvas.tool = v }),
		app.Span().Class("row").Body(
			zoom("plus", "map.zoom_in", func() { s.canvas.near(1.5) }),
			zoom("minus", "map.zoom_out", func() { s.canvas.near(1 / 1.5) }),
			zoom("fit", "map.fit", func() { s.canvas.plot.fit(); s.canvas.changed() }),
		),
	)
}

// hovered shows what the pointer is over.
func (s *Screen) hovered(i int, x, y float64) {
	s.hover = i
	if tip := app.Window().GetElementByID("map-tip"); tip.Truthy() && i >= 0 {
		ui.SetStyle(tip, "left", fmt.Sprintf("%.0fpx", min(x+14, max(float64(s.canvas.plot.w)/s.canvas.ratio-150, 0))))
		ui.SetStyle(tip, "top", fmt.Sprintf("%.0fpx", max(min(y+14, float64(s.canvas.plot.h)/s.canvas.ratio-190), 0)))
	}
	s.ctx.Dispatch(func(app.Context) {})
}

// tip is the image under the pointer.
func (s *Screen) tip() app.UI {
	p := &s.canvas.plot
	if s.hover < 0 || s.hover >= len(s.made.Assets) || int(p.row[s.hover]) >= len(s.legend) {
		return app.Div().ID("map-tip").Class("map-tip").Hidden(true)
	}
	r := s.legend[p.row[s.hover]]
	return app.Div().ID("map-tip").Class("map-tip").Aria("hidden", "true").Body(
		&ui.Thumb{ID: s.made.Assets[s.hover]},
		app.Span().Class("row").Body(app.Span().Class("dot", ui.ColorClass(r.colour)), app.Span().Text(r.name)),
	)
}

// spoken says where keys have come to.
func (s *Screen) spoken() string {
	p, at := &s.canvas.plot, s.canvas.cursor
	if at < 0 || at >= len(p.row) || int(p.row[at]) >= len(s.legend) {
		return ""
	}
	name := "map.at"
	if p.selected[at] {
		name = "map.at_selected"
	}
	return i18n.T(name, "n", at+1, "class", s.legend[p.row[at]].name)
}

// picked gives the ids that are selected.
func (s *Screen) picked() []string {
	var out []string
	for i, on := range s.canvas.plot.selected {
		if on {
			out = append(out, s.made.Assets[i])
		}
	}
	return out
}

// selection shows what is selected, and labels it.
func (s *Screen) selection() app.UI {
	ids := s.picked()
	if len(ids) == 0 {
		return app.Div().Class("map-selection", "muted").Role("status").Body(app.P().Text(i18n.T("map.select_hint")))
	}
	shown := ids[:min(len(ids), maxThumbs)]
	link := session.At("images", "")
	link.Query = url.Values{"ids": {strings.Join(ids[:min(len(ids), maxLink)], ",")}}
	return app.Section().Class("map-selection", "stack").Aria("label", i18n.T("map.selection")).Body(
		app.Div().Class("row", "wrap").Body(
			app.B().Role("status").Text(i18n.N("map.selected", len(ids))),
			ui.Button(ui.ButtonSpec{Label: i18n.T("map.unselect"), Icon: "close", Small: true, Kind: "quiet", On: s.unselect}),
			ui.LinkButton(i18n.T("map.open"), "grid", "small", link.Path()),
		),
		app.If(session.Project.Task != domain.TaskBoxes && session.May(domain.RightLabel), s.classBar),
		app.Ul().Class("map-thumbs").Body(
			app.Range(shown).Slice(func(i int) app.UI { return app.Li().Body(&ui.Thumb{ID: shown[i]}) }),
			app.If(len(ids) > len(shown), func() app.UI { return app.Li().Class("more").Text("+" + i18n.Number(len(ids)-len(shown))) }),
		),
	)
}

func (s *Screen) unselect(app.Context) {
	s.canvas.plot.mark(false, func(int) bool { return false })
	s.canvas.changed()
}

// classBar has a button for each class, which labels what is selected.
func (s *Screen) classBar() app.UI {
	return app.Div().Class("row", "wrap", "map-classes").Role("group").Aria("label", i18n.T("map.label_as")).Body(
		ui.ClassButtons(s.working, s.label))
}
