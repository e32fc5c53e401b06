package clusters

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// groups lists the clusters, with what can be done to the one that has the keyboard.
func (s *Screen) groups() app.UI {
	c := s.made
	clear := "low"
	switch {
	case c.Silhouette >= 0.5:
		clear = "high"
	case c.Silhouette >= 0.25:
		clear = "fair"
	}
	return app.Section().Class("stack").Body(
		app.Div().Class("cluster-bar").Body(
			app.Div().Class("row", "wrap").Body(
				app.B().Text(i18n.N("clusters.made", len(s.rows), "images", i18n.N("images.count", c.Images))),
				ui.Tag(i18n.T("clusters.method."+c.Method), ""),
				app.Span().Title(i18n.T("clusters.clear_hint", "value", fmt.Sprintf("%.2f", c.Silhouette))).Body(ui.Tag(i18n.T("clusters.clear."+clear), "")),
				app.If(c.Unreadable > 0, func() app.UI { return ui.Tag(i18n.N("clusters.unreadable", c.Unreadable), "amber", "alert") }),
			),
			s.classBar(),
			app.Div().Class("keys-hint", "small", "muted", "only-wide").Aria("hidden", "true").Body(s.hints()...),
		),
		app.Ol().Class("cluster-list").Aria("label", i18n.T("clusters.title")).Body(
			app.Range(s.rows).Slice(func(i int) app.UI { return s.row(i) })),
	)
}

func (s *Screen) hints() []app.UI {
	var out []app.UI
	keys := s.keys()
	for _, hint := range []struct {
		action hotkeys.Action
		text   string
	}{{hotkeys.Down, "move"}, {hotkeys.NewClass, "new"}, {hotkeys.Merge, "merge"}, {hotkeys.Split, "split"}, {hotkeys.Open, "open"}, {hotkeys.Undo, "undo"}} {
		if key := keys.Key(hint.action); key != "" {
			out = append(out, app.Kbd().Text(key), app.Span().Text(i18n.T("clusters.key."+hint.text)))
		}
	}
	return out
}

// classBar has a button for each class, which labels the current cluster.
func (s *Screen) classBar() app.UI {
	return app.Div().Class("row", "wrap", "cluster-classes").Role("group").Aria("label", i18n.T("clusters.label_as")).Body(
		ui.ClassButtons(s.working, s.label),
		ui.Button(ui.ButtonSpec{Label: i18n.T("clusters.new"), Icon: "plus", Small: true, Disabled: s.working, On: s.name}),
	)
}

func rowID(i int) string { return fmt.Sprintf("cluster-%d", i) }

func (s *Screen) row(i int) app.UI {
	g := s.rows[i]
	size, left := len(g.members)+len(g.outliers), g.left(s.open)
	class := []string{"cluster", "card"}
	if i == s.at {
		class = append(class, "current")
	}
	if left == 0 {
		class = append(class, "done")
	}
	members, outliers := g.thumbs()
	more := len(g.members) - len(members)
	index := -1
	if i == s.at {
		index = 0
	}
	return app.Li().Class(class...).ID(rowID(i)).TabIndex(index).Aria("current", fmt.Sprint(i == s.at)).
		Aria("label", i18n.T("clusters.row", "n", i+1)+", "+i18n.N("images.count", size)).
		OnClick(func(app.Context, app.Event) { s.at = i }, app.EventScope(i)).
		Body(
			app.Div().Class("cluster-head").Body(
				app.H3().Text(i18n.T("clusters.row", "n", i+1)),
				app.Span().Class("muted", "num").Text(i18n.N("images.count", size)),
				s.labelTag(g, left),
				app.Span().Class("grow"),
				app.If(i == s.at, func() app.UI { return s.actions(i) }),
			),
			app.Div().Class("cluster-pictures").Body(
				app.Div().Class("cluster-thumbs").Body(
					app.Range(members).Slice(func(k int) app.UI { return s.thumb(g, members[k], false) }),
					app.If(more > 0, func() app.UI { return app.Span().Class("more").Text("+" + i18n.Number(more)) }),
				),
				app.If(len(outliers) > 0, func() app.UI {
					return app.Div().Class("cluster-outliers").Role("group").Aria("label", i18n.N("clusters.outliers", len(g.outliers))).Body(
						app.Span().Class("small", "muted").Text(i18n.N("clusters.outliers", len(g.outliers))),
						app.Div().Class("cluster-thumbs").Body(
							app.Range(outliers).Slice(func(k int) app.UI { return s.thumb(g, outliers[k], true) })),
					)
				}),
			),
		)
}

// labelTag says how far the group is labelled.
func (s *Screen) labelTag(g *group, left int) app.UI {
	size := len(g.members) + len(g.outliers)
	if left == size {
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

// thumb is one image of a row. Pressing it takes it out of the labelling, or in.
func (s *Screen) thumb(g *group, id string, outlier bool) app.UI {
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
	return app.Button().Type("button").Class(class...).Role("checkbox").Aria("checked", fmt.Sprint(on)).Aria("label", label).Title(label).
		OnClick(func(app.Context, app.Event) { g.toggle(id) }, app.EventScope(g.key, id)).
		Body(&ui.Thumb{ID: id}, app.Span().Class("tick").Aria("hidden", "true").Body(ui.Icon("check")),
			app.If(a.Label.State == domain.StateLabelled && len(a.Label.Classes) > 0, func() app.UI {
				c, _ := session.Class(a.Label.Classes[0].ClassID)
				return app.Span().Class("dot", ui.ColorClass(c.Color)).Aria("hidden", "true")
			}))
}

// actions are the buttons of the current row.
func (s *Screen) actions(i int) app.UI {
	g := s.rows[i]
	if s.split == g.key {
		return app.Span().Class("row", "small", "muted").Role("status").Body(app.Div().Class("spinner"), app.Span().Text(i18n.T("clusters.splitting")))
	}
	busy, size := s.split != "", len(g.members)+len(g.outliers)
	buttons := []struct {
		name, icon string
		off        bool
		on         ui.Handler
	}{
		{"merge", "merge", busy || i+1 >= len(s.rows), s.merge},
		{"split", "compare", busy || size < 4, s.divide},
		{"open", "grid", false, s.gallery},
	}
	return app.Div().Class("row").Body(app.Range(buttons).Slice(func(k int) app.UI {
		b := buttons[k]
		return ui.Button(ui.ButtonSpec{Label: i18n.T("clusters." + b.name), Icon: b.icon, Small: true, Kind: "quiet", Disabled: b.off, Scope: g.key, On: b.on})
	}))
}
