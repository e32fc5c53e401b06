package analytics

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui/chart"
	"github.com/irum-app/irum/server/domain"
)

// little is a gain, as a share, that is not worth labelling for.
const little = 0.003

func points(gain float64) string { return fixed(100*gain, 1) }

// next is the forecast that is spoken of: of the most labels that are not more than there are.
func next(m *domain.Model) (domain.Forecast, bool) {
	var out domain.Forecast
	if m.Metrics.Learning == nil {
		return out, false
	}
	for i, f := range m.Metrics.Learning.Forecasts {
		if i == 0 || f.More <= m.Images {
			out = f
		}
	}
	return out, out.More > 0
}

// LearningWords says what more labels would give.
func LearningWords(m *domain.Model) string {
	f, ok := next(m)
	switch {
	case !ok && m.Metrics.Bins == nil:
		return i18n.T("analytics.old_model")
	case !ok:
		return i18n.T("analytics.learning_few", "n", 8*len(m.Classes))
	case f.Gain < little:
		return i18n.T("analytics.learning_flat", "more", f.More, "high", points(f.GainHigh))
	}
	return i18n.T("analytics.learning_gain", "more", f.More, "gain", points(f.Gain), "low", points(f.GainLow), "high", points(f.GainHigh))
}

func percent(v float64) string { return i18n.Percent(v, 0) }

// Learning draws accuracy over the number of labels: what was measured, the law that it follows, and where that leads. id is
// the chart's element.
func Learning(id string, m *domain.Model) app.UI {
	l := m.Metrics.Learning
	if l == nil {
		return app.Div()
	}
	now := float64(m.Images)
	end, low := now, 1.0
	for _, f := range l.Forecasts {
		if f.More <= 2*m.Images {
			end = now + float64(f.More)
		}
	}
	for _, p := range l.Points {
		low = min(low, p.Low)
	}
	c := &chart.Chart{
		ID: id, Label: i18n.T("analytics.learning_label", "n", m.Images, "accuracy", i18n.Percent(m.Metrics.Accuracy, 1)), Height: 260,
		X: chart.Between(0, end, 6, count), Y: chart.Between(max(0, float64(int(low*10))/10), 1, 5, percent),
		Legend: []chart.Key{{Class: "measured", Text: i18n.T("analytics.measured"), Kind: "spot"}, {Class: "law", Text: i18n.T("analytics.law"), Kind: "line"}, {Class: "promised", Text: i18n.T("analytics.promised"), Kind: "band"}},
		Table:  chart.Table{Head: []string{i18n.T("analytics.labels"), accuracyName(m), i18n.T("analytics.interval")}},
	}
	c.X.Title = i18n.T("analytics.labels_axis")
	add := func(key string, labels int, accuracy, low, high float64, more ...any) {
		texts := []string{i18n.Percent(accuracy, 1), i18n.Percent(low, 1), i18n.Percent(high, 1)}
		at := float64(labels)
		c.Slots = append(c.Slots, chart.Slot{At: at, From: at, To: at, Text: i18n.T(key, append([]any{"n", labels, "accuracy", texts[0], "low", texts[1], "high", texts[2]}, more...)...)})
		name := i18n.Number(labels)
		if len(more) > 0 {
			name = i18n.T("analytics.forecast_row", "n", labels)
		}
		c.Table.Rows = append(c.Table.Rows, []string{name, texts[0], texts[1] + " – " + texts[2]})
	}
	for _, p := range l.Points {
		add("analytics.point", p.Images, p.Accuracy, p.Low, p.High)
	}
	var ahead []domain.Forecast
	for _, f := range l.Forecasts {
		if now+float64(f.More) <= end {
			ahead = append(ahead, f)
			add("analytics.forecast", m.Images+f.More, f.Accuracy, f.Low, f.High, "gain", points(f.Gain))
		}
	}
	c.Draw = func(p *chart.Painter) { drawLearning(p, l, ahead, now, end) }
	return c
}

func drawLearning(p *chart.Painter, l *domain.Learning, ahead []domain.Forecast, now, end float64) {
	last := l.Points[len(l.Points)-1]
	low, high := [][2]float64{{now, last.Low}}, [][2]float64{{now, last.High}}
	for _, f := range ahead {
		at := now + float64(f.More)
		low, high = append(low, [2]float64{at, f.Low}), append(high, [2]float64{at, f.High})
	}
	p.Band("promised", low, high)
	const parts = 60
	var known, promised [][2]float64
	for k := range parts + 1 {
		first := float64(l.Points[0].Images)
		n := first + (now-first)*float64(k)/parts
		known = append(known, [2]float64{n, l.Law.Accuracy(n)})
		n = now + (end-now)*float64(k)/parts
		promised = append(promised, [2]float64{n, l.Law.Accuracy(n)})
	}
	p.Mark("now", now, i18n.T("analytics.now"))
	p.Line("law", known...)
	p.Line("law ahead", promised...)
	for _, v := range l.Points {
		p.Point("measured", float64(v.Images), v.Accuracy, v.Low, v.High)
	}
}

func accuracyName(m *domain.Model) string {
	if m.Task == domain.TaskMulti {
		return i18n.T("metric.exact")
	}
	return i18n.T("metric.accuracy")
}
