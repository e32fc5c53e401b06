package triage

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// list is the worst images of an issue, as they are shown.
type list struct {
	loaded bool
	images []domain.IssueImage
	total  int
	tiles  []tile
	ticked map[string]bool // ids of what is to go
	at     int             // tile that has the keyboard
}

// tile is one image. Duplicates come in groups: what is kept, then its copies.
type tile struct {
	asset domain.Asset
	value int
	kept  bool
	group int
}

// fill takes over what was read. What was ticked stays so; copies are ticked when they are shown first.
func (l *list) fill(issue domain.Issue, found domain.IssueImages) {
	was, known := l.ticked, map[string]bool{}
	for _, t := range l.tiles {
		known[t.asset.ID] = true
	}
	l.loaded, l.images, l.total, l.tiles, l.ticked = true, found.Items, found.Total, nil, map[string]bool{}
	kept, group := "", -1
	for _, i := range found.Items {
		switch {
		case i.Kept == nil:
			group = 0
		case i.Kept.ID != kept:
			kept, group = i.Kept.ID, group+1
			l.tiles = append(l.tiles, tile{asset: *i.Kept, kept: true, group: group})
		}
		l.tiles = append(l.tiles, tile{asset: i.Asset, value: i.Value, group: max(group, 0)})
	}
	for _, t := range l.tiles {
		id := t.asset.ID
		if was[id] || issue == domain.IssueDuplicate && !t.kept && !known[id] {
			l.ticked[id] = true
		}
	}
	l.at = min(l.at, max(len(l.tiles)-1, 0))
}

// chosen are the ids that are ticked, in the order in which they are shown.
func (l *list) chosen() []string {
	var out []string
	for _, t := range l.tiles {
		if l.ticked[t.asset.ID] && !slices.Contains(out, t.asset.ID) {
			out = append(out, t.asset.ID)
		}
	}
	return out
}

func (l *list) toggle(id string) {
	if l.ticked[id] {
		delete(l.ticked, id)
		return
	}
	l.ticked[id] = true
}

// keep makes the tile that has the keyboard the one of its group that stays: all others are ticked.
func (l *list) keep() {
	if l.at >= len(l.tiles) {
		return
	}
	here := l.tiles[l.at]
	for _, t := range l.tiles {
		if t.group == here.group {
			l.ticked[t.asset.ID] = true
		}
	}
	delete(l.ticked, here.asset.ID)
}

// all ticks every image that is shown, but none that is kept; or none.
func (l *list) all(on bool) {
	l.ticked = map[string]bool{}
	for _, t := range l.tiles {
		if on && !t.kept {
			l.ticked[t.asset.ID] = true
		}
	}
}

// images shows the worst images, and what can be done with them.
func (s *Screen) images() app.UI {
	l := &s.list
	switch {
	case !l.loaded:
		return ui.Loading()
	case len(l.tiles) == 0:
		return app.Div().Class("card").Body(ui.Empty("check", i18n.T("check.none"), i18n.T("check.none_text")))
	}
	groups := l.tiles[len(l.tiles)-1].group + 1
	return app.Div().Class("stack").Body(
		s.actions(),
		app.If(s.issue == domain.IssueDuplicate, func() app.UI { return app.P().Class("muted").Text(i18n.T("check.duplicates_how")) }),
		app.Div().Class("check-images", "is-"+string(s.issue)).Body(
			app.Range(make([]int, groups)).Slice(func(g int) app.UI { return s.group(g) })),
		app.If(len(l.images) < l.total && len(l.images) < 500, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("check.more"), Icon: "plus", Scope: strconv.Itoa(len(l.images)), On: s.more})
		}),
	)
}

func (s *Screen) actions() app.UI {
	l := &s.list
	n := len(l.chosen())
	grid := session.At("images", "")
	grid.Query = url.Values{"issue": {string(s.issue)}}
	keys, scope := s.keys(), string(s.issue)
	return app.Div().Class("check-actions", "row", "wrap").Role("group").Aria("label", i18n.T("check.actions")).Body(
		ui.Button(ui.ButtonSpec{Label: i18n.T("check.tick"), Icon: "check", Small: true, Kind: "quiet", Scope: scope, On: func(app.Context) { l.all(true) }}),
		ui.Button(ui.ButtonSpec{Label: i18n.T("check.untick"), Icon: "close", Small: true, Kind: "quiet", Disabled: n == 0, Scope: scope, On: func(app.Context) { l.all(false) }}),
		ui.LinkButton(i18n.N("check.grid", l.total), "grid", "small quiet", grid.Path()),
		app.Span().Class("grow"),
		app.If(session.May(domain.RightLabel), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.N("check.bad", n), Icon: ui.FlagIcons[domain.FlagBad], Small: true, Key: keys.Key(hotkeys.BadImage), Disabled: n == 0 || s.working, On: s.markBad})
		}),
		app.If(session.May(domain.RightManage), func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.N("check.delete", n), Icon: "trash", Kind: "danger", Small: true, Key: keys.Key(hotkeys.Delete), Disabled: n == 0 || s.working, On: s.deleteTicked})
		}),
	)
}

// group shows the images of a group; only duplicates have more than one group.
func (s *Screen) group(g int) app.UI {
	from := slices.IndexFunc(s.list.tiles, func(t tile) bool { return t.group == g })
	to := from
	for to < len(s.list.tiles) && s.list.tiles[to].group == g {
		to++
	}
	label := i18n.T("issue." + string(s.issue))
	if s.list.tiles[from].kept {
		label = i18n.T("check.group", "name", s.list.tiles[from].asset.Name)
	}
	return app.Div().Class("check-group").Role("group").Aria("label", label).Body(
		app.Range(s.list.tiles[from:to]).Slice(func(i int) app.UI { return s.tile(from + i) }))
}

func tileID(i int) string { return "check-tile-" + strconv.Itoa(i) }

func (s *Screen) tile(i int) app.UI {
	t := s.list.tiles[i]
	id, ticked := t.asset.ID, s.list.ticked[t.asset.ID]
	note := i18n.T("check.value."+string(s.issue), "n", shown(s.issue, t.value), "w", t.asset.Width, "h", t.asset.Height)
	switch {
	case t.kept:
		note = i18n.T("check.kept") + " · " + i18n.T("check.size", "w", t.asset.Width, "h", t.asset.Height)
	case s.issue == domain.IssueDuplicate:
		note = i18n.T("check.size", "w", t.asset.Width, "h", t.asset.Height) + " · " + note
	}
	bad := t.asset.Label.Flag == domain.FlagBad
	if bad {
		note += " · " + i18n.T("flag.bad")
	}
	kind := "copy"
	if t.kept {
		kind = "kept"
	}
	return app.Button().Type("button").ID(tileID(i)).Class("check-tile", kind).Aria("pressed", strconv.FormatBool(ticked)).
		Aria("label", t.asset.Name+", "+note).Title(t.asset.Name).
		OnFocus(func(ctx app.Context, _ app.Event) {
			ctx.PreventUpdate()
			s.list.at = i
		}, app.EventScope(id, i)).
		OnClick(func(app.Context, app.Event) { s.list.toggle(id) }, app.EventScope(id, i)).Body(
		&ui.Thumb{ID: id},
		app.If(ticked, func() app.UI { return app.Span().Class("check-mark").Body(ui.Icon("check")) }),
		app.Span().Class("check-note", "small").Aria("hidden", "true").Text(note))
}

// more reads more of the list.
func (s *Screen) more(app.Context) {
	c, project, issue, n := session.Client(), s.project, s.issue, min(len(s.list.images)+2*page, 500)
	session.Do(s.ctx, func(ctx context.Context) (domain.IssueImages, error) { return c.IssueImages(ctx, project, issue, 0, n) },
		func(ctx app.Context, found domain.IssueImages, err error) {
			switch {
			case err != nil:
				ui.ToastError(ctx, err)
			case issue == s.issue:
				s.list.fill(issue, found)
			}
		})
}

// deleteTicked moves what is ticked into the trash.
func (s *Screen) deleteTicked(app.Context) {
	ids := s.list.chosen()
	if len(ids) == 0 || s.working || !session.May(domain.RightManage) {
		return
	}
	s.working = true
	c, project := session.Client(), s.project
	type done struct {
		op string
		n  int
	}
	session.Do(s.ctx, func(ctx context.Context) (d done, err error) {
		d.op, d.n, err = c.DeleteAssets(ctx, project, domain.Filter{IDs: ids})
		return d, err
	}, func(ctx app.Context, d done, err error) { s.did(ctx, d.op, i18n.N("gallery.deleted", d.n), err) })
}

// markBad notes that what is ticked is of no use.
func (s *Screen) markBad(app.Context) {
	ids := s.list.chosen()
	if len(ids) == 0 || s.working || !session.May(domain.RightLabel) {
		return
	}
	s.working = true
	c, project := session.Client(), s.project
	request := domain.LabelRequest{Changes: []domain.LabelChange{{Filter: &domain.Filter{IDs: ids}, Action: "flag", Flag: domain.FlagBad}}, OpID: rand.Text()}
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) { return c.Label(ctx, project, request) },
		func(ctx app.Context, o domain.Operation, err error) {
			s.did(ctx, o.ID, i18n.N("gallery.done.flag", o.Changed, "flag", i18n.T("flag.bad")), err)
		})
}

// did says what was done, and offers to take it back.
func (s *Screen) did(ctx app.Context, op, text string, err error) {
	s.working = false
	if err != nil {
		ui.ToastError(ctx, err)
		return
	}
	s.list.ticked = map[string]bool{}
	ui.Toast(ctx, ui.ToastSpec{Text: text, Action: i18n.T("action.undo"), On: func(app.Context) { s.undo(op) }})
	session.ProjectChanged(ctx)
	s.load(ctx)
}

// undo takes back an operation, the newest where op is "".
func (s *Screen) undo(op string) {
	ui.Undo(s.ctx, s.project, op, func() { s.load(s.ctx) })
}
