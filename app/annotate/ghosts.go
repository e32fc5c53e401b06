package annotate

import (
	"context"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/geometry"
	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// haunted does what is about suggested boxes; false where a is something else.
func (s *Screen) haunted(ctx app.Context, a hotkeys.Action) bool {
	l := s.stage.layer
	switch a {
	case hotkeys.NextGhost:
		s.stepGhost(1)
	case hotkeys.PrevGhost:
		s.stepGhost(-1)
	case hotkeys.TakeGhost:
		s.takeGhostBox()
	case hotkeys.TakeAll:
		if n := s.takeAll(); n > 0 {
			s.flash(i18n.N("boxhints.taken", n), "")
		}
	case hotkeys.MoreGhosts:
		s.shiftGhosts(ctx, -1)
	case hotkeys.FewerGhosts:
		s.shiftGhosts(ctx, 1)
	case hotkeys.HideGhosts:
		s.toggleSuggest(ctx)
	case hotkeys.Tighten:
		s.tighten(ctx)
	default:
		return false
	}
	l.later()
	return true
}

// stepGhost lets keys mean the next suggestion. For an image that has a label already they are asked for first.
func (s *Screen) stepGhost(by int) {
	l := s.stage.layer
	if l.asset == "" || !s.haunts() {
		return
	}
	if s.boxHints.known[l.asset] == nil {
		s.boxHints.wanted, s.boxHints.failure = l.asset, ""
		s.askGhosts()
		return
	}
	l.edit.Choose(-1, false)
	l.haunt.ghosts.Step(l.open(), by)
}

// takeGhostBox makes a box of the suggestion that keys mean, or of the surest, and goes on with the next.
func (s *Screen) takeGhostBox() {
	l := s.stage.layer
	open := l.open()
	if len(open) == 0 {
		return
	}
	g := l.haunt.ghosts
	i, focused := g.Focus(open)
	if !focused {
		i = open[0]
		g.Step(open, 1)
	}
	changed, n := l.put([]int{i}, false)
	g.Step(l.open(), 1)
	l.tell(changed, "labelled", n)
}

// takeAs makes a box of class of the suggestion that keys mean; false where they mean none.
func (s *Screen) takeAs(class string) bool {
	l := s.stage.layer
	g := l.haunt.ghosts
	i, focused := g.Focus(l.open())
	if !focused || len(l.edit.Selected()) > 0 {
		return false
	}
	changed, n := l.put([]int{i}, true)
	l.edit.Relabel(class)
	l.edit.Choose(-1, false)
	g.Step(l.open(), 1)
	l.tell(changed, "labelled", n)
	return true
}

// takes is how many suggestions Accept takes.
func (s *Screen) takes() int {
	if !s.haunts() || s.boxHints.model == "" {
		return 0
	}
	return len(s.stage.layer.open())
}

// takeAll makes boxes of all suggestions that are open, and tells how many.
func (s *Screen) takeAll() int {
	l := s.stage.layer
	open := l.open()
	if len(open) == 0 {
		return 0
	}
	before := len(l.edit.Boxes())
	changed, n := l.put(open, false)
	l.haunt.ghosts.Leave()
	l.tell(changed, "labelled", n)
	return len(l.edit.Boxes()) - before
}

// acceptGhosts is what Accept does where suggestions are in sight: it takes all of them. held tells that nothing else is to be done, as
// somebody may not have meant what has only just come.
func (s *Screen) acceptGhosts(a domain.Asset) (taken int, held bool) {
	l := s.stage.layer
	if l == nil || !s.haunts() {
		return 0, false
	}
	l.settle()
	if s.boxHints.model == "" && !s.pendingGhosts() { // places alone say nothing that one could say yes to
		return 0, false
	}
	switch {
	case a.Label.State == domain.StateUnlabelled && s.pendingGhosts():
		s.flash(i18n.T("boxhints.wait"), "")
		return 0, true
	case len(l.open()) > 0 && time.Since(s.boxHints.since) < settling:
		s.flash(i18n.T("suggest.changed"), "")
		return 0, true
	}
	return s.takeAll(), false
}

// refuseGhost refuses the suggestion that keys mean; false where they mean none.
func (s *Screen) refuseGhost() bool {
	l := s.stage.layer
	g := l.haunt.ghosts
	i, focused := g.Focus(l.open())
	if !focused {
		return false
	}
	g.Refuse(i)
	s.boxHints.refusals = append(s.boxHints.refusals, refusal{asset: l.asset, ghost: i, steps: len(s.desk.done)})
	g.Step(l.open(), 1)
	l.later()
	return true
}

// refuseUnder refuses the suggestions of the boxes that are about to be deleted: they are not to come back.
func (s *Screen) refuseUnder() {
	l := s.stage.layer
	var rects []geometry.Rect
	for _, i := range l.edit.Selected() {
		rects = append(rects, l.edit.Rects()[i])
	}
	for _, i := range l.haunt.ghosts.Of(rects) {
		l.haunt.ghosts.Refuse(i)
		s.boxHints.refusals = append(s.boxHints.refusals, refusal{asset: l.asset, ghost: i, steps: len(s.desk.done), gone: true})
	}
}

// unrefuse takes back a refusal that nothing was done after; true where that was what there was to undo.
func (s *Screen) unrefuse() bool {
	h := &s.boxHints
	for len(h.refusals) > 0 {
		r := h.refusals[len(h.refusals)-1]
		if r.asset != s.desk.current() || r.steps != len(s.desk.done) {
			return false
		}
		h.refusals = h.refusals[:len(h.refusals)-1]
		if g := h.known[r.asset]; g != nil {
			g.Restore(r.ghost)
			s.stage.layer.later()
		}
		if !r.gone {
			s.stage.flash(i18n.T("toast.undone"), "")
			return true
		}
	}
	return false
}

func (s *Screen) shiftGhosts(ctx app.Context, steps float64) {
	s.boxHints.shift(steps)
	s.keepLeast(ctx)
}

func (s *Screen) keepLeast(ctx app.Context) {
	_ = ctx.LocalStorage().Set(s.leastKey(), s.boxHints.least)
	s.showGhosts()
}

// unselect lets go of what is selected, or of the suggestion that keys mean, or of the image.
func (s *Screen) unselect() {
	l := s.stage.layer
	_, focused := l.haunt.ghosts.Focus(l.open())
	took := l.haunt.taking >= 0
	switch {
	case l.edit.Cancel() || took:
		l.letGo(false)
	case focused:
		l.haunt.ghosts.Leave()
	case l.focused():
		l.stage.root.Call("blur")
	}
}

// tighten lets a model find the objects that the selected boxes are meant for.
func (s *Screen) tighten(ctx app.Context) {
	l := s.stage.layer
	if _, found, known := s.boxModel(); known && !found {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("boxhints.no_model"), Action: i18n.T("nav.ai"), On: func(ctx app.Context) { ctx.Navigate(session.At("ai", "").Path()) }})
		return
	}
	chosen := l.edit.Selected()
	if len(chosen) == 0 {
		ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("boxhints.choose_first")})
		return
	}
	if l.edit.Busy() || l.tightening {
		return
	}
	l.tightening = true
	rough := make(map[int]domain.Box, len(chosen))
	for _, i := range chosen {
		rough[i] = l.edit.Boxes()[i]
	}
	c, project, asset := s.client, s.project, l.asset
	session.Do(s.ctx, func(ctx context.Context) (map[int]domain.Tightened, error) {
		out := map[int]domain.Tightened{}
		for i, b := range rough {
			got, err := c.Tighten(ctx, project, asset, domain.TightenRequest{Box: b})
			if err != nil {
				return nil, err
			}
			out[i] = got
		}
		return out, nil
	}, func(ctx app.Context, got map[int]domain.Tightened, err error) {
		l.tightening = false
		if err != nil {
			ui.ToastError(ctx, err)
			return
		}
		s.tightened(asset, rough, got)
	})
}

// tightened takes over what was found, unless the boxes have been changed or left meanwhile.
func (s *Screen) tightened(asset string, rough map[int]domain.Box, got map[int]domain.Tightened) {
	l := s.stage.layer
	if l.asset != asset || l.stage.root == nil {
		return
	}
	l.settle()
	found, changed := 0, false
	for i, t := range got {
		if b := t.Box; t.Found {
			found++
			changed = l.edit.Fit(i, rough[i], geometry.Rect{X0: b.X, Y0: b.Y, X1: b.X + b.W, Y1: b.Y + b.H}) || changed
		}
	}
	l.tell(changed, "labelled", "")
	switch {
	case found == 0:
		s.flash(i18n.T("boxhints.not_found"), "")
	default:
		s.flash(i18n.N("boxhints.tightened", found), "")
	}
}
