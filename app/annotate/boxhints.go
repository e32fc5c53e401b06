package annotate

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/annotate/boxes"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

const (
	// boxesAhead is how many of the images that come next are looked at with the present one: a key press is not to wait for a network.
	boxesAhead = 4
	// leastShown and mostShown are the ends of the scores from which on suggestions are shown, in steps of stepShown.
	leastShown, mostShown, stepShown = 0.05, 0.95, 0.05
	// mostPlaces is how many places that may hold something are asked for where no model knows the classes, fewPlaces how many are shown at first.
	mostPlaces, fewPlaces = 50, 12
)

// boxHints is what the project's newest model finds in the images of a desk.
type boxHints struct {
	model     string  // that has been asked; "" for places that may hold something, of no class
	threshold float64 // from which on its card counts
	places    int     // so many of them are shown; 0 for a few
	least     float64 // score that this person wants to see; 0 for the threshold
	known     map[string]*boxes.Ghosts
	wanted    string    // an image that has a label, for which suggestions were asked for
	since     time.Time // when the newest came for an image that was on the stage already
	running   bool
	failure   string
	elsewhere bool // the host has said that it finds no boxes
	placeless bool // the host has said that it knows no places
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
	switch {
	case h.model == "":
		return placeScore(h.shownPlaces() - 1)
	case h.least > 0:
		return h.least
	}
	return h.threshold
}

// placeScore stands for the score of the i-th place: those that hosts give only order them.
func placeScore(i int) float64 { return 1 - float64(i)/mostPlaces }

// shownPlaces is how many places are shown.
func (h *boxHints) shownPlaces() int { return cmp.Or(h.places, fewPlaces) }

// shift moves the least score that is shown by so many steps, to whole ones.
func (h *boxHints) shift(steps float64) {
	if h.model == "" {
		h.places = min(max(h.shownPlaces()-2*int(steps), 1), mostPlaces)
		return
	}
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
	_, found, known := s.boxModel()
	if !known || !found && h.placeless || !s.haunts() || h.running || h.failure != "" || !app.IsClient {
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
	session.Do(s.ctx, func(ctx context.Context) (domain.BoxSuggestions, error) {
		if !found {
			return placesIn(ctx, c, project, id)
		}
		return c.SuggestBoxes(ctx, project, id, "")
	},
		func(ctx app.Context, got domain.BoxSuggestions, err error) {
			h.running = false
			if d != s.desk {
				s.askGhosts()
				return
			}
			switch {
			case err == nil:
				s.learnGhosts(id, got)
			case !found && outbox.Refused(err) && (h.known == nil || domain.AsProblem(err).Code == domain.CodeUnsupported):
				h.placeless = true
				return
			case outbox.Refused(err) && h.known != nil: // of this image nothing can be said
				h.known[id] = boxes.NewGhosts(nil)
			default:
				h.failure = ui.ErrorText(err)
				return
			}
			if id != s.desk.current() {
				ctx.PreventUpdate()
			}
			s.askGhosts()
		})
}

// placesIn asks for the places in an image that may hold something: suggestions of no class, before there is a model.
func placesIn(ctx context.Context, c *client.Client, project, asset string) (domain.BoxSuggestions, error) {
	got, err := c.Propose(ctx, project, asset, mostPlaces)
	out := domain.BoxSuggestions{}
	for i, b := range got.Boxes {
		out.Boxes = append(out.Boxes, domain.Box{X: b.X, Y: b.Y, W: b.W, H: b.H, Score: placeScore(i)})
	}
	return out, err
}

// learnGhosts takes in an answer. What an older model has said is of no use any more.
func (s *Screen) learnGhosts(id string, got domain.BoxSuggestions) {
	h := &s.boxHints
	if h.known == nil || h.model != got.ModelID {
		h.known, h.refusals = map[string]*boxes.Ghosts{}, nil
		h.model, h.threshold = got.ModelID, got.Threshold
		if _, known := s.models[got.ModelID]; !known && got.ModelID != "" {
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
	if !s.haunts() || g == nil || s.boxHints.model == "" || g.Count(s.boxHints.from()) == 0 {
		return
	}
	e.Suggestion = domain.SuggestionShown
	if least, alone := g.Alone(change.Boxes); alone && change.Action == "set" {
		e.Suggestion, e.Confidence, e.Labels = domain.SuggestionAccepted, least, s.models[s.boxHints.model].Images
	}
}
