package account

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Team is the members of a workspace, and the invitations to it.
type Team struct {
	app.Compo

	Key       string
	Workspace string // id; the first one of the person when ""

	ctx         app.Context
	mine        domain.Membership
	members     []domain.Member
	invitations []domain.Invitation
	credits     domain.Credits
	loaded      bool
	failure     error
	wrong       error // of the invitation that was asked for
	role        domain.Role
	email       string
	link        string // of the invitation that was just made
	leaving     domain.Member
}

// CompoID implements app.DismountEnforcer.
func (t *Team) CompoID() string { return t.Key }

// OnMount loads the members.
func (t *Team) OnMount(ctx app.Context) {
	t.ctx, t.role = ctx, domain.RoleLabeller
	t.load(ctx)
	ctx.Handle(session.ActionAccount, func(ctx app.Context, _ app.Action) { t.load(ctx) })
}

func (t *Team) may(right domain.Right) bool { return session.MayIn(t.mine.Workspace, right) }

func (t *Team) load(app.Context) {
	if session.Me == nil || session.Me.Local {
		return
	}
	t.mine = domain.Membership{}
	for _, m := range session.Me.Workspaces {
		if m.Workspace == t.Workspace || t.Workspace == "" && t.mine.Workspace == "" {
			t.mine = m
		}
	}
	if t.mine.Workspace == "" {
		return
	}
	c, id, invites := session.ClientOf(platform.Server), t.mine.Workspace, t.may(domain.RightMembers)
	type both struct {
		members     []domain.Member
		invitations []domain.Invitation
		credits     domain.Credits
	}
	session.Do(t.ctx, func(ctx context.Context) (out both, err error) {
		if out.members, err = c.Members(ctx, id); err == nil && invites {
			out.invitations, err = c.Invitations(ctx, id)
		}
		if err == nil {
			out.credits, err = c.Credits(ctx, id)
		}
		return out, err
	}, func(_ app.Context, got both, err error) {
		t.failure = err
		if err == nil {
			t.members, t.invitations, t.credits, t.loaded = got.members, got.invitations, got.credits, true
		}
	})
}

// do asks something of the server and loads all again.
func (t *Team) do(what func(context.Context, *client.Client, string) error) {
	c, id := session.ClientOf(platform.Server), t.mine.Workspace
	session.Do(t.ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, what(ctx, c, id) },
		func(ctx app.Context, _ struct{}, err error) {
			if err != nil {
				ui.ToastError(ctx, err)
			}
			t.load(ctx)
		})
}

// workspaceName is what a workspace is called: the first one has no name until somebody gives it one.
func workspaceName(m domain.Membership) string {
	if m.Name == "" {
		return i18n.T("team.home")
	}
	return m.Name
}

// Render implements app.Composer.
func (t *Team) Render() app.UI {
	switch {
	case t.failure != nil:
		return app.Div().Class("page").Body(ui.Failed(t.failure, t.load))
	case session.Me == nil || t.mine.Workspace == "":
		return ui.Empty("lock", i18n.T("account.none.title"), i18n.T("account.none.text"), ui.LinkButton(i18n.T("nav.projects"), "home", "", "/"))
	case !t.loaded:
		return ui.Loading()
	}
	return app.Div().Class("page", "settings").Body(
		app.Div().Class("page-head").Body(
			app.Div().Class("titles").Body(app.H1().Text(i18n.T("team.title")), app.P().Text(workspaceName(t.mine))),
			ui.LinkButton(i18n.T("account.title"), "", "", "/account")),
		app.If(t.may(domain.RightMembers), t.inviteCard),
		app.Section().Class("card", "stack").Body(
			app.H2().Text(i18n.T("team.members", "n", len(t.members))),
			app.Ul().Class("key-list").Body(app.Range(t.members).Slice(func(i int) app.UI { return t.member(t.members[i]) })),
			app.Div().Class("muted", "small").Body(app.Range(domain.Roles).Slice(func(i int) app.UI {
				return app.Div().Body(app.B().Text(roleName(domain.Roles[i])+" "), app.Text(i18n.T("role."+string(domain.Roles[i])+"_hint")))
			})),
		),
		creditsCard(t.credits),
		app.If(t.leaving.ID != "", t.removeDialog),
	)
}

func roleName(r domain.Role) string { return i18n.T("role." + string(r)) }

// gives tells whether the person may give or take a role.
func (t *Team) gives(r domain.Role) bool {
	return t.may(domain.RightMembers) && (r != domain.RoleOwner || t.may(domain.RightOwn))
}

func (t *Team) roles(id, label string, value domain.Role, set func(domain.Role)) app.UI {
	return app.Select().ID(id).Class("select", "role").Aria("label", label).OnChange(func(ctx app.Context, _ app.Event) {
		set(domain.Role(ctx.JSSrc().Get("value").String()))
	}, app.EventScope(id)).Body(app.Range(domain.Roles).Slice(func(i int) app.UI {
		r := domain.Roles[i]
		return app.Option().Value(string(r)).Selected(r == value).Disabled(!t.gives(r)).Text(roleName(r))
	}))
}

func (t *Team) member(m domain.Member) app.UI {
	remove := func(app.Context) { t.leaving = m }
	return app.Li().Class("key-row").Body(
		app.Span().Class("grow").Body(app.Span().Text(m.Name), app.If(m.ID == session.Me.User.ID, func() app.UI { return app.Span().Class("muted").Text(" " + i18n.T("team.you")) }),
			app.If(m.Email != "", func() app.UI { return app.Span().Class("muted", "small", "where").Text(m.Email) })),
		app.If(t.gives(m.Role), func() app.UI {
			return app.Div().Class("row").Body(
				t.roles("role-"+m.ID, i18n.T("team.role_of", "name", m.Name), m.Role, func(r domain.Role) {
					t.do(func(ctx context.Context, c *client.Client, id string) error {
						_, err := c.SetRole(ctx, id, m.ID, r)
						return err
					})
				}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("team.remove", "name", m.Name), Icon: "trash", IconOnly: true, Kind: "quiet", Scope: m.ID, On: remove}))
		}).Else(func() app.UI { return ui.Tag(roleName(m.Role), "") }),
	)
}

func (t *Team) removeDialog() app.UI {
	m := t.leaving
	shut := func(app.Context) { t.leaving = domain.Member{} }
	return &ui.Dialog{
		Key: "remove", Title: i18n.T("team.remove", "name", m.Name), OnClose: shut,
		Content: func() []app.UI { return []app.UI{app.P().Text(i18n.T("team.remove_text", "name", m.Name))} },
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: shut}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("team.remove_do"), Kind: "danger", Scope: m.ID, On: func(ctx app.Context) {
					shut(ctx)
					t.do(func(ctx context.Context, c *client.Client, id string) error { return c.RemoveMember(ctx, id, m.ID) })
				}}),
			}
		},
	}
}
