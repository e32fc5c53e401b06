package shell

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// waiting shows the changes that have not come through to their host: how many, why, and where others were faster.
type waiting struct {
	now      outstanding
	open     bool
	projects map[string]domain.Project // of conflicts outside the present project: for the names of their classes
}

// outstanding is what the outboxes hold that does not go out by itself this moment.
type outstanding struct{ writes, conflicts int }

func outstandingNow() (o outstanding) {
	for _, b := range outbox.All() {
		o.writes += b.Waiting()
		o.conflicts += len(b.Conflicts())
	}
	return o
}

// watchOutbox goes on with what earlier visits left, and shows how it goes.
func (r *Root) watchOutbox(ctx app.Context) {
	if !app.IsClient {
		return
	}
	tell := func() {
		ctx.Dispatch(func(ctx app.Context) { r.outboxChanged(ctx) })
	}
	ctx.Async(func() {
		outbox.Resume(ctx, func() {
			if outstandingNow() != r.waiting.now { // most changes change nothing here
				tell()
			}
		})
	})
	app.Window().Call("addEventListener", "online", app.FuncOf(func(app.Value, []app.Value) any {
		retryAll()
		return nil
	}))
}

func retryAll() {
	for _, b := range outbox.All() {
		b.Retry()
	}
}

func (r *Root) outboxChanged(ctx app.Context) {
	before := r.waiting.now
	r.waiting.now = outstandingNow()
	if r.waiting.now.writes == 0 {
		r.waiting.open = false
	}
	if before.writes > 0 && r.waiting.now.writes == 0 { // the host is back and has it all: what it has besides is to be seen
		if r.failure != nil {
			r.loadProject(ctx)
		}
		ctx.NewAction(session.ActionProjectChanged)
		ctx.NewAction(session.ActionLabelsChanged)
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("waiting.sent")})
	}
	r.nameConflicts(ctx)
}

// nameConflicts loads the projects of conflicts, whose classes have to be named.
func (r *Root) nameConflicts(ctx app.Context) {
	for _, b := range outbox.All() {
		if _, known := r.waiting.projects[b.Project]; known || len(b.Conflicts()) == 0 {
			continue
		}
		c, id := session.ClientOf(b.Place), b.Project
		session.Do(ctx, func(ctx context.Context) (domain.Project, error) { return c.Project(ctx, id) },
			func(_ app.Context, p domain.Project, err error) {
				if err == nil {
					if r.waiting.projects == nil {
						r.waiting.projects = map[string]domain.Project{}
					}
					r.waiting.projects[id] = p
				}
			})
	}
}

// waitingTag stands in the top bar while changes wait.
func (r *Root) waitingTag() app.UI {
	o := r.waiting.now
	if o.writes == 0 {
		return app.Span().Role("status").Hidden(true)
	}
	text, kind, icon := i18n.N("waiting.n", o.writes), "waiting", "upload"
	if o.conflicts > 0 {
		text, kind, icon = i18n.N("waiting.conflicts", o.conflicts), "waiting conflict", "alert"
	} else if noRoom() {
		text, kind, icon = i18n.T("waiting.storage", "n", o.writes), "waiting conflict", "alert"
	}
	return app.Span().Role("status").Body(ui.Button(ui.ButtonSpec{Label: text, Icon: icon, Kind: kind, Small: true, On: func(ctx app.Context) {
		r.waiting.open = true
		r.nameConflicts(ctx)
	}}))
}

// noRoom tells whether changes wait because their host can keep nothing.
func noRoom() bool {
	for _, b := range outbox.All() {
		if _, failure := b.State(); failure != nil && domain.AsProblem(failure).Code == domain.CodeStorage {
			return true
		}
	}
	return false
}

func (r *Root) waitingDialog() app.UI {
	closeIt := func(app.Context) { r.waiting.open = false }
	o := r.waiting.now
	title := i18n.N("waiting.n", o.writes)
	if o.conflicts > 0 {
		title = i18n.N("waiting.conflicts", o.conflicts)
	}
	return &ui.Dialog{
		Key: "waiting", Title: title, Wide: o.conflicts > 0, OnClose: closeIt,
		Content: r.waitingContent,
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.close"), On: closeIt}),
				app.If(o.writes > o.conflicts, func() app.UI {
					return ui.Button(ui.ButtonSpec{Label: i18n.T("waiting.retry"), Icon: "upload", Kind: "primary", On: func(app.Context) { retryAll() }})
				}),
			}
		},
	}
}

func (r *Root) waitingContent() []app.UI {
	var out []app.UI
	for _, b := range outbox.All() {
		if _, failure := b.State(); failure != nil {
			out = append(out, ui.Notice("warn", ui.ErrorText(failure)), app.P().Class("muted").Text(i18n.T("waiting.text")))
			break
		}
	}
	if r.waiting.now.conflicts == 0 {
		return out
	}
	out = append(out, app.P().Text(i18n.T("waiting.conflict.text")))
	for _, b := range outbox.All() {
		all := b.Conflicts()
		if len(all) > 1 {
			out = append(out, app.Div().Class("row", "wrap").Body(
				ui.Button(ui.ButtonSpec{Label: i18n.N("waiting.all_mine", len(all)), Small: true, Scope: b.Project, On: r.resolve(b, all, true)}),
				ui.Button(ui.ButtonSpec{Label: i18n.N("waiting.all_theirs", len(all)), Small: true, Scope: b.Project, On: r.resolve(b, all, false)})))
		}
		out = append(out, app.Ul().Class("conflicts").Body(app.Range(all).Slice(func(i int) app.UI { return r.conflict(b, all[i]) })))
	}
	return out
}

// conflict shows one image with both labels, and lets choose.
func (r *Root) conflict(b *outbox.Box, c outbox.Conflict) app.UI {
	one := []outbox.Conflict{c}
	side := func(title string, l domain.Label, choose string, mine bool) app.UI {
		return app.Div().Class("side").Body(
			app.Span().Class("small", "muted").Text(title),
			r.labelOf(b.Project, l),
			ui.Button(ui.ButtonSpec{Label: i18n.T(choose), Small: true, Scope: b.Project + c.Asset, On: r.resolve(b, one, mine)}),
		)
	}
	return app.Li().Role("group").Aria("label", c.Name).Body(
		app.B().Class("cut").Title(c.Name).Text(c.Name),
		side(i18n.T("waiting.mine"), c.Mine, "waiting.keep_mine", true),
		side(i18n.T("waiting.theirs"), c.Theirs, "waiting.keep_theirs", false),
	)
}

func (r *Root) resolve(b *outbox.Box, all []outbox.Conflict, mine bool) ui.Handler {
	return func(ctx app.Context) {
		for _, c := range all {
			b.Resolve(c.Asset, mine)
		}
		r.outboxChanged(ctx)
		ctx.NewAction(session.ActionLabelsChanged)
	}
}

// labelOf says a label in words.
func (r *Root) labelOf(project string, l domain.Label) app.UI {
	classes := r.waiting.projects[project].Classes
	if session.Project != nil && session.Project.ID == project {
		classes = session.Project.Classes
	}
	var names []app.UI
	seen := map[string]bool{}
	add := func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		for _, c := range classes {
			if c.ID == id {
				names = append(names, ui.ClassName(c))
			}
		}
	}
	for _, c := range l.Classes {
		add(c.ClassID)
	}
	for _, x := range l.Boxes {
		add(x.ClassID)
	}
	if len(l.Boxes) > 0 {
		names = append(names, app.Span().Class("muted", "small").Text(i18n.N("waiting.boxes", len(l.Boxes))))
	}
	if len(names) == 0 {
		state := l.State
		if state == "" {
			state = domain.StateUnlabelled
		}
		names = append(names, app.Span().Text(i18n.T("state."+string(state))))
	}
	return app.Div().Class("row", "wrap").Body(names...)
}
