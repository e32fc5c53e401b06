package analytics

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/app/ui/chart"
	"github.com/irum-app/irum/server/domain"
)

// loadSaving asks what the queue of useful images has saved. The answer takes some small trainings, so the screen does not wait for it.
func (s *Screen) loadSaving() {
	if session.Project.Task == domain.TaskBoxes {
		return
	}
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Saving, error) { return c.Saving(ctx, project) },
		func(_ app.Context, v domain.Saving, err error) {
			if s.unsaved = err; err == nil {
				s.saving = &v
			}
		})
}

// savings is the part of the screen about the queue.
func (s *Screen) savings() app.UI {
	words := i18n.T("loading")
	drawing := app.UI(app.Div())
	switch v := s.saving; {
	case s.unsaved != nil:
		words = ui.ErrorText(s.unsaved)
	case v != nil:
		words = savingWords(v)
		if v.Known {
			drawing = savingChart(v)
		}
	}
	return app.Section().Class("card", "st-part").Body(
		app.H2().Text(i18n.T("analytics.saving")), app.P().Class("st-words").Text(words), drawing,
		app.If(!session.OnlyLooks(), func() app.UI {
			return ui.LinkButton(i18n.T("analytics.saving_go"), "spark", "", session.MostUseful().Path())
		}))
}

// savingWords says what can be told of the queue, and no more.
func savingWords(v *domain.Saving) string {
	if !v.Known {
		key := "analytics.saving_few"
		if v.Picked == 0 {
			key = "analytics.saving_none"
		}
		return i18n.T(key, "picked", v.Picked, "chance", v.Chance, "wanted", v.Wanted, "every", v.Every)
	}
	key := "analytics.saving_open"
	switch {
	case v.High < 1:
		key = "analytics.saving_yes"
	case v.Low > 1:
		key = "analytics.saving_no"
	}
	return i18n.T(key, "chance", fixed(v.Same, 0), "accuracy", i18n.Percent(v.Accuracy, 0), "queue", fixed(v.Queue, 0), "times", fixed(v.Queue/v.Same, 2), "low", fixed(v.Low, 2), "high", fixed(v.High, 2))
}

// savingChart draws the accuracy of heads of the queue's labels beside that of heads of those by chance.
func savingChart(v *domain.Saving) app.UI {
	last := v.Points[len(v.Points)-1]
	c := &chart.Chart{
		ID: "saving", Label: savingWords(v), Height: 220,
		X: chart.Between(0, float64(last.Labels), 6, count), Y: chart.Between(0, 1, 5, percent),
		Legend: []chart.Key{{Class: "law", Text: i18n.T("analytics.saving_queue"), Kind: "line"}, {Class: "ideal", Text: i18n.T("analytics.saving_chance"), Kind: "dashed"}},
		Table:  chart.Table{Head: []string{i18n.T("analytics.labels"), i18n.T("analytics.saving_queue"), i18n.T("analytics.saving_chance")}},
	}
	c.X.Title = i18n.T("analytics.labels_axis")
	var queue, chance [][2]float64
	for _, p := range v.Points {
		at, other := float64(p.Labels), "–"
		queue = append(queue, [2]float64{at, p.Queue})
		if p.Both {
			chance = append(chance, [2]float64{at, p.Chance})
			other = i18n.Percent(p.Chance, 0)
		}
		row := []string{i18n.Number(p.Labels), i18n.Percent(p.Queue, 0), other}
		c.Slots = append(c.Slots, chart.Slot{At: at, From: at, To: at, Text: i18n.T("analytics.saving_point", "n", p.Labels, "queue", row[1], "chance", other)})
		c.Table.Rows = append(c.Table.Rows, row)
	}
	c.Draw = func(p *chart.Painter) {
		p.Line("ideal", chance...)
		p.Line("law", queue...)
	}
	return c
}
