package ui

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// Undo takes back an operation of a project, the newest where op is "", says so, and calls then. ctx is that of the screen: the control that
// asked may be gone.
func Undo(ctx app.Context, project, op string, then func()) {
	c := session.Client()
	session.Do(ctx, func(ctx context.Context) (domain.Operation, error) { return c.Undo(ctx, project, op) },
		func(ctx app.Context, _ domain.Operation, err error) {
			switch {
			case err == nil:
				Toast(ctx, ToastSpec{Text: i18n.T("toast.undone")})
				session.ProjectChanged(ctx)
				then()
			case domain.AsProblem(err).Code == domain.CodeNotFound:
				Toast(ctx, ToastSpec{Text: i18n.T("toast.nothing_to_undo")})
			default:
				ToastError(ctx, err)
			}
		})
}
