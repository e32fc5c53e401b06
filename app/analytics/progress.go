package analytics

import (
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui/chart"
	"github.com/irum-app/irum/server/domain"
)

// shown is how many hours, days or weeks are drawn at most: the newest.
const shown = 60

func fixed(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

func count(v float64) string {
	if v != float64(int(v)) {
		return ""
	}
	return i18n.Number(int(v))
}

// progress draws how many labels were made when, and by whom.
func (s *Screen) progress() app.UI {
	list := s.data.Progress
	if len(list) == 0 {
		return app.P().Class("muted").Text(i18n.T("analytics.progress_none"))
	}
	list = list[max(0, len(list)-shown):]
	most := 0
	for _, l := range list {
		most = max(most, l.People+l.Auto+l.Import)
	}
	c := &chart.Chart{
		ID: "progress", Label: i18n.T("analytics.progress_label." + s.data.Unit), Height: 220,
		X: chart.Axis{Max: float64(max(len(list), 8))}, Y: chart.Round(float64(most), 4, count),
		Legend: []chart.Key{{Class: "people", Text: i18n.T("analytics.people")}, {Class: "auto", Text: i18n.T("analytics.auto")}, {Class: "import", Text: i18n.T("analytics.import")}},
		Table:  chart.Table{Head: []string{i18n.T("analytics.when." + s.data.Unit), i18n.T("analytics.people"), i18n.T("analytics.auto"), i18n.T("analytics.import")}},
	}
	for i, l := range list {
		at := float64(i)
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: at + 0.5, Text: short(l.At, s.data.Unit)})
		c.Slots = append(c.Slots, chart.Slot{At: at + 0.5, From: at, To: at + 1, Text: i18n.T("analytics.made",
			"when", long(l.At, s.data.Unit), "people", l.People, "auto", l.Auto, "import", l.Import)})
		if l != (domain.LabelsMade{At: l.At}) {
			c.Table.Rows = append(c.Table.Rows, []string{long(l.At, s.data.Unit), i18n.Number(l.People), i18n.Number(l.Auto), i18n.Number(l.Import)})
		}
	}
	c.Draw = func(p *chart.Painter) {
		for i, l := range list {
			from := 0.0
			for _, part := range []struct {
				class string
				n     int
			}{{"people", l.People}, {"auto", l.Auto}, {"import", l.Import}} {
				if part.n > 0 {
					p.Column(part.class, float64(i), float64(i+1), from, from+float64(part.n), 1)
					from += float64(part.n)
				}
			}
		}
	}
	return c
}

func short(t time.Time, unit string) string {
	if unit == domain.UnitHour {
		return t.Local().Format("15:04")
	}
	return t.Local().Format("01-02")
}

func long(t time.Time, unit string) string {
	if unit == domain.UnitHour {
		return t.Local().Format("2006-01-02 15:04")
	}
	return t.Local().Format("2006-01-02")
}
