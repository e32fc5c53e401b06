package models

import (
	"net/url"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/analytics"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// detail is the opened part of a card.
type detail struct {
	model     *domain.Model
	failure   error
	threshold float64
	suspects  *domain.Suspects
	hidden    map[string]bool // classes that the curves are not drawn of
}

func accuracyName(task domain.Task) string {
	if task == domain.TaskMulti {
		return i18n.T("metric.exact")
	}
	return i18n.T("metric.accuracy")
}

func percent(v float64) string { return i18n.Percent(v, 1) }

func ciText(ci domain.Interval) string {
	return i18n.T("metric.interval", "low", percent(ci.Low), "high", percent(ci.High))
}

func (s *Models) card(m domain.Model) app.UI {
	d := s.details[m.ID]
	label, icon, open := i18n.T("ai.details"), "chart", d != nil
	if d != nil {
		label = i18n.T("ai.hide")
	}
	return app.Article().Class("card", "model").Aria("label", m.Name).Body(
		app.Div().Class("model-head").Body(
			app.Div().Class("what").Body(
				app.H2().Class("row").Body(app.Span().Class("cut").Text(m.Name), ui.Tag(i18n.T("ai.version", "n", m.Version), "violet"),
					app.If(m.Level != "" && m.Level != headLevel, func() app.UI { return ui.Tag(i18n.T("level."+m.Level), "") })),
				app.P().Class("small", "muted").Text(m.CreatedAt.Local().Format("2006-01-02 15:04")+" · "+
					i18n.T("ai.trained_on", "n", m.Images, "time", i18n.Duration(m.Seconds))+" · "+i18n.N("ai.cost", int(m.Credits))),
				app.If(m.Metrics.Suspects > 0 && !session.OnlyLooks(), func() app.UI {
					return app.P().Class("small").Body(app.A().Href(session.At("suspects", m.ID).Path()).Text(i18n.N("suspects.head", m.Metrics.Suspects)))
				}),
			),
			app.If(m.Metrics.Boxes != nil, func() app.UI { return boxFigures(m.Metrics.Boxes) }).Else(func() app.UI { return figures(m) }),
			app.Div().Class("actions").Body(
				ui.Button(ui.ButtonSpec{Label: label, Icon: icon, Scope: m.ID, Expanded: &open, On: func(app.Context) { s.toggle(m.ID) }}),
				app.If(session.May(domain.RightManage), func() app.UI {
					return ui.Button(ui.ButtonSpec{Label: i18n.T("ai.apply"), Icon: "apply", Kind: "primary", Scope: m.ID, On: func(app.Context) { s.apply = newApplyDialog(s.ctx, m) }})
				}),
			),
		),
		s.outgrown(m),
		app.If(d != nil, func() app.UI { return s.detail(m, d) }),
	)
}

// figures are what the head of a card says of a model of whole images.
func figures(m domain.Model) app.UI {
	return app.Div().Class("metrics").Body(
		app.Div().Class("metric", "main").Title(ciText(m.Metrics.AccuracyCI)).Body(
			app.Span().Class("value").Text(percent(m.Metrics.Accuracy)),
			app.Span().Class("name").Text(accuracyName(m.Task)), interval(m.Metrics.Accuracy, m.Metrics.AccuracyCI)),
		figure(i18n.T("metric.precision"), percent(m.Metrics.Macro.Precision)),
		figure(i18n.T("metric.recall"), percent(m.Metrics.Macro.Recall)),
		figure(i18n.T("metric.f1"), percent(m.Metrics.Macro.F1)),
	)
}

func (s *Models) detail(m domain.Model, d *detail) app.UI {
	if d.failure != nil {
		return ui.Failed(d.failure, func(app.Context) {
			delete(s.details, m.ID)
			s.toggle(m.ID)
		})
	}
	if d.model == nil {
		return ui.Loading()
	}
	full := d.model
	if full.Metrics.Boxes != nil {
		return s.boxDetail(m, d)
	}
	return app.Div().Class("detail").Body(
		app.P().Class("small", "muted").Text(howMeasured(full)+" "+
			i18n.T("metric.calibration", "ece", percent(full.Metrics.ECE))+" "+accuracyName(m.Task)+": "+ciText(full.Metrics.AccuracyCI)+"."),
		app.If(full.Metrics.Compared != nil, func() app.UI { return compared(full.Metrics.Compared) }),
		app.If(d.suspects != nil, func() app.UI { return suspects(m, d.suspects) }),
		app.If(len(full.Checks) > 0, func() app.UI { return checks(full) }),
		perClass(full),
		app.If(slices.ContainsFunc(full.Metrics.Classes, func(c domain.ClassMetrics) bool { return c.Support == 0 }), func() app.UI {
			return app.P().Class("small", "muted").Text(i18n.T("metric.unmeasured"))
		}),
		app.If(full.Metrics.Course != nil && len(full.Metrics.Course.Points) > 1, func() app.UI { return courseCharts("course-"+m.ID, full.Metrics.Course) }),
		app.Div().Class("charts").Body(
			app.If(len(full.Metrics.Confusion) > 0, func() app.UI { return confusion(full) }),
			app.If(len(full.Metrics.Curve) > 0, func() app.UI { return curve(full, d) }),
			app.If(full.Metrics.Learning != nil, func() app.UI {
				return chartSection("analytics.learning", analytics.LearningWords(full), analytics.Learning("learning-"+m.ID, full))
			}),
			app.If(len(full.Metrics.Bins) > 0, func() app.UI {
				return chartSection("analytics.reliability", analytics.ReliabilityWords(full), analytics.Reliability("reliability-"+m.ID, full))
			}),
		),
		app.If(session.May(domain.RightManage), func() app.UI { return s.fileActions(m) }),
	)
}

// fileActions are what can be done with the model's file.
func (s *Models) fileActions(m domain.Model) app.UI {
	return app.Div().Class("row", "wrap").Body(
		ui.Button(ui.ButtonSpec{Label: i18n.T("ai.download"), Icon: "download", Small: true, Scope: m.ID, On: func(ctx app.Context) {
			download(ctx, client.ModelFilePath(session.Now.Project, m.ID), m.Name+".onnx")
		}}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("ai.delete"), Icon: "trash", Small: true, Kind: "danger", Scope: m.ID, On: func(app.Context) { s.drop = &m }}),
	)
}

func chartSection(key, words string, drawing app.UI) app.UI {
	return app.Section().Class("chart").Body(app.H3().Text(i18n.T(key)), app.P().Class("small", "muted").Text(words), drawing)
}

// class gives the colour of a model's class as the project has it now, with the name the model learned.
func class(m *domain.Model, i int) domain.Class {
	c := domain.Class{ID: m.Metrics.Classes[i].ClassID, Name: m.Metrics.Classes[i].Name}
	if now, ok := session.Class(c.ID); ok {
		c.Color = now.Color
	}
	return c
}

// classHead names the columns of a table by class: the class itself, then numbers.
func classHead(columns []string) app.UI {
	return app.THead().Body(app.Tr().Body(app.Range(columns).Slice(func(i int) app.UI {
		th := app.Th().Scope("col").Text(columns[i])
		if i > 0 {
			th = th.Class("num")
		}
		return th
	})))
}

func perClass(m *domain.Model) app.UI {
	rows := m.Metrics.Classes
	over := rolledUp(m, session.Tree(), session.Project.Classes)
	head := []string{i18n.T("metric.class"), i18n.T("metric.support"), i18n.T("metric.precision"), i18n.T("metric.recall"), i18n.T("metric.f1"), i18n.T("metric.tp"), i18n.T("metric.fp"), i18n.T("metric.fn")}
	average := func(name, hint string, a domain.Averages) app.UI {
		return app.Tr().Class("average").Body(
			app.Th().Scope("row").ColSpan(2).Body(app.Text(name), app.Span().Class("small", "muted").Text(" · "+hint)),
			app.Td().Class("num").Text(percent(a.Precision)), app.Td().Class("num").Text(percent(a.Recall)), app.Td().Class("num").Text(percent(a.F1)), app.Td().ColSpan(3))
	}
	return app.Div().Class("scroll-x").TabIndex(0).Role("region").Aria("label", i18n.T("metric.class")).Body(app.Table().Class("per-class").Body(
		classHead(head),
		app.TBody().Body(
			app.Range(rows).Slice(func(i int) app.UI {
				c := rows[i]
				share := func(v float64, ci domain.Interval) app.UI {
					if c.Support == 0 {
						return unmeasured()
					}
					return app.Td().Class("num").Title(ciText(ci)).Body(app.Text(percent(v)), interval(v, ci))
				}
				return app.Tr().Body(
					app.Th().Scope("row").Body(ui.ClassName(class(m, i))),
					app.Td().Class("num").Text(i18n.Number(c.Support)),
					share(c.Precision, c.PrecisionCI), share(c.Recall, c.RecallCI), ratio(c.Support, c.F1),
					app.Td().Class("num").Text(i18n.Number(c.TP)), app.Td().Class("num").Text(i18n.Number(c.FP)), app.Td().Class("num").Text(i18n.Number(c.FN)))
			}),
			app.Range(over).Slice(func(i int) app.UI {
				c := over[i]
				return app.Tr().Class("average").Body(
					app.Th().Scope("row").Body(app.Text(c.Name), app.Span().Class("small", "muted").Text(" · "+i18n.T("metric.under"))),
					app.Td().Class("num").Text(i18n.Number(c.Support)), ratio(c.Support, c.Precision), ratio(c.Support, c.Recall), ratio(c.Support, c.F1),
					app.Td().Class("num").Text(i18n.Number(c.TP)), app.Td().Class("num").Text(i18n.Number(c.FP)), app.Td().Class("num").Text(i18n.Number(c.FN)))
			}),
			average(i18n.T("metric.macro"), i18n.T("metric.macro_hint"), m.Metrics.Macro),
			average(i18n.T("metric.micro"), i18n.T("metric.micro_hint"), m.Metrics.Micro),
		),
	))
}

// unmeasured stands where no image tells how good a model is.
func unmeasured() app.UI {
	return app.Td().Class("num", "muted").Title(i18n.T("metric.unmeasured_hint")).Aria("label", i18n.T("metric.unmeasured_hint")).Text("–")
}

// ratio is the cell of a share that support images tell.
func ratio(support int, v float64) app.UI {
	if support == 0 {
		return unmeasured()
	}
	return app.Td().Class("num").Text(percent(v))
}

// cellIDs lists the images of one cell of the confusion matrix.
func cellIDs(m *domain.Model, truth, predicted int) []string {
	var ids []string
	for _, o := range m.Metrics.Outcomes {
		if len(o.Truth) == 1 && len(o.Predicted) == 1 && o.Truth[0] == truth && o.Predicted[0] == predicted {
			ids = append(ids, o.AssetID)
		}
	}
	return ids
}

// heat says how dark a cell is, 0..5, by its share of the row.
func heat(n, row int) string {
	if n == 0 || row == 0 {
		return "heat-0"
	}
	return []string{"heat-1", "heat-2", "heat-3", "heat-4", "heat-5"}[min(4*n/row, 4)]
}

func confusion(m *domain.Model) app.UI {
	matrix := m.Metrics.Confusion
	cell := func(truth, predicted int) app.UI {
		n, row := matrix[truth][predicted], 0
		for _, v := range matrix[truth] {
			row += v
		}
		kind := "wrong"
		if truth == predicted {
			kind = "right"
		}
		td := app.Td().Class("cell", kind, heat(n, row))
		if n == 0 {
			return td.Body(app.Span().Aria("hidden", "true").Text("·"))
		}
		to := session.At("images", "")
		to.Query = url.Values{"ids": cellIDs(m, truth, predicted)}
		return td.Body(app.A().Href(to.Path()).Aria("label", i18n.N("confusion.cell", n, "truth", class(m, truth).Name, "predicted", class(m, predicted).Name)).Text(i18n.Number(n)))
	}
	return app.Section().Class("chart").Body(
		app.H3().Text(i18n.T("confusion.title")), app.P().Class("small", "muted").Text(i18n.T("confusion.lead")),
		app.Div().Class("scroll-x").Body(app.Table().Class("confusion").Body(
			app.THead().Body(
				app.Tr().Body(app.Td(), app.Th().Scope("colgroup").ColSpan(len(matrix)).Text(i18n.T("confusion.predicted"))),
				app.Tr().Body(app.Th().Scope("col").Text(i18n.T("confusion.truth")), app.Range(matrix).Slice(func(i int) app.UI {
					return app.Th().Scope("col").Title(class(m, i).Name).Body(app.Span().Class("cut").Text(class(m, i).Name))
				}))),
			app.TBody().Body(app.Range(matrix).Slice(func(t int) app.UI {
				return app.Tr().Body(app.Th().Scope("row").Body(ui.ClassName(class(m, t))), app.Range(matrix[t]).Slice(func(p int) app.UI { return cell(t, p) }))
			})),
		)),
	)
}

func curve(m *domain.Model, d *detail) app.UI {
	p, ok := at(m.Metrics.Curve, d.threshold)
	text := ""
	if ok {
		text = i18n.T("curve.at", "t", i18n.Percent(d.threshold, 0), "coverage", i18n.Percent(p.Coverage, 0), "precision", percent(p.Precision))
	}
	return app.Section().Class("chart").Body(
		app.H3().Text(i18n.T("curve.title")), app.P().Class("small", "muted").Text(i18n.T("curve.lead")),
		thresholdCurve(m.Metrics.Curve, d.threshold, text),
		app.Div().Class("legend", "small").Body(app.Span().Class("key", "coverage").Text(i18n.T("curve.coverage")), app.Span().Class("key", "precision").Text(i18n.T("curve.precision"))),
		slider("threshold-"+m.ID, i18n.T("curve.threshold"), d.threshold, func(v float64) { d.threshold = v }),
		app.P().Role("status").Text(text),
	)
}
