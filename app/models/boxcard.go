package models

import (
	"math"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/app/ui/chart"
	"github.com/irum-app/irum/server/domain"
)

// boxFigures are what the head of a card says of a model of boxes.
func boxFigures(b *domain.BoxMetrics) app.UI {
	return app.Div().Class("metrics").Body(
		app.Div().Class("metric", "main").Title(i18n.T("boxcard.map50")).Body(
			app.Span().Class("value").Text(percent(b.MAP50)), app.Span().Class("name").Text("mAP50"), interval(b.MAP50, domain.Interval{})),
		figure("mAP50-95", percent(b.MAP)),
		figure(i18n.T("metric.precision"), percent(b.Precision)),
		figure(i18n.T("metric.recall"), percent(b.Recall)),
		figure(i18n.T("metric.f1"), percent(b.F1)),
	)
}

// boxDetail is the opened part of the card of a model of boxes.
func (s *Models) boxDetail(m domain.Model, d *detail) app.UI {
	full, b := d.model, d.model.Metrics.Boxes
	meanings := [][2]string{
		{"mAP50", i18n.T("boxcard.map50")},
		{"mAP50-95", i18n.T("boxcard.map")},
		{i18n.T("metric.precision"), i18n.T("boxcard.precision", "value", percent(b.Precision))},
		{i18n.T("metric.recall"), i18n.T("boxcard.recall", "value", percent(b.Recall))},
		{i18n.T("metric.f1"), i18n.T("boxcard.f1")},
		{i18n.T("curve.threshold"), i18n.T("boxcard.threshold", "t", i18n.Percent(b.Threshold, 0))},
	}
	return app.Div().Class("detail").Body(
		app.P().Class("small", "muted").Text(howMeasured(full)+" "+i18n.N("boxcard.counted", b.Boxes, "images", full.Metrics.Images)),
		app.If(full.Metrics.Compared != nil, func() app.UI { return compared(full.Metrics.Compared) }),
		app.If(b.LeftOut > 0, func() app.UI { return ui.Notice("warn", i18n.N("boxcard.left_out", b.LeftOut)) }),
		app.Dl().Class("meanings").Body(app.Range(meanings).Slice(func(i int) app.UI {
			return app.Div().Body(app.Dt().Text(meanings[i][0]), app.Dd().Text(meanings[i][1]))
		})),
		boxClasses(full),
		precisionRecall(full, d),
		app.If(session.May(domain.RightManage), func() app.UI { return s.fileActions(m) }),
	)
}

// boxClasses is the table of a model of boxes; the counts are at its threshold.
func boxClasses(m *domain.Model) app.UI {
	b := m.Metrics.Boxes
	head := []string{
		i18n.T("metric.class"), i18n.T("boxes.list"), "AP50", "AP50-95", i18n.T("metric.precision"), i18n.T("metric.recall"), i18n.T("metric.f1"),
		i18n.T("metric.tp"), i18n.T("metric.fp"), i18n.T("metric.fn"),
	}
	shares := func(support int, values ...float64) []app.UI {
		var cells []app.UI
		for _, v := range values {
			cells = append(cells, ratio(support, v))
		}
		return cells
	}
	count := func(n int) app.UI { return app.Td().Class("num").Text(i18n.Number(n)) }
	return app.Div().Class("scroll-x").TabIndex(0).Role("region").Aria("label", i18n.T("metric.class")).Body(app.Table().Class("per-class").Body(
		classHead(head),
		app.TBody().Body(
			app.Range(b.Classes).Slice(func(i int) app.UI {
				c := b.Classes[i]
				cells := []app.UI{app.Th().Scope("row").Body(ui.ClassName(boxClass(c))), count(c.Support)}
				cells = append(cells, shares(c.Support, c.AP50, c.AP, c.Precision, c.Recall, c.F1)...)
				return app.Tr().Body(append(cells, count(c.TP), count(c.FP), count(c.FN))...)
			}),
			app.Tr().Class("average").Body(append(append([]app.UI{
				app.Th().Scope("row").ColSpan(2).Body(app.Text(i18n.T("boxcard.mean")), app.Span().Class("small", "muted").Text(" · "+i18n.T("metric.macro_hint"))),
			}, shares(b.Boxes, b.MAP50, b.MAP, b.Precision, b.Recall, b.F1)...), app.Td().ColSpan(3))...),
		),
	))
}

// boxClass is a class as the model learned it, in the colour that it has now.
func boxClass(c domain.BoxClassMetrics) domain.Class {
	out := domain.Class{ID: c.ClassID, Name: c.Name}
	if now, ok := session.Class(c.ClassID); ok {
		out.Color = now.Color
	}
	return out
}

// boxAt gives the point of a curve at which boxes of at least t count; false where there are none.
func boxAt(curve []domain.PrecisionPoint, t float64) (domain.PrecisionPoint, bool) {
	var at domain.PrecisionPoint
	found := false
	for _, p := range curve {
		if p.Threshold >= t-1e-9 {
			at, found = p, true
		}
	}
	return at, found
}

// boxesAt says how good a model is at a threshold, each class counting the same.
func boxesAt(b *domain.BoxMetrics, t float64) string {
	precision, recall, classes, giving := 0.0, 0.0, 0, 0
	for _, c := range b.Classes {
		if c.Support == 0 {
			continue
		}
		classes++
		if p, ok := boxAt(c.Curve, t); ok {
			precision, recall = precision+p.Precision, recall+p.Recall
			giving++
		}
	}
	if giving == 0 {
		return i18n.T("boxcard.at_none", "t", i18n.Percent(t, 0))
	}
	precision, recall = precision/float64(giving), recall/float64(classes)
	if math.Round(100*t) == math.Round(100*b.Threshold) { // curves are of some of the thresholds; of this one the figures are known
		precision, recall = b.Precision, b.Recall
	}
	return i18n.T("boxcard.at", "t", i18n.Percent(t, 0), "precision", i18n.Percent(precision, 0), "recall", i18n.Percent(recall, 0))
}

// atRecall is the best precision that a curve has at a recall, as average precision counts it; false beyond its end.
func atRecall(curve []domain.PrecisionPoint, recall float64) (best float64, ok bool) {
	for _, p := range curve {
		if p.Recall >= recall-1e-9 {
			best, ok = max(best, p.Precision), true
		}
	}
	return best, ok
}

// precisionRecall draws the curve of each class that is switched on, and where on it a threshold lies.
func precisionRecall(m *domain.Model, d *detail) app.UI {
	b := m.Metrics.Boxes
	var shown []domain.BoxClassMetrics
	for _, c := range b.Classes {
		if c.Support > 0 && !d.hidden[c.ClassID] {
			shown = append(shown, c)
		}
	}
	return app.Section().Class("chart", "pr").Body(
		app.H3().Text(i18n.T("boxcard.curve")), app.P().Class("small", "muted").Text(i18n.T("boxcard.curve_lead")),
		app.Div().Class("row", "wrap").Role("group").Aria("label", i18n.T("boxcard.drawn")).Body(app.Range(b.Classes).Slice(func(i int) app.UI {
			c := b.Classes[i]
			on := !d.hidden[c.ClassID] && c.Support > 0
			return app.Button().Type("button").Class("pr-class").Aria("pressed", map[bool]string{true: "true", false: "false"}[on]).Disabled(c.Support == 0).OnClick(func(app.Context, app.Event) {
				if d.hidden == nil {
					d.hidden = map[string]bool{}
				}
				d.hidden[c.ClassID] = !d.hidden[c.ClassID]
			}, app.EventScope(m.ID, c.ClassID)).Body(ui.ClassName(boxClass(c)), app.Span().Class("num", "muted").Text("AP50 "+i18n.Percent(c.AP50, 0)))
		})),
		curves("pr-"+m.ID, boxesAt(b, d.threshold), shown, d.threshold),
		slider("threshold-"+m.ID, i18n.T("curve.threshold"), d.threshold, func(v float64) { d.threshold = v }),
	)
}

// recallSteps is in how many steps a curve can be read by key and in its table.
const recallSteps = 20

// curves draws precision over recall, with a dot on each curve at the threshold.
func curves(id, label string, classes []domain.BoxClassMetrics, threshold float64) app.UI {
	share := func(v float64) string { return i18n.Percent(v, 0) }
	x, y := chart.Between(0, 1, 5, share), chart.Between(0, 1, 5, share)
	x.Title = i18n.T("boxcard.axis")
	out := &chart.Chart{
		ID: id, Label: label, Height: 260, X: x, Y: y,
		Legend: []chart.Key{{Text: i18n.T("boxcard.dot", "t", i18n.Percent(threshold, 0)), Kind: "spot"}},
		Table:  chart.Table{Head: []string{i18n.T("metric.recall")}},
	}
	for _, c := range classes {
		out.Table.Head = append(out.Table.Head, c.Name)
	}
	for i := range recallSteps + 1 {
		recall := float64(i) / recallSteps
		text, row, any := i18n.T("boxcard.at_recall", "recall", share(recall)), []string{share(recall)}, false
		for _, c := range classes {
			cell := "–"
			if p, ok := atRecall(c.Curve, recall); ok {
				cell, any = share(p), true
			}
			text += " " + c.Name + " " + cell
			row = append(row, cell)
		}
		if any {
			out.Slots = append(out.Slots, chart.Slot{At: recall, From: recall, To: recall, Text: text})
			out.Table.Rows = append(out.Table.Rows, row)
		}
	}
	out.Draw = func(p *chart.Painter) {
		for _, c := range classes {
			var line [][2]float64
			for _, v := range c.Curve {
				line = append(line, [2]float64{v.Recall, v.Precision})
			}
			p.Line("pr "+ui.ColorClass(boxClass(c).Color), line...)
		}
		for _, c := range classes {
			if v, ok := boxAt(c.Curve, threshold); ok {
				p.Point("measured", v.Recall, v.Precision, 0, 0)
			}
		}
	}
	return out
}
