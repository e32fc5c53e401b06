package settings

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func (s *Screen) classList(found map[int][]problem) app.UI {
	rows := s.rows()
	sums := domain.TreeOf(s.classes).Sums(allUses())
	return app.Section().Class("card", "stack").Body(
		app.Div().Body(app.H2().Text(i18n.T("settings.classes")), app.P().Class("muted", "small").Text(i18n.T("settings.classes.text")+" "+i18n.T("settings.tree.text"))),
		app.If(len(s.classes) == 0, func() app.UI { return app.P().Class("muted").Text(i18n.T("settings.no_classes")) }),
		app.Ul().Class("class-list").Body(s.classRows(rows, sums, found)...),
		s.topZone(),
		app.Div().Class("visually-hidden").Role("status").Aria("live", "polite").Text(s.said),
		app.Div().Body(ui.Button(ui.ButtonSpec{Label: i18n.T("settings.add"), Icon: "plus", On: s.add})),
	)
}

func (s *Screen) add(ctx app.Context) {
	s.classes = append(s.classes, domain.Class{ID: rand.Text(), Color: freeColor(s.classes), Key: freeKey(s.classes)})
	id := classID(len(s.classes)-1, "name")
	ctx.Defer(func(app.Context) {
		if e := app.Window().GetElementByID(id); e.Truthy() {
			e.Call("focus")
			e.Call("scrollIntoView", map[string]any{"block": "center"})
		}
	})
}

const (
	firstRows = 100 // classes that are listed at first: a thousand fields, menus and buttons take a page seconds
	moreRows  = 300
)

// classRows lists the first classes, a button for more, and of the rest those that somebody is at work on.
func (s *Screen) classRows(rows []domain.Row, sums map[string]int, found map[int][]problem) (out []app.UI) {
	s.listed = max(s.listed, firstRows)
	dirty := s.dirty()
	left := 0
	for at, row := range rows {
		c, fresh := s.classes[row.Place], row.Place >= len(s.base.Classes)
		if at == s.listed {
			out = append(out, nil) // the button, which says how many are left
		}
		if at >= s.listed && !fresh && len(found[row.Place]) == 0 && c == s.base.Classes[row.Place] {
			left++
			continue
		}
		out = append(out, &classRow{
			Screen: s, Row: row, Class: c, Fresh: fresh, Dirty: dirty, Folded: s.folded[c.ID],
			Uses: uses(c.ID), Under: sums[c.ID], Wrong: found[row.Place],
		})
	}
	if left > 0 {
		out[s.listed] = app.Li().Class("class-more").Body(ui.Button(ui.ButtonSpec{
			Label: i18n.N("settings.more", left), Icon: "chevron", Small: true, Scope: "more", On: func(app.Context) { s.listed += moreRows },
		}))
	}
	return out
}

// classRow is the row of a class. It is rendered only when something in it looks different: of a thousand rows a letter that
// is typed changes one.
type classRow struct {
	app.Compo

	Screen *Screen
	Row    domain.Row
	Class  domain.Class
	Fresh  bool
	Dirty  bool // of the form
	Folded bool
	Uses   int
	Under  int
	Wrong  []problem
}

// Render implements app.Composer.
func (r *classRow) Render() app.UI { return r.Screen.class(r.Row, r.Under, r.Wrong) }

func (s *Screen) class(row domain.Row, under int, wrong []problem) app.UI {
	i := row.Place
	c := s.classes[i]
	over, leave, drop := s.onto(c.ID)
	fresh := i >= len(s.base.Classes)
	state := "active"
	if c.Archived {
		state = "archived"
	}
	return app.Li().Class("class-row", state, fmt.Sprintf("deep%d", row.Depth)).Aria("level", row.Depth+1).
		OnDragOver(over, app.EventScope("over", c.ID)).OnDragLeave(leave, app.EventScope("leave", c.ID)).OnDrop(drop, app.EventScope("drop", c.ID)).Body(
		app.Span().Class("place", "num", "muted", "small").Text(i18n.Number(i+1)),
		app.Span().Class("handles").Body(s.fold(row), s.grip(row)),
		s.colorMenu(i),
		s.nameInput(i, wrong),
		s.keyInput(i, wrong),
		app.Span().Class("uses", "muted", "small", "num").Body(
			app.If(fresh, func() app.UI { return ui.Tag(i18n.T("settings.class.new"), "jade") }).
				ElseIf(c.Archived, func() app.UI { return ui.Tag(i18n.T("settings.class.archived"), "") }).
				Else(func() app.UI {
					text := i18n.N("settings.class.images", uses(c.ID))
					return app.Span().Body(app.Text(text), app.If(row.Under > 0, func() app.UI {
						return app.Span().Class("under").Text(i18n.N("settings.class.under", under))
					}))
				})),
		app.Span().Class("row").Body(s.mergeButton(i, fresh), s.classButton(i, fresh)),
		app.If(len(wrong) > 0, func() app.UI {
			return app.Ul().Class("problems").ID(classID(i, "problem")).Role("alert").Body(app.Range(wrong).Slice(func(k int) app.UI {
				tone := "hard"
				if wrong[k].soft() {
					tone = "soft"
				}
				return app.Li().Class(tone).Text(problemText(wrong[k]))
			}))
		}),
	)
}

func uses(class string) int {
	if session.Project == nil {
		return 0
	}
	return session.Project.Counts.ByClass[class] + session.Project.Counts.AutoClass[class]
}

// allUses are the images of each class.
func allUses() map[string]int {
	out := map[string]int{}
	if session.Project != nil {
		for id := range session.Project.Counts.ByClass {
			out[id] = uses(id)
		}
		for id := range session.Project.Counts.AutoClass {
			out[id] = uses(id)
		}
	}
	return out
}

// mergeButton makes a class another one. Changes are saved before, so that what is told is what is seen.
func (s *Screen) mergeButton(i int, fresh bool) app.UI {
	return app.If(!fresh && !s.classes[i].Archived && len(s.base.Classes) > 1 && session.May(domain.RightManage), func() app.UI {
		return ui.Button(ui.ButtonSpec{
			Label: i18n.T("settings.merge", "name", s.classes[i].Name), Icon: "merge", Kind: "quiet", Small: true, IconOnly: true, Disabled: s.dirty(),
			Scope: classID(i, "merge"), On: func(ctx app.Context) { s.askMerge(ctx, i) },
		})
	})
}

func problemText(p problem) string {
	if p.key == "used_key" {
		return i18n.T("settings.problem.used_key", "what", i18n.T("keys.do."+p.name))
	}
	return i18n.T("settings.problem."+p.key, "name", p.name)
}

func has(wrong []problem, keys ...string) string {
	for _, p := range wrong {
		for _, k := range keys {
			if p.key == k {
				return "true"
			}
		}
	}
	return "false"
}

func (s *Screen) nameInput(i int, wrong []problem) app.UI {
	id := classID(i, "name")
	return app.Input().ID(id).Class("input", "grow").Type("text").Value(s.classes[i].Name).Aria("label", i18n.T("settings.class.name")).
		Aria("invalid", has(wrong, "name", "same_name")).Aria("describedby", classID(i, "problem")).AutoComplete(false).MaxLength(200).
		OnInput(func(ctx app.Context, _ app.Event) { s.classes[i].Name = ctx.JSSrc().Get("value").String() }, app.EventScope(id)).
		OnKeyDown(func(ctx app.Context, e app.Event) {
			last := i == len(s.classes)-1 && strings.TrimSpace(s.classes[i].Name) != ""
			if e.Get("key").String() == "Enter" && !e.Get("isComposing").Bool() && last {
				s.add(ctx) // many classes are typed one after another
			}
		}, app.EventScope(id))
}

func (s *Screen) keyInput(i int, wrong []problem) app.UI {
	id := classID(i, "key")
	return app.Input().ID(id).Class("input", "key").Type("text").Value(s.classes[i].Key).Aria("label", i18n.T("settings.class.key")).
		Title(i18n.T("settings.class.key")).Disabled(s.classes[i].Archived).Aria("invalid", has(wrong, "key", "same_key")).
		Aria("describedby", classID(i, "problem")).AutoComplete(false).
		OnInput(func(ctx app.Context, _ app.Event) {
			key := keyOf(ctx.JSSrc().Get("value").String())
			s.classes[i].Key = key
			ctx.JSSrc().Set("value", key)
		}, app.EventScope(id)).
		OnFocus(func(ctx app.Context, _ app.Event) { ctx.JSSrc().Call("select") }, app.EventScope(id))
}

func (s *Screen) colorMenu(i int) app.UI {
	now := s.classes[i].Color
	return app.Span().Class("swatch", ui.ColorClass(now)).Body(&ui.Menu{
		Label: i18n.T("settings.class.color", "name", s.classes[i].Name), Icon: "chevron", IconOnly: true, Small: true, Kind: "color",
		Content: func() []app.UI {
			return []app.UI{app.Div().Class("palette").Role("radiogroup").Aria("label", i18n.T("settings.class.color", "name", s.classes[i].Name)).OnKeyDown(ui.RadioKeys).Body(
				app.Range(ui.ClassColors).Slice(func(k int) app.UI {
					color, checked := ui.ClassColors[k], "false"
					if strings.EqualFold(color, s.classes[i].Color) {
						checked = "true"
					}
					return app.Button().Type("button").Class("hue", ui.ColorClass(color)).Role("radio").Aria("checked", checked).
						Aria("label", i18n.T("settings.class.color_n", "n", k+1)).
						OnClick(func(app.Context, app.Event) { s.classes[i].Color = color }, app.EventScope(color, i))
				}),
			)}
		},
	})
}

// classButton archives a class or brings it back; one that is not saved yet is just taken out.
func (s *Screen) classButton(i int, fresh bool) app.UI {
	c := s.classes[i]
	spec := ui.ButtonSpec{Label: i18n.T("settings.class.archive", "name", c.Name), Icon: "archive", On: func(app.Context) {
		s.classes[i].Archived, s.classes[i].Key = true, ""
	}}
	switch {
	case fresh:
		spec.Label, spec.Icon = i18n.T("settings.class.remove", "name", c.Name), "close"
		spec.On = func(app.Context) {
			for k := range s.classes { // what was put under it goes up
				if s.classes[k].Parent == c.ID {
					s.classes[k].Parent = c.Parent
				}
			}
			s.classes = append(s.classes[:i:i], s.classes[i+1:]...)
		}
	case c.Archived:
		spec.Label, spec.Icon = i18n.T("settings.class.restore", "name", c.Name), "undo"
		spec.On = func(app.Context) {
			s.classes[i].Archived = false
			s.classes[i].Key = freeKey(s.classes)
		}
	}
	spec.Kind, spec.Small, spec.IconOnly, spec.Scope = "quiet", true, true, classID(i, spec.Icon)
	return ui.Button(spec)
}
