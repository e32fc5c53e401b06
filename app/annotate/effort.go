package annotate

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/server/domain"
)

// away is how long an image may be in sight before it is taken that nobody looked: then nothing is measured.
const away = 10 * time.Minute

// watch measures how long the image that is looked at has been in sight. It stands while the page is hidden.
type watch struct {
	image  string
	since  time.Time     // when it came into sight, or again after the page was hidden
	before time.Duration // how long it had been in sight then
	hidden bool
}

// see begins with an image; one that is in sight already goes on.
func (w *watch) see(image string, now time.Time) {
	if image != w.image {
		*w = watch{image: image, since: now, hidden: w.hidden}
	}
}

// hide stops the watch, show lets it go on.
func (w *watch) hide(now time.Time) {
	if !w.hidden {
		w.before += now.Sub(w.since)
		w.hidden = true
	}
}

func (w *watch) show(now time.Time) {
	if w.hidden {
		w.since, w.hidden = now, false
	}
}

// take gives the seconds that a decision about image took and begins anew; 0 where they were not measured.
func (w *watch) take(image string, now time.Time) float64 {
	took := w.before
	if !w.hidden {
		took += now.Sub(w.since)
	}
	known := image != "" && image == w.image
	*w = watch{image: image, since: now, hidden: w.hidden}
	if !known || took <= 0 || took > away {
		return 0
	}
	return took.Seconds()
}

// effort is what the decision about the image on the stage took, nil where nothing is known of it.
func (s *Screen) effort(change domain.LabelChange) *domain.Effort {
	e := domain.Effort{Seconds: s.watch.take(s.desk.current(), time.Now())}
	if a, known := s.desk.asset(); known && a.Label.State == domain.StateAuto {
		e.Suggestion = domain.SuggestionShown
		if change.Action == "accept" {
			e.Suggestion = domain.SuggestionAccepted
		}
	}
	s.suggestionOf(&e)
	s.boxEffort(&e, change)
	if e == (domain.Effort{}) {
		return nil
	}
	return &e
}

// watchPage stops the watch while the page is hidden. The answer frees the listener.
func (s *Screen) watchPage() (free func()) {
	if !app.IsClient {
		return func() {}
	}
	document := app.Window().Get("document")
	changed := app.FuncOf(func(app.Value, []app.Value) any {
		if document.Get("hidden").Bool() {
			s.watch.hide(time.Now())
		} else {
			s.watch.show(time.Now())
		}
		return nil
	})
	document.Call("addEventListener", "visibilitychange", changed)
	return func() {
		document.Call("removeEventListener", "visibilitychange", changed)
		changed.Release()
	}
}
