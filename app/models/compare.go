package models

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// f1 gives a model's F1 for a class, and whether anything is known of that: whether it learned the class, and was measured on images of it.
func f1(m domain.Model, classID string) (float64, bool) {
	for _, c := range m.Metrics.Classes {
		if c.ClassID == classID {
			return c.F1, c.Support > 0
		}
	}
	return 0, false
}

// ofClass is the figure of a class by which models are compared: F1, and for boxes the average precision at an overlap of half.
func ofClass(m domain.Model, classID string) (float64, bool) {
	if m.Metrics.Boxes == nil {
		return f1(m, classID)
	}
	for _, c := range m.Metrics.Boxes.Classes {
		if c.ClassID == classID {
			return c.AP50, c.Support > 0
		}
	}
	return 0, false
}

// comparedFigure is a row of the comparison. A model of another task has not got the figure.
type comparedFigure struct {
	name string
	of   func(domain.Model) (float64, bool)
}

// comparedFigures are the rows over all classes, and the title of those for each.
func comparedFigures(task domain.Task) (rows []comparedFigure, perClass string) {
	if task == domain.TaskBoxes {
		of := func(f func(*domain.BoxMetrics) float64) func(domain.Model) (float64, bool) {
			return func(m domain.Model) (float64, bool) {
				if m.Metrics.Boxes == nil {
					return 0, false
				}
				return f(m.Metrics.Boxes), true
			}
		}
		return []comparedFigure{
			{"mAP50", of(func(b *domain.BoxMetrics) float64 { return b.MAP50 })},
			{"mAP50-95", of(func(b *domain.BoxMetrics) float64 { return b.MAP })},
			{i18n.T("metric.precision"), of(func(b *domain.BoxMetrics) float64 { return b.Precision })},
			{i18n.T("metric.recall"), of(func(b *domain.BoxMetrics) float64 { return b.Recall })},
			{i18n.T("metric.f1"), of(func(b *domain.BoxMetrics) float64 { return b.F1 })},
		}, i18n.T("compare.ap_per_class")
	}
	of := func(f func(domain.Metrics) float64) func(domain.Model) (float64, bool) {
		return func(m domain.Model) (float64, bool) { return f(m.Metrics), m.Metrics.Boxes == nil }
	}
	return []comparedFigure{
		{accuracyName(task), of(func(m domain.Metrics) float64 { return m.Accuracy })},
		{i18n.T("metric.precision"), of(func(m domain.Metrics) float64 { return m.Macro.Precision })},
		{i18n.T("metric.recall"), of(func(m domain.Metrics) float64 { return m.Macro.Recall })},
		{i18n.T("metric.f1"), of(func(m domain.Metrics) float64 { return m.Macro.F1 })},
	}, i18n.T("compare.per_class")
}

// best gives the index of the largest value, -1 where all are the same.
func best(values []float64) int {
	top, same := 0, true
	for i, v := range values {
		if v > values[top] {
			top = i
		}
		same = same && v == values[0]
	}
	if same {
		return -1
	}
	return top
}

// comparison shows models side by side, the best figure of each row marked.
func comparison(list []domain.Model) app.UI {
	row := func(name app.UI, value func(domain.Model) (float64, bool)) app.UI {
		values, known := make([]float64, len(list)), make([]bool, len(list))
		for i, m := range list {
			values[i], known[i] = value(m)
		}
		top := best(values)
		return app.Tr().Body(app.Th().Scope("row").Body(name), app.Range(list).Slice(func(i int) app.UI {
			if !known[i] {
				return app.Td().Class("num", "muted").Text("–")
			}
			class := "other"
			if i == top {
				class = "best"
			}
			return app.Td().Class("num", class).Body(app.Text(percent(values[i])), interval(values[i], domain.Interval{}))
		}))
	}
	rows, perClass := comparedFigures(list[0].Task)
	var classes []domain.Class
	if session.Project != nil {
		for _, c := range session.Project.Classes {
			for _, m := range list {
				if slices.ContainsFunc(m.Metrics.Classes, func(k domain.ClassMetrics) bool { return k.ClassID == c.ID }) {
					classes = append(classes, c)
					break
				}
			}
		}
	}
	return app.Section().Class("card", "comparison").Body(
		app.H2().Text(i18n.T("compare.title")), app.P().Class("small", "muted").Text(i18n.T("compare.note")),
		app.Div().Class("scroll-x").Body(app.Table().Body(
			app.THead().Body(app.Tr().Body(app.Td(), app.Range(list).Slice(func(i int) app.UI {
				return app.Th().Scope("col").Class("num").Body(app.Div().Class("cut").Text(list[i].Name),
					app.Div().Class("small", "muted").Text(i18n.T("ai.version", "n", list[i].Version)+" · "+i18n.N("images.count", list[i].Images)))
			}))),
			app.TBody().Body(
				app.Range(rows).Slice(func(i int) app.UI { return row(app.Text(rows[i].name), rows[i].of) }),
				app.Tr().Class("average").Body(app.Th().Scope("rowgroup").ColSpan(len(list)+1).Text(perClass)),
				app.Range(classes).Slice(func(i int) app.UI {
					return row(ui.ClassName(classes[i]), func(m domain.Model) (float64, bool) { return ofClass(m, classes[i].ID) })
				}),
			),
		)),
	)
}
