package annotate

import (
	"context"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func (s *Screen) closeDialog(app.Context) { s.dialog = "" }

func (s *Screen) openDialog() app.UI {
	switch s.dialog {
	case "find":
		return &ui.Dialog{Title: i18n.T("annotate.find"), Content: s.findContent, OnClose: s.closeDialog}
	case "return":
		return &ui.Dialog{Title: i18n.T("verdict.return_title"), Content: s.returnContent, Footer: s.returnFooter, OnClose: s.closeDialog}
	case "bulk":
		return &ui.Dialog{Title: i18n.T("review.bulk_title"), Content: s.bulkContent, Footer: s.bulkFooter, OnClose: s.closeDialog}
	}
	return app.Span().Hidden(true)
}

// bulk accepts all proposals that the model is sure of.
type bulk struct {
	threshold float64
	count     int
	counted   float64 // the threshold that count is of; 0 while none is
	counting  bool
}

// bulkCard offers to accept many at once.
func (s *Screen) bulkCard() app.UI {
	known := s.bulk.counted == s.bulk.threshold
	label := i18n.T("review.bulk_count")
	if known {
		label = i18n.N("review.bulk_accept", s.bulk.count)
	}
	text := i18n.T("review.bulk_from", "confidence", i18n.Percent(s.bulk.threshold, 0))
	return app.Div().Class("an-bulk").Body(
		app.Label().For("an-threshold").Class("small").Text(text),
		app.Input().ID("an-threshold").Type("range").Min(50).Max(100).Step(1).Value(int(100*s.bulk.threshold+0.5)).OnInput(s.setThreshold),
		ui.Button(ui.ButtonSpec{Label: label, Small: true, Disabled: !known || s.bulk.count == 0 || s.remote, Scope: "bulk", On: func(app.Context) { s.dialog = "bulk" }}),
	)
}

func (s *Screen) setThreshold(ctx app.Context, _ app.Event) {
	v := ctx.JSSrc().Get("valueAsNumber").Float()
	s.bulk.threshold = v / 100
	s.countSoon(ctx)
}

// countSoon counts the proposals at the threshold when the slider has rested.
func (s *Screen) countSoon(ctx app.Context) {
	if s.bulk.counting {
		return
	}
	s.bulk.counting = true
	s.ctx.After(200*time.Millisecond, func(ctx app.Context) {
		s.bulk.counting = false
		s.count(ctx)
	})
}

func (s *Screen) bulkFilter() domain.Filter {
	f, threshold := s.filter, s.bulk.threshold
	f.States = []domain.State{domain.StateAuto}
	if f.MinConfidence == nil || *f.MinConfidence < threshold {
		f.MinConfidence = &threshold
	}
	return f
}

func (s *Screen) count(ctx app.Context) {
	if !s.Review {
		return
	}
	c, project, threshold, f := s.client, s.project, s.bulk.threshold, s.bulkFilter()
	session.Do(s.ctx, func(ctx context.Context) (domain.AssetPage, error) { return c.Assets(ctx, project, f, "", "", 1) },
		func(ctx app.Context, page domain.AssetPage, err error) {
			switch {
			case err != nil:
			case threshold != s.bulk.threshold:
				s.countSoon(ctx)
			default:
				s.bulk.count, s.bulk.counted = page.Total, threshold
			}
		})
}

func (s *Screen) bulkContent() []app.UI {
	return []app.UI{app.P().Text(i18n.N("review.bulk_text", s.bulk.count, "confidence", i18n.Percent(s.bulk.threshold, 0)))}
}

func (s *Screen) bulkFooter() []app.UI {
	return []app.UI{
		ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
		ui.Button(ui.ButtonSpec{Label: i18n.N("review.bulk_accept", s.bulk.count), Kind: "primary", On: s.acceptMany}),
	}
}

// undoByToast undoes from outside the screen, which is then not rendered by itself.
func (s *Screen) undoByToast(ctx app.Context) {
	s.undo(ctx)
	s.ctx.Update()
}

func (s *Screen) acceptMany(ctx app.Context) {
	s.dialog = ""
	f := s.bulkFilter()
	st := step{op: newID(), kind: "bulk", change: domain.LabelChange{Filter: &f, Action: "accept"}}
	c, project := s.client, s.project
	s.byHost(ctx, func(ctx context.Context) (domain.Operation, error) {
		return c.Label(ctx, project, domain.LabelRequest{OpID: st.op, Changes: []domain.LabelChange{st.change}})
	}, func(ctx app.Context, op domain.Operation, err error) {
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		st.n = op.Changed
		s.desk.remember(st)
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.N("review.bulk_done", op.Changed), Action: i18n.T("action.undo"), On: s.undoByToast})
		session.ProjectChanged(ctx)
		s.load(ctx, s.desk.current(), s.desk)
	})
}
