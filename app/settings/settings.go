// Package settings edits a project: name, classes, colours, keys.
package settings

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen. Key is where it stands: a new one makes a new screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context    // of the screen: what is begun from a dialog outlives its button
	base    domain.Project // as it was read
	name    string
	classes []domain.Class // as they stand in the form: those of base first, new ones after them
	busy    bool
	failure error
	room    *room
	binding binding
	asking  bool   // whether the project is to go
	typed   string // its name, to confirm
	gone    error  // why it could not be deleted

	trash    domain.Trash
	emptying bool // whether the trash is to go is being asked

	suggest suggestSwitch

	reshaping reshaping
	changes   []domain.ProjectChange
	listed    int             // how many classes are listed at most
	folded    map[string]bool // classes whose own are not shown, by id
	dragged   string          // id of the class that is being dragged
	said      string          // what a screen reader is told
}

// room is the space on this device.
type room struct {
	kept        bool
	used, quota int64
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount fills the form.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx = ctx
	s.reset()
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {
		if !s.dirty() { // else what the user has typed would be lost; saving tells of the conflict
			s.reset()
		}
	})
	if session.Now.Place == platform.Device {
		s.measure(ctx)
	}
	s.loadTrash(ctx)
	s.loadSuggests()
	s.loadChanges()
}

func (s *Screen) reset() {
	s.base, s.failure = *session.Project, nil
	s.name, s.classes = s.base.Name, slices.Clone(s.base.Classes)
}

func (s *Screen) dirty() bool {
	return s.base.ID != "" && (strings.TrimSpace(s.name) != s.base.Name || !slices.Equal(s.classes, s.base.Classes))
}

func (s *Screen) measure(ctx app.Context) {
	if platform.Current == nil {
		return
	}
	session.Do(s.ctx, func(ctx context.Context) (*room, error) {
		kept, used, quota := platform.Current.Persisted(ctx)
		return &room{kept, used, quota}, nil
	}, func(_ app.Context, r *room, _ error) { s.room = r })
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	if s.base.ID == "" {
		return ui.Loading()
	}
	found := problems(s.classes, s.base.Classes)
	return app.Div().Class("page", "settings").Body(
		app.Div().Class("page-head").Body(app.Div().Class("titles").Body(app.H1().Text(i18n.T("settings.title")))),
		s.project(),
		s.classList(found),
		s.history(),
		s.suggestions(),
		s.keys(),
		app.If(session.Now.Place == platform.Device, s.storage),
		app.Section().Class("card", "stack").Body(
			app.H2().Text(i18n.T("settings.danger")),
			s.trashRow(),
			app.Div().Class("row", "wrap", "between").Body(
				app.P().Class("muted").Text(i18n.T("settings.delete.hint")),
				ui.Button(ui.ButtonSpec{Label: i18n.T("settings.delete"), Icon: "trash", Kind: "danger", On: func(app.Context) { s.asking, s.typed, s.gone = true, "", nil }}),
			)),
		s.saveBar(hard(found) || strings.TrimSpace(s.name) == ""),
		app.If(s.asking, s.deleteDialog),
		app.If(s.emptying, s.trashDialog),
		app.If(s.reshaping.task != nil || s.reshaping.merge != nil, s.reshapeDialog),
	)
}

func (s *Screen) project() app.UI {
	missing := ""
	if strings.TrimSpace(s.name) == "" {
		missing = i18n.T("settings.no_name")
	}
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("settings.project")),
		ui.Field("project-name", i18n.T("settings.name"), "", missing, ui.Input("project-name", s.name, "", func(v string) { s.name = v })),
		app.Dl().Class("facts").Body(
			app.Div().Body(app.Dt().Text(i18n.T("settings.task")), app.Dd().Class("row", "wrap").Body(app.Span().Text(i18n.T("task."+string(s.base.Task))), app.If(true, s.taskButton))),
			app.Div().Body(app.Dt().Text(i18n.T("settings.place")), app.Dd().Text(i18n.T("place."+string(session.Now.Place)+"_hint"))),
		),
	)
}

func (s *Screen) storage() app.UI {
	r := s.room
	return app.Section().Class("card", "stack").Body(
		app.H2().Text(i18n.T("settings.storage")),
		app.If(r == nil, func() app.UI { return app.Div().Class("skeleton", "storage-wait") }).
			ElseIf(r != nil && r.quota == 0, func() app.UI { return app.P().Class("muted").Text(i18n.T("settings.storage.unknown")) }).
			Else(func() app.UI {
				used := i18n.T("settings.storage.used", "used", i18n.Bytes(r.used), "quota", i18n.Bytes(r.quota))
				title, text, icon, tone := i18n.T("settings.storage.kept"), i18n.T("settings.storage.kept_text"), "lock", "kept"
				if !r.kept {
					title, text, icon, tone = i18n.T("settings.storage.loose"), i18n.T("settings.storage.loose_text"), "alert", "loose"
				}
				return app.Div().Class("stack").Body(
					app.Div().Class("stack", "tight").Body(
						ui.Bar(used, ui.Part{Share: float64(r.used) / float64(r.quota), Class: "done"}),
						app.Div().Class("row", "wrap").Body(app.Span().Text(used), app.Span().Class("muted", "small").Text(i18n.T("settings.storage.all")))),
					app.Div().Class("keeping", tone).Body(ui.Icon(icon), app.Div().Class("grow").Body(app.B().Text(title), app.P().Class("muted").Text(text)),
						app.If(!r.kept, func() app.UI {
							return ui.Button(ui.ButtonSpec{Label: i18n.T("settings.storage.ask"), Small: true, On: s.measure})
						})),
				)
			}),
	)
}

// saveBar stands at the bottom of the window while there is something to save.
func (s *Screen) saveBar(wrong bool) app.UI {
	return app.If(s.dirty() || s.failure != nil, func() app.UI {
		return app.Div().Class("save-bar").Role("region").Aria("label", i18n.T("settings.save")).Body(
			app.If(s.failure != nil, s.trouble).
				Else(func() app.UI { return app.Span().Class("grow").Text(i18n.T("settings.unsaved")) }),
			ui.Button(ui.ButtonSpec{Label: i18n.T("settings.revert"), Kind: "quiet", On: func(app.Context) { s.reset() }}),
			ui.Button(ui.ButtonSpec{Label: i18n.T("settings.save"), Kind: "primary", Disabled: s.busy || wrong, On: s.save}),
		)
	})
}

func (s *Screen) trouble() app.UI {
	var p *domain.Problem
	if errors.As(s.failure, &p) && p.Code == domain.CodeConflict {
		return app.Div().Class("grow").Body(ui.Notice("warn", i18n.T("settings.conflict"), ui.Button(ui.ButtonSpec{Label: i18n.T("settings.reload"), Small: true, On: s.reload})))
	}
	return app.Div().Class("grow").Body(ui.Failed(s.failure, nil))
}

// reload takes the project as it is now on its host.
func (s *Screen) reload(ctx app.Context) {
	c, id := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Project, error) { return c.Project(ctx, id) },
		func(ctx app.Context, p domain.Project, err error) {
			if s.failure = err; err == nil {
				session.Project = &p
				s.reset()
				session.ProjectChanged(ctx)
			}
		})
}

func (s *Screen) save(ctx app.Context) {
	if s.busy {
		return
	}
	s.busy, s.failure = true, nil
	in := domain.Project{ID: s.base.ID, Name: strings.TrimSpace(s.name), Task: s.base.Task, Rev: s.base.Rev, Classes: slices.Clone(s.classes)}
	for i := range in.Classes {
		in.Classes[i].Name = strings.TrimSpace(in.Classes[i].Name)
	}
	c := session.Client()
	session.Do(s.ctx, func(ctx context.Context) (domain.Project, error) { return c.UpdateProject(ctx, in) },
		func(ctx app.Context, p domain.Project, err error) {
			s.busy = false
			if s.failure = err; err != nil {
				return
			}
			if reflect.DeepEqual(p.Counts, domain.Counts{}) {
				p.Counts = s.base.Counts
			}
			session.Project = &p
			s.reset()
			session.ProjectChanged(ctx)
			s.loadChanges()
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("settings.saved")})
		})
}

func (s *Screen) deleteDialog() app.UI {
	sure := strings.TrimSpace(s.typed) == strings.TrimSpace(s.base.Name)
	closeIt := func(app.Context) { s.asking = false }
	return &ui.Dialog{
		Title: i18n.T("settings.delete.title", "name", s.base.Name), OnClose: closeIt,
		Content: func() []app.UI {
			return []app.UI{
				app.P().Text(i18n.T("settings.delete.text", "n", s.base.Counts.Assets)),
				ui.Field("delete-name", i18n.T("settings.delete.type"), s.base.Name, "", ui.Input("delete-name", s.typed, "", func(v string) { s.typed = v })),
				app.If(s.gone != nil, func() app.UI { return ui.Failed(s.gone, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: closeIt}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("settings.delete"), Icon: "trash", Kind: "danger", Disabled: !sure || s.busy, On: s.delete}),
			}
		},
	}
}

func (s *Screen) delete(ctx app.Context) {
	if s.busy {
		return
	}
	s.busy = true
	c, p := session.Client(), s.base
	session.Do(s.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.DeleteProject(ctx, p.ID) },
		func(ctx app.Context, _ struct{}, err error) {
			s.busy = false
			if s.gone = err; err == nil {
				ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("settings.deleted", "name", p.Name)})
				ctx.Navigate("/")
			}
		})
}

func classID(i int, what string) string { return fmt.Sprintf("class-%d-%s", i, what) }
