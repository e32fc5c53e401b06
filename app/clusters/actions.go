package clusters

import (
	"context"
	"crypto/rand"
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

// label gives a class to the current group, as one operation.
func (s *Screen) label(_ app.Context, class domain.Class) {
	g := s.current()
	if g == nil || s.working {
		return
	}
	ids := g.target(s.open)
	if len(ids) == 0 {
		return
	}
	s.working = true
	c, project := session.Client(), s.project
	request := labelRequest(session.Project.Task, ids, class.ID)
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) { return c.Label(ctx, project, request) },
		func(ctx app.Context, o domain.Operation, err error) { s.labelled(ctx, g, class, ids, o, err) })
}

func labelRequest(task domain.Task, ids []string, class string) domain.LabelRequest {
	change := domain.LabelChange{Filter: &domain.Filter{IDs: ids}, Action: "set", Classes: []string{class}}
	if task == domain.TaskMulti {
		change.Action = "add"
	}
	// The id of the operation makes sending it twice do it once.
	return domain.LabelRequest{Changes: []domain.LabelChange{change}, OpID: rand.Text()}
}

// labelled goes on to the next group that is open.
func (s *Screen) labelled(ctx app.Context, g *group, class domain.Class, ids []string, o domain.Operation, err error) {
	s.working = false
	if err != nil {
		ui.ToastError(ctx, err)
		return
	}
	for _, id := range ids {
		delete(s.open, id)
	}
	ui.Toast(ctx, ui.ToastSpec{
		Text: i18n.N("gallery.done.set", o.Changed, "class", class.Name), Action: i18n.T("action.undo"),
		On: func(app.Context) { s.undo(o.ID) },
	})
	if s.current() == g {
		s.move(ctx, nextOpen(s.rows, s.at, s.open))
	}
	session.ProjectChanged(ctx)
	s.refresh()
}

// undo takes back an operation, the newest where op is "".
func (s *Screen) undo(op string) { ui.Undo(s.ctx, s.project, op, s.refresh) }

// move gives the keyboard to another row.
func (s *Screen) move(ctx app.Context, to int) {
	s.at = min(max(to, 0), len(s.rows)-1)
	id := rowID(s.at)
	ctx.Defer(func(app.Context) {
		if e := app.Window().GetElementByID(id); e.Truthy() {
			e.Call("focus", map[string]any{"preventScroll": true})
			e.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

// merge puts the next group into the current one.
func (s *Screen) merge(ctx app.Context) {
	if s.at+1 >= len(s.rows) || s.split != "" {
		return
	}
	s.rows = spliced(s.rows, s.at, 2, merged(s.rows[s.at], s.rows[s.at+1]))
	s.move(ctx, s.at)
}

// divide makes two groups of the current one, by clustering its images alone.
func (s *Screen) divide(app.Context) {
	g := s.current()
	if g == nil || s.split != "" || len(g.members)+len(g.outliers) < 4 {
		return
	}
	s.split = g.key
	wrong := func(ctx app.Context, err error) {
		s.split = ""
		ui.ToastError(ctx, err)
	}
	c, project := session.Client(), s.project
	s.ask(domain.ClusterRequest{Method: "kmeans", K: 2, Filter: domain.Filter{IDs: g.all()}}, func(ctx app.Context, j domain.Job, err error) {
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
	i := 0
	for i < len(s.rows) && s.rows[i] != g {
		i++
	}
	if i == len(s.rows) { // other groups are shown meanwhile
		return
	}
	if len(by) < 2 {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("clusters.alike")})
		return
	}
	s.rows = spliced(s.rows, i, 1, by...)
	s.move(ctx, i)
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
	if s.current() != nil && !s.working {
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
				ui.Button(ui.ButtonSpec{Label: i18n.T("clusters.new_confirm"), Kind: "primary", Icon: "tag", Disabled: d.sending || strings.TrimSpace(d.name) == "", On: s.create}),
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
			s.labelled(ctx, g, out.class, ids, out.op, nil)
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
