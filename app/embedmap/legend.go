package embedmap

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// What the colours tell.
const (
	byLabel = "label"
	byModel = "model"
	byDoubt = "doubt"
)

// legendRow is one colour of the map.
type legendRow struct {
	key    string // the same when the legend is made anew
	name   string
	colour string // #rrggbb
	count  int
}

// Colours of what is no class.
const (
	plainColour = "#8f949e"
	mixedColour = "#c07a00"
)

// doubtColours are those of fifths of doubt, the surest first: of one lightness step each, so that they are told apart without hue too.
var doubtColours = []string{"#0b7662", "#5a9a3c", "#c9a227", "#d9691e", "#b3261e"}

// colour makes the legend, and gives each point its row.
func (s *Screen) colour() {
	p := &s.canvas.plot
	rows, of := s.rows()
	gone := int16(len(rows))
	for i := range p.row {
		p.row[i] = gone
		if i >= len(s.standing.Label) {
			p.row[i] = int16(len(rows) - 1)
			continue
		}
		if s.standing.Label[i] != domain.MapGone {
			r := of(i)
			p.row[i] = int16(r)
			rows[r].count++
		} else if p.selected[i] {
			p.toggle(i)
		}
	}
	p.colours = make([]colour, len(rows)+1)
	for k, r := range rows {
		p.colours[k], _ = hex(r.colour)
	}
	s.legend = rows
	s.hide()
	s.canvas.changed()
}

// hide takes what the legend has switched off, and images that are gone, out of sight.
func (s *Screen) hide() {
	p := &s.canvas.plot
	p.hidden = make([]bool, len(s.legend)+1)
	for k, r := range s.legend {
		p.hidden[k] = s.hidden[r.key]
	}
	p.hidden[len(s.legend)] = true
	p.mark(false, func(i int) bool { return p.selected[i] })
}

// rows gives the rows of the legend without counts, the last for what nothing is known of, and which one a point has.
func (s *Screen) rows() (rows []legendRow, of func(i int) int) {
	if s.by == byDoubt {
		for k, c := range doubtColours {
			rows = append(rows, legendRow{key: fmt.Sprint("doubt", k), name: i18n.T(fmt.Sprint("map.doubt.", k)), colour: c})
		}
		rows = append(rows, legendRow{key: "unknown", name: i18n.T("map.unknown"), colour: plainColour})
		return rows, func(i int) int {
			if i >= len(s.standing.Doubt) || s.standing.Doubt[i] < 0 {
				return len(doubtColours)
			}
			return min(s.standing.Doubt[i]*len(doubtColours)/1000, len(doubtColours)-1)
		}
	}
	for _, id := range s.standing.Classes {
		c, _ := session.Class(id)
		r := legendRow{key: id, name: c.Name, colour: c.Color}
		if _, ok := hex(c.Color); !ok {
			r.colour = plainColour
		}
		rows = append(rows, r)
	}
	n, list, none := len(rows), s.standing.Label, "map.unlabelled"
	if s.by == byModel {
		list, none = s.standing.Model, "map.unknown"
	}
	rows = append(rows, legendRow{key: "several", name: i18n.T("map.several"), colour: mixedColour}, legendRow{key: "none", name: i18n.T(none), colour: plainColour})
	return rows, func(i int) int {
		switch {
		case i < len(list) && list[i] >= 0 && list[i] < n:
			return list[i]
		case i < len(list) && list[i] == domain.MapSeveral:
			return n
		}
		return n + 1
	}
}

// legendList shows the legend: each row hides what has its colour, or selects it.
func (s *Screen) legendList() app.UI {
	var rows []legendRow
	for _, r := range s.legend {
		if r.count > 0 || s.hidden[r.key] {
			rows = append(rows, r)
		}
	}
	return app.Ul().Class("map-legend").Aria("label", i18n.T("map.legend")).Body(app.Range(rows).Slice(func(i int) app.UI {
		r := rows[i]
		return app.Li().Body(
			app.Button().Type("button").Class("map-row").Aria("pressed", fmt.Sprint(!s.hidden[r.key])).Title(i18n.T("map.toggle", "name", r.name)).
				OnClick(func(app.Context, app.Event) {
					s.hidden[r.key] = !s.hidden[r.key]
					s.hide()
					s.canvas.changed()
				}, app.EventScope(r.key)).
				Body(app.Span().Class("dot", ui.ColorClass(r.colour)).Aria("hidden", "true"), app.Span().Class("grow").Text(r.name), app.Span().Class("num").Text(i18n.Number(r.count))),
			app.Button().Type("button").Class("button", "quiet", "small").Disabled(s.hidden[r.key] || r.count == 0).
				Aria("label", i18n.T("map.select_row", "name", r.name)).Title(i18n.T("map.select_row", "name", r.name)).
				OnClick(func(app.Context, app.Event) { s.selectRow(r.key) }, app.EventScope(r.key)).
				Body(ui.Icon("check")),
		)
	}))
}

func (s *Screen) selectRow(key string) {
	for k, r := range s.legend {
		if r.key == key {
			p := &s.canvas.plot
			p.mark(false, func(i int) bool { return int(p.row[i]) == k })
			s.canvas.changed()
		}
	}
}
