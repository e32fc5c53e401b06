package chart

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
)

// Slot is one place that can be pointed at: what is said of it, and where it is on the x axis.
type Slot struct {
	At, From, To float64
	Text         string
}

// Key explains one of the chart's colours. Kind: "" for a filled one, line, dashed, band, spot.
type Key struct{ Class, Text, Kind string }

// Table is what the chart shows, in words. The first cell of each row names it.
type Table struct {
	Head []string
	Rows [][]string
}

// Chart shows what Draw draws over two axes.
type Chart struct {
	app.Compo

	ID     string // of the element; differs between the charts of a page
	Label  string // what is to be seen, in a sentence
	Height int    // pixels
	X, Y   Axis
	Draw   func(p *Painter)
	Slots  []Slot
	Legend []Key
	Table  Table

	width int
	at    int // slot that is pointed at, counted from 1; 0 for none
}

// OnMount learns how much room there is.
func (c *Chart) OnMount(ctx app.Context) { ctx.Defer(c.measure) }

// OnResize implements app.Resizer.
func (c *Chart) OnResize(ctx app.Context) { c.measure(ctx) }

func (c *Chart) measure(ctx app.Context) {
	if e := app.Window().GetElementByID(c.ID); e.Truthy() {
		if w := e.Get("clientWidth").Int(); w != c.width {
			c.width = w
			ctx.Update()
		}
	}
}

// Render implements app.Composer.
func (c *Chart) Render() app.UI {
	p := &Painter{x: c.X, y: c.Y, width: float64(c.width), height: float64(c.Height)}
	if c.width == 0 {
		p.width = 600
	}
	p.frame()
	slot := c.slot()
	if slot != nil {
		a, b := p.X(slot.From), p.X(slot.To)
		p.tag(`<rect class="pointed" x="`, number(a), `" y="`, number(top), `" width="`, number(max(b-a, 1)), `" height="`, number(p.height-p.under()-top), `"></rect>`)
	}
	c.Draw(p)
	w, h := strconv.Itoa(int(p.width)), strconv.Itoa(c.Height)
	said := c.Label
	if slot != nil {
		said = slot.Text
	}
	return app.Div().Class("plot").Body(
		app.Div().ID(c.ID).Class("plot-area").TabIndex(0).Role("group").Aria("label", c.Label).Aria("describedby", c.ID+"-said").
			OnMouseMove(c.point).OnMouseLeave(c.leave).OnBlur(c.leave).OnKeyDown(c.step).Body(
			app.Raw(`<svg width="`+w+`" height="`+h+`" viewBox="0 0 `+w+` `+h+`" aria-hidden="true">`+p.b.String()+`</svg>`)),
		app.P().ID(c.ID+"-said").Class("plot-said", "small").Role("status").Text(said),
		app.If(len(c.Legend) > 0, c.legend),
		c.table(),
	)
}

func (c *Chart) slot() *Slot {
	if c.at < 1 || c.at > len(c.Slots) {
		return nil
	}
	return &c.Slots[c.at-1]
}

// point finds the slot under the pointer.
func (c *Chart) point(ctx app.Context, e app.Event) {
	box := ctx.JSSrc().Call("getBoundingClientRect")
	x := e.Get("clientX").Float() - box.Get("left").Float()
	c.choose(ctx, c.nearest(x))
}

// nearest gives the slot at pixel x of the chart, counted from 1.
func (c *Chart) nearest(x float64) int {
	p := &Painter{x: c.X, width: float64(c.width)}
	best, least := 0, 0.0
	for i, s := range c.Slots {
		d := max(p.X(s.From)-x, x-p.X(s.To), 0)
		if s.From == s.To {
			d = max(p.X(s.At)-x, x-p.X(s.At))
		}
		if best == 0 || d < least {
			best, least = i+1, d
		}
	}
	return best
}

func (c *Chart) leave(ctx app.Context, _ app.Event) { c.choose(ctx, 0) }

// step goes through the slots by key.
func (c *Chart) step(ctx app.Context, e app.Event) {
	to, n := 0, len(c.Slots) // none
	switch e.Get("key").String() {
	case "ArrowRight":
		to = min(c.at+1, n)
	case "ArrowLeft":
		if to = c.at - 1; c.at == 0 {
			to = n
		}
		to = max(to, min(1, n))
	case "Home":
		to = min(1, n)
	case "End":
		to = n
	case "Escape":
	default:
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault()
	c.choose(ctx, to)
}

func (c *Chart) choose(ctx app.Context, to int) {
	if to == c.at {
		ctx.PreventUpdate()
		return
	}
	c.at = to
}

func (c *Chart) legend() app.UI {
	return app.Div().Class("plot-legend", "small").Body(app.Range(c.Legend).Slice(func(i int) app.UI {
		k := c.Legend[i]
		return app.Span().Class("plot-key", k.Class, k.Kind).Text(k.Text)
	}))
}

// table is behind the chart for who would rather read it.
func (c *Chart) table() app.UI {
	if len(c.Table.Rows) == 0 {
		return app.Div()
	}
	return app.Details().Class("plot-table").Body(
		app.Summary().Text(i18n.T("chart.table")),
		app.Div().Class("scroll-x").TabIndex(0).Role("region").Aria("label", c.Label).Body(app.Table().Body(
			app.THead().Body(app.Tr().Body(app.Range(c.Table.Head).Slice(func(i int) app.UI {
				th := app.Th().Scope("col").Text(c.Table.Head[i])
				if i > 0 {
					th = th.Class("num")
				}
				return th
			}))),
			app.TBody().Body(app.Range(c.Table.Rows).Slice(func(i int) app.UI {
				row := c.Table.Rows[i]
				return app.Tr().Body(app.Th().Scope("row").Text(row[0]), app.Range(row[1:]).Slice(func(k int) app.UI {
					return app.Td().Class("num").Text(row[k+1])
				}))
			})),
		)),
	)
}
