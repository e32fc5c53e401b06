package gallery

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// manyChanges is from how many images on an action is asked about first and can be watched and cancelled.
const manyChanges = 500

// bulkPoll is how often the host is asked how far a bulk action is.
const bulkPoll = 150 * time.Millisecond

// bulkDialog asks whether an action about many images, or one that deletes, is to be done: it tells exactly what would
// change, then how far it is.
type bulkDialog struct {
	in      domain.BulkRequest
	n       int // images that were meant
	listed  []string
	done    func(n int) string // what is told at the end
	preview *domain.BulkPreview
	looking bool // a newer preview is on its way
	looks   int  // counts previews, so that a late answer is told
	moved   bool
	job     *domain.Job
	failure error
}

// askBulk opens the dialog about in, which is to be about n images.
func (s *Screen) askBulk(ctx app.Context, in domain.BulkRequest, n int, done func(n int) string) {
	s.bulk = bulkDialog{in: in, n: n, listed: s.ids, done: done}
	s.dialog = "bulk"
	s.lookBulk(ctx)
}

// askDelete opens the question whether the images are to go.
func (s *Screen) askDelete(ctx app.Context) {
	if f, n := s.target(); n > 0 && !s.working && session.May(domain.RightManage) {
		s.askBulk(ctx, domain.BulkRequest{Filter: f, Action: "delete"}, n, func(n int) string { return i18n.N("gallery.deleted", n) })
	}
}

// lookBulk asks what the action would change now. Labels may have changed since the list was made, and then a filter selects
// others than the user was shown: then the images themselves are named.
func (s *Screen) lookBulk(app.Context) {
	b := &s.bulk
	b.looking, b.failure, b.looks = true, nil, b.looks+1
	now, c, project, in, n, listed := b.looks, session.Client(), session.Now.Project, b.in, b.n, b.listed
	type look struct {
		in  domain.BulkRequest
		out domain.BulkPreview
	}
	session.Do(s.ctx, func(ctx context.Context) (look, error) {
		out, err := c.PreviewBulk(ctx, project, in)
		if err == nil && out.Selected != n && len(in.Filter.IDs) == 0 {
			in.Filter = domain.Filter{IDs: listed}
			out, err = c.PreviewBulk(ctx, project, in)
		}
		return look{in, out}, err
	}, func(ctx app.Context, l look, err error) {
		if now != b.looks || s.dialog != "bulk" {
			return
		}
		if b.looking, b.failure = false, err; err != nil {
			return
		}
		b.in, b.preview = l.in, &l.out
		if (now == 1 || b.moved) && b.in.Action != "delete" { // what undo takes back is confirmed by Enter
			ctx.Defer(func(app.Context) {
				if e := app.Window().Get("document").Call("querySelector", "dialog[open] footer button.primary:not([disabled])"); e.Truthy() {
					e.Call("focus")
				}
			})
		}
	})
}

// runBulk does what the dialog is about.
func (s *Screen) runBulk(app.Context) {
	b := &s.bulk
	if s.working || b.looking || b.preview == nil || b.preview.Changed == 0 {
		return
	}
	s.working, b.failure, b.moved = true, nil, false
	in := b.in
	in.Expect, in.OpID = &b.preview.Changed, rand.Text() // sending it twice does it once
	c, project := session.Client(), session.Now.Project
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.Bulk(ctx, project, in) }, s.followBulk)
}

// followBulk follows the job to its end.
func (s *Screen) followBulk(ctx app.Context, j domain.Job, err error) {
	b := &s.bulk
	if err == nil && (j.State == domain.JobQueued || j.State == domain.JobRunning) {
		b.job = &j
		session.LookAgain(ctx, j, bulkPoll, s.followBulk)
		return
	}
	s.working, b.job = false, nil
	switch {
	case err != nil:
		b.failure = err
	case j.State == domain.JobCancelled:
		s.dialog = ""
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.bulk.cancelled")})
	case j.Code == domain.CodeConflict:
		s.lookBulk(ctx)
		b.moved = true
	case j.State == domain.JobFailed || j.Operation == nil:
		b.failure = domain.Errorf(domain.CodeInvalid, "%s", j.Error)
	default:
		s.bulkDone(ctx, *j.Operation)
	}
}

func (s *Screen) bulkDone(ctx app.Context, o domain.Operation) {
	s.dialog = ""
	toast := ui.ToastSpec{Text: s.bulk.done(o.Changed)}
	if o.Skipped > 0 {
		toast.Text += " " + i18n.N("gallery.undo_skipped", o.Skipped)
	}
	if o.Changed > 0 {
		toast.Action, toast.On = i18n.T("action.undo"), func(ctx app.Context) { s.undo(ctx, o.ID) }
	}
	ui.Toast(ctx, toast)
	if o.Kind == "delete" {
		s.sel.clear()
		session.ProjectChanged(ctx)
		s.reload(ctx)
		return
	}
	s.changed(ctx, o)
}

func (s *Screen) cancelBulk(app.Context) {
	if s.bulk.job == nil {
		return
	}
	c, id := session.Client(), s.bulk.job.ID
	session.Do(s.ctx, func(ctx context.Context) (domain.Job, error) { return c.CancelJob(ctx, id) }, func(app.Context, domain.Job, error) {})
}

// closeBulk closes the dialog; what is being done is cancelled.
func (s *Screen) closeBulk(ctx app.Context) {
	if s.working {
		s.cancelBulk(ctx)
		return
	}
	s.bulk.looks++
	s.dialog = ""
}

// title asks the question of the dialog.
func (b *bulkDialog) title() string {
	switch {
	case b.in.Action != "flag":
		return i18n.N("gallery.bulk."+b.in.Action, b.n, "class", b.className())
	case b.in.Flag == domain.FlagNone:
		return i18n.N("gallery.bulk.unflag", b.n)
	}
	return i18n.N("gallery.bulk.flag", b.n, "flag", i18n.T("flag."+string(b.in.Flag)))
}

func (b *bulkDialog) className() string {
	if len(b.in.Classes) == 0 {
		return ""
	}
	c, _ := session.Class(b.in.Classes[0])
	return c.Name
}

func (s *Screen) bulkDialog() app.UI {
	b := &s.bulk
	changed, kind := 0, "primary"
	if b.preview != nil {
		changed = b.preview.Changed
	}
	if b.in.Action == "delete" {
		kind = "danger"
	}
	return &ui.Dialog{
		Key: "bulk", Title: b.title(), OnClose: s.closeBulk,
		Content: func() []app.UI { return s.bulkContent(b) },
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeBulk}),
				ui.Button(ui.ButtonSpec{Label: i18n.N("gallery.bulk.do."+doing(b.in.Action), changed), Kind: kind, Disabled: s.working || b.looking || changed == 0, On: s.runBulk}),
			}
		},
	}
}

// doing is what the button says for an action: the classes stand in the title.
func doing(action string) string {
	if action == "delete" {
		return action
	}
	return "change"
}

func (s *Screen) bulkContent(b *bulkDialog) []app.UI {
	switch {
	case b.job != nil || s.working:
		j := domain.Job{}
		if b.job != nil {
			j = *b.job
		}
		phase := "read"
		if j.Phase == "write" {
			phase = "write"
		}
		return []app.UI{ui.Progress(i18n.T("gallery.bulk."+phase), j.Done, j.Total, j.SecondsETA, nil), app.P().Class("small", "muted").Text(i18n.T("gallery.bulk.whole"))}
	case b.failure != nil:
		return []app.UI{ui.Failed(b.failure, s.lookBulk)}
	case b.preview == nil:
		return []app.UI{ui.Loading()}
	}
	text := "gallery.bulk.undo"
	if b.in.Action == "delete" {
		text = "gallery.delete.text"
	}
	keepable := b.in.Action != "delete" && b.in.Action != "accept" && b.in.Action != "reject"
	return []app.UI{
		app.If(b.moved, func() app.UI { return ui.Notice("warn", i18n.T("gallery.bulk.moved")) }),
		app.Dl().Class("figures").Body(
			figure(i18n.T("gallery.bulk.selected"), b.preview.Selected),
			figure(i18n.T("gallery.bulk.changed"), b.preview.Changed),
			app.If(b.preview.Labelled > 0, func() app.UI { return figure(i18n.T("gallery.bulk.labelled"), b.preview.Labelled) }),
		),
		app.If(keepable && (b.preview.Labelled > 0 || b.in.KeepLabelled), func() app.UI {
			return app.Label().Class("row").Body(
				app.Input().ID("bulk-keep").Type("checkbox").Checked(b.in.KeepLabelled).OnChange(func(ctx app.Context, _ app.Event) {
					b.in.KeepLabelled = ctx.JSSrc().Get("checked").Bool()
					s.lookBulk(ctx)
				}),
				app.Span().Text(i18n.T("gallery.bulk.keep")))
		}),
		app.If(b.preview.Changed == 0, func() app.UI { return ui.Notice("info", i18n.T("gallery.bulk.nothing")) }).
			Else(func() app.UI { return app.P().Class("muted").Text(i18n.T(text)) }),
	}
}

func figure(name string, n int) app.UI {
	return app.Div().Body(app.Dt().Text(name), app.Dd().Class("num").Text(i18n.Number(n)))
}
