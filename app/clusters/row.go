package clusters

import (
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func rowID(i int) string { return fmt.Sprintf("cluster-%d", i) }

func thumbID(row, k int) string { return fmt.Sprintf("cluster-%d-%d", row, k) }

// groupRow is a group in the list. It is a component so that a key renders the rows only that look different after it: all of them are
// thousands of elements.
type groupRow struct {
	app.Compo

	Screen *Screen
	Group  *group
	At     int
	Look   string // all that differs between two looks of the same group
}

// row gives the row of a group as it looks now.
func (s *Screen) row(i int) app.UI {
	g := s.rows[i]
	var look strings.Builder
	class, _ := session.Class(classOf(g, s.known))
	probably, _ := session.Class(g.class)
	_, _ = fmt.Fprint(&look, i18n.Language(), i == s.at, g.only, g.passed, s.merging, g.left(s.open), s.split, len(s.rows), class.Name, class.Color, probably.Name, probably.Color)
	members, outliers := g.thumbs()
	for _, list := range [][]string{members, outliers} {
		for _, id := range list {
			a := s.known[id]
			_, _ = fmt.Fprint(&look, g.ticked(id), a.Name, a.Label.State)
			if len(a.Label.Classes) > 0 {
				look.WriteString(a.Label.Classes[0].ClassID)
			}
		}
	}
	return &groupRow{Screen: s, Group: g, At: i, Look: look.String()}
}

// Render implements app.Composer.
func (r *groupRow) Render() app.UI {
	s, g, i := r.Screen, r.Group, r.At
	left, index := g.left(s.open), -1
	class := []string{"cluster", "card"}
	if i == s.at {
		class, index = append(class, "current"), 0
	}
	if left == 0 || g.passed {
		class = append(class, "done")
	}
	if g.key == s.merging {
		class = append(class, "merging")
	}
	members, outliers := g.thumbs()
	more := len(g.members) - len(members)
	return app.Li().Class(class...).ID(rowID(i)).TabIndex(index).Aria("current", fmt.Sprint(i == s.at)).
		Aria("label", i18n.T("clusters.row", "n", i+1)+", "+i18n.N("images.count", g.size())).
		OnClick(func(app.Context, app.Event) { s.at, s.pic = i, -1 }, app.EventScope(i)).
		Body(
			app.Div().Class("cluster-head").Body(
				app.H3().Text(i18n.T("clusters.row", "n", i+1)),
				app.Span().Class("muted", "num").Text(i18n.N("images.count", g.size())),
				s.labelTag(g, left),
				s.hintTags(g, left),
				app.Span().Class("grow"),
				app.If(i == s.at, func() app.UI { return s.actions(g) }),
			),
			app.Div().Class("cluster-pictures").Body(
				app.Div().Class("cluster-thumbs").Body(
					app.Range(members).Slice(func(k int) app.UI { return s.thumb(g, thumbID(i, k), members[k], false) }),
					app.If(more > 0, func() app.UI { return app.Span().Class("more").Text("+" + i18n.Number(more)) }),
				),
				app.If(len(outliers) > 0, func() app.UI {
					return app.Div().Class("cluster-outliers").Role("group").Aria("label", i18n.N("clusters.outliers", len(g.outliers))).Body(
						app.Span().Class("small", "muted").Text(i18n.N("clusters.outliers", len(g.outliers))),
						app.Div().Class("cluster-thumbs").Body(
							app.Range(outliers).Slice(func(k int) app.UI { return s.thumb(g, thumbID(i, len(members)+k), outliers[k], true) })),
					)
				}),
			),
		)
}

// labelTag says how far the group is labelled.
func (s *Screen) labelTag(g *group, left int) app.UI {
	if left == g.size() {
		if g.passed {
			return ui.Tag(i18n.T("clusters.left_out"), "")
		}
		return app.Span().Hidden(true)
	}
	text := i18n.T("clusters.left", "n", left)
	if left == 0 {
		text = i18n.T("clusters.done")
	}
	class, named := session.Class(classOf(g, s.known))
	body := []app.UI{ui.Tag(text, "jade")}
	if named {
		body = append([]app.UI{ui.ClassName(class)}, body...)
	}
	return app.Span().Class("row").Body(body...)
}

// hintTags say what an open group probably shows, and that it may be several things.
func (s *Screen) hintTags(g *group, left int) app.UI {
	if left == 0 || g.passed {
		return app.Span().Hidden(true)
	}
	var body []app.UI
	if class, ok := session.Class(g.class); ok && g.sure >= 0.4 {
		body = append(body, app.Span().Class("tag", "violet").Body(ui.Icon("spark"), app.Span().Class("dot", ui.ColorClass(class.Color)),
			app.Span().Class("cut").Text(i18n.T("clusters.probably", "class", class.Name, "share", i18n.Percent(g.sure, 0)))))
	}
	switch {
	case g.only:
		body = append(body, ui.Tag(i18n.T("clusters.only"), "amber"))
	case g.mixed() && g.size() <= smallGroup:
		body = append(body, ui.Tag(i18n.T("clusters.mixed"), "amber"))
	}
	return app.Span().Class("row", "wrap").Body(body...)
}

// thumb is one image of a row. Pressing it takes it out of the labelling, or in.
func (s *Screen) thumb(g *group, element, id string, outlier bool) app.UI {
	on := g.ticked(id)
	class := []string{"cluster-thumb"}
	if !on {
		class = append(class, "off")
	}
	a := s.known[id]
	label := a.Name
	if outlier {
		label = i18n.T("clusters.outlier", "name", a.Name)
	}
	return app.Button().Type("button").Class(class...).ID(element).Role("checkbox").Aria("checked", fmt.Sprint(on)).Aria("label", label).Title(label).
		OnClick(func(app.Context, app.Event) { g.toggle(id) }, app.EventScope(g.key, id)).
		Body(&ui.Thumb{ID: id}, app.Span().Class("tick").Aria("hidden", "true").Body(ui.Icon("check")),
			app.If(a.Label.State == domain.StateLabelled && len(a.Label.Classes) > 0, func() app.UI {
				c, _ := session.Class(a.Label.Classes[0].ClassID)
				return app.Span().Class("dot", ui.ColorClass(c.Color)).Aria("hidden", "true")
			}))
}

// actions are the buttons of the current row.
func (s *Screen) actions(g *group) app.UI {
	if s.split == g.key {
		return app.Span().Class("row", "small", "muted").Role("status").Body(app.Div().Class("spinner"), app.Span().Text(i18n.T("clusters.splitting")))
	}
	tick, leave, merge := "tick_one", "leave", "merge"
	if g.only {
		tick = "tick_all"
	}
	if g.passed {
		leave = "take_in"
	}
	switch s.merging {
	case "":
	case g.key:
		merge = "merge_off"
	default:
		merge = "merge_here"
	}
	busy, keys := s.split != "", s.keys()
	buttons := []struct {
		name, icon string
		key        hotkeys.Action
		off        bool
		on         ui.Handler
	}{
		{tick, "check", hotkeys.Tick, len(g.shown) == 0, func(app.Context) { g.alone() }},
		{leave, "skip", hotkeys.Leave, false, s.leave},
		{merge, "merge", hotkeys.Merge, busy || len(s.rows) < 2, s.merge},
		{"split", "compare", hotkeys.Split, busy || g.size() < 4, s.divide},
		{"open", "grid", hotkeys.Open, false, s.gallery},
	}
	return app.Div().Class("row", "wrap").Body(app.Range(buttons).Slice(func(k int) app.UI {
		b := buttons[k]
		return ui.Button(ui.ButtonSpec{
			Label: i18n.T("clusters." + b.name), Icon: b.icon, Small: true, Kind: "quiet", Key: keys.Key(b.key), Disabled: b.off, Scope: g.key, On: b.on,
		})
	}))
}
