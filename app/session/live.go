package session

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// ActionLabelsMoved tells that the server has written labels of the project, whoever's: counts, and what a screen shows of
// the images named. value: []string of their ids, nil for any.
const ActionLabelsMoved = "labels-moved"

const (
	firstRetry = time.Second // after which a broken stream is opened again; twice as long each time
	lastRetry  = time.Minute
	fullLook   = 2 * time.Second // how old what is known of a job may be but for its progress
	gather     = time.Second     // labels that move in this time are told of together
)

// told is what the stream of the project that is looked at has said. It is read and written on the UI goroutine.
var told live

// live is the stream of events of one project. Where there is none, or it is broken, whoever waits asks in turns instead.
type live struct {
	place   platform.Place
	project string
	stop    context.CancelFunc
	open    bool
	opened  time.Time
	jobs    map[string]news      // by job; under "" what was said of any
	looked  map[string]time.Time // when a job was last asked for
	waiters map[string][]func()

	idle []func() // who wants to know of jobs, and does not ask for them

	moved   []string // images whose labels moved since ActionLabelsMoved was last sent
	any     bool     // and others
	telling bool     // it is to be sent soon
}

// news is the last word on a job.
type news struct {
	at   time.Time
	used bool
	domain.JobEvent
}

// Listen follows what the server tells of the project where the page is, and leaves the stream of another one. A page that is
// not visible listens to none: the browser has few connections. ctx is the page's.
func Listen(ctx app.Context, visible bool) {
	wanted := visible && Now.Place == platform.Server && Now.Project != ""
	same := told.place == Now.Place && told.project == Now.Project
	if same && wanted == (told.stop != nil) {
		return
	}
	before := told
	told = live{place: Now.Place, project: Now.Project, jobs: map[string]news{}, looked: map[string]time.Time{}, waiters: map[string][]func(){}}
	if before.stop != nil {
		before.stop()
		before.end()
	}
	if same {
		told.idle = before.idle
	}
	if !wanted {
		return
	}
	c, project := Client(), Now.Project
	var within context.Context
	within, told.stop = context.WithCancel(ctx)
	ctx.Async(func() { stay(within, ctx, c, project) })
}

// stay opens the stream again and again, with pauses while it cannot be had.
func stay(within context.Context, ctx app.Context, c *client.Client, project string) {
	after, pause := "", firstRetry
	for within.Err() == nil {
		err := c.Events(within, project, after, func(e client.Event) {
			if e.ID != "" {
				after = e.ID
			}
			pause = firstRetry
			ctx.Dispatch(func(ctx app.Context) {
				if within.Err() == nil {
					told.hear(ctx, e)
				}
			})
		})
		if err == nil {
			continue // it has lived long enough: what is missed meanwhile is told by the next one
		}
		p := domain.AsProblem(err)
		signedOut := p.Status == 401
		ctx.Dispatch(func(app.Context) {
			if within.Err() != nil {
				return
			}
			told.end()
			if signedOut {
				told.stop = nil // Listen may begin again
			}
		})
		if errors.Is(err, client.ErrNoEvents) || signedOut || p.Status == 403 || p.Status == 404 {
			return
		}
		select {
		case <-within.Done():
		case <-time.After(max(pause, time.Duration(p.RetryAfter)*time.Second)):
		}
		pause = min(2*pause, lastRetry)
	}
}

// hear takes an event in.
func (l *live) hear(ctx app.Context, e client.Event) {
	now := time.Now()
	if !l.open {
		l.open, l.opened = true, now
		l.rouse()
	}
	switch e.Name {
	case "job":
		var j domain.JobEvent
		if json.Unmarshal(e.Data, &j) != nil {
			return
		}
		l.jobs[j.ID] = news{at: now, JobEvent: j}
		l.jobs[""] = l.jobs[j.ID]
		l.wake(j.ID)
		l.wake("")
		l.rouse()
	case "labels":
		var m domain.LabelsEvent
		if json.Unmarshal(e.Data, &m) != nil {
			return
		}
		l.any = l.any || m.Assets == nil
		l.moved = append(l.moved, m.Assets...)
		l.tell(ctx)
	case "reset": // what was missed nobody knows
		l.any = true
		l.tell(ctx)
		l.end()
		l.open, l.opened = true, now
		l.rouse()
	}
}

// tell sends ActionLabelsMoved, once for all that moves shortly after each other.
func (l *live) tell(ctx app.Context) {
	if l.telling {
		return
	}
	l.telling = true
	ctx.After(gather, func(ctx app.Context) {
		ids := l.moved
		if l.any {
			ids = nil
		}
		l.moved, l.any, l.telling = nil, false, false
		ctx.NewActionWithValue(ActionLabelsMoved, ids)
	})
}

// end lets all who wait ask for themselves.
func (l *live) end() {
	l.open = false
	for key := range l.waiters {
		l.wake(key)
	}
}

func (l *live) wake(key string) {
	waiting := l.waiters[key]
	delete(l.waiters, key)
	for _, f := range waiting {
		f()
	}
}

// rouse calls who is idle.
func (l *live) rouse() {
	waiting := l.idle
	l.idle = nil
	for _, f := range waiting {
		f()
	}
}

// fresh tells whether there is news of a job that nobody has taken in.
func (l *live) fresh(key string) bool {
	n := l.jobs[key]
	return !n.used && n.at.After(l.looked[key])
}

// covers tells whether the stream tells of a project, and has done so since before something was last asked for.
func (l *live) covers(project, key string) bool {
	return l.open && l.project == project && l.looked[key].After(l.opened)
}

// Latest is j as far as the host has told: it keeps progress less often than it tells it.
func Latest(j domain.Job) domain.Job {
	if e, ok := told.jobs[j.ID]; ok && told.open && e.State == j.State && e.Phase == j.Phase && e.Done > j.Done {
		j.Done, j.Total, j.SecondsETA = e.Done, e.Total, e.SecondsETA
	}
	return j
}

// LookAgain gives job j to then as it is after something has changed: at once where the host tells, and else after every. Of jobs that only go on,
// what the host tells is enough, and it is not asked.
func LookAgain(ctx app.Context, j domain.Job, every time.Duration, then func(app.Context, domain.Job, error)) {
	l := &told
	ask := func(ctx app.Context) {
		c := Client()
		if told.project == j.ProjectID {
			told.looked[j.ID] = time.Now()
		}
		Do(ctx, func(ctx context.Context) (domain.Job, error) { return c.Job(ctx, j.ID) },
			func(ctx app.Context, j domain.Job, err error) { then(ctx, Latest(j), err) })
	}
	if !l.covers(j.ProjectID, j.ID) {
		ctx.After(every, ask)
		return
	}
	use := func(ctx app.Context) {
		l := &told // another one meanwhile, perhaps
		e, ok := l.jobs[j.ID]
		if !ok || !l.covers(j.ProjectID, j.ID) || e.State != j.State || e.Phase != j.Phase || j.Course != nil || time.Since(l.looked[j.ID]) > fullLook {
			ask(ctx)
			return
		}
		e.used = true
		l.jobs[j.ID] = e
		j.Done, j.Total, j.SecondsETA = e.Done, e.Total, e.SecondsETA
		then(ctx, j, nil)
	}
	if l.fresh(j.ID) {
		use(ctx)
		return
	}
	l.waiters[j.ID] = append(l.waiters[j.ID], func() { ctx.Dispatch(use) })
}

// FollowJob looks at a job until it has ended, by LookAgain; each tells how it stands.
func FollowJob(ctx app.Context, id string, every time.Duration, each func(app.Context, domain.Job, error)) {
	c := Client()
	var next func(app.Context, domain.Job, error)
	next = func(at app.Context, j domain.Job, err error) {
		each(at, j, err)
		if err == nil && j.State.Open() {
			LookAgain(ctx, j, every, next)
		}
	}
	Do(ctx, func(ctx context.Context) (domain.Job, error) { return c.Job(ctx, id) }, next)
}

// LookAtJobs calls then, which asks for the jobs of the project where the page is, after something has changed: soon where the host tells, and else
// after every. idle means that no job is open: then is called only where the host tells of one.
func LookAtJobs(ctx app.Context, idle bool, every time.Duration, then func(app.Context)) {
	l, project := &told, Now.Project
	ask := func(ctx app.Context) {
		if told.project == project {
			told.looked[""] = time.Now()
		}
		then(ctx)
	}
	soon := func() {
		ctx.Dispatch(func(ctx app.Context) {
			if pause := every - time.Since(told.looked[""]); pause > 0 {
				ctx.After(pause, ask)
				return
			}
			ask(ctx)
		})
	}
	switch {
	case idle && !l.fresh(""):
		l.idle = append(l.idle, soon)
	case idle:
		soon()
	case !l.covers(project, ""):
		ctx.After(every, ask)
	case l.fresh(""):
		soon()
	default:
		l.waiters[""] = append(l.waiters[""], soon)
	}
}
