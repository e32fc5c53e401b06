package annotate

import (
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/lookup"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	mostFound   = 50 // classes that the finder shows: more nobody reads, and they would be slow to render
	mostButtons = 60 // classes that the panel has buttons for
	fewButtons  = 24 // so many it has where there are more
	mostRecent  = 5
)

// finder is the dialog that finds a class by its name.
type finder struct {
	text   string
	choice int
}

// recent are the classes that were given last, the newest first, by project. They outlive the screen.
var recent = map[string][]string{}

// used puts class at the front of the recent ones.
func used(list []string, class string) []string {
	list = append([]string{class}, slices.DeleteFunc(slices.Clone(list), func(id string) bool { return id == class })...)
	return list[:min(len(list), mostRecent)]
}

func (s *Screen) openFinder() {
	if s.desk.current() == "" || len(session.Classes()) == 0 {
		return
	}
	s.finder, s.dialog = finder{}, "find"
}

// found gives the classes whose names text finds, the best first, and after them those that it finds by what they are under;
// without a text those that were given last come first.
func found(classes []domain.Class, tree domain.Tree, text string, recent []string) []domain.Class {
	out := make([]domain.Class, 0, len(classes))
	seen := make([]bool, len(classes))
	for _, i := range lookup.Find(len(classes), func(i int) string { return classes[i].Name }, text) {
		out, seen[i] = append(out, classes[i]), true
	}
	for i, c := range classes {
		if !seen[i] && tree.Nested() && through(tree.Line(c.ID), text) {
			out = append(out, c)
		}
	}
	if text == "" {
		place := func(c domain.Class) int {
			if i := slices.Index(recent, c.ID); i >= 0 {
				return i
			}
			return mostRecent
		}
		slices.SortStableFunc(out, func(a, b domain.Class) int { return place(a) - place(b) })
	}
	return out
}

// through tells whether the parts of text, which spaces and slashes are between, find classes of a line one after the other:
// "an poo" and "animal/poodle" find animal / dog / poodle.
func through(line []domain.Class, text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == ' ' || r == '>' })
	for _, c := range line {
		if len(parts) > 0 && lookup.Matches(c.Name, parts[0]) {
			parts = parts[1:]
		}
	}
	return len(parts) == 0
}

// shortList is which of classes the panel has buttons for where there are too many for all: the first, those that were given
// last, and those of wanted, in the order of the project.
func shortList(classes []domain.Class, recent, wanted []string) []domain.Class {
	if len(classes) <= mostButtons {
		return classes
	}
	var out []domain.Class
	for i, c := range classes {
		if i < fewButtons || slices.Contains(recent, c.ID) || slices.Contains(wanted, c.ID) {
			out = append(out, c)
		}
	}
	return out
}

// findButton opens the finder. Where not all classes have buttons it says how many there are, and stands before them.
func (s *Screen) findButton(all, seen int) app.UI {
	label, kind := i18n.T("annotate.find"), "quiet"
	if all > seen {
		label, kind = i18n.N("annotate.find_among", all), ""
	}
	return ui.Button(ui.ButtonSpec{Label: label, Icon: "search", Small: true, Kind: kind, Key: s.keys.Key(hotkeys.Find), On: func(ctx app.Context) { s.run(ctx, hotkeys.Find) }})
}

func (s *Screen) findContent() []app.UI {
	classes := found(session.Classes(), session.Tree(), s.finder.text, recent[s.project])
	more := max(0, len(classes)-mostFound)
	classes = classes[:len(classes)-more]
	s.finder.choice = max(0, min(s.finder.choice, len(classes)-1))
	active := ""
	if len(classes) > 0 {
		active = "an-option-" + classes[s.finder.choice].ID
	}
	ticked := s.desk.ticked()
	return []app.UI{
		ui.Input("an-find", s.finder.text, i18n.T("annotate.find_hint"), func(v string) { s.finder = finder{text: v} }).
			AutoFocus(true).Role("combobox").Aria("expanded", "true").Aria("controls", "an-options").Aria("activedescendant", active).
			Aria("label", i18n.T("annotate.find")).OnKeyDown(s.findKey),
		app.Ul().Class("an-options").ID("an-options").Role("listbox").Aria("label", i18n.T("annotate.classes")).Body(
			app.Range(classes).Slice(func(i int) app.UI {
				return s.findOption(classes[i], i == s.finder.choice, slices.Contains(ticked, classes[i].ID))
			})),
		app.If(len(classes) == 0, func() app.UI { return app.P().Class("muted").Text(i18n.T("annotate.find_none")) }),
		app.If(more > 0, func() app.UI { return app.P().Class("muted", "small").Text(i18n.N("annotate.find_more", more)) }),
		app.P().Class("muted", "small", "only-wide").Text(i18n.T("annotate.find_keys")),
	}
}

func (s *Screen) findOption(c domain.Class, chosen, ticked bool) app.UI {
	class := "an-option"
	if chosen {
		class += " active"
	}
	return app.Li().ID("an-option-"+c.ID).Class(class).Role("option").Aria("selected", pressed(chosen)).
		OnClick(func(ctx app.Context, e app.Event) { s.findTake(ctx, c.ID, e.Get("shiftKey").Bool()) }, app.EventScope(c.ID)).
		Body(over(c.ID), ui.ClassName(c), app.If(ticked, func() app.UI { return ui.Icon("check") }), app.If(c.Key != "", func() app.UI { return app.Kbd().Text(hotkeys.Keycap(c.Key)) }))
}

// findKey walks through what is found and takes it. While an input method composes, the keys are its own, but for Hangul:
// there Enter ends the syllable and means the class in one, as nothing is chosen by it.
func (s *Screen) findKey(ctx app.Context, e app.Event) {
	key := e.Get("key").String()
	if e.Get("isComposing").Bool() {
		if key == "Process" {
			key = e.Get("code").String()
		}
		if text := []rune(s.finder.text); len(text) == 0 || !lookup.IsHangul(text[len(text)-1]) {
			return
		}
	}
	switch key {
	case "ArrowDown":
		s.finder.choice++
	case "ArrowUp":
		s.finder.choice--
	case "Enter", "NumpadEnter":
		if classes := found(session.Classes(), session.Tree(), s.finder.text, recent[s.project]); len(classes) > 0 {
			e.PreventDefault()
			s.findTake(ctx, classes[max(0, min(s.finder.choice, len(classes)-1))].ID, e.Get("shiftKey").Bool())
		}
		return
	default:
		return
	}
	e.PreventDefault()
	s.ctx.Defer(func(app.Context) {
		if option := app.Window().Get("document").Call("querySelector", ".an-option.active"); option.Truthy() {
			option.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

func (s *Screen) findTake(ctx app.Context, class string, unsure bool) {
	s.dialog = ""
	s.give(ctx, class, unsure)
}
