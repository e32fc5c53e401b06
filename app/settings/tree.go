package settings

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// rows gives the classes as the tree is read, without those under a class that is folded.
func (s *Screen) rows() (seen []domain.Row) {
	all := domain.TreeOf(s.classes).Rows()
	for i := 0; i < len(all); i++ {
		seen = append(seen, all[i])
		if s.folded[s.classes[all[i].Place].ID] {
			i += all[i].Under
		}
	}
	return seen
}

// moved puts a class under another, or to the top where that is "", unless it cannot be there.
func moved(classes []domain.Class, id, under string) ([]domain.Class, bool) {
	i := slices.IndexFunc(classes, func(c domain.Class) bool { return c.ID == id })
	if i < 0 || classes[i].Parent == under {
		return classes, false
	}
	out := slices.Clone(classes)
	out[i].Parent = under
	return out, domain.CheckTree(out) == nil
}

// inward is the class under which a step to the right puts the class of rows[at]: the one before it among its own; outward the
// one beside whose children it is put by a step to the left. ok is false where there is none.
func inward(classes []domain.Class, rows []domain.Row, at int) (under string, ok bool) {
	for i := at - 1; i >= 0 && rows[i].Depth >= rows[at].Depth; i-- {
		if rows[i].Depth == rows[at].Depth {
			return classes[rows[i].Place].ID, true
		}
	}
	return "", false
}

func outward(classes []domain.Class, id string) (under string, ok bool) {
	line := domain.TreeOf(classes).Line(id)
	if len(line) < 2 {
		return "", false
	}
	return line[len(line)-2].Parent, true
}

// put moves a class and says so.
func (s *Screen) put(id, under string) {
	classes, fine := moved(s.classes, id, under)
	name, over := s.className(id), s.className(under)
	switch {
	case fine && under == "":
		s.said = i18n.T("settings.tree.said_top", "name", name)
	case fine:
		s.said = i18n.T("settings.tree.said", "name", name, "under", over)
	default:
		s.said = i18n.T("settings.tree.cannot", "name", name)
		return
	}
	s.classes = classes
	delete(s.folded, under) // what was moved is seen
	at := slices.IndexFunc(s.rows(), func(r domain.Row) bool { return s.classes[r.Place].ID == id })
	s.listed = max(s.listed, at+1)
}

// grip is by what a class is dragged, and moved by the arrow keys.
func (s *Screen) grip(row domain.Row) app.UI {
	c := s.classes[row.Place]
	return app.Button().Type("button").ID(classID(row.Place, "grip")).Class("button", "small", "quiet", "icon-only", "grip").Draggable(true).
		Aria("label", i18n.T("settings.tree.move", "name", c.Name)).Title(i18n.T("settings.tree.move_hint")).
		OnKeyDown(func(ctx app.Context, e app.Event) {
			under, ok := "", false
			switch e.Get("key").String() {
			case "ArrowRight":
				rows := s.rows() // as they are by now
				at := slices.IndexFunc(rows, func(r domain.Row) bool { return s.classes[r.Place].ID == c.ID })
				under, ok = inward(s.classes, rows, at)
			case "ArrowLeft":
				under, ok = outward(s.classes, c.ID)
			default:
				ctx.PreventUpdate()
				return
			}
			e.PreventDefault()
			if ok {
				s.put(c.ID, under)
			}
		}, app.EventScope("grip", c.ID)).
		OnDragStart(func(ctx app.Context, e app.Event) {
			s.dragged = c.ID
			data := e.Get("dataTransfer")
			data.Set("effectAllowed", "move")
			data.Call("setData", "text/plain", c.Name)
		}, app.EventScope("drag", c.ID)).
		OnDragEnd(func(app.Context, app.Event) { s.dragged = "" }, app.EventScope("end", c.ID)).
		Body(ui.Icon("grip"))
}

// onto lets what is dragged fall onto an element: under the class id, to the top where that is "".
func (s *Screen) onto(id string) (over, leave, drop app.EventHandler) {
	mark := func(ctx app.Context, on bool) { ctx.JSSrc().Get("classList").Call("toggle", "over", on) }
	over = func(ctx app.Context, e app.Event) {
		ctx.PreventUpdate()
		if s.dragged == "" || s.dragged == id {
			return
		}
		if _, fine := moved(s.classes, s.dragged, id); fine {
			e.PreventDefault()
			mark(ctx, true)
		}
	}
	leave = func(ctx app.Context, _ app.Event) {
		ctx.PreventUpdate()
		mark(ctx, false)
	}
	drop = func(ctx app.Context, e app.Event) {
		e.PreventDefault()
		mark(ctx, false)
		s.put(s.dragged, id)
		s.dragged = ""
	}
	return over, leave, drop
}

// topZone takes what is dragged out to the top. It is seen while something is dragged, under the list and always in its place:
// a row that moves, or is made anew, while it is dragged is let go by the browser.
func (s *Screen) topZone() app.UI {
	over, leave, drop := s.onto("")
	return app.Div().Class("drop-top").Hidden(s.dragged == "").OnDragOver(over).OnDragLeave(leave).OnDrop(drop).Text(i18n.T("settings.tree.drop_top"))
}

// fold shows or hides what is under a class.
func (s *Screen) fold(row domain.Row) app.UI {
	if row.Under == 0 {
		return app.Span()
	}
	id, name := s.classes[row.Place].ID, s.classes[row.Place].Name
	label, expanded, icon := i18n.T("settings.tree.fold", "name", name), "true", "chevron"
	if s.folded[id] {
		label, expanded, icon = i18n.N("settings.tree.unfold", row.Under, "name", name), "false", "next"
	}
	return app.Button().Type("button").Class("button", "small", "quiet", "icon-only", "fold").Aria("label", label).Title(label).Aria("expanded", expanded).
		OnClick(func(app.Context, app.Event) {
			if s.folded == nil {
				s.folded = map[string]bool{}
			}
			s.folded[id] = !s.folded[id]
		}, app.EventScope("fold", id)).Body(ui.Icon(icon))
}
