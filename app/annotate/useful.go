package annotate

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// useful tells whether the images are those that the host hands out because their labels would teach the most.
func (s *Screen) useful() bool { return !s.Review && !s.Queue && session.Useful() }

// loadUseful gets the first of them and begins with item, if it is one.
func (s *Screen) loadUseful(item string, from *desk) {
	s.loadModels(s.ctx)
	s.work.dry = false
	s.askBatch(func(ctx app.Context, got domain.UsefulBatch) {
		d := newDesk(session.Project.Task, false, false, nil, nil)
		d.handUseful(got.Items)
		s.begin(ctx, d, item, from)
	})
}

// handUseful lays images on the desk behind those that are there, and tells how many of them are new.
func (d *desk) handUseful(assets []domain.Asset) int {
	items := make([]domain.QueueItem, len(assets))
	for i, a := range assets {
		items[i].Asset = a
	}
	return d.hand(items)
}

// moreUseful asks for more images when few are left, with all labels written: what comes next hangs on them.
func (s *Screen) moreUseful() {
	if !s.useful() || s.desk == nil || s.work.asking || s.work.dry || len(s.desk.open) > queueLow {
		return
	}
	d := s.desk
	s.askBatch(func(ctx app.Context, got domain.UsefulBatch) {
		if d != s.desk {
			return
		}
		atEnd := d.current() == ""
		n := d.handUseful(got.Items)
		s.work.dry = n == 0
		s.handed(ctx, atEnd && n > 0)
	})
}

func (s *Screen) askBatch(take func(ctx app.Context, got domain.UsefulBatch)) {
	c, project, base := s.client, s.project, s.base
	s.work.asking = true
	session.Do(s.ctx, func(ctx context.Context) (domain.UsefulBatch, error) {
		if err := s.writes.Flush(ctx); err != nil {
			return domain.UsefulBatch{}, err
		}
		return c.Useful(ctx, project)
	}, func(ctx app.Context, got domain.UsefulBatch, err error) {
		s.work.asking = false
		if base != s.base {
			return
		}
		if s.failure = err; err == nil {
			take(ctx, got)
		}
	})
}

// usefulSwitch goes between all images and the most useful ones.
func (s *Screen) usefulSwitch() app.UI {
	on := s.useful()
	return app.Span().Class("only-wide").Title(i18n.T("annotate.useful_hint")).Body(
		ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.useful"), Icon: "spark", Small: true, Pressed: &on, On: func(ctx app.Context) {
			to := session.MostUseful()
			if on {
				to = session.At("annotate", "")
			}
			ctx.Navigate(to.Path())
		}}))
}
