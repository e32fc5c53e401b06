package clusters

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
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
				app.If(c.Learnt, func() app.UI { return ui.Tag(i18n.T("clusters.learnt"), "jade", "spark") }),
				app.If(c.Unreadable > 0, func() app.UI { return ui.Tag(i18n.N("clusters.unreadable", c.Unreadable), "amber", "alert") }),
				app.Span().Class("small", "muted").Text(s.why()),
			),
			s.classBar(),
			app.If(s.merging != "", func() app.UI {
				return app.Div().Class("small").Role("status").Text(i18n.T("clusters.merging", "key", s.keys().Key(hotkeys.Merge)))
			}),
			app.Div().Class("keys-hint", "small", "muted", "only-wide").Aria("hidden", "true").Body(s.hints()...),
		),
		app.Ol().Class("cluster-list").Aria("label", i18n.T("clusters.title")).Body(
			app.Range(s.rows).Slice(func(i int) app.UI { return s.row(i) })),
		s.rest(),
	)
}

// why says where the number of groups comes from.
func (s *Screen) why() string {
	c := s.made
	switch {
	case c.Asked == 0:
		return i18n.T("clusters.why_auto", "value", fmt.Sprintf("%.2f", c.Silhouette))
	case c.Asked == small(c.Images):
		return i18n.T("clusters.why_small", "n", (c.Images+c.K/2)/max(c.K, 1))
	}
	return i18n.T("clusters.why_fixed")
}

func (s *Screen) hints() []app.UI {
	var out []app.UI
	keys := s.keys()
	for _, hint := range []struct {
		action hotkeys.Action
		text   string
	}{{hotkeys.Down, "move"}, {hotkeys.Next, "along"}, {hotkeys.Tick, "tick"}, {hotkeys.Leave, "leave"}, {hotkeys.Merge, "merge"}, {hotkeys.Split, "split"}} {
		if key := keys.Key(hint.action); key != "" {
			out = append(out, app.Kbd().Text(key), app.Span().Text(i18n.T("clusters.key."+hint.text)))
		}
	}
	return out
}

// classBar has a button for each class, which labels the current cluster.
func (s *Screen) classBar() app.UI {
	n := 0
	if g := s.current(); g != nil {
		n = len(g.target(s.open))
	}
	return app.Div().Class("row", "wrap", "cluster-classes").Role("group").Aria("label", i18n.T("clusters.label_as")).Body(
		app.Span().Class("small", "num").Text(i18n.N("clusters.label_n", n)),
		ui.ClassButtons(false, s.label),
		ui.Button(ui.ButtonSpec{Label: i18n.T("clusters.new"), Icon: "plus", Small: true, Key: s.keys().Key(hotkeys.NewClass), On: s.name}),
		ui.Button(ui.ButtonSpec{
			Label: i18n.T("action.undo"), Icon: "undo", Small: true, Kind: "quiet", Key: s.keys().Key(hotkeys.Undo),
			Disabled: len(s.steps) == 0 && len(s.queue) == 0, On: func(app.Context) { s.undo() },
		}),
	)
}

// rest says what is left when the groups have been gone through, and leads on.
func (s *Screen) rest() app.UI {
	counts, seen := session.Project.Counts, 0
	for _, g := range s.rows {
		if g.passed || g.left(s.open) == 0 {
			seen++
		}
	}
	text := i18n.T("clusters.rest_text")
	switch {
	case counts.Unlabelled == 0:
		text = i18n.T("clusters.rest_none")
	case counts.Labelled == 0:
		text = i18n.T("clusters.rest_first")
	}
	train := ui.LinkButton(i18n.T("clusters.train"), "archive", "", session.At("exports", "").Path())
	return app.Section().Class("card", "row", "wrap", "cluster-rest").ID("cluster-rest").TabIndex(-1).Aria("label", i18n.T("clusters.rest")).Body(
		app.Div().Class("stack", "grow").Body(
			app.B().Text(i18n.T("clusters.rest_count", "labelled", counts.Labelled, "all", counts.Assets, "left", counts.Unlabelled)),
			app.Span().Class("small", "muted").Text(i18n.T("clusters.rest_seen", "n", seen, "all", len(s.rows))+" "+text),
		),
		app.Div().Class("row", "wrap").Body(
			app.If(counts.Unlabelled >= 2, func() app.UI {
				return ui.Button(ui.ButtonSpec{
					Label: i18n.N("clusters.regroup", counts.Unlabelled), Icon: "clusters", Kind: "primary", Key: s.keys().Key(hotkeys.Regroup),
					Disabled: s.setup.sending || s.setup.job != nil, On: s.regroup,
				})
			}),
			app.If(counts.Labelled > 0, func() app.UI { return train }),
		),
	)
}
