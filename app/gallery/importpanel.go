package gallery

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// importChoice is what is asked before an import.
type importChoice struct {
	files  []platform.File
	labels string
}

// dropZone takes files that are dropped anywhere on the page, or pasted.
type dropZone struct {
	over      bool
	depth     int // dragenter less dragleave: they come for every element below
	listeners map[string]app.Func
}

func (d *dropZone) listen(ctx app.Context, s *Screen) {
	if !app.IsClient {
		return
	}
	on := func(event string, do func(e app.Value)) {
		f := app.FuncOf(func(_ app.Value, args []app.Value) any {
			do(args[0])
			return nil
		})
		d.listeners[event] = f
		app.Window().Call("addEventListener", event, f)
	}
	show := func(over bool) {
		if over != d.over && s.dialog == "" {
			ctx.Dispatch(func(app.Context) { d.over = over })
		}
	}
	take := func(e app.Value) {
		platform.Current.DroppedFiles(e, func(files []platform.File, err error) {
			s.ctx.Dispatch(func(ctx app.Context) { s.take(ctx, files, err) })
		})
	}
	d.listeners = map[string]app.Func{}
	on("dragenter", func(e app.Value) {
		if carriesFiles(e) {
			d.depth++
			show(true)
		}
	})
	on("dragleave", func(e app.Value) {
		if carriesFiles(e) {
			if d.depth--; d.depth <= 0 {
				d.depth = 0
				show(false)
			}
		}
	})
	on("dragover", func(e app.Value) {
		if carriesFiles(e) {
			e.Call("preventDefault")
			e.Get("dataTransfer").Set("dropEffect", "copy")
		}
	})
	on("drop", func(e app.Value) {
		d.depth = 0
		show(false)
		if carriesFiles(e) {
			e.Call("preventDefault")
			take(e)
		}
	})
	on("paste", func(e app.Value) {
		if data := e.Get("clipboardData"); data.Truthy() && data.Get("files").Get("length").Int() > 0 {
			e.Call("preventDefault")
			take(e)
		}
	})
}

func carriesFiles(e app.Value) bool {
	data := e.Get("dataTransfer")
	return data.Truthy() && data.Get("types").Call("includes", "Files").Bool()
}

func (d *dropZone) release() {
	for event, f := range d.listeners {
		app.Window().Call("removeEventListener", event, f)
		f.Release()
	}
	d.listeners = nil
}

func (s *Screen) overlay() app.UI {
	return app.Div().Class("drop-over").Aria("hidden", "true").Body(app.Div().Body(ui.Icon("upload"), app.B().Text(i18n.T("gallery.drop"))))
}

// pick opens the file chooser.
func (s *Screen) pick(folder bool) ui.Handler {
	return func(app.Context) {
		platform.Current.PickFiles(folder, func(files []platform.File, err error) {
			s.ctx.Dispatch(func(ctx app.Context) { s.take(ctx, files, err) })
		})
	}
}

// take begins an import, or asks first how labels are to be read where there may be some.
func (s *Screen) take(ctx app.Context, files []platform.File, err error) {
	switch {
	case err != nil:
		ui.ToastError(ctx, err)
		return
	case len(files) == 0:
		return
	case !session.May(domain.RightManage):
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.looks_only"), Error: true})
		return
	}
	if im := s.importNow(); im != nil && !im.ended {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.import.busy"), Error: true})
		return
	}
	s.choice = importChoice{files: files, labels: "auto"}
	if hasLabels(files) {
		s.dialog = "import"
		return
	}
	s.startImport(ctx)
}

func (s *Screen) importDialog() app.UI {
	var bytes int64
	for _, f := range s.choice.files {
		bytes += f.Size
	}
	return &ui.Dialog{
		Title: i18n.N("gallery.import.title", len(s.choice.files)), OnClose: s.closeDialog,
		Content: func() []app.UI {
			return []app.UI{
				app.P().Class("muted").Text(i18n.T("gallery.import.size", "size", i18n.Bytes(bytes)) + " " + i18n.T("place."+string(session.Now.Place)+"_hint")),
				app.Div().Class("field").Body(app.Span().Class("label").Text(i18n.T("gallery.import.labels")),
					ui.Choices(i18n.T("gallery.import.labels"), s.choice.labels, []ui.Option{
						{Value: "auto", Label: i18n.T("gallery.import.auto"), Hint: i18n.T("gallery.import.auto_hint"), Icon: "spark"},
						{Value: "folder", Label: i18n.T("gallery.import.folder"), Hint: i18n.T("gallery.import.folder_hint"), Icon: "folder"},
						{Value: "csv", Label: i18n.T("gallery.import.csv"), Hint: i18n.T("gallery.import.csv_hint"), Icon: "file"},
						{Value: "none", Label: i18n.T("gallery.import.none"), Hint: i18n.T("gallery.import.none_hint"), Icon: "image"},
					}, func(_ app.Context, v string) { s.choice.labels = v })),
			}
		},
		Footer: func() []app.UI {
			return []app.UI{
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.cancel"), On: s.closeDialog}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.import.do"), Icon: "upload", Kind: "primary", On: s.startImport}),
			}
		},
	}
}

func (s *Screen) startImport(app.Context) {
	s.dialog = ""
	key := importKey(session.Now.Place, session.Now.Project)
	im := newImporting(session.Client(), session.Now.Place, session.Now.Project, s.choice.files, s.choice.labels)
	s.choice, s.arrived = importChoice{}, 0
	imports[key] = im
	ctx := s.ctx // an action reaches the frame also when this screen is gone
	im.over = func() {
		warnOnLeave(false)
		session.ProjectChanged(ctx)
		im.mu.Lock()
		defer im.mu.Unlock()
		if im.notify == nil {
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.N("gallery.report.imported", im.report.Imported)})
		}
	}
	s.watchImport()
	warnOnLeave(true)
	go im.run(context.Background()) // it goes on when this screen is left
}

// warnOnLeave makes the browser ask before the page is closed.
func warnOnLeave(on bool) {
	if !app.IsClient {
		return
	}
	if leaveGuard == nil {
		leaveGuard = app.FuncOf(func(_ app.Value, args []app.Value) any {
			args[0].Call("preventDefault")
			return nil
		})
	}
	what := "removeEventListener"
	if on {
		what = "addEventListener"
	}
	app.Window().Call(what, "beforeunload", leaveGuard)
}

var leaveGuard app.Func

func (s *Screen) importNow() *importing {
	return imports[importKey(session.Now.Place, session.Now.Project)]
}

// watchImport lets the project's import, if there is one, tell this screen.
func (s *Screen) watchImport() {
	im := s.importNow()
	if im == nil {
		return
	}
	im.mu.Lock()
	im.notify = func() { s.ctx.Dispatch(s.onImport) }
	im.mu.Unlock()
	s.onImport(s.ctx)
}

func unwatchImport() {
	for _, im := range imports {
		im.mu.Lock()
		im.notify = nil
		im.mu.Unlock()
	}
}

// refreshEvery is how many imported files make the grid show them.
const refreshEvery = 200

// onImport follows an import: the grid shows what has arrived from time to time, and all at the end.
func (s *Screen) onImport(ctx app.Context) {
	im := s.importNow()
	if im == nil {
		return
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	switch {
	case im.ended && !im.told:
		im.told = true
		for id := range s.assets { // their labels came last
			s.stale[id] = true
		}
		s.reload(ctx)
	case !im.ended && s.loaded && im.report.Imported > 0 && (len(s.ids) == 0 || im.report.Imported-s.arrived > refreshEvery):
		s.arrived = im.report.Imported
		session.ProjectChanged(ctx)
		s.reload(ctx)
	}
}

// importPanel shows the import that runs, or what came of the last one.
func (s *Screen) importPanel() app.UI {
	im := s.importNow()
	if im == nil {
		return app.Span().Hidden(true)
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	if !im.ended {
		what := i18n.T("gallery.import.running")
		if im.cancel {
			what = i18n.T("gallery.import.cancelling")
		}
		if im.report.Imported > 0 {
			what += " · " + i18n.N("gallery.report.imported", im.report.Imported)
		}
		done, total := im.done, len(im.files)
		if p := im.phase; p != nil && p.Total > 0 {
			what += " · " + i18n.T("gallery.import.phase."+p.Phase)
			done, total = p.Done, p.Total
		}
		return app.Div().Class("import-panel").Body(ui.Progress(what, done, total, im.left(time.Now()), func(app.Context) {
			im.mu.Lock()
			im.cancel = true
			im.mu.Unlock()
		}))
	}
	return s.importReport(im)
}

func (s *Screen) importReport(im *importing) app.UI {
	key := importKey(im.place, im.project)
	refused := im.refused()
	lost := len(im.lost) + im.report.RefusedCount
	return app.Section().Class("import-panel").Aria("label", i18n.T("gallery.report")).Body(
		app.Div().Class("row", "between").Body(
			app.Div().Class("row", "wrap", "figures-line").Role("status").Body(
				app.If(im.failure != nil, func() app.UI { return ui.Tag(i18n.T("gallery.report.failed"), "red", "alert") }),
				app.If(im.cancel, func() app.UI { return ui.Tag(i18n.T("gallery.report.cancelled"), "amber") }),
				app.B().Text(i18n.N("gallery.report.imported", im.report.Imported)),
				app.If(im.report.Labelled > 0, func() app.UI { return ui.Tag(i18n.N("gallery.report.labelled", im.report.Labelled), "jade", "check") }),
				app.If(im.report.Duplicates > 0, func() app.UI {
					return ui.Tag(i18n.N("gallery.report.duplicates", im.report.Duplicates), "", "copy")
				}),
				app.If(len(refused) > 0, func() app.UI { return ui.Tag(i18n.N("gallery.report.refused", lost), "red", "alert") }),
			),
			app.Div().Class("row").Body(
				app.If(len(refused)+len(im.report.Notes) > 0, func() app.UI {
					return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.report.copy"), Icon: "copy", Small: true, Kind: "quiet", On: func(ctx app.Context) { copyText(ctx, im.text()) }})
				}),
				ui.Button(ui.ButtonSpec{Label: i18n.T("action.dismiss"), Icon: "close", IconOnly: true, Small: true, Kind: "quiet", On: func(app.Context) { delete(imports, key) }}),
			),
		),
		app.If(im.failure != nil, func() app.UI { return ui.Notice("error", ui.ErrorText(im.failure)) }),
		app.If(im.found != nil && im.found.Any > 0, func() app.UI { return issuesFound(*im.found) }),
		app.If(len(im.report.Notes) > 0, func() app.UI {
			return lines("gallery.report.notes", im.report.Notes, im.report.NotesCount, len(refused) == 0)
		}),
		app.If(len(refused) > 0, func() app.UI { return lines("gallery.report.refused_files", refused, lost, true) }),
	)
}

// issuesFound says how many of the imported images may be of little use, and leads to them.
func issuesFound(t domain.Triage) app.UI {
	var parts []string
	first := ""
	for _, i := range t.Issues {
		if i.Count > 0 {
			parts = append(parts, i18n.N("issue.n."+string(i.Issue), i.Count))
			first = cmp.Or(first, string(i.Issue))
		}
	}
	to := session.At("check", "")
	to.Query = url.Values{"issue": {first}}
	return ui.Notice("warn", i18n.T("gallery.report.issues", "what", strings.Join(parts, ", ")),
		ui.LinkButton(i18n.T("gallery.report.look"), "eye", "small", to.Path()))
}

// shownLines is how many lines of a report are shown; all that the host answered can be copied.
const shownLines = 300

func lines(title string, all []domain.Refusal, n int, open bool) app.UI {
	shown := all[:min(len(all), shownLines)]
	return app.Details().Class("report-lines").Open(open).Body(
		app.Summary().Text(i18n.N(title, n)),
		app.Ul().TabIndex(0).Body(
			app.Range(shown).Slice(func(i int) app.UI {
				return app.Li().Body(
					app.If(shown[i].Path != "", func() app.UI { return app.Span().Class("path").Text(shown[i].Path) }),
					app.Span().Text(ui.Reason(shown[i])))
			}),
			app.If(n > len(shown), func() app.UI {
				return app.Li().Class("muted").Text(i18n.T("gallery.report.more", "n", n-len(shown)))
			}),
		),
	)
}

func copyText(ctx app.Context, text string) {
	clipboard := app.Window().Get("navigator").Get("clipboard")
	if !clipboard.Truthy() {
		return
	}
	clipboard.Call("writeText", text)
	ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("gallery.report.copied")})
}
