package home

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
)

// hero greets those who have no project yet and says how it goes, in three steps.
func (s *Screen) hero() app.UI {
	offers := s.offers()
	steps := []struct{ art, title, text string }{
		{artDrop, i18n.T("home.step1.title"), i18n.T("home.step1.text")},
		{artLabel, i18n.T("home.step2.title"), i18n.T("home.step2.text")},
		{artModel, i18n.T("home.step3.title"), i18n.T("home.step3.text")},
	}
	return app.Section().Class("hero").Body(
		app.H1().Text(i18n.T("home.hero.title")),
		app.P().Class("lead").Text(i18n.T("home.hero.text")),
		app.Div().Class("row", "wrap").Body(
			ui.Button(ui.ButtonSpec{Label: i18n.T("home.new"), Icon: "plus", Kind: "primary", On: s.askCreate}),
			app.Range(offers).Slice(func(i int) app.UI { return s.sampleButton(offers[i], "") }),
		),
		app.If(len(offers) > 0, func() app.UI { return app.P().Class("small", "muted").Text(sampleHint(offers[0])) }),
		app.Ol().Class("steps").Body(app.Range(steps).Slice(func(i int) app.UI {
			return app.Li().Class("card").Body(
				app.Raw(steps[i].art),
				app.H2().Text(steps[i].title),
				app.P().Class("muted").Text(steps[i].text),
			)
		})),
		app.P().Class("promise", "small").Body(ui.Icon("lock"), app.Span().Text(i18n.T("home.hero.private"))),
	)
}

// Pictures of the three steps, in the colours of the theme.
const (
	artDrop = `<svg class="art" viewBox="0 0 240 110" aria-hidden="true"><rect class="a-zone" x="30" y="14" width="180" height="82" rx="12"/><g class="a-photo"><rect x="52" y="38" width="38" height="38" rx="5"/><rect x="101" y="30" width="38" height="38" rx="5"/><rect x="150" y="40" width="38" height="38" rx="5"/></g><g class="a-hill"><path d="M54 70l10-12 8 8 6-6 10 10z"/><path d="M103 62l10-14 8 9 6-7 10 12z"/><path d="M152 72l9-12 9 8 6-5 10 9z"/></g><path class="a-line" d="M120 78v12m-6-6 6 6 6-6"/></svg>`

	artLabel = `<svg class="art" viewBox="0 0 240 110" aria-hidden="true"><g class="a-photo"><rect x="34" y="18" width="48" height="48" rx="6"/><rect x="96" y="18" width="48" height="48" rx="6"/><rect x="158" y="18" width="48" height="48" rx="6"/></g><g class="a-hill"><path d="M37 60l13-16 9 10 8-8 12 14z"/><path d="M99 60l13-18 10 12 7-8 12 14z"/><path d="M161 60l12-15 11 10 7-6 12 11z"/></g><g class="a-jade"><rect x="34" y="74" width="34" height="14" rx="7"/><rect x="96" y="74" width="26" height="14" rx="7"/></g><path class="a-check" d="M74 81l3 3 6-6M128 81l3 3 6-6"/><rect class="a-zone" x="158" y="74" width="40" height="14" rx="7"/></svg>`

	artModel = `<svg class="art" viewBox="0 0 240 110" aria-hidden="true"><g class="a-photo"><rect x="20" y="16" width="30" height="30" rx="5"/><rect x="20" y="58" width="30" height="30" rx="5"/></g><path class="a-line" d="M56 31c24 0 24 18 46 20M56 73c24 0 24-18 46-20"/><path class="a-violet" d="M122 26l7 19 19 7-19 7-7 19-7-19-19-7 19-7z"/><path class="a-line" d="M150 52h14"/><g class="a-soft"><rect x="172" y="16" width="48" height="16" rx="8"/><rect x="172" y="44" width="36" height="16" rx="8"/><rect x="172" y="72" width="42" height="16" rx="8"/></g><g class="a-dots"><circle cx="181" cy="24" r="3.500"/><circle cx="181" cy="52" r="3.500"/><circle cx="181" cy="80" r="3.500"/></g></svg>`
)
