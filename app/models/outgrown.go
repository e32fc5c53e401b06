package models

import (
	"context"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// A model has been outgrown by a project with so many more labels: fewer are not worth a training.
const (
	outgrownShare = 20 // one in so many of the images that it has learnt from
	outgrownLeast = 5
)

func isOutgrown(m domain.Model) bool {
	n := m.Newer
	return n != nil && (len(n.Classes) > 0 || n.Labels >= max(outgrownLeast, m.Images/outgrownShare))
}

// newerWords say what the project has that a model has not learnt.
func newerWords(n *domain.Newer) string {
	var parts []string
	if n.Labels > 0 {
		parts = append(parts, i18n.N("ai.newer", n.Labels))
	}
	var names []string
	for _, id := range n.Classes {
		if c, ok := session.Class(id); ok {
			names = append(names, c.Name)
		}
	}
	if len(names) > 0 {
		parts = append(parts, i18n.T("ai.newer_classes", "names", strings.Join(names, ", ")))
	}
	return strings.Join(parts, " ")
}

// outgrown tells on the card of a model what it has not learnt. The newest model leads on to a training.
func (s *Models) outgrown(m domain.Model) app.UI {
	switch {
	case m.Newer == nil:
		return app.Text("")
	case !isOutgrown(m):
		return app.P().Class("small", "muted").Text(newerWords(m.Newer))
	case len(s.list) > 0 && s.list[0].ID != m.ID || len(s.jobs) > 0 || !session.May(domain.RightManage):
		return ui.Notice("info", newerWords(m.Newer))
	}
	return ui.Notice("info", newerWords(m.Newer), ui.Button(ui.ButtonSpec{
		Label: i18n.T("ai.again"), Icon: "spark", Small: true, Scope: m.ID, Disabled: s.taking, On: func(app.Context) { s.again(m) },
	}))
}

// again takes an export of what a model was made of, as it is now, and asks for a training on it.
func (s *Models) again(m domain.Model) {
	var filter domain.Filter
	for _, e := range s.exports {
		if e.ID == m.ExportID {
			filter = e.Filter
		}
	}
	s.taking = true
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Export, error) { return c.CreateExport(ctx, project, m.Name, filter) },
		func(ctx app.Context, e domain.Export, err error) {
			s.taking = false
			if err != nil {
				ui.ToastError(ctx, err)
				return
			}
			s.load(ctx)
			s.train = newTrainDialog(s.ctx, e, func(ctx app.Context) {
				s.train = nil
				s.watch(ctx)
			})
		})
}
