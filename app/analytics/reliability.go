package analytics

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui/chart"
	"github.com/irum-app/irum/server/domain"
)

// honest is how far confidence may be off, on average, to be called right.
const honest = 0.03

// fewImages is under how many a bar says little, and is drawn pale.
const fewImages = 5

// ReliabilityWords says how far the model's confidence can be believed.
func ReliabilityWords(m *domain.Model) string {
	if len(m.Metrics.Bins) == 0 {
		return i18n.T("analytics.old_model")
	}
	over, images := 0.0, 0
	for _, b := range m.Metrics.Bins {
		over += float64(b.Images) * (b.Confidence - b.Right)
		images += b.Images
	}
	over /= float64(max(images, 1))
	key := "analytics.reliable"
	switch {
	case m.Metrics.ECE <= honest:
	case over > honest/2:
		key = "analytics.overconfident"
	case over < -honest/2:
		key = "analytics.underconfident"
	default:
		key = "analytics.uneven"
	}
	return i18n.T(key, "ece", i18n.Percent(m.Metrics.ECE, 1))
}

// Reliability draws how often the model is right where it says that it is so sure. id is the chart's element.
func Reliability(id string, m *domain.Model) app.UI {
	bins := m.Metrics.Bins
	if len(bins) == 0 {
		return app.Div()
	}
	c := &chart.Chart{
		ID: id, Label: i18n.T("analytics.reliability_label", "ece", i18n.Percent(m.Metrics.ECE, 1)), Height: 260,
		X: chart.Round(1, 5, percent), Y: chart.Round(1, 5, percent),
		Legend: []chart.Key{{Class: "right", Text: i18n.T("analytics.right")}, {Class: "ideal", Text: i18n.T("analytics.ideal"), Kind: "dashed"}, {Class: "mean", Text: i18n.T("analytics.mean_confidence"), Kind: "spot"}},
		Table:  chart.Table{Head: []string{i18n.T("analytics.confidence"), i18n.T("analytics.images"), i18n.T("analytics.mean_confidence"), i18n.T("analytics.right")}},
	}
	c.X.Title = i18n.T("analytics.confidence")
	for _, b := range bins {
		name := percent(b.Low) + " – " + percent(b.High)
		c.Slots = append(c.Slots, chart.Slot{At: b.Confidence, From: b.Low, To: b.High, Text: i18n.T("analytics.bin", "range", name, "n", b.Images, "right", i18n.Percent(b.Right, 1), "confidence", i18n.Percent(b.Confidence, 1))})
		c.Table.Rows = append(c.Table.Rows, []string{name, i18n.Number(b.Images), i18n.Percent(b.Confidence, 1), i18n.Percent(b.Right, 1)})
	}
	c.Draw = func(p *chart.Painter) {
		for _, b := range bins {
			class := "right"
			if b.Images < fewImages {
				class += " few"
			}
			p.Column(class, b.Low, b.High, 0, b.Right, 1)
		}
		p.Line("ideal", [2]float64{0, 0}, [2]float64{1, 1})
		for _, b := range bins {
			p.Point("mean", b.Confidence, b.Right, b.RightCI.Low, b.RightCI.High)
		}
	}
	return c
}
