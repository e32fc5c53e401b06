package gallery

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// cell is how one image looks in the grid.
type cell struct {
	Index   int
	ID      string
	Name    string
	Label   string // what a screen reader says
	State   string
	Flag    domain.Flag
	Talk    int // threads that nobody has resolved
	Percent string
	Classes []chip
	Ready   bool
	Gone    bool
	Chosen  bool
	Current bool
}

type chip struct{ Name, Color string }

// row is one row of the grid. It renders only when something in it changes.
type row struct {
	app.Compo

	Index int
	Top   float64
	Cells []cell
	Bare  bool // passes too fast to be looked at: only its room is drawn
}

// OnMount puts the row in its place.
func (r *row) OnMount(ctx app.Context) {
	ctx.PreventUpdate()
	r.settle()
}

// OnUpdate puts the row in its place when it stands for another one.
func (r *row) OnUpdate(app.Context) { r.settle() }

func (r *row) settle() {
	ui.SetStyle(r.JSValue(), "transform", fmt.Sprintf("translateY(%.2fpx)", r.Top))
}

// Render implements app.Composer.
func (r *row) Render() app.UI {
	class := "grid-row"
	if r.Bare {
		class = "grid-row bare"
	}
	return app.Div().Class(class).Role("row").ID(rowID(r.Index)).Aria("rowindex", fmt.Sprint(r.Index+1)).Body(
		app.Range(r.Cells).Slice(func(i int) app.UI { return r.Cells[i].render(i) }))
}

func (c cell) render(column int) app.UI {
	index := -1
	if c.Current {
		index = 0
	}
	class := []string{"cell", "is-" + c.State}
	if c.Current {
		class = append(class, "current")
	}
	if c.Chosen {
		class = append(class, "chosen")
	}
	return app.Div().Class(class...).Role("gridcell").TabIndex(index).DataSet("i", c.Index).Aria("colindex", fmt.Sprint(column+1)).
		Aria("selected", fmt.Sprint(c.Chosen)).Aria("label", c.Label).Body(
		app.Div().Class("pic").Body(
			app.If(!c.Gone, func() app.UI { return &ui.Thumb{ID: c.ID} }).
				Else(func() app.UI { return ui.Icon("trash") }),
		),
		app.Span().Class("tick").Aria("hidden", "true").Body(ui.Icon("check")),
		app.Span().Class("like").Aria("hidden", "true").Title(i18n.T("gallery.like")).Body(ui.Icon("clusters")),
		app.Span().Class("name").Aria("hidden", "true").Text(c.Name),
		app.Div().Class("cap").Aria("hidden", "true").Body(c.caption()...),
	)
}

func (c cell) caption() []app.UI {
	out := []app.UI{}
	switch {
	case !c.Ready && !c.Gone:
		return []app.UI{app.Span().Class("skeleton", "line")}
	case len(c.Classes) > 0:
		out = append(out, app.Span().Class("dot", ui.ColorClass(c.Classes[0].Color)), app.Span().Class("cut").Text(c.Classes[0].Name))
		if more := len(c.Classes) - 1; more > 0 {
			out = append(out, app.Span().Class("more").Text(fmt.Sprintf("+%d", more)))
		}
	case c.State == "labelled": // none of the classes, or no box
		out = append(out, app.Span().Class("dot"), app.Span().Class("cut").Text("–"))
	}
	out = append(out, app.Span().Class("grow").Text(" ")) // keeps class and percent apart where they are read as one text
	if c.Talk > 0 {
		out = append(out, app.Span().Class("mark", "is-discussed").Body(ui.Icon("comment")))
	}
	if c.Flag != domain.FlagNone {
		out = append(out, app.Span().Class("mark", "is-"+string(c.Flag)).Body(ui.Icon(ui.FlagIcons[c.Flag])))
	}
	switch c.State {
	case "labelled":
		out = append(out, app.Span().Class("mark", "jade").Body(ui.Icon("check")))
	case "auto":
		out = append(out, app.Span().Class("mark", "violet").Body(ui.Icon("spark"), app.Span().Text(c.Percent)))
	case "skipped":
		if c.Flag != domain.FlagNone {
			break // the flag says why
		}
		out = append(out, app.Span().Class("mark").Body(ui.Icon("skip")))
	}
	return out
}
