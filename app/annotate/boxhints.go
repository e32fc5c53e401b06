package annotate

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	// boxesAhead is how many of the images that come next are looked at with the present one: a key press is not to wait for a network.
	boxesAhead = 4
	// leastShown and mostShown are the ends of the scores from which on suggestions are shown, in steps of stepShown.
	leastShown, mostShown, stepShown = 0.05, 0.95, 0.05
)

// boxHints is what the project's newest model finds in the images of a desk.
type boxHints struct {
	model     string  // that has been asked
	threshold float64 // from which on its card counts
	least     float64 // score that this person wants to see; 0 for the threshold
	known     map[string]*boxes.Ghosts
	wanted    string    // an image that has a label, for which suggestions were asked for
	since     time.Time // when the newest came for an image that was on the stage already
	running   bool
	failure   string
	refusals  []refusal
}

// refusal is a suggestion that was refused after so many steps, by a key or (gone) with the box that was made of it.
type refusal struct {
	asset string
	ghost int
	steps int
	gone  bool
}

func (s *Screen) leastKey() string {
	return "annotate.boxes-from/" + string(s.place) + "/" + s.project
}

// haunts tells whether the screen shows what a model of boxes finds.
func (s *Screen) haunts() bool {
	return s.desk != nil && s.desk.task == domain.TaskBoxes && !s.Review && !s.work.blind && !s.hints.off
}

// boxModel is the project's newest model that finds boxes; known is false as long as nobody has said whether there is one.
func (s *Screen) boxModel() (model domain.Model, found, known bool) {
	for _, m := range s.models {
		if m.Metrics.Boxes != nil && (!found || m.Version > model.Version) {
			model, found = m, true
		}
	}
	return model, found, s.models != nil
}

// from is the score from which on suggestions are shown.
func (h *boxHints) from() float64 {
	if h.least > 0 {
		return h.least
	}
	return h.threshold
}

// shift moves the least score that is shown by so many steps, to whole ones.
func (h *boxHints) shift(steps float64) {
	at := h.from() / stepShown
	if steps > 0 {
		at = math.Floor(at + 1e-6)
	} else {
		at = math.Ceil(at - 1e-6)
	}
	h.least = min(max((at+steps)*stepShown, leastShown), mostShown)
}

// ghostsOf gives what is suggested for an image.
func (s *Screen) ghostsOf(asset string) (*boxes.Ghosts, float64) {
	if !s.haunts() {
		return nil, 0
	}
	return s.boxHints.known[asset], s.boxHints.from()
}

// showGhosts brings what is suggested for the image on the stage up to date.
func (s *Screen) showGhosts() {
	if l := s.stage.layer; l != nil && l.asset != "" {
		l.suggest(s.ghostsOf(l.asset))
	}
}

// pendingGhosts tells whether suggestions for the image on the stage are on their way.
func (s *Screen) pendingGhosts() bool {
	id := s.desk.current()
	_, found, known := s.boxModel()
	return s.haunts() && (found || !known) && s.boxHints.failure == "" && s.desk.open[id] && s.boxHints.known[id] == nil
}

// askGhosts asks for what is found in the image on the stage, then in the next ones, one after the other.
func (s *Screen) askGhosts() {
	h := &s.boxHints
	if _, found, _ := s.boxModel(); !s.haunts() || !found || h.running || h.failure != "" || !app.IsClient {
		return
	}
	ids := s.desk.wanted(boxesAhead)
	if id := s.desk.current(); id != "" && id == h.wanted {
		ids = append([]string{id}, ids...)
	}
	at := slices.IndexFunc(ids, func(id string) bool { return h.known[id] == nil })
	if at < 0 {
		return
	}
	h.running = true
	c, project, d, id := s.client, s.project, s.desk, ids[at]
	session.Do(s.ctx, func(ctx context.Context) (domain.BoxSuggestions, error) { return c.SuggestBoxes(ctx, project, id, "") },
		func(ctx app.Context, got domain.BoxSuggestions, err error) {
			h.running = false
			if d != s.desk {
				s.askGhosts()
				return
			}
			if err != nil {
				h.failure = ui.ErrorText(err)
				return
			}
			s.learnGhosts(id, got)
			if id != s.desk.current() {
				ctx.PreventUpdate()
			}
			s.askGhosts()
		})
}

// learnGhosts takes in an answer. What an older model has said is of no use any more.
func (s *Screen) learnGhosts(id string, got domain.BoxSuggestions) {
	h := &s.boxHints
	if h.known == nil || h.model != got.ModelID {
		h.known, h.refusals = map[string]*boxes.Ghosts{}, nil
		h.model, h.threshold = got.ModelID, got.Threshold
		if _, known := s.models[got.ModelID]; !known {
			s.loadModels(s.ctx)
		}
	}
	h.known[id] = boxes.NewGhosts(got.Boxes)
	if id == s.desk.current() {
		h.since = time.Now()
		s.showGhosts()
		if l := s.stage.layer; id == h.wanted && l.haunt.ghosts != nil {
			l.haunt.ghosts.Step(l.open(), 1)
			h.wanted = ""
		}
	}
}

// boxEffort says what of an effort is about what was suggested.
func (s *Screen) boxEffort(e *domain.Effort, change domain.LabelChange) {
	g := s.boxHints.known[s.desk.current()]
	if !s.haunts() || g == nil || g.Count(s.boxHints.from()) == 0 {
		return
	}
	e.Suggestion = domain.SuggestionShown
	if least, alone := g.Alone(change.Boxes); alone && change.Action == "set" {
		e.Suggestion, e.Confidence, e.Labels = domain.SuggestionAccepted, least, s.models[s.boxHints.model].Images
	}
}
