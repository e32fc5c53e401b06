package clusters

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// current is the group that has the keyboard.
func (s *Screen) current() *group {
	if s.at < 0 || s.at >= len(s.rows) {
		return nil
	}
	return s.rows[s.at]
}

// move gives the keyboard to another row.
func (s *Screen) move(to int) {
	s.at, s.pic = min(max(to, 0), len(s.rows)-1), -1
	s.focus(rowID(s.at))
}

// goTo gives the keyboard to a group, wherever it stands now.
func (s *Screen) goTo(g *group) {
	if i := slices.Index(s.rows, g); i >= 0 {
		s.move(i)
	}
}

// focus gives the keyboard to an element: now, since the next key may come before anything is rendered, and again once what asks for it is,
// for an element that is not there yet.
func (s *Screen) focus(id string) {
	reach := func() {
		if e := app.Window().GetElementByID(id); e.Truthy() {
			e.Call("focus", map[string]any{"preventScroll": true})
			e.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	}
	reach()
	s.ctx.Defer(func(app.Context) { reach() })
}

// along moves between the images of the current group: there Space ticks and unticks.
func (s *Screen) along(by int) {
	g := s.current()
	if g == nil {
		return
	}
	members, outliers := g.thumbs()
	n := len(members) + len(outliers)
	if s.pic = min(max(s.pic+by, -1), n-1); s.pic < 0 {
		s.focus(rowID(s.at))
		return
	}
	s.focus(thumbID(s.at, s.pic))
}

// merge notes the current group, and puts the group in which it is asked for next into it.
func (s *Screen) merge(app.Context) {
	g := s.current()
	from := slices.IndexFunc(s.rows, func(of *group) bool { return of.key == s.merging })
	switch {
	case g == nil || s.split != "":
	case from < 0:
		s.merging = g.key
	case s.rows[from] == g:
		s.merging = ""
	default:
		s.merging = ""
		first, second := min(from, s.at), max(from, s.at)
		rest := slices.Clone(s.rows[first+1 : second])
		s.rearrange(first, second-first+1, append([]*group{merged(s.rows[from], g)}, rest...)...)
	}
}

// divide makes two groups of the current one, by clustering its images alone.
func (s *Screen) divide(app.Context) {
	g := s.current()
	if g == nil || s.split != "" || g.size() < 4 {
		return
	}
	s.split = g.key
	wrong := func(ctx app.Context, err error) {
		s.split = ""
		ui.ToastError(ctx, err)
	}
	c, project := session.Client(), s.project
	s.ask(domain.ClusterRequest{Method: "kmeans", K: 2, Learnt: true, Filter: domain.Filter{IDs: g.all()}}, func(ctx app.Context, j domain.Job, err error) {
		if err != nil {
			wrong(ctx, err)
			return
		}
		s.follow(j.ID, func(ctx app.Context, j domain.Job, err error) {
			switch {
			case err != nil:
				wrong(ctx, err)
			case j.State == domain.JobDone:
				session.Do(s.ctx, func(ctx context.Context) (domain.Clustering, error) { return c.Clustering(ctx, project, j.ID) },
					func(ctx app.Context, made domain.Clustering, err error) {
						if err != nil {
							wrong(ctx, err)
							return
						}
						s.replace(ctx, g, groupsOf(made))
					})
			case !active(j):
				wrong(ctx, domain.Errorf(domain.CodeInvalid, "%s", i18n.T("clusters.failed", "why", j.Error)))
			}
		})
	})
}

func (s *Screen) replace(ctx app.Context, g *group, by []*group) {
	s.split = ""
	i := slices.Index(s.rows, g)
	if i < 0 { // other groups are shown meanwhile
		return
	}
	if len(by) < 2 {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("clusters.alike")})
		return
	}
	for _, part := range by { // who splits a group has looked at it
		part.only = false
	}
	s.rearrange(i, 1, by...)
	s.refresh()
}

// gallery opens the current group's images in the gallery: the nearest of them, where they are more than an address holds.
func (s *Screen) gallery(ctx app.Context) {
	g := s.current()
	if g == nil {
		return
	}
	to := session.At("images", "")
	to.Query = url.Values{"ids": {strings.Join(linked(g), ",")}}
	ctx.Navigate(to.Path())
}

func linked(g *group) []string {
	all := g.all()
	return all[:min(len(all), maxLink)]
}

// naming is the dialog that makes a class of the current group.
type naming struct {
	name    string
	sending bool
	failure error
}

func (s *Screen) name(app.Context) {
	if s.current() != nil {
		s.naming = &naming{}
	}
}

func (s *Screen) nameDialog() app.UI {
	closed := func(app.Context) { s.naming = nil }
	d := s.naming
	return &ui.Dialog{
		Key: "name", Title: i18n.T("clusters.new_title"), OnClose: closed,
		Content: func() []app.UI {
			return []app.UI{
				app.P().Class("muted").Text(i18n.N("clusters.new_text", len(s.current().target(s.open)))),
				ui.Field("class-name", i18n.T("clusters.class_name"), "", "", ui.Input("class-name", d.name, "", func(v string) { d.name = v })),
				app.If(d.failure != nil, func() app.UI { return ui.Notice("error", ui.ErrorText(d.failure)) }),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: closed}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("clusters.new_confirm"), Kind: "primary", Icon: "tag", Disabled: d.sending, On: s.create}),
			}
		},
	}
}

type created struct {
	project domain.Project
	class   domain.Class
	op      domain.Operation
}

// create makes the class, unless there is one of that name, and labels the current group with it.
func (s *Screen) create(app.Context) {
	d, g := s.naming, s.current()
	name := strings.TrimSpace(d.name)
	if name == "" || d.sending {
		return
	}
	ids := g.target(s.open)
	d.sending, d.failure = true, nil
	c, project, request := session.Client(), s.project, labelRequest
	session.Do(s.ctx, func(ctx context.Context) (out created, err error) {
		if out.project, out.class, err = classNamed(ctx, c, project, name); err != nil {
			return out, err
		}
		out.op, err = c.Label(ctx, project, request(out.project.Task, ids, out.class.ID))
		return out, err
	}, func(ctx app.Context, out created, err error) {
		d.sending = false
		if out.class.ID != "" {
			session.ProjectChanged(ctx)
		}
		if d.failure = err; err == nil {
			s.naming = nil
			s.given(g, out.class, ids)
			s.done(ctx, g, out.op)
			s.pass(g)
		}
	})
}

// classNamed gives the class of a name, made where there is none. It reads the project first: another page may have
// changed it.
func classNamed(ctx context.Context, c *client.Client, project, name string) (domain.Project, domain.Class, error) {
	p, err := c.Project(ctx, project)
	if err != nil {
		return p, domain.Class{}, err
	}
	named := func(of domain.Class) bool { return strings.EqualFold(of.Name, name) && !of.Archived }
	if i := slices.IndexFunc(p.Classes, named); i >= 0 {
		return p, p.Classes[i], nil
	}
	p.Classes = append(p.Classes, domain.Class{Name: name})
	if p, err = c.UpdateProject(ctx, p); err != nil {
		return p, domain.Class{}, err
	}
	return p, p.Classes[len(p.Classes)-1], nil
}
