package teamwork

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// nameOf is what a person is called; nobody is everybody.
func nameOf(a domain.Actor) string {
	switch {
	case a.ID == "":
		return i18n.T("work.everybody")
	case a.Name == "":
		return i18n.T("work.somebody")
	}
	return a.Name
}

// people is who has what, and how well they do.
func (s *Screen) people() app.UI {
	list := s.status.People
	if len(list) == 0 {
		return app.Section().Class("card", "stack").Body(app.H2().Text(i18n.T("work.people")), app.P().Class("muted").Text(i18n.T("work.people_none")))
	}
	number := func(n int) app.UI { return app.Td().Class("num").Text(i18n.Number(n)) }
	head := func(key string) app.UI { return app.Th().Scope("col").Class("num").Text(i18n.T(key)) }
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("work.people")),
		app.Div().Class("scroll-x").TabIndex(0).Role("region").Aria("label", i18n.T("work.people")).Body(app.Table().Class("tw-table").Body(
			app.THead().Body(app.Tr().Body(app.Th().Scope("col").Text(i18n.T("work.person")), head("work.waiting"), head("work.held"), head("work.done"), head("work.gold_right"), app.Td())),
			app.TBody().Body(app.Range(list).Slice(func(i int) app.UI {
				v := list[i]
				return app.Tr().Body(app.Th().Scope("row").Text(nameOf(v.Person)), number(v.Waiting), number(v.Held), number(v.Done),
					app.Td().Class("num").Body(s.score(v.Gold)),
					app.Td().Class("tw-do").Body(app.If(v.Waiting > 0, func() app.UI {
						return ui.Button(ui.ButtonSpec{Label: i18n.T("work.withdraw"), Small: true, Kind: "quiet", Scope: v.Person.ID, Disabled: s.busy, On: func(app.Context) {
							s.do(func(ctx context.Context, c *client.Client, project string) (int, error) {
								return c.Withdraw(ctx, project, v.Person.ID)
							}, "work.withdrawn")
						}})
					})))
			})))),
		app.If(s.status.Gold > 0, func() app.UI { return app.P().Class("muted", "small").Text(i18n.T("work.gold_how")) }),
	)
}

// score is how many gold images somebody got right, with the interval in which their true share lies.
func (s *Screen) score(g *domain.GoldScore) app.UI {
	if g == nil {
		return app.Span().Class("muted").Text("–")
	}
	return app.Span().Body(
		app.B().Text(i18n.Percent(float64(g.Right)/float64(g.Answered), 0)),
		app.Span().Class("muted", "small").Text(" "+i18n.T("work.gold_of", "right", g.Right, "n", g.Answered, "low", i18n.Percent(g.Low, 0), "high", i18n.Percent(g.High, 0))))
}

// assigning is the dialog by which images are assigned.
type assigning struct {
	which     string // one of choices, or the id of a saved filter
	who       string
	priority  int
	labellers int
}

// choices are filters that are always there.
var choices = []struct {
	id     string
	filter domain.Filter
}{
	{"unlabelled", domain.Filter{States: []domain.State{domain.StateUnlabelled}}},
	{"returned", domain.Filter{Verdicts: []domain.Verdict{domain.VerdictReturned}}},
	{"unsure", domain.Filter{Flags: []domain.Flag{domain.FlagUnsure}}},
	{"labelled", domain.Filter{States: []domain.State{domain.StateLabelled}}},
	{"all", domain.Filter{}},
}

func (s *Screen) openAssign(app.Context) {
	s.assign = &assigning{which: choices[0].id, labellers: s.status.Settings.Labellers}
}

// filter is what the dialog has chosen.
func (s *Screen) chosen() domain.Filter {
	for _, c := range choices {
		if c.id == s.assign.which {
			return c.filter
		}
	}
	for _, f := range s.filters {
		if f.ID == s.assign.which {
			return f.Filter
		}
	}
	return domain.Filter{}
}

func (s *Screen) assignDialog() app.UI {
	shut := func(app.Context) { s.assign = nil }
	return &ui.Dialog{
		Key: "assign", Title: i18n.T("work.assign"), OnClose: shut, Content: s.assignContent,
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: shut}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("work.assign_do"), Kind: "primary", Disabled: s.busy, On: s.assignNow}),
			}
		},
	}
}

func (s *Screen) assignNow(app.Context) {
	r := domain.AssignRequest{Filter: s.chosen(), Assignee: s.assign.who, Priority: s.assign.priority, Labellers: s.assign.labellers}
	s.do(func(ctx context.Context, c *client.Client, project string) (int, error) {
		return c.Assign(ctx, project, r)
	}, "work.assigned")
}

func (s *Screen) assignContent() []app.UI {
	a := s.assign
	option := func(value, text, now string) app.UI {
		return app.Option().Value(value).Selected(value == now).Text(text)
	}
	pick := func(id string, set func(string), options []app.UI) app.UI {
		return app.Select().ID(id).Class("select").OnChange(func(ctx app.Context, _ app.Event) { set(ctx.JSSrc().Get("value").String()) }, app.EventScope(id)).Body(options...)
	}
	var which, who []app.UI
	for _, c := range choices {
		which = append(which, option(c.id, i18n.T("work.which."+c.id), a.which))
	}
	for _, f := range s.filters {
		which = append(which, option(f.ID, f.Name, a.which))
	}
	who = append(who, option("", i18n.T("work.everybody"), a.who))
	for _, m := range s.members {
		who = append(who, option(m.ID, m.Name, a.who))
	}
	return []app.UI{
		ui.Field("assign-which", i18n.T("work.which"), "", "", pick("assign-which", func(v string) { a.which = v }, which)),
		ui.Field("assign-who", i18n.T("work.who"), "", "", pick("assign-who", func(v string) { a.who = v }, who)),
		app.Div().Class("field").Body(app.Span().Class("label").Text(i18n.T("work.priority")),
			ui.Segmented(i18n.T("work.priority"), i18n.Number(a.priority), []ui.Option{{Value: "0", Label: i18n.T("work.priority.usual")}, {Value: "5", Label: i18n.T("work.priority.high")}, {Value: "9", Label: i18n.T("work.priority.urgent")}},
				func(_ app.Context, v string) { a.priority = int(v[0] - '0') })),
		app.If(session.Project.Task != domain.TaskBoxes, func() app.UI {
			return ui.Field("assign-labellers", i18n.T("work.labellers"), i18n.T("work.labellers_hint"), "", number("assign-labellers", a.labellers, 1, domain.MaxLabellers, func(n int) { a.labellers = n }))
		}),
	}
}
