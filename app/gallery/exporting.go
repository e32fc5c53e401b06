package gallery

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// exportDialog asks for the name of a Label Export and says what goes into it.
type exportDialog struct {
	name     string
	filter   domain.Filter
	items    int
	labelled int // -1 until it is counted
	failure  error
}

// askExport opens the dialog about what is selected, else about all that is shown.
func (s *Screen) askExport(ctx app.Context) {
	s.export = exportDialog{name: i18n.T("gallery.export.default", "when", time.Now().Format("2006-01-02 15:04")), filter: s.view.filter, items: len(s.ids), labelled: -1}
	if s.sel.count() > 0 {
		s.export.filter, s.export.items = s.target()
	}
	s.dialog = "export"
	f := s.export.filter
	if len(f.States) > 0 && !slices.Contains(f.States, domain.StateLabelled) {
		s.export.labelled = 0
		return
	}
	f.States = []domain.State{domain.StateLabelled}
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (int, error) { return countOf(ctx, c.Assets, project, f) },
		func(_ app.Context, n int, err error) {
			s.export.labelled, s.export.failure = n, err
		})
}

type lister = func(ctx context.Context, project string, f domain.Filter, sort, cursor string, limit int) (domain.AssetPage, error)

// idsInAddress is how many ids go into one address.
const idsInAddress = 200

// countOf counts what f selects; of many ids some at a time, for they go into the address.
func countOf(ctx context.Context, list lister, project string, f domain.Filter) (int, error) {
	if len(f.IDs) <= idsInAddress {
		page, err := list(ctx, project, f, "", "", 1)
		return page.Total, err
	}
	total := 0
	for ids := range slices.Chunk(f.IDs, idsInAddress) {
		part := f
		part.IDs = ids
		page, err := list(ctx, project, part, "", "", 1)
		if err != nil {
			return 0, err
		}
		total += page.Total
	}
	return total, nil
}

func (s *Screen) renderExport() app.UI {
	e := &s.export
	problem := ""
	if strings.TrimSpace(e.name) == "" {
		problem = i18n.T("gallery.export.no_name")
	}
	return &ui.Dialog{
		Title: i18n.T("gallery.export.title"), OnClose: s.closeDialog,
		Content: func() []app.UI {
			labelled := "…"
			if e.labelled >= 0 {
				labelled = i18n.Number(e.labelled)
			}
			return []app.UI{
				app.P().Class("muted").Text(i18n.T("gallery.export.text")),
				ui.Field("export-name", i18n.T("gallery.export.name"), "", problem, ui.Input("export-name", e.name, "", func(v string) { e.name = v })),
				app.Dl().Class("figures").Body(
					app.Div().Body(app.Dt().Text(i18n.T("gallery.export.items")), app.Dd().Class("num").Text(i18n.Number(e.items))),
					app.Div().Body(app.Dt().Text(i18n.T("gallery.export.labelled")), app.Dd().Class("num").Text(labelled)),
				),
				app.If(e.labelled == 0, func() app.UI { return ui.Notice("warn", i18n.T("gallery.export.none")) }),
				app.If(e.failure != nil, func() app.UI { return ui.Failed(e.failure, nil) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.export.do"), Kind: "primary", Disabled: problem != "" || s.working || e.items == 0, On: s.createExport}),
			}
		},
	}
}

func (s *Screen) createExport(ctx app.Context) {
	if s.working {
		return
	}
	s.working = true
	c, project, e := session.Client(), session.Now.Project, s.export
	session.Do(s.ctx, func(ctx context.Context) (domain.Export, error) {
		return c.CreateExport(ctx, project, strings.TrimSpace(e.name), e.filter)
	}, func(ctx app.Context, _ domain.Export, err error) {
		s.working = false
		if s.export.failure = err; err == nil {
			s.dialog = ""
			ctx.Navigate(session.At("exports", "").Path())
		}
	})
}
