package home

import (
	"context"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// form is what a new project is made of.
type form struct {
	name      string
	task      string
	place     platform.Place
	workspace string // on the server; "" for the first
	classes   string // one a line
	tried     bool   // to create it: only then is a missing name a mistake
}

func (s *Screen) askCreate(app.Context) {
	s.form = form{task: string(domain.TaskSingle), place: s.place()}
	s.dialog, s.failure = "create", nil
}

// classNames reads the classes that were typed, one a line or between commas, each once.
func classNames(text string) []string {
	var out []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ',' || r == '\r' || r == '\t' }) {
		if name := strings.TrimSpace(line); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func (s *Screen) createDialog() app.UI {
	f := &s.form
	problem := ""
	if f.tried && strings.TrimSpace(f.name) == "" {
		problem = i18n.T("home.create.no_name")
	}
	return &ui.Dialog{
		Title: i18n.T("home.new"), OnClose: s.closeDialog,
		Content: func() []app.UI {
			return []app.UI{
				ui.Field("new-name", i18n.T("home.create.name"), "", problem, ui.Input("new-name", f.name, i18n.T("home.create.name_example"), func(v string) { f.name = v }).
					AutoFocus(true).OnKeyDown(func(ctx app.Context, e app.Event) {
					if e.Get("key").String() == "Enter" && !e.Get("isComposing").Bool() {
						s.create(ctx)
					}
				})),
				app.Div().Class("field").Body(app.Span().Class("label").Text(i18n.T("home.create.task")),
					ui.Choices(i18n.T("home.create.task"), f.task, []ui.Option{
						{Value: string(domain.TaskSingle), Label: i18n.T("task.single"), Hint: i18n.T("home.create.single_hint"), Icon: "tag"},
						{Value: string(domain.TaskMulti), Label: i18n.T("task.multi"), Hint: i18n.T("home.create.multi_hint"), Icon: "grid"},
						{Value: string(domain.TaskBoxes), Label: i18n.T("task.boxes"), Hint: i18n.T("home.create.boxes_hint"), Icon: "box"},
					}, func(_ app.Context, v string) { f.task = v })),
				app.Div().Class("field").Body(app.Span().Class("label").Text(i18n.T("home.create.place")), s.placeChoices()),
				app.If(f.place == platform.Server && len(workspaces()) > 1, s.workspaceChoice),
				s.classField(),
				app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("home.create.do"), Kind: "primary", Disabled: s.busy || s.why(f.place) != "", On: s.create}),
			}
		},
	}
}

// workspaces are those in which the person may make projects.
func workspaces() []domain.Membership {
	if session.Me == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(session.Me.Workspaces), func(m domain.Membership) bool { return !slices.Contains(m.Rights, domain.RightManage) })
}

func (s *Screen) workspaceChoice() app.UI {
	all := workspaces()
	if s.form.workspace == "" {
		s.form.workspace = all[0].Workspace
	}
	return ui.Field("new-workspace", i18n.T("team.home"), "", "", app.Select().ID("new-workspace").Class("select").
		OnChange(func(ctx app.Context, _ app.Event) { s.form.workspace = ctx.JSSrc().Get("value").String() }).
		Body(app.Range(all).Slice(func(i int) app.UI {
			name := all[i].Name
			if name == "" {
				name = i18n.T("team.home")
			}
			return app.Option().Value(all[i].Workspace).Selected(all[i].Workspace == s.form.workspace).Text(name)
		})))
}

// placeChoices are the places as big choices. One that cannot be had says why and cannot be chosen.
func (s *Screen) placeChoices() app.UI {
	f := &s.form
	return app.Div().Class("choices").Role("radiogroup").Aria("label", i18n.T("home.create.place")).OnKeyDown(ui.RadioKeys).Body(app.Range(allPlaces).Slice(func(i int) app.UI {
		p := allPlaces[i]
		reason, hint, checked := s.why(p), i18n.T("home.place."+string(p)), "false"
		if reason != "" {
			hint = reason
		}
		if f.place == p {
			checked = "true"
		}
		return app.Button().Type("button").Class("choice").Role("radio").Aria("checked", checked).Disabled(reason != "").
			OnClick(func(app.Context, app.Event) { f.place = p }, app.EventScope(string(p))).
			Body(ui.Icon(string(p)), app.Span().Body(app.B().Text(i18n.T("place."+string(p))), app.Span().Class("small").Text(hint)))
	}))
}

func (s *Screen) classField() app.UI {
	names := classNames(s.form.classes)
	return app.Div().Class("field").Body(
		app.Label().For("new-classes").Text(i18n.T("home.create.classes")),
		app.Textarea().ID("new-classes").Class("input").Rows(4).Placeholder(i18n.T("home.create.classes_example")).Aria("describedby", "new-classes-hint").
			OnInput(func(ctx app.Context, _ app.Event) { s.form.classes = ctx.JSSrc().Get("value").String() }),
		app.If(len(names) > 0, func() app.UI {
			return app.Div().Class("chips").Body(app.Range(names[:min(len(names), 24)]).Slice(func(i int) app.UI {
				return app.Span().Class("tag").Body(app.Span().Class("dot", ui.ColorClass(ui.ClassColors[i%len(ui.ClassColors)])), app.Span().Class("cut").Text(names[i]))
			}))
		}),
		app.Div().Class("hint").ID("new-classes-hint").Text(i18n.T("home.create.classes_hint")),
	)
}

func (s *Screen) create(ctx app.Context) {
	f := &s.form
	f.tried = true
	if s.busy || strings.TrimSpace(f.name) == "" || s.why(f.place) != "" {
		return
	}
	s.busy, s.failure = true, nil
	in := domain.Project{Workspace: f.workspace, Name: strings.TrimSpace(f.name), Task: domain.Task(f.task)}
	for i, name := range classNames(f.classes) {
		in.Classes = append(in.Classes, domain.Class{Name: name, Color: ui.ClassColors[i%len(ui.ClassColors)]})
	}
	if f.place != platform.Server {
		in.Workspace = ""
	}
	place, c := f.place, session.ClientOf(f.place)
	session.Do(s.ctx, func(ctx context.Context) (domain.Project, error) { return c.CreateProject(ctx, in) },
		func(ctx app.Context, p domain.Project, err error) {
			s.busy = false
			if s.failure = err; err != nil {
				return
			}
			s.use(ctx, place)
			ctx.Navigate(session.Route{Place: place, Project: p.ID, Screen: "images"}.Path())
		})
}
