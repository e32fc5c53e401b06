package settings

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// loadTrash asks how much was deleted that can still come back.
func (s *Screen) loadTrash(app.Context) {
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Trash, error) { return c.Trash(ctx, project) },
		func(_ app.Context, t domain.Trash, err error) {
			if err == nil { // without it only the button is missing
				s.trash = t
			}
		})
}

// trashRow tells what is in the trash, and removes it for good.
func (s *Screen) trashRow() app.UI {
	return app.If(s.trash.Images > 0, func() app.UI {
		return app.Div().Class("row", "wrap", "between").Body(
			app.P().Class("muted").Text(i18n.N("settings.trash.text", s.trash.Images, "size", i18n.Bytes(s.trash.Bytes))),
			ui.Button(ui.ButtonSpec{Label: i18n.T("settings.trash.empty"), Icon: "trash", On: func(app.Context) { s.emptying = true }}),
		)
	})
}

func (s *Screen) trashDialog() app.UI {
	closeIt := func(app.Context) { s.emptying = false }
	return &ui.Dialog{
		Key: "trash", Title: i18n.T("settings.trash.title"), OnClose: closeIt,
		Content: func() []app.UI {
			return []app.UI{
				app.P().Text(i18n.N("settings.trash.sure", s.trash.Images)),
				app.If(s.gone != nil, func() app.UI { return ui.Failed(s.gone, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: closeIt}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("settings.trash.empty"), Icon: "trash", Kind: "danger", Disabled: s.busy, On: s.emptyTrash}),
			}
		},
	}
}

func (s *Screen) emptyTrash(app.Context) {
	if s.busy {
		return
	}
	s.busy = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.EmptyTrash(ctx, project) },
		func(ctx app.Context, _ struct{}, err error) {
			s.busy = false
			if s.gone = err; err == nil {
				s.emptying, s.trash = false, domain.Trash{}
				ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("settings.trash.emptied")})
			}
		})
}
