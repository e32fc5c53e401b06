// Package clusters is the start without labels: images in groups of what looks alike, which are named or labelled whole.
package clusters

import (
	"context"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Screen is the screen.
type Screen struct {
	app.Compo

	Key string

	ctx     app.Context // of the screen: what is begun from a button may end after it is gone
	project string
	loaded  bool
	failure error

	setup setup
	made  *domain.Clustering // what is shown; nil before there is one
	rows  []*group
	at    int // the row that has the keyboard
	pic   int // the image of it that has; -1 for the row itself
	open  map[string]bool
	known map[string]domain.Asset // of what rows show

	naming  *naming
	queue   []sending // labels on their way, the first one sent
	undoing bool      // once they are there
	again   bool      // then, too: group what is left
	steps   []step    // what was done, for undo
	split   string    // key of the group that is being split
	merging string    // key of the group that another is to be put into
}

// kept is what was made of a clustering's groups: who comes back from the images of one finds them as they were.
type kept struct {
	made string
	rows []*group
	at   int
}

var keeps = map[string]kept{} // by project

// OnDismount remembers the groups.
func (s *Screen) OnDismount() {
	if s.made != nil {
		keeps[s.project] = kept{s.made.ID, s.rows, s.at}
	}
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// OnMount loads the newest clustering and looks for a running one.
func (s *Screen) OnMount(ctx app.Context) {
	s.ctx, s.project = ctx, session.Now.Project
	s.setup.method, s.setup.number, s.pic = "kmeans", numberSmall, -1
	s.open, s.known = map[string]bool{}, map[string]domain.Asset{}
	ctx.Handle(session.ActionProjectLoaded, func(app.Context, app.Action) {})
	ctx.Handle(session.ActionLabelsChanged, func(app.Context, app.Action) { s.refresh() })
	s.load(ctx)
}

type found struct {
	newest *domain.Clustering
	job    *domain.Job
}

func (s *Screen) load(app.Context) {
	s.failure = nil
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (f found, err error) {
		jobs, err := c.Jobs(ctx, project)
		if err != nil {
			return f, err
		}
		if i := slices.IndexFunc(jobs, func(j domain.Job) bool { return j.Kind == "cluster" && active(j) }); i >= 0 {
			f.job = &jobs[i]
		}
		list, err := c.Clusterings(ctx, project)
		if err != nil {
			return f, err
		}
		for _, of := range list {
			if !of.Part {
				whole, err := c.Clustering(ctx, project, of.ID)
				f.newest = &whole
				return f, err
			}
		}
		return f, nil
	}, func(ctx app.Context, f found, err error) {
		s.loaded, s.failure = true, err
		if err != nil {
			return
		}
		if f.newest != nil {
			s.show(*f.newest)
			s.move(s.at)
		}
		if f.job != nil {
			s.setup.job = f.job
			s.watch(ctx, f.job.ID)
		}
	})
}

// show makes c what is worked on.
func (s *Screen) show(c domain.Clustering) {
	s.made, s.rows, s.at, s.pic, s.setup.shown = &c, groupsOf(c), 0, -1, false
	s.steps, s.merging = nil, ""
	if k := keeps[s.project]; k.made == c.ID {
		s.rows, s.at = k.rows, k.at
	}
	s.refresh()
}

type fresh struct {
	open   []string
	assets []domain.Asset
}

// refresh learns again which images are open and what those that are shown are labelled as.
func (s *Screen) refresh() {
	if s.made == nil {
		return
	}
	c, project, made := session.Client(), s.project, s.made.ID
	var ids []string
	for _, g := range s.rows {
		members, outliers := g.thumbs()
		ids = append(append(ids, members...), outliers...)
	}
	session.Do(s.ctx, func(ctx context.Context) (f fresh, err error) {
		f.open, err = c.AssetIDs(ctx, project, domain.Filter{States: []domain.State{domain.StateUnlabelled, domain.StateAuto}}, "")
		if err != nil {
			return f, err
		}
		f.assets, err = assetsOf(ctx, c, project, ids)
		return f, err
	}, func(ctx app.Context, f fresh, err error) {
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		if s.made == nil || s.made.ID != made {
			return
		}
		s.open, s.known = make(map[string]bool, len(f.open)), make(map[string]domain.Asset, len(f.assets))
		for _, id := range f.open {
			s.open[id] = true
		}
		for _, a := range f.assets {
			s.known[a.ID] = a
		}
	})
}

// assetsOf reads assets by id, some at a time, since their ids are in the address.
func assetsOf(ctx context.Context, c *client.Client, project string, ids []string) ([]domain.Asset, error) {
	var out []domain.Asset
	for part := range slices.Chunk(ids, 200) {
		page, err := c.Assets(ctx, project, domain.Filter{IDs: part}, "", "", 200)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
	}
	return out, nil
}

// Render implements app.Composer.
func (s *Screen) Render() app.UI {
	return app.Div().Class("page", "clusters").Body(
		&hotkeys.Listener{Map: s.keys(), On: s.onKey},
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("clusters.title")), app.P().Text(i18n.T("clusters.lead"))),
			ui.LinkButton(i18n.T("nav.map"), "map", "", session.At("map", "").Path()),
			app.If(s.made != nil && s.setup.job == nil, s.againButton),
		),
		app.If(s.failure != nil, func() app.UI { return ui.Failed(s.failure, s.load) }).
			ElseIf(!s.loaded, ui.Loading).
			ElseIf(session.Project.Task == domain.TaskBoxes, func() app.UI {
				return app.Div().Class("card").Body(ui.Empty("clusters", i18n.T("clusters.boxes"), i18n.T("clusters.boxes_text"),
					ui.LinkButton(i18n.T("nav.annotate"), "tag", "primary", session.At("annotate", "").Path())))
			}).
			Else(s.body),
		app.If(s.naming != nil, s.nameDialog),
	)
}

func (s *Screen) body() app.UI {
	return app.Div().Class("stack").Body(
		app.If(s.setup.failed != "", func() app.UI { return ui.Notice("error", i18n.T("clusters.failed", "why", s.setup.failed)) }),
		app.If(s.setup.job != nil, s.progress).
			ElseIf(s.made == nil || s.setup.shown, s.form),
		app.If(s.made != nil, s.groups),
	)
}

func (s *Screen) againButton() app.UI {
	pressed := s.setup.shown
	return ui.Button(ui.ButtonSpec{Label: i18n.T("clusters.again"), Icon: "clusters", Pressed: &pressed, On: func(app.Context) { s.setup.shown = !s.setup.shown }})
}
