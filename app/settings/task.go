package settings

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// taskButton leads to the other task, where there is a way.
func (s *Screen) taskButton() app.UI {
	if !session.May(domain.RightManage) {
		return nil
	}
	if s.base.Task == domain.TaskBoxes {
		return app.P().Class("muted", "small").Text(i18n.T("settings.task.boxes"))
	}
	to := domain.TaskMulti
	if s.base.Task == domain.TaskMulti {
		to = domain.TaskSingle
	}
	return ui.Button(ui.ButtonSpec{Label: i18n.T("settings.task.to_" + string(to)), Icon: "compare", Small: true, Disabled: s.dirty(), On: func(ctx app.Context) {
		s.reshaping = reshaping{task: &domain.TaskRequest{Task: to}, looks: s.reshaping.looks, finished: i18n.T("task." + string(to))}
		if to == domain.TaskSingle {
			s.reshaping.task.Rule = domain.RuleFirst
		}
		s.lookAt(ctx)
	}})
}

func (s *Screen) taskContent() []app.UI {
	r := &s.reshaping
	if !r.told && r.tasked.To == "" {
		return []app.UI{ui.Loading()}
	}
	p := r.tasked
	return []app.UI{
		app.P().Class("muted").Text(i18n.T("settings.task.text_" + string(p.To))),
		app.Dl().Class("figures", "wrap").Body(
			figure(i18n.T("settings.task.images"), p.Images),
			figure(i18n.T("settings.task.kept"), p.Kept),
			app.If(p.To == domain.TaskSingle, func() app.UI { return figure(i18n.T("settings.task.several"), p.Several) }),
			app.If(p.None > 0, func() app.UI { return figure(i18n.T("settings.task.none"), p.None) })),
		app.If(p.Several > 0, func() app.UI {
			var options []ui.Option
			for _, rule := range domain.Rules {
				hint := i18n.T("settings.rule." + string(rule) + "_hint")
				if rule == domain.RuleConfident {
					hint = i18n.T("settings.rule.confident_hint", "n", p.Scored)
				}
				options = append(options, ui.Option{Value: string(rule), Label: i18n.T("settings.rule." + string(rule)), Hint: hint})
			}
			return app.Div().Class("stack").Body(app.H3().Text(i18n.N("settings.rule", p.Several)),
				ui.Choices(i18n.N("settings.rule", p.Several), string(r.task.Rule), options, func(ctx app.Context, v string) {
					r.task.Rule = domain.Rule(v)
					s.lookAt(ctx)
				}))
		}),
		app.If(len(p.Classes) > 0, func() app.UI { return s.classChanges(p.Classes) }),
		app.If(p.Verdicts > 0, func() app.UI { return ui.Notice("warn", i18n.N("settings.task.verdicts", p.Verdicts)) }),
		app.If(len(p.Models)+len(p.Exports) > 0, func() app.UI {
			return ui.Notice("warn", i18n.T("settings.task.outgrown")+" "+named(p.Models, p.Exports))
		}),
		app.P().Class("muted", "small").Text(i18n.T("settings.reshape.undo")),
	}
}

func figure(name string, n int) app.UI {
	return app.Div().Body(app.Dt().Text(name), app.Dd().Class("num").Text(i18n.Number(n)))
}

// mostNamed is how many classes, or models and exports, are told one by one.
const mostNamed = 12

func (s *Screen) classChanges(all []domain.ClassChange) app.UI {
	return app.Div().Class("stack", "tight").Body(
		app.H3().Text(i18n.T("settings.task.classes")),
		app.Ul().Class("class-changes").Body(app.Range(all[:min(len(all), mostNamed)]).Slice(func(i int) app.UI {
			c, _ := session.Class(all[i].ClassID)
			return app.Li().Body(ui.ClassName(c), app.Span().Class("num").Text(i18n.Number(all[i].Before)+" → "+i18n.Number(all[i].After)))
		})),
		app.If(len(all) > mostNamed, func() app.UI {
			return app.P().Class("muted", "small").Text(i18n.N("settings.task.more", len(all)-mostNamed))
		}))
}

// named lists models and exports in one line.
func named(models, exports []domain.Named) string {
	text := ""
	for i, n := range append(append([]domain.Named{}, models...), exports...) {
		if i == mostNamed {
			return text + " …"
		}
		if i > 0 {
			text += ", "
		}
		text += "“" + n.Name + "”"
		if n.Version > 0 {
			text += fmt.Sprintf(" v%d", n.Version)
		}
	}
	return text
}

// askMerge opens the dialog that makes class i another one.
func (s *Screen) askMerge(ctx app.Context, i int) {
	into := ""
	for _, c := range s.classes {
		if c.ID != s.classes[i].ID && !c.Archived && (into == "" || c.ID == s.classes[i].Parent) {
			into = c.ID
		}
	}
	if into == "" {
		return
	}
	s.reshaping = reshaping{merge: &domain.MergeRequest{From: []string{s.classes[i].ID}, Into: into}, looks: s.reshaping.looks}
	s.lookAt(ctx)
}

func (s *Screen) mergeContent() []app.UI {
	r := &s.reshaping
	tree := domain.TreeOf(s.classes)
	var options []app.UI
	for _, row := range tree.Rows() {
		if c := s.classes[row.Place]; c.ID != r.merge.From[0] && !c.Archived {
			options = append(options, app.Option().Value(c.ID).Selected(c.ID == r.merge.Into).Text(tree.Path(c.ID)))
		}
	}
	r.finished = i18n.T("settings.changes.merge", "from", s.className(r.merge.From[0]), "into", s.className(r.merge.Into))
	return []app.UI{
		ui.Field("merge-into", i18n.T("settings.merge.into"), "", "", app.Select().ID("merge-into").Class("input").Body(options...).
			OnChange(func(ctx app.Context, _ app.Event) {
				r.merge.Into = ctx.JSSrc().Get("value").String()
				s.lookAt(ctx)
			})),
		app.Dl().Class("figures", "wrap").Body(
			figure(i18n.T("settings.merge.changed"), r.merged.Changed), figure(i18n.T("settings.merge.both"), r.merged.Both), figure(i18n.T("settings.merge.after"), r.merged.Into)),
		app.If(r.merged.Moved > 0, func() app.UI { return ui.Notice("info", i18n.N("settings.merge.moved", r.merged.Moved)) }),
		app.P().Class("muted", "small").Text(i18n.T("settings.merge.text") + " " + i18n.T("settings.reshape.undo")),
	}
}
