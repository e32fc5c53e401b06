package annotate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// newID makes the id of an operation.
func newID() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return "ui-" + hex.EncodeToString(b[:])
}

// run does what a key or a button is for.
func (s *Screen) run(ctx app.Context, a hotkeys.Action) {
	switch a {
	case hotkeys.Next:
		s.goTo(ctx, s.desk.at+1)
	case hotkeys.Prev:
		s.goTo(ctx, s.desk.at-1)
	case hotkeys.Ahead:
		s.goTo(ctx, min(s.desk.at+page, max(s.desk.at, len(s.desk.ids)-1)))
	case hotkeys.Back:
		s.goTo(ctx, max(s.desk.at-page, 0))
	case hotkeys.First:
		s.goTo(ctx, 0)
	case hotkeys.Last:
		s.goTo(ctx, len(s.desk.ids)-1)
	case hotkeys.NextOpen:
		s.goTo(ctx, s.desk.nextOpen(s.desk.at))
	case hotkeys.Undo:
		s.undo(ctx)
	case hotkeys.Redo:
		s.redo(ctx)
	case hotkeys.Find:
		s.openFinder()
	case hotkeys.Comment:
		if s.desk.current() != "" {
			ctx.NewAction(actionComment)
		}
	case hotkeys.Saved:
		ui.Toast(ctx, ui.ToastSpec{Text: s.saveText()})
	case hotkeys.ZoomIn:
		s.stage.zoom(1.25)
	case hotkeys.ZoomOut:
		s.stage.zoom(0.8)
	case hotkeys.Fit:
		s.stage.fit()
	case hotkeys.ActualSize:
		s.stage.actual()
	default:
		if t, ours := toneNow.by(a); ours {
			s.setTone(ctx, t)
			s.flash(i18n.T("annotate.tone_is", "brightness", t.Brightness, "contrast", t.Contrast), "")
			return
		}
		if way, ours := pans[a]; ours {
			s.stage.pan(way[0], way[1])
			return
		}
		if !s.box(ctx, a) {
			s.judge(ctx, a)
		}
	}
}

// judge does what is about the label of the image on the stage.
func (s *Screen) judge(ctx app.Context, action hotkeys.Action) {
	a, known := s.desk.asset()
	if !known || session.OnlyLooks() || s.Queue && (action == hotkeys.Clear || action == hotkeys.Approve || action == hotkeys.Return) {
		return
	}
	switch action {
	case hotkeys.Accept:
		s.confirm(ctx, a)
	case hotkeys.Reject:
		s.rejectNow(ctx, a)
	case hotkeys.Skip:
		s.desk.settled()
		s.act("skipped", domain.LabelChange{Action: "skip"})
		s.flash(i18n.T("state.skipped"), "")
		s.advance(ctx, s.wasOpen(a))
	case hotkeys.Unsure:
		s.flag(ctx, a, domain.FlagUnsure)
	case hotkeys.BadImage:
		s.flag(ctx, a, domain.FlagBad)
	case hotkeys.Approve:
		s.approve(ctx, a)
	case hotkeys.Return:
		s.askReturn(a)
	case hotkeys.Clear:
		s.desk.settled()
		s.act("cleared", domain.LabelChange{Action: "clear"})
	case hotkeys.Copy:
		s.copyLast(ctx, a)
	}
}

func (s *Screen) wasOpen(a domain.Asset) bool { return s.desk.wants(a.Label.State) }

// give gives the image a class, or in a multi-label project ticks it. unsure tells that somebody else should look at it.
func (s *Screen) give(ctx app.Context, class string, unsure bool) {
	a, known := s.desk.asset()
	if !known {
		return
	}
	recent[s.project] = used(recent[s.project], class)
	if s.stage.layer != nil {
		s.useClass(class)
		return
	}
	if s.desk.task == domain.TaskMulti {
		if h, ok := s.hint(); ok {
			s.desk.adopt(h.Take) // it goes on from what is suggested
		}
		s.desk.tick(class)
		return
	}
	s.set(a, []string{class}, flagOf(unsure))
	c, _ := session.Class(class)
	if s.stay {
		return
	}
	s.flash(c.Name+unsureText(unsure), c.Color)
	s.advance(ctx, s.wasOpen(a))
}

// set gives the image exactly these classes and the flag. What a model proposed is accepted instead when it is the same, so that the
// label goes on telling who proposed it.
func (s *Screen) set(a domain.Asset, classes []string, flag domain.Flag) {
	kind := "labelled"
	change := domain.LabelChange{Action: "set", Classes: classes, Flag: flag}
	if a.Label.State == domain.StateAuto {
		kind = "corrected"
		if flag == domain.FlagNone && sameClasses(classes, classesOf(a.Label)) {
			kind, change = "accepted", domain.LabelChange{Action: "accept"}
		}
	}
	s.desk.settled()
	s.act(kind, change)
}

// confirm says yes to what stands there, and goes on.
func (s *Screen) confirm(ctx app.Context, a domain.Asset) {
	if s.acceptHint(ctx, a) {
		return
	}
	taken, held := s.acceptGhosts(a)
	switch {
	case held:
		return
	case taken > 0:
		s.flash(i18n.N("boxhints.taken", taken), "")
	case s.desk.task == domain.TaskBoxes && a.Label.State == domain.StateUnlabelled:
		s.act("labelled", domain.LabelChange{Action: "set"}) // nothing is there
		s.flash(i18n.T("boxes.none"), "")
	case s.desk.task == domain.TaskMulti:
		s.set(a, s.desk.ticked(), a.Label.Flag.OfLabel())
		s.flashClasses(s.desk.assets[a.ID].Label)
	case a.Label.State == domain.StateAuto:
		s.act("accepted", domain.LabelChange{Action: "accept"})
		s.flashClasses(a.Label)
	case a.Label.State == domain.StateUnlabelled:
		return // there is nothing to say yes to
	}
	s.advance(ctx, s.wasOpen(a) || s.desk.task == domain.TaskBoxes && s.desk.came)
}

func (s *Screen) rejectNow(ctx app.Context, a domain.Asset) {
	if a.Label.State != domain.StateAuto {
		return
	}
	s.desk.settled()
	s.act("rejected", domain.LabelChange{Action: "reject"})
	if s.Review {
		s.flash(i18n.T("review.rejected"), "")
		s.advance(ctx, true)
	}
}

// copyLast gives the image the label of the one before it.
func (s *Screen) copyLast(ctx app.Context, a domain.Asset) {
	if s.desk.at == 0 {
		return
	}
	from, known := s.desk.assets[s.desk.ids[s.desk.at-1]]
	if !known || from.Label.State != domain.StateLabelled || (s.desk.task == domain.TaskSingle && len(from.Label.Classes) != 1) {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("annotate.nothing_to_copy")})
		return
	}
	if s.stage.layer != nil {
		s.copyBoxes(ctx, from.Label.Boxes)
		return
	}
	s.set(a, classesOf(from.Label), domain.FlagNone)
	s.flashClasses(from.Label)
	if !s.stay {
		s.advance(ctx, s.wasOpen(a))
	}
}

// act does change to the image on the stage and sends it.
func (s *Screen) act(kind string, change domain.LabelChange) {
	s.acted = time.Now()
	change.Effort = s.effort(change)
	st, changed := s.desk.act(newID(), kind, change)
	if !changed {
		return
	}
	s.counted(st.before, st.after)
	s.send(st)
}

// send hands a step about one image to the outbox.
func (s *Screen) send(st step) {
	s.writes.Add(outbox.Write{Op: st.op, Asset: st.asset, Name: s.desk.assets[st.asset].Name, Queue: s.Queue, Change: st.change, Before: st.before, After: st.after})
}

// counted moves an image in the project's counts, which the host confirms a second later.
func (s *Screen) counted(from, to domain.Label) {
	if session.Project != nil && session.Project.ID == s.project && !s.Queue {
		shift(&session.Project.Counts, from, to)
	}
}

// keepDraft turns what is ticked into a label when the image is left.
func (s *Screen) keepDraft() {
	if s.stage.layer != nil {
		s.stage.layer.settle()
	}
	if s.desk == nil || !s.desk.changed() {
		return
	}
	a, _ := s.desk.asset()
	s.set(a, slices.Clone(s.desk.draft), a.Label.Flag.OfLabel())
}

func (s *Screen) advance(ctx app.Context, wasOpen bool) { s.goTo(ctx, s.desk.after(wasOpen)) }

func (s *Screen) flash(text, color string) { s.stage.flash(text, color) }

func (s *Screen) flashClasses(l domain.Label) {
	text, color := i18n.T("annotate.none_of_them"), ""
	for i, id := range classesOf(l) {
		c, _ := session.Class(id)
		if i == 0 {
			text, color = c.Name, c.Color
		} else {
			text += ", " + c.Name
		}
	}
	if len(l.Boxes) > 0 {
		text = i18n.T("review.accepted_short")
	}
	s.flash(text, color)
}

// swiped is a swipe over the stage.
func (s *Screen) swiped(ctx app.Context, right bool) {
	switch {
	case s.desk == nil:
	case s.Review && right:
		s.run(ctx, hotkeys.Accept)
	case s.Review:
		s.run(ctx, hotkeys.Reject)
	case right:
		s.run(ctx, hotkeys.Prev)
	default:
		s.run(ctx, hotkeys.Next)
	}
}

func (s *Screen) picked(ctx app.Context, id string) {
	if i, listed := s.desk.index[id]; listed {
		s.goTo(ctx, i)
	}
}

// undo takes back the newest step and shows the image that it changed.
func (s *Screen) undo(ctx app.Context) {
	if s.remote || session.OnlyLooks() {
		return
	}
	if l := s.stage.layer; l != nil {
		l.settle()
		if l.edit.Busy() { // what is half drawn is what goes
			l.cancel()
			l.later()
			return
		}
	}
	if s.desk.changed() {
		s.desk.settled()
		return
	}
	if s.unrefuse() {
		return
	}
	s.desk.settled()
	st, ok := s.desk.back()
	if ok && st.asset != "" {
		s.boxHints.known[st.asset].Recall(st.before.Boxes)
		s.counted(st.after, st.before)
		s.writes.Add(outbox.Write{Op: st.op, Asset: st.asset, Undo: true, Queue: s.Queue, Before: st.after, After: st.before})
		s.stage.flash(i18n.T("toast.undone"), "")
		s.look(ctx)
		return
	}
	if s.Queue { // what was done before is behind
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("toast.nothing_to_undo")})
		return
	}
	c, project := s.client, s.project
	s.byHost(ctx, func(ctx context.Context) (domain.Operation, error) { return c.Undo(ctx, project, st.op) },
		func(ctx app.Context, op domain.Operation, err error) {
			switch {
			case err != nil && ok:
				s.desk.done, s.desk.undone = append(s.desk.done, st), s.desk.undone[:len(s.desk.undone)-1]
			case err == nil && !ok:
				s.desk.undone = append(s.desk.undone, step{op: op.ID, kind: "earlier", n: op.Changed})
			}
			s.hostDone(ctx, op, err, "toast.nothing_to_undo", i18n.N("annotate.undone_many", op.Changed))
		})
}

// redo does again what was taken back last.
func (s *Screen) redo(ctx app.Context) {
	if s.remote || session.OnlyLooks() {
		return
	}
	s.desk.settled()
	st, ok := s.desk.again(newID())
	if ok && st.asset != "" {
		s.boxHints.known[st.asset].Recall(st.after.Boxes)
		s.counted(st.before, st.after)
		s.send(st)
		s.look(ctx)
		return
	}
	if s.Queue {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("annotate.nothing_to_redo")})
		return
	}
	c, project := s.client, s.project
	s.byHost(ctx, func(ctx context.Context) (domain.Operation, error) {
		if st.change.Filter != nil {
			return c.Label(ctx, project, domain.LabelRequest{OpID: newID(), Changes: []domain.LabelChange{st.change}})
		}
		return c.Redo(ctx, project)
	}, func(ctx app.Context, op domain.Operation, err error) {
		switch {
		case err != nil && ok:
			s.desk.undone, s.desk.done = append(s.desk.undone, st), s.desk.done[:len(s.desk.done)-1]
		case err == nil && !ok:
			s.desk.done = append(s.desk.done, step{op: op.ID, kind: "earlier", n: op.Changed})
		case err == nil:
			s.desk.done[len(s.desk.done)-1].op = op.ID
		}
		s.hostDone(ctx, op, err, "annotate.nothing_to_redo", i18n.N("annotate.redone_many", op.Changed))
	})
}

// byHost lets the host do a step over many images, after everything before it has been written.
func (s *Screen) byHost(ctx app.Context, work func(context.Context) (domain.Operation, error), then func(app.Context, domain.Operation, error)) {
	s.remote = true
	w := s.writes
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) {
		if err := w.Flush(ctx); err != nil {
			return domain.Operation{}, err
		}
		return work(ctx)
	}, func(ctx app.Context, op domain.Operation, err error) {
		s.remote = false
		then(ctx, op, err)
	})
}

// hostDone shows what a step of the host has changed.
func (s *Screen) hostDone(ctx app.Context, op domain.Operation, err error, nothing, text string) {
	if err != nil {
		if outbox.Refused(err) && domain.AsProblem(err).Code == domain.CodeNotFound {
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T(nothing)})
			return
		}
		ui.ToastError(ctx, err)
		return
	}
	ui.Toast(ctx, ui.ToastSpec{Text: text})
	session.ProjectChanged(ctx)
	item := s.desk.current()
	if len(op.Assets) == 1 || (item == "" && len(op.Assets) > 0) {
		item = op.Assets[0].ID
	}
	s.load(ctx, item, s.desk)
}
