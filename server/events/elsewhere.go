package events

import (
	"context"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// lookEvery is how often jobs of a project that others run are looked at.
const lookEvery = time.Second

// lookElsewhere tells how the jobs of a project go that other processes run, while anybody listens to it.
func (h *Hub) lookElsewhere(project string, t *topic) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	seen := map[string]domain.JobEvent{}
	for {
		select {
		case <-h.closed:
			return
		case <-tick.C:
		}
		if !h.wanted(t) {
			return
		}
		jobs, err := h.Look(ctx, project)
		if err != nil {
			continue // whoever listens asks for themselves and is told why
		}
		for _, j := range jobs {
			e := jobEvent(j)
			before, known := seen[j.ID]
			if seen[j.ID] = e; before != e && (known || j.State.Open()) {
				h.jobMoved(j)
			}
		}
	}
}

// wanted tells whether somebody listens; else looking has an end.
func (h *Hub) wanted(t *topic) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.looking = len(t.listeners) > 0
	return t.looking
}
