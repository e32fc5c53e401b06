package gallery

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// mayGold tells whether labels that are known to be right can be made the measure of labellers here.
func mayGold() bool {
	return session.Team() && session.May(domain.RightManage) && session.Project.Task != domain.TaskBoxes
}

// markGold makes what is selected and labelled gold.
func (s *Screen) markGold(app.Context) {
	f, n := s.target()
	if n == 0 || s.working {
		return
	}
	s.working = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (int, error) { return c.MarkGold(ctx, project, f, false) }, func(ctx app.Context, n int, err error) {
		s.working = false
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.N("work.gold_more", n), Action: i18n.T("nav.work"), On: func(ctx app.Context) { ctx.Navigate(session.At("work", "").Path()) }})
	})
}
