package gallery

import (
	"context"
	"crypto/rand"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// savedFilters are the filters that are kept for the project, and the dialogs about them.
type savedFilters struct {
	list    []domain.SavedFilter
	name    string // in the dialog that saves
	busy    bool
	failure error
}

func (s *Screen) loadSaved(app.Context) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.SavedFilter, error) { return c.SavedFilters(ctx, project) },
		func(_ app.Context, list []domain.SavedFilter, err error) {
			if err == nil { // without them only the menu is empty
				s.saved.list = list
			}
		})
}

// viewOf is what a saved filter shows.
func viewOf(f domain.SavedFilter) view {
	v := view{filter: f.Filter, sort: f.Sort, to: f.To, saved: f.ID}
	if v.sort == "" {
		v.sort = domain.SortCreated
	}
	return v
}

// shows tells whether v shows what f does, whatever the address says.
func (v view) shows(f domain.SavedFilter) bool {
	want := viewOf(f)
	want.saved, v.saved = "", ""
	return v.query().Encode() == want.query().Encode() && reflect.DeepEqual(parseView(v.query()), parseView(want.query()))
}

func (s *Screen) activeSaved() (domain.SavedFilter, bool) {
	i := slices.IndexFunc(s.saved.list, func(f domain.SavedFilter) bool { return f.ID == s.view.saved || s.view.shows(f) })
	if i < 0 {
		return domain.SavedFilter{}, false
	}
	return s.saved.list[i], true
}

// savedMenu offers the saved filters, to save the present one, and to rename and delete them.
func (s *Screen) savedMenu() app.UI {
	active, on := s.activeSaved()
	var items []ui.MenuItem
	for _, f := range s.saved.list {
		chosen := on && f.ID == active.ID
		items = append(items, ui.MenuItem{Label: f.Name, Checked: &chosen, On: func(ctx app.Context) {
			if chosen {
				s.show(ctx, view{sort: domain.SortCreated})
				return
			}
			s.show(ctx, viewOf(f))
		}})
	}
	if !on && (s.view.restricted() || s.view.sort != domain.SortCreated) {
		items = append(items, ui.MenuItem{Label: i18n.T("gallery.saved.save"), Icon: "plus", On: func(app.Context) {
			s.dialog, s.saved.name, s.saved.failure = "save-filter", "", nil
		}})
	}
	if len(s.saved.list) > 0 {
		items = append(items, ui.MenuItem{Label: i18n.T("gallery.saved.manage"), Icon: "edit", On: func(app.Context) {
			s.dialog, s.saved.failure = "saved-filters", nil
		}})
	}
	if len(items) == 0 {
		return app.Span().Hidden(true)
	}
	label, kind := i18n.T("gallery.saved"), ""
	if on {
		label, kind = active.Name, "on"
	}
	return &ui.Menu{Label: label, Icon: "bookmark", Kind: kind + " saved", Small: true, Items: items}
}

// namesake is another saved filter of the name in the dialog.
func (s *Screen) namesake() (domain.SavedFilter, bool) {
	name := strings.ToLower(strings.TrimSpace(s.saved.name))
	i := slices.IndexFunc(s.saved.list, func(f domain.SavedFilter) bool { return strings.ToLower(f.Name) == name })
	if i < 0 {
		return domain.SavedFilter{}, false
	}
	return s.saved.list[i], true
}

func (s *Screen) saveDialog() app.UI {
	old, replaces := s.namesake()
	label := i18n.T("gallery.saved.do")
	if replaces {
		label = i18n.T("gallery.saved.replace")
	}
	return &ui.Dialog{
		Key: "save-filter", Title: i18n.T("gallery.saved.title"), OnClose: s.closeDialog,
		Content: func() []app.UI {
			return []app.UI{
				app.P().Class("muted").Text(i18n.T("gallery.saved.text")),
				ui.Field("filter-name", i18n.T("gallery.saved.name"), "", "", ui.Input("filter-name", s.saved.name, "", func(v string) { s.saved.name = v })),
				app.If(replaces, func() app.UI { return ui.Notice("info", i18n.T("gallery.saved.same", "name", old.Name)) }),
				app.If(s.saved.failure != nil, func() app.UI { return ui.Failed(s.saved.failure, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
				ui.Button(ui.ButtonSpec{Label: label, Kind: "primary", Disabled: s.saved.busy || strings.TrimSpace(s.saved.name) == "", On: s.saveFilter}),
			}
		},
	}
}

// saveFilter keeps the present view under the name in the dialog.
func (s *Screen) saveFilter(ctx app.Context) {
	f := domain.SavedFilter{ID: rand.Text(), Name: strings.TrimSpace(s.saved.name), Filter: s.view.filter, Sort: s.view.sort, To: s.view.to}
	if old, replaces := s.namesake(); replaces {
		f.ID, f.Name = old.ID, old.Name
	}
	s.putFilter(ctx, f, func(ctx app.Context) {
		s.dialog = ""
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.saved.saved", "name", f.Name)})
		s.show(ctx, viewOf(f))
	})
}

func (s *Screen) putFilter(_ app.Context, f domain.SavedFilter, then ui.Handler) {
	if s.saved.busy {
		return
	}
	s.saved.busy, s.saved.failure = true, nil
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.SavedFilter, error) {
		if _, err := c.SaveFilter(ctx, project, f); err != nil {
			return nil, err
		}
		return c.SavedFilters(ctx, project)
	}, func(ctx app.Context, list []domain.SavedFilter, err error) {
		s.saved.busy = false
		var p *domain.Problem
		if errors.As(err, &p) && p.Code == domain.CodeConflict {
			err = domain.Errorf(domain.CodeInvalid, "%s", i18n.T("gallery.saved.taken", "name", f.Name))
		}
		if s.saved.failure = err; err == nil {
			s.saved.list = list
			then(ctx)
		}
	})
}

func (s *Screen) manageDialog() app.UI {
	return &ui.Dialog{
		Key: "saved-filters", Title: i18n.T("gallery.saved"), OnClose: s.closeDialog,
		Content: func() []app.UI {
			return []app.UI{
				app.Ul().Class("saved-list").Body(app.Range(s.saved.list).Slice(func(i int) app.UI { return s.savedRow(s.saved.list[i]) })),
				app.If(len(s.saved.list) == 0, func() app.UI { return app.P().Class("muted").Text(i18n.T("gallery.saved.none")) }),
				app.If(s.saved.failure != nil, func() app.UI { return ui.Failed(s.saved.failure, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{ui.Button(ui.ButtonSpec{Label: i18n.T("action.close"), On: s.closeDialog})}
		},
	}
}

// savedRow renames a saved filter in place, and deletes it.
func (s *Screen) savedRow(f domain.SavedFilter) app.UI {
	return app.Li().Class("row").Body(
		app.Input().Class("input", "grow").Type("text").Value(f.Name).MaxLength(100).AutoComplete(false).Aria("label", i18n.T("gallery.saved.rename", "name", f.Name)).
			OnChange(func(ctx app.Context, _ app.Event) {
				name := strings.TrimSpace(ctx.JSSrc().Get("value").String())
				if name == "" || name == f.Name {
					ctx.JSSrc().Set("value", f.Name)
					return
				}
				g := f
				g.Name = name
				s.putFilter(ctx, g, func(app.Context) {})
			}, app.EventScope(f.ID, f.Name)),
		ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.saved.delete", "name", f.Name), Icon: "trash", IconOnly: true, Kind: "quiet", Scope: f.ID, On: func(ctx app.Context) { s.dropFilter(ctx, f) }}),
	)
}

// dropFilter deletes a saved filter; the toast brings it back.
func (s *Screen) dropFilter(_ app.Context, f domain.SavedFilter) {
	if s.saved.busy {
		return
	}
	s.saved.busy, s.saved.failure = true, nil
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.DeleteSavedFilter(ctx, project, f.ID)
	},
		func(ctx app.Context, _ struct{}, err error) {
			s.saved.busy = false
			if s.saved.failure = err; err != nil {
				return
			}
			s.saved.list = slices.DeleteFunc(slices.Clone(s.saved.list), func(g domain.SavedFilter) bool { return g.ID == f.ID })
			if len(s.saved.list) == 0 {
				s.dialog = ""
			}
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.saved.deleted", "name", f.Name), Action: i18n.T("action.undo"), On: func(ctx app.Context) {
				s.putFilter(ctx, f, func(app.Context) {})
			}})
		})
}
