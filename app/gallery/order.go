package gallery

import (
	"context"
	"errors"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// lookedEvery is how often it is asked how many images a network has looked at.
const lookedEvery = 2 * time.Second

// looked is how far the network is that an order goes by.
type looked struct {
	done, all int
	asking    bool
	listed    int // done when the list was made
}

// orders are those that are offered now, that of the address with them.
func (s *Screen) orders() []string {
	out := []string{domain.SortCreated, domain.SortName}
	if session.Project.Task != domain.TaskBoxes {
		out = append(out, domain.SortUncertainty, domain.SortUseful, domain.SortDisagreement)
	}
	if session.Project.Counts.Auto > 0 || s.view.sort == domain.SortUncertain {
		out = append(out, domain.SortUncertain)
	}
	if s.view.sort == domain.SortSimilarity {
		out = append(out, s.view.sort)
	}
	return out
}

func (s *Screen) sorter() app.UI {
	orders := s.orders()
	return app.Select().Class("select", "sorter").Aria("label", i18n.T("gallery.sort")).
		OnChange(func(ctx app.Context, _ app.Event) {
			order := ctx.JSSrc().Get("value").String()
			s.refine(func(v *view) { v.sort, v.to = order, "" })(ctx)
		}).Body(app.Range(orders).Slice(func(i int) app.UI {
		return app.Option().Value(orders[i]).Selected(orders[i] == s.view.sort).Text(i18n.T("gallery.sort." + orders[i]))
	}))
}

// judged tells whether the order goes by what a network says of the images.
func (v view) judged() bool {
	return v.sort == domain.SortUseful || v.sort == domain.SortUncertainty || v.sort == domain.SortDisagreement || v.sort == domain.SortSimilarity
}

// showLike orders the images that the filter finds by likeness to cell i.
func (s *Screen) showLike(ctx app.Context, i int) {
	if i < 0 || i >= len(s.ids) {
		return
	}
	id := s.ids[i]
	s.sel.clear()
	s.refine(func(v *view) { v.sort, v.to = domain.SortSimilarity, id })(ctx)
}

// likeSelected is showLike for the one image that is selected.
func (s *Screen) likeSelected(ctx app.Context) {
	for i, id := range s.ids {
		if s.sel.has(id) {
			s.showLike(ctx, i)
			return
		}
	}
}

// likeChip says what the images are compared with, and ends it.
func (s *Screen) likeChip() app.UI {
	name := i18n.T("gallery.like.one")
	if a, known := s.assets[s.view.to]; known && a.Name != "" {
		name = a.Name
	}
	return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.like.to", "name", name), Icon: "close", Kind: "on like-chip", Small: true, On: s.refine(func(v *view) {
		v.sort, v.to = domain.SortCreated, ""
	})})
}

// follow asks how many images the network has looked at, until it has seen all.
func (s *Screen) follow(ctx app.Context) {
	if !s.view.judged() || s.looked.asking {
		return
	}
	s.looked.asking = true
	c, project, fresh := session.Client(), session.Now.Project, s.looked.all == 0
	session.Do(s.ctx, func(ctx context.Context) (domain.Suggestions, error) {
		return c.Suggest(ctx, project, domain.SuggestRequest{})
	}, func(ctx app.Context, g domain.Suggestions, err error) {
		s.looked.asking = false
		if err != nil || !s.view.judged() {
			return // the list says all the same
		}
		s.looked.done, s.looked.all = g.Embedded+g.Unread, g.Images
		if fresh {
			s.looked.listed = s.looked.done
		}
		switch {
		case s.looked.done < s.looked.all:
			ctx.After(lookedEvery, s.follow)
		case s.looked.listed < s.looked.all && s.grid.scroll == 0 && s.focus == 0 && s.sel.count() == 0:
			s.reload(ctx) // nobody has begun to look yet
		}
	})
}

// lookedNote tells that an order is not whole yet, and makes it anew.
func (s *Screen) lookedNote() app.UI {
	l := s.looked
	if !s.view.judged() || l.all == 0 || (l.done >= l.all && l.listed >= l.all) {
		return app.Span().Hidden(true)
	}
	text := i18n.T("gallery.looked", "done", l.done, "all", l.all)
	if l.done >= l.all {
		text = i18n.T("gallery.looked.all")
	}
	return app.Span().Class("row", "looked").Body(
		app.Span().Class("muted", "small").Role("status").Text(text),
		app.If(l.done > l.listed, func() app.UI {
			return ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.looked.again"), Kind: "quiet", Small: true, On: s.reload})
		}),
	)
}

// noOrder stands for the grid where the images cannot be put in the order that was asked for.
func (s *Screen) noOrder() app.UI {
	text := i18n.T("gallery.sort.none.text")
	if s.view.sort == domain.SortSimilarity {
		text = i18n.T("gallery.sort.none.like")
	}
	return ui.Empty("spark", i18n.T("gallery.sort.none.title"), text,
		ui.Button(ui.ButtonSpec{Label: i18n.T("gallery.sort.created"), On: s.refine(func(v *view) { v.sort, v.to = domain.SortCreated, "" })}))
}

// orderFailed tells whether a list could not be had for its order alone.
func (s *Screen) orderFailed() bool {
	var p *domain.Problem
	return s.view.judged() && errors.As(s.failure, &p) && (p.Field == "sort" || p.Field == "to" || p.Code == domain.CodeNotFound)
}
