package models

import (
	"context"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// trainDialog asks for the confirmation of a training: what it is made from, what it takes, what it costs.
type trainDialog struct {
	ctx      app.Context // of the screen
	export   domain.Export
	name     string
	networks []domain.Backbone // what can be stood on, the default first
	backbone string            // id; "" for the default
	level    string
	// unlabelled asks to learn from images without labels, too
	unlabelled bool
	known      map[string]*domain.Estimate // by level, for this network
	estimate   *domain.Estimate
	host       *domain.Capabilities
	failure    error
	starting   bool
	started    ui.Handler
}

// newTrainDialog asks for a training on e; started is called when it is under way.
func newTrainDialog(ctx app.Context, e domain.Export, started ui.Handler) *trainDialog {
	d := &trainDialog{ctx: ctx, export: e, name: e.Name, started: started, level: headLevel, known: map[string]*domain.Estimate{}}
	d.measure(ctx)
	askHost(ctx, &d.host)
	session.Do(ctx, session.Client().Backbones, func(_ app.Context, list []domain.Backbone, err error) {
		if err == nil { // without the list there still is the default
			d.networks = list
		}
	})
	return d
}

func (d *trainDialog) request() domain.TrainRequest {
	return domain.TrainRequest{ExportID: d.export.ID, Name: strings.TrimSpace(d.name), Level: d.level, Backbone: d.backbone, Unlabelled: d.unlabelled && d.loose() > 0}
}

func (d *trainDialog) measure(app.Context) {
	d.failure, d.estimate = nil, d.known[d.level]
	if d.estimate != nil {
		return
	}
	c, project, request := session.Client(), session.Now.Project, d.request()
	session.Do(d.ctx, func(ctx context.Context) (domain.Estimate, error) { return c.Estimate(ctx, project, request) },
		func(_ app.Context, e domain.Estimate, err error) {
			if request.Backbone != d.backbone || request.Level == d.level && request.Unlabelled != d.request().Unlabelled {
				return // something else was chosen meanwhile
			}
			if err == nil {
				d.known[request.Level] = &e
			}
			if request.Level != d.level {
				return
			}
			if d.failure = err; err == nil {
				d.estimate = &e
			}
		})
}

// blocked tells that a warning makes the training impossible.
func (d *trainDialog) blocked() bool {
	if d.estimate == nil {
		return true
	}
	for _, w := range d.estimate.Warnings {
		if w == "one_class" || w == "no_credits" {
			return true
		}
	}
	return d.estimate.Images == 0
}

func (d *trainDialog) render(onClose ui.Handler) app.UI {
	return &ui.Dialog{
		Key: "train", Title: i18n.T("train.title"), OnClose: onClose,
		Content: func() []app.UI {
			return []app.UI{
				ui.Field("model-name", i18n.T("train.name"), "", "", ui.Input("model-name", d.name, "", func(v string) { d.name = v })),
				app.If(boxed(), func() app.UI { return app.P().Class("small", "muted").Text(i18n.T("train.boxes." + d.level)) }),
				app.If(d.host != nil, d.chooseLevel),
				app.If(len(d.networks) > 1 && d.level != "scratch", d.chooseNetwork),
				app.If(d.loose() > 0, d.chooseUnlabelled),
				d.bill(),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: onClose}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("train.confirm"), Kind: "primary", Icon: "spark", Disabled: d.blocked() || d.starting, On: d.start}),
			}
		},
	}
}

// chooseNetwork lets the user stand on another backbone than the default.
func (d *trainDialog) chooseNetwork() app.UI {
	return ui.Field("model-backbone", i18n.T("train.backbone"), i18n.T("train.backbone_hint"), "",
		app.Select().ID("model-backbone").Class("select").OnChange(func(ctx app.Context, _ app.Event) {
			d.backbone = ctx.JSSrc().Get("value").String()
			clear(d.known)
			d.measure(ctx)
		}).Body(app.Range(d.networks).Slice(func(i int) app.UI {
			n := d.networks[i]
			id := n.ID
			if n.Default {
				id = ""
			}
			return app.Option().Value(id).Selected(id == d.backbone).Text(n.Name)
		})))
}

func (d *trainDialog) bill() app.UI {
	if d.failure != nil {
		return ui.Failed(d.failure, d.measure)
	}
	if d.estimate == nil {
		return app.Div().Class("row").Role("status").Body(app.Div().Class("spinner"), app.Span().Text(i18n.T("train.measuring")))
	}
	e := d.estimate
	embed := i18n.N("images.count", e.ToEmbed)
	if e.ToEmbed == 0 {
		embed = i18n.T("train.embed_cached")
	}
	lines := [][2]string{
		{i18n.T("train.images"), i18n.Number(e.Images)},
		{i18n.T("train.embed"), embed},
		{i18n.T("train.time"), i18n.Duration(e.Seconds)},
		{i18n.T("train.cost"), i18n.N("train.credits", int(e.Credits))},
		{i18n.T("train.balance"), i18n.N("train.credits", int(e.Balance))},
		{i18n.T("train.after"), i18n.N("train.credits", int(e.Balance-e.Credits))},
	}
	return app.Div().Class("stack").Body(
		app.Dl().Class("bill").Body(app.Range(lines).Slice(func(i int) app.UI {
			return app.Div().Body(app.Dt().Text(lines[i][0]), app.Dd().Text(lines[i][1]))
		})),
		app.If(e.MsPerImage > 0, func() app.UI {
			return app.P().Class("small", "muted").Text(i18n.T("train.speed", "ms", int(e.MsPerImage+0.5)))
		}),
		app.If(d.host != nil, func() app.UI {
			return app.P().ID("train-threads").Class("small", "muted").Text(threads(d.host))
		}),
		app.Range(e.Warnings).Slice(func(i int) app.UI { return ui.Notice("warn", d.warning(e.Warnings[i])) }),
	)
}

// threads tells how many threads compute, and why only one where there could be more.
func threads(host *domain.Capabilities) string {
	text := i18n.T("train.engine", "images", i18n.N("train.at_once", host.Threads), "threads", i18n.N("train.each", max(host.ImageThreads, 1)))
	switch host.OneThread {
	case "not_isolated", "no_shared", "no_waiting", "one_core":
		text += " " + i18n.T("train.one_thread."+host.OneThread)
	}
	return text
}

func (d *trainDialog) warning(code string) string {
	kind, id, _ := strings.Cut(code, ":")
	switch {
	case !boxed():
	case kind == "one_class":
		kind = "no_boxes"
	case kind == "few_labels":
		kind = "few_boxes"
	}
	name := id
	if c, ok := session.Class(id); ok {
		name = c.Name
	}
	return i18n.T("train.warn."+kind, "n", d.estimate.Images, "advised", domain.AdvisedLabels, "name", name)
}

func (d *trainDialog) start(app.Context) {
	d.starting = true
	c, project, request := session.Client(), session.Now.Project, d.request()
	session.Do(d.ctx, func(ctx context.Context) (domain.Job, error) { return c.Train(ctx, project, request) },
		func(ctx app.Context, j domain.Job, err error) {
			d.starting, d.failure = false, err
			if err == nil {
				begun[j.ID] = true
				ctx.NewAction(session.ActionCredits)
				d.started(ctx)
			}
		})
}
