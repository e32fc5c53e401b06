package annotate

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// saveText says in words whether all is saved.
func (s *Screen) saveText() string {
	n, failure := s.writes.State()
	switch {
	case failure != nil && domain.AsProblem(failure).Code == domain.CodeStorage:
		return i18n.T("annotate.unsaved_storage", "n", n)
	case failure != nil:
		return i18n.N("annotate.unsaved", n)
	case n > 0:
		return i18n.T("annotate.saving", "n", n)
	}
	return i18n.T("annotate.saved")
}

// saveState shows whether all is saved, with a way on where it is not. Role status is left to the failure: that every label
// has been saved need not be read out. It changes twice for every label, so it is a component that is rendered alone.
type saveState struct {
	app.Compo

	Screen  *Screen
	Pending int
	Failure error
}

func (s *Screen) saveState() app.UI {
	n, failure := s.writes.State()
	return &saveState{Screen: s, Pending: n, Failure: failure}
}

// OnMount implements app.Mounter.
func (b *saveState) OnMount(ctx app.Context) { b.Screen.saves = ctx }

// showSaving renders the state of saving, and nothing around it.
func (s *Screen) showSaving() {
	if s.saves.Context != nil {
		s.saves.Dispatch(func(app.Context) { s.ctx.PreventUpdate() })
	}
}

// Render implements app.Composer.
func (b *saveState) Render() app.UI {
	s := b.Screen
	b.Pending, b.Failure = s.writes.State()
	n, failure := b.Pending, b.Failure
	switch {
	case failure != nil:
		return app.Div().Class("an-save", "failed").Role("alert").Title(ui.ErrorText(failure)).Body(
			ui.Icon("alert"), app.Span().Text(s.saveText()),
			ui.Button(ui.ButtonSpec{Label: i18n.T("action.retry"), Small: true, On: func(app.Context) { s.writes.Retry() }}))
	case n > 0:
		return app.Div().Class("an-save").Body(ui.Icon("upload"), app.Span().Class("only-wide").Text(s.saveText()))
	}
	return app.Div().Class("an-save").Title(s.saveText()).Body(ui.Icon("check"), app.Span().Class("only-wide").Text(s.saveText()))
}
