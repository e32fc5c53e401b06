package gallery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

func (s *Screen) filters() []app.UI {
	return []app.UI{
		app.Span().Class("only-narrow").Body(s.sorter()),
		app.Range(states).Slice(func(i int) app.UI { return s.stateChip(states[i]) }),
		app.Range(domain.Flags).Slice(func(i int) app.UI { return s.flagChip(domain.Flags[i]) }),
		app.Range(domain.Verdicts).Slice(func(i int) app.UI { return s.verdictChip(domain.Verdicts[i]) }),
		s.commentsChip(),
		slot(len(session.Project.Classes) > 0, s.classFilter),
		s.sourceFilter(),
		s.issueFilter(),
		slot(session.Project.Counts.Auto > 0 || len(s.models) > 0 || s.view.filter.MinConfidence != nil || s.view.filter.MaxConfidence != nil, s.confidenceFilter),
		slot(len(s.models) > 0 || s.view.filter.Model != "", s.modelFilter),
		slot(len(s.view.filter.IDs) > 0, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.N("gallery.filter.ids", len(s.view.filter.IDs)), Icon: "close", Kind: "on", Small: true, On: s.refine(func(v *view) { v.filter.IDs = nil })})
		}),
		slot(s.view.to != "", s.likeChip),
		s.savedMenu(),
		slot(s.view.restricted(), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.filter.clear"), Kind: "quiet", Small: true, On: s.clearFilter})
		}),
	}
}

// slot shows something where there is a reason to, and else keeps its place among its neighbours: a menu must not be taken
// for the one before it, open as it is, when what they offer comes in.
func slot(there bool, show func() app.UI) app.UI {
	if there {
		return show()
	}
	return app.Span().Hidden(true)
}

var stateIcons = map[domain.State]string{domain.StateAuto: "spark", domain.StateLabelled: "check", domain.StateSkipped: "skip"}

func (s *Screen) stateChip(state domain.State) app.UI {
	on := slices.Contains(s.view.filter.States, state)
	c := session.Project.Counts
	count := map[domain.State]int{domain.StateUnlabelled: c.Unlabelled, domain.StateAuto: c.Auto, domain.StateLabelled: c.Labelled, domain.StateSkipped: c.Skipped}[state]
	return app.Button().Type("button").Class("button", "small", "chip", "is-"+string(state)).Aria("pressed", fmt.Sprint(on)).
		OnClick(func(ctx app.Context, _ app.Event) {
			s.refine(func(v *view) { v.filter.States = toggled(v.filter.States, state) })(ctx)
		}, app.EventScope(string(state))).Body(
		app.If(stateIcons[state] != "", func() app.UI { return ui.Icon(stateIcons[state]) }).
			Else(func() app.UI { return app.Span().Class("ring") }),
		app.Span().Text(i18n.T("state."+string(state))),
		app.Span().Class("count").Text(i18n.Number(count)),
	)
}

// chip restricts to what somebody said something of; it is there as long as there is something. Its look is named is-KIND.
func (s *Screen) chip(kind, icon, text string, count int, on bool, toggle func(v *view)) app.UI {
	return slot(on || count > 0, func() app.UI {
		return app.Button().Type("button").Class("button", "small", "chip", "is-"+kind).Aria("pressed", fmt.Sprint(on)).
			OnClick(func(ctx app.Context, _ app.Event) { s.refine(toggle)(ctx) }, app.EventScope(kind, on)).Body(
			ui.Icon(icon), app.Span().Text(text), app.Span().Class("count").Text(i18n.Number(count)))
	})
}

func (s *Screen) flagChip(flag domain.Flag) app.UI {
	c := session.Project.Counts
	count := map[domain.Flag]int{domain.FlagUnsure: c.Unsure, domain.FlagBad: c.Bad}[flag]
	return s.chip(string(flag), ui.FlagIcons[flag], i18n.T("flag."+string(flag)), count, slices.Contains(s.view.filter.Flags, flag),
		func(v *view) { v.filter.Flags = toggled(v.filter.Flags, flag) })
}

func (s *Screen) verdictChip(verdict domain.Verdict) app.UI {
	c := session.Project.Counts
	count := map[domain.Verdict]int{domain.VerdictApproved: c.Approved, domain.VerdictReturned: c.Returned}[verdict]
	return s.chip(string(verdict), ui.VerdictIcons[verdict], i18n.T("verdict."+string(verdict)), count, slices.Contains(s.view.filter.Verdicts, verdict),
		func(v *view) { v.filter.Verdicts = toggled(v.filter.Verdicts, verdict) })
}

// commentsChip restricts to what has open comments.
func (s *Screen) commentsChip() app.UI {
	on := s.view.filter.Comments != ""
	return s.chip("discussed", "comment", i18n.T("gallery.filter.comments"), session.Project.Counts.Discussed, on, func(v *view) {
		if v.filter.Comments = domain.CommentsOpen; on {
			v.filter.Comments = ""
		}
	})
}

func (s *Screen) classFilter() app.UI {
	var items []ui.MenuItem
	counts := map[string]int{}
	for _, by := range []map[string]int{session.Project.Counts.ByClass, session.Project.Counts.AutoClass} {
		for id, n := range by {
			counts[id] += n
		}
	}
	tree := session.Tree()
	if exact := s.view.filter.Exact; tree.Nested() {
		below := !exact
		if len(s.view.filter.Classes) > 0 {
			items = append(items, ui.MenuItem{Label: i18n.T("gallery.filter.below"), Icon: "merge", Checked: &below, On: s.refine(func(v *view) { v.filter.Exact = !exact })})
		}
		if !exact {
			counts = tree.Sums(counts)
		}
	}
	for _, row := range tree.Rows() {
		c := session.Project.Classes[row.Place]
		on := slices.Contains(s.view.filter.Classes, c.ID)
		n := counts[c.ID]
		if c.Archived && n == 0 && !on {
			continue
		}
		items = append(items, ui.MenuItem{Label: strings.Repeat("\u2003", row.Depth) + c.Name, Color: c.Color, Hint: i18n.Number(n), Checked: &on, On: s.refine(func(v *view) {
			v.filter.Classes = toggled(v.filter.Classes, c.ID)
		})})
	}
	return &ui.Menu{Label: i18n.T("gallery.filter.class"), Small: true, Count: len(s.view.filter.Classes), Items: items}
}

func (s *Screen) sourceFilter() app.UI {
	var items []ui.MenuItem
	for _, source := range sources {
		on := slices.Contains(s.view.filter.Sources, source)
		items = append(items, ui.MenuItem{Label: i18n.T("gallery.source." + string(source)), Checked: &on, On: s.refine(func(v *view) {
			v.filter.Sources = toggled(v.filter.Sources, source)
		})})
	}
	return &ui.Menu{Label: i18n.T("gallery.filter.source"), Small: true, Count: len(s.view.filter.Sources), Items: items}
}

func (s *Screen) issueFilter() app.UI {
	items := []ui.MenuItem{{Label: i18n.T("check.title"), Icon: "eye", On: func(ctx app.Context) { ctx.Navigate(session.At("check", "").Path()) }}}
	for _, issue := range domain.Issues {
		on := slices.Contains(s.view.filter.Issues, issue)
		items = append(items, ui.MenuItem{Label: i18n.T("issue." + string(issue)), Checked: &on, On: s.refine(func(v *view) {
			v.filter.Issues = toggled(v.filter.Issues, issue)
		})})
	}
	return &ui.Menu{Label: i18n.T("gallery.filter.issue"), Small: true, Count: len(s.view.filter.Issues), Items: items}
}

func (s *Screen) modelFilter() app.UI {
	var items []ui.MenuItem
	count := 0
	for _, m := range s.models {
		on := s.view.filter.Model == m.ID
		if on {
			count = 1
		}
		items = append(items, ui.MenuItem{Label: m.Name, Hint: fmt.Sprintf("v%d", m.Version), Checked: &on, On: s.refine(func(v *view) {
			if v.filter.Model == m.ID {
				v.filter.Model = ""
			} else {
				v.filter.Model = m.ID
			}
		})})
	}
	if s.view.filter.Model != "" && count == 0 {
		on := true
		items = append(items, ui.MenuItem{Label: i18n.T("gallery.filter.model_gone"), Checked: &on, On: s.refine(func(v *view) { v.filter.Model = "" })})
		count = 1
	}
	return &ui.Menu{Label: i18n.T("gallery.filter.model"), Small: true, Count: count, Items: items}
}

func (s *Screen) confidenceFilter() app.UI {
	f := s.view.filter
	label, count := i18n.T("gallery.filter.confidence"), 0
	if f.MinConfidence != nil || f.MaxConfidence != nil {
		low, high := bounds(f)
		label, count = fmt.Sprintf("%s–%s", i18n.Percent(low, 0), i18n.Percent(high, 0)), 1
	}
	return &ui.Menu{Label: label, Kind: onKind(count), Small: true, Content: func() []app.UI {
		low, high := bounds(s.view.filter)
		return []app.UI{
			s.confidenceSlider("gallery-min", i18n.T("gallery.filter.at_least"), low, func(v *view, c float64) {
				v.filter.MinConfidence = limit(c, 0)
				if _, high := bounds(v.filter); high < c {
					v.filter.MaxConfidence = limit(c, 1)
				}
			}),
			s.confidenceSlider("gallery-max", i18n.T("gallery.filter.at_most"), high, func(v *view, c float64) {
				v.filter.MaxConfidence = limit(c, 1)
				if low, _ := bounds(v.filter); low > c {
					v.filter.MinConfidence = limit(c, 0)
				}
			}),
			app.P().Class("small", "muted").Text(i18n.T("gallery.filter.confidence_hint")),
		}
	}}
}

func onKind(count int) string {
	if count > 0 {
		return "on"
	}
	return ""
}

func bounds(f domain.Filter) (low, high float64) {
	low, high = 0, 1
	if f.MinConfidence != nil {
		low = *f.MinConfidence
	}
	if f.MaxConfidence != nil {
		high = *f.MaxConfidence
	}
	return low, high
}

// limit is v as a bound of a filter; none where it is the end of the scale anyway.
func limit(v, end float64) *float64 {
	if v == end {
		return nil
	}
	return &v
}

func (s *Screen) confidenceSlider(id, label string, value float64, set func(*view, float64)) app.UI {
	return app.Div().Class("field").Body(
		app.Label().For(id).Class("row", "between").Body(app.Span().Text(label), app.Span().Class("num").ID(id+"-value").Text(i18n.Percent(value, 0))),
		app.Input().ID(id).Type("range").Min(0).Max(100).Step(1).Value(fmt.Sprintf("%.0f", 100*value)).
			OnInput(func(ctx app.Context, _ app.Event) {
				ctx.PreventUpdate() // the address is changed when the slider is let go
				app.Window().GetElementByID(id+"-value").Set("textContent", ctx.JSSrc().Get("value").String()+"%")
			}, app.EventScope(id)).
			OnChange(func(ctx app.Context, _ app.Event) {
				percent := 0.0
				if _, err := fmt.Sscan(ctx.JSSrc().Get("value").String(), &percent); err == nil {
					s.refine(func(v *view) { set(v, percent/100) })(ctx)
				}
			}, app.EventScope(id)),
	)
}
