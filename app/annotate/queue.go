package annotate

import (
	"context"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

const (
	// queueAhead is how many images are held at a time, queueLow how few are left when more are asked for.
	queueAhead, queueLow = 8, 4
	// The hold of them is looked at every lookEvery. It is renewed when a third of its time is over, as long as somebody did
	// something within renewWithin.
	lookEvery, renewWithin = 15 * time.Second, 10 * time.Minute
)

// shared is work that is handed out: the images of the desk are held for this person, and more come as they go.
type shared struct {
	blind  bool // nothing is suggested
	done   int  // answers that the person had given before this visit
	asking bool
	dry    bool      // nothing more came the last time
	active time.Time // when the person did something last

	renewed time.Time     // when what is held was held anew
	hold    time.Duration // for how long
}

// loadQueue gets the first images and begins with item, if it is still held.
func (s *Screen) loadQueue(item string, from *desk) {
	c, project, base := s.client, s.project, s.base
	s.work.asking = true
	session.Do(s.ctx, func(ctx context.Context) (domain.QueueBatch, error) {
		if err := s.writes.Flush(ctx); err != nil { // what is answered is not to come again
			return domain.QueueBatch{}, err
		}
		return c.Lease(ctx, project, queueAhead)
	}, func(ctx app.Context, got domain.QueueBatch, err error) {
		s.work.asking = false
		if base != s.base {
			return
		}
		if s.failure = err; err != nil {
			return
		}
		d := newDesk(session.Project.Task, false, false, nil, nil)
		d.hand(got.Items)
		s.work.take(got, d)
		s.begin(ctx, d, item, from)
	})
}

// hand lays images on the desk behind those that are there, and tells how many of them are new.
func (d *desk) hand(items []domain.QueueItem) int {
	n := 0
	for _, i := range items {
		if _, known := d.index[i.Asset.ID]; known {
			continue
		}
		d.index[i.Asset.ID] = len(d.ids)
		d.ids = append(d.ids, i.Asset.ID)
		d.assets[i.Asset.ID] = i.Asset
		d.open[i.Asset.ID] = true
		n++
	}
	return n
}

// take remembers what an answer of the queue tells beside the images.
func (w *shared) take(got domain.QueueBatch, d *desk) {
	w.blind = w.blind || got.Blind
	w.done = got.Done - (len(d.ids) - len(d.open))
	w.dry = len(got.Items) < queueAhead
	w.held(got)
}

// held remembers for how long the images are held now.
func (w *shared) held(got domain.QueueBatch) {
	if len(got.Items) > 0 {
		w.renewed = time.Now()
		w.hold = time.Until(got.Items[0].Until)
	}
}

// moreWork asks for more images when few are left.
func (s *Screen) moreWork() {
	if !s.Queue || s.desk == nil || s.work.asking || s.work.dry || len(s.desk.open) > queueLow {
		return
	}
	s.askWork()
}

func (s *Screen) askWork() {
	c, project, d := s.client, s.project, s.desk
	s.work.asking = true
	session.Do(s.ctx, func(ctx context.Context) (domain.QueueBatch, error) {
		if err := s.writes.Flush(ctx); err != nil {
			return domain.QueueBatch{}, err
		}
		return c.Lease(ctx, project, queueAhead)
	}, func(ctx app.Context, got domain.QueueBatch, err error) {
		s.work.asking = false
		if d != s.desk {
			return
		}
		if s.failure = err; err != nil {
			return
		}
		atEnd := d.current() == ""
		n := d.hand(got.Items)
		s.work.take(got, d)
		s.handed(ctx, atEnd && n > 0)
	})
}

// handed shows that images were put on the desk, and goes on to them where nothing else was left.
func (s *Screen) handed(ctx app.Context, goOn bool) {
	if goOn {
		s.goTo(ctx, s.desk.nextOpen(-1))
		return
	}
	s.strip.update(s.desk)
	s.pictures.want(s.desk.around(ahead, behind))
	s.prepare()
}

// keepHold renews the hold while the person is there.
func (s *Screen) keepHold(ctx app.Context) {
	ctx.After(lookEvery, func(ctx app.Context) {
		ctx.PreventUpdate()
		if session.Now.Screen != s.screen() || session.Now.Project != s.project {
			return
		}
		if !s.watch.hidden && time.Since(s.work.active) < renewWithin && time.Since(s.work.renewed) > s.work.hold/3 {
			c, project := s.client, s.project
			session.Do(s.ctx, func(ctx context.Context) (domain.QueueBatch, error) { return c.Lease(ctx, project, 0) }, func(ctx app.Context, got domain.QueueBatch, err error) {
				ctx.PreventUpdate()
				if err == nil { // else the answer will tell
					s.work.held(got)
				}
			})
		}
		s.keepHold(ctx)
	})
}

// release gives back what is held, once all answers have been written, unless the screen goes on in another language.
func (s *Screen) release() {
	if session.Now.Screen == s.screen() && session.Now.Project == s.project {
		return
	}
	c, project, w := s.client, s.project, s.writes
	go func() {
		if w.Flush(context.Background()) == nil {
			_ = c.Release(context.Background(), project) // else it is given on when its time is over
		}
	}()
}

// lost takes an image off what is to be done: it is not this person's any more.
func (d *desk) lost(id string) { delete(d.open, id) }

// queueText tells how much this person has done.
func (s *Screen) queueText() string {
	return i18n.N("queue.answered", s.work.done+len(s.desk.ids)-len(s.desk.open))
}

// queueEmpty stands where nothing is to be done, at once or after all that there was.
func (s *Screen) queueEmpty() app.UI {
	return ui.Empty("check", i18n.T("queue.empty"), i18n.T("queue.empty_text"),
		ui.Button(ui.ButtonSpec{Label: i18n.T("queue.again"), Icon: "search", Kind: "primary", Disabled: s.work.asking, On: func(app.Context) { s.askWork() }}),
		ui.LinkButton(i18n.T("nav.work"), "team", "", session.At("work", "").Path()))
}
