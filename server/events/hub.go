// Package events tells clients of a server what changes in a project while it changes, as server-sent events: how jobs go, and
// that labels moved. Only servers link it; on the device the page asks.
package events

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

const (
	kept      = 256                    // events of a project that a client can catch up on
	buffered  = 64                     // events that a slow client may be behind
	perCaller = 4                      // streams of one person at the same time: browsers open six connections in all
	jobEvery  = 200 * time.Millisecond // how often the progress of one job is told
	forget    = 5 * time.Minute        // how long events of a project are kept that nobody listens to
)

// Jobs tells of jobs; autolabel.Service does.
type Jobs interface {
	Watch(f func(domain.Job)) (end func())
}

// event is one thing that happened. n grows by one with each of the hub's.
type event struct {
	n    int64
	name string // job or labels
	data []byte
}

// topic is what is told of one project.
type topic struct {
	events    []event // the newest, oldest first
	listeners map[chan event]bool
	left      time.Time            // when the last listener went
	looking   bool                 // jobs that run elsewhere are looked at
	jobs      map[string]toldOfJob // by id
}

type toldOfJob struct {
	at    time.Time
	state domain.JobState
	late  *domain.JobEvent // what came too soon after it, to be told then
}

// Hub hands events on to who listens.
type Hub struct {
	store *store.Store
	start string // names this start of the server: events of another one are not known any more
	ends  []func()
	// Heartbeat is how often a silent stream says that it is there, and Lifetime when it ends: whoever listens connects again,
	// and is asked again who they are.
	Heartbeat, Lifetime time.Duration
	// Look gives the jobs of a project where other processes run some: while somebody listens to it, it is called each second. Nil
	// where this process runs all. It is set before the first stream.
	Look func(ctx context.Context, project string) ([]domain.Job, error)

	mu      sync.Mutex
	n       int64
	topics  map[string]*topic
	streams map[string]int // by caller
	closed  chan struct{}
}

// New gives a hub of what st and jobs tell.
func New(st *store.Store, jobs Jobs) *Hub {
	h := &Hub{
		store: st, start: rand.Text()[:8], topics: map[string]*topic{}, streams: map[string]int{}, closed: make(chan struct{}),
		Heartbeat: 15 * time.Second, Lifetime: 2 * time.Minute,
	}
	h.ends = []func(){st.Watch(h.labelsMoved), jobs.Watch(h.jobMoved)}
	return h
}

// Close ends all streams.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
		return
	default:
	}
	close(h.closed)
	for _, end := range h.ends {
		end()
	}
}

// maxNamed is how many images an event names.
const maxNamed = 200

func (h *Hub) labelsMoved(m store.LabelsMoved) {
	data := domain.LabelsEvent{Seq: m.To}
	if len(m.Assets) <= maxNamed {
		data.Assets = m.Assets
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[m.Project]; t != nil {
		h.publish(t, "labels", data)
	}
}

func (h *Hub) jobMoved(j domain.Job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[j.ProjectID]
	if t == nil {
		return
	}
	told, now, e := t.jobs[j.ID], time.Now(), jobEvent(j)
	if since := now.Sub(told.at); told.state == j.State && since < jobEvery {
		if told.late == nil {
			time.AfterFunc(jobEvery-since, func() { h.tellLate(j.ProjectID, j.ID) })
		}
		told.late = &e
		t.jobs[j.ID] = told
		return
	}
	t.jobs[j.ID] = toldOfJob{at: now, state: j.State}
	if !j.EndedAt.IsZero() {
		delete(t.jobs, j.ID)
	}
	h.publish(t, "job", e)
}

// tellLate tells how a job stands whose last progress came too soon: the next one may be a long time off.
func (h *Hub) tellLate(project, job string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[project]
	if t == nil || t.jobs[job].late == nil { // it has been told meanwhile, or has ended
		return
	}
	e := *t.jobs[job].late
	t.jobs[job] = toldOfJob{at: time.Now(), state: e.State}
	h.publish(t, "job", e)
}

// jobEvent is j without its results, which may be large.
func jobEvent(j domain.Job) domain.JobEvent {
	return domain.JobEvent{ID: j.ID, Kind: j.Kind, State: j.State, Phase: j.Phase, Done: j.Done, Total: j.Total, SecondsETA: j.SecondsETA}
}

// publish is called with mu held.
func (h *Hub) publish(t *topic, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		return // plain structs always encode
	}
	h.n++
	e := event{h.n, name, data}
	t.events = append(t.events, e)
	if len(t.events) > kept {
		t.events = append([]event{}, t.events[len(t.events)-kept:]...)
	}
	for c := range t.listeners {
		select {
		case c <- e:
		default: // too slow: it connects again and catches up
			delete(t.listeners, c)
			close(c)
		}
	}
}

// listen adds a listener to a project. known tells whether after, the id of the event that it had last, is still known; missed
// are the events since then.
func (h *Hub) listen(project, after string) (c chan event, missed []event, known bool, now string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, t := range h.topics {
		if len(t.listeners) == 0 && time.Since(t.left) > forget {
			delete(h.topics, name)
		}
	}
	t := h.topics[project]
	begun := t == nil
	if begun {
		t = &topic{listeners: map[chan event]bool{}, jobs: map[string]toldOfJob{}}
		h.topics[project] = t
	}
	if n, ok := h.number(after); ok && !begun && n <= h.n && (len(t.events) < kept || n+1 >= t.events[0].n) {
		known = true
		for _, e := range t.events {
			if e.n > n {
				missed = append(missed, e)
			}
		}
	}
	c = make(chan event, buffered)
	t.listeners[c] = true
	if h.Look != nil && !t.looking {
		t.looking = true
		go h.lookElsewhere(project, t)
	}
	return c, missed, known, h.id(h.n)
}

func (h *Hub) leave(project string, c chan event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[project]; t != nil {
		delete(t.listeners, c)
		t.left = time.Now()
	}
}

func (h *Hub) id(n int64) string { return h.start + "-" + strconv.FormatInt(n, 10) }

// number reads an id of this start of the server.
func (h *Hub) number(id string) (int64, bool) {
	text, ours := strings.CutPrefix(id, h.start+"-")
	n, err := strconv.ParseInt(text, 10, 64)
	return n, ours && err == nil
}

// enter counts a stream of a caller; ok is false where they have too many.
func (h *Hub) enter(caller string) (ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[caller] >= perCaller {
		return false
	}
	h.streams[caller]++
	return true
}

func (h *Hub) exit(caller string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[caller]--; h.streams[caller] <= 0 {
		delete(h.streams, caller)
	}
}
