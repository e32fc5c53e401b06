package annotate

import (
	"context"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/outbox"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	ahead, behind = 8, 4 // pictures that are held decoded
	// What is known of images is fetched in windows of this size, when something within fetchNear of the place is unknown.
	fetchWindow, fetchNear = 100, 16
)

type list struct{ ids, open []string }

// selection gives what the address selects.
func (s *Screen) selection() (f domain.Filter, sort string, restricted bool) {
	f, sort, restricted = filterOf(session.Now.Query)
	if s.Review {
		f.States = []domain.State{domain.StateAuto}
		if sort == "" {
			sort = domain.SortUncertain
		}
	}
	if sort == "" {
		sort = domain.SortCreated
	}
	return f, sort, restricted
}

// load gets the list of images and goes to item, or to the first that wants somebody. from, when not nil, is the desk whose
// history goes on: who goes to another image of it before the list is there stays with that one.
func (s *Screen) load(ctx app.Context, item string, from *desk) {
	s.base = s.where()
	f, sort, restricted := s.selection()
	s.filter, s.sort = f, sort
	s.failure, s.broken = nil, false
	c, project, base, review := s.client, s.project, s.base, s.Review
	to := session.Now.Query.Get("to")
	if item == "" {
		item = s.item()
	}
	s.loadModels(ctx)
	if s.Queue {
		s.loadQueue(item, from)
		return
	}
	if s.useful() {
		s.loadUseful(item, from)
		return
	}
	asked := ""
	if from != nil {
		asked = from.current()
	}
	session.Do(s.ctx, func(ctx context.Context) (l list, err error) {
		if l.ids, err = c.AssetIDsBy(ctx, project, f, sort, to); err != nil || review {
			l.open = l.ids
			return l, err
		}
		if len(f.States) > 0 && !slices.Contains(f.States, domain.StateUnlabelled) {
			return l, nil
		}
		f.States = []domain.State{domain.StateUnlabelled}
		l.open, err = c.AssetIDsBy(ctx, project, f, sort, to)
		return l, err
	}, func(ctx app.Context, l list, err error) {
		if base != s.base {
			return
		}
		if err != nil {
			s.failure = err
			if s.desk != nil {
				ui.ToastError(ctx, err)
			}
			return
		}
		if from != nil && from == s.desk && from.current() != asked {
			item = from.current()
		}
		s.begin(ctx, newDesk(session.Project.Task, review, restricted, l.ids, l.open), item, from)
	})
}

func (s *Screen) begin(ctx app.Context, d *desk, item string, from *desk) {
	d.at = d.nextOpen(-1)
	if d.at == len(d.ids) && d.filtered {
		d.at = 0
	}
	if i, listed := d.index[item]; listed {
		d.at = i
	}
	if from != nil {
		d.done, d.undone = from.done, from.undone
	}
	s.desk, s.fetching = d, false
	s.useBoxes()
	d.came = d.open[d.current()]
	s.ctx.Defer(s.look) // the stage is there after the next render
	s.count(ctx)
}

func (s *Screen) loadModels(ctx app.Context) {
	c, project := s.client, s.project
	session.Do(s.ctx, func(ctx context.Context) ([]domain.Model, error) { return c.Models(ctx, project) },
		func(_ app.Context, list []domain.Model, err error) {
			if err != nil {
				if s.models == nil { // labels then say "a model"
					s.models = map[string]domain.Model{}
				}
				return
			}
			s.models = make(map[string]domain.Model, len(list))
			for _, m := range list {
				s.models[m.ID] = m
			}
			s.askGhosts()
		})
}

// goTo looks at the image at place i.
func (s *Screen) goTo(ctx app.Context, i int) {
	s.keepDraft()
	s.desk.settled()
	s.desk.at = max(0, min(i, len(s.desk.ids)))
	s.desk.came = s.desk.open[s.desk.current()]
	s.work.active = time.Now()
	s.moreWork()
	s.look(ctx)
}

// look brings the present image onto the stage at once, and all else after the page has been rendered: the film, what will
// be wanted next.
func (s *Screen) look(ctx app.Context) {
	id := s.desk.current()
	s.watch.see(id, time.Now())
	s.broken = false
	if id == "" {
		s.stage.empty()
	} else {
		s.showPicture(id)
	}
	if s.following {
		return
	}
	s.following = true
	s.ctx.Defer(func(ctx app.Context) {
		s.following = false
		s.pictures.want(s.desk.around(ahead, behind))
		s.strip.update(s.desk)
		s.prepare()
		s.fetch(ctx)
		s.lookHints()
		s.addressSoon(ctx)
	})
}

// showPicture puts the image, or else its thumbnail, onto the stage.
func (s *Screen) showPicture(id string) {
	a := s.desk.assets[id]
	a.ID = id
	img, failed := s.pictures.get(id)
	s.broken = failed != nil
	switch {
	case img != nil:
		s.stage.show(a, img, false)
	case failed == nil:
		if thumb, _ := s.strip.thumbs.get(id); thumb != nil {
			s.stage.show(a, thumb.Call("cloneNode"), true)
			return
		}
		s.stage.empty()
	default:
		s.stage.empty()
	}
}

// prepare lays the images that are likely to come next under the one that is seen.
func (s *Screen) prepare() {
	var ids []string
	for _, place := range []int{s.desk.nextOpen(s.desk.at), s.desk.at + 1, s.desk.at - 1} {
		if place >= 0 && place < len(s.desk.ids) && !slices.Contains(ids, s.desk.ids[place]) {
			ids = append(ids, s.desk.ids[place])
		}
	}
	s.stage.keep(ids)
	for _, id := range ids {
		a, known := s.desk.assets[id]
		if img, _ := s.pictures.get(id); known && img != nil {
			s.stage.prepare(a, img)
		}
	}
}

// arrived is called when a picture is ready or has failed.
func (s *Screen) arrived(id string) {
	s.ctx.Dispatch(func(ctx app.Context) {
		if s.desk == nil || id != s.desk.current() {
			if s.desk != nil {
				s.prepare()
			}
			ctx.PreventUpdate()
			return
		}
		s.showPicture(id)
		if !s.broken && s.stage.layer == nil { // the list of boxes is filled with the picture
			ctx.PreventUpdate()
		}
	})
}

// fetch gets what is not known yet of the images around.
func (s *Screen) fetch(ctx app.Context) {
	if s.fetching || len(s.desk.unknown(fetchNear, behind, 1)) == 0 {
		return
	}
	s.fetchOnly(ctx, s.desk.unknown(fetchWindow, fetchWindow/4, fetchWindow))
}

// fetchOnly gets ids anew.
func (s *Screen) fetchOnly(ctx app.Context, ids []string) {
	s.fetching = true
	c, project, d := s.client, s.project, s.desk
	session.Do(s.ctx, func(ctx context.Context) (domain.AssetPage, error) {
		return c.Assets(ctx, project, domain.Filter{IDs: ids}, "", "", len(ids))
	}, func(ctx app.Context, page domain.AssetPage, err error) {
		if d != s.desk {
			return
		}
		s.fetching = false
		if err != nil {
			s.failure = err
			return
		}
		s.failure = nil
		s.learn(page.Items)
		s.fetch(ctx)
	})
}

// showStrip fills the film that has just come into the page: all may be known already.
func (s *Screen) showStrip() {
	if s.desk != nil {
		s.strip.update(s.desk)
	}
}

// learn takes in what the host says of images.
func (s *Screen) learn(assets []domain.Asset) {
	id := s.desk.current()
	_, known := s.desk.assets[id]
	s.desk.learn(assets, s.writes.Busy)
	if _, now := s.desk.assets[id]; now && !known && id != "" {
		s.stage.empty() // its size and boxes are known only now
		s.showPicture(id)
	}
	s.showBoxes()
	s.strip.update(s.desk)
}

// told is called whenever writes have come through or are stuck.
func (s *Screen) told(ctx app.Context) {
	ctx.PreventUpdate()
	s.showSaving()
	if n, _ := s.writes.State(); n == 0 {
		s.refreshSoon(ctx)
		s.askHints()
		s.boxHints.failure = ""
		s.askGhosts()
		s.moreWork()
		s.moreUseful()
		if s.broken && s.desk != nil { // the host answers again
			s.pictures.forget(s.desk.current())
			s.look(ctx)
			s.ctx.Update()
		}
	}
}

// refreshLate is how long the project's counts are left as this screen moves them while somebody labels without a pause.
const refreshLate = 15 * time.Second

// refreshSoon brings the project's counts up to date, a second after the last label: with a thousand classes the project takes
// long to read, which a key that is pressed meanwhile would wait for.
func (s *Screen) refreshSoon(app.Context) {
	if s.refreshing {
		return
	}
	s.refreshing, s.refreshFrom = true, time.Now()
	s.refresh()
}

func (s *Screen) refresh() {
	s.ctx.After(time.Second, func(ctx app.Context) {
		if time.Since(s.acted) < time.Second && time.Since(s.refreshFrom) < refreshLate {
			s.refresh()
			ctx.PreventUpdate()
			return
		}
		s.refreshing = false
		if n, _ := s.writes.State(); n == 0 {
			session.ProjectChanged(ctx)
		}
	})
}

// answered takes in what the host made of a write.
func (s *Screen) answered(ctx app.Context, w outbox.Write, op domain.Operation, err error) {
	if s.desk == nil {
		return
	}
	if err != nil || op.Skipped > 0 {
		s.desk.done = slices.DeleteFunc(s.desk.done, func(st step) bool { return st.op == w.Op && err != nil })
		if err != nil && !w.Undo {
			ui.ToastError(ctx, err)
		} else {
			ui.Toast(ctx, ui.ToastSpec{Text: i18n.T("annotate.changed_elsewhere")})
		}
		if s.Queue {
			s.desk.lost(w.Asset)
			return
		}
		if _, known := s.desk.assets[w.Asset]; known && !s.writes.Busy(w.Asset) {
			s.fetchOnly(ctx, []string{w.Asset})
		}
		return
	}
	s.desk.learn(op.Assets, s.writes.Busy)
	s.showBoxes()
	if id := s.desk.current(); !slices.ContainsFunc(op.Assets, func(a domain.Asset) bool { return a.ID == id }) {
		ctx.PreventUpdate() // of the images before nothing stands here
	}
}
