package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
)

// Route is the address of a project's events.
func (h *Hub) Route() api.Route {
	return api.Route{Pattern: "GET /api/projects/{project}/events", Need: api.View, Do: h.stream}
}

// stream answers with the events of a project until the client leaves, the server closes or the stream has lived long enough.
// The first event tells where the project stands: hello to who comes, reset to who was away too long to catch up.
func (h *Hub) stream(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r.Context()).ID
	if !h.enter(caller) {
		p := domain.Errorf(domain.CodeTooMany, "You listen at %d places already. Close one, or ask instead.", perCaller)
		p.RetryAfter = int(h.Lifetime.Seconds())
		return p
	}
	defer h.exit(caller)
	project := r.PathValue("project")
	_, seq, err := h.store.LabelSeq(r.Context(), project)
	if err != nil {
		return err
	}
	after := r.Header.Get("Last-Event-ID")
	events, missed, known, now := h.listen(project, after)
	defer h.leave(project, events)
	s := &sender{w: w, control: http.NewResponseController(w), hub: h}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies that gather answers must not
	fmt.Fprint(&s.text, "retry: 1000\n\n")
	if !known {
		name := "hello"
		if after != "" {
			name = "reset"
		}
		s.put(now, name, domain.LabelsEvent{Seq: seq})
	}
	for _, e := range missed {
		s.event(e)
	}
	if err := s.send(); err != nil {
		return nil //nolint:nilerr // the client has left
	}
	h.follow(r, s, project, seq, events)
	return nil
}

// follow sends what happens. What other processes write is noticed with the heartbeat.
func (h *Hub) follow(r *http.Request, s *sender, project string, seq int64, events chan event) {
	beat := time.NewTicker(h.Heartbeat)
	defer beat.Stop()
	end := time.NewTimer(h.Lifetime)
	defer end.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-h.closed:
			return
		case <-end.C:
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			s.event(e)
			var moved domain.LabelsEvent
			if e.name == "labels" && json.Unmarshal(e.data, &moved) == nil {
				seq = max(seq, moved.Seq)
			}
		case <-beat.C:
			fmt.Fprint(&s.text, ":\n\n")
			if _, now, err := h.store.LabelSeq(r.Context(), project); err == nil && now > seq {
				seq = now
				s.put("", "labels", domain.LabelsEvent{Seq: seq})
			} else if err != nil && domain.AsProblem(err).Code == domain.CodeNotFound {
				return // it was deleted: to ask again tells so
			}
		}
		if s.send() != nil {
			return
		}
	}
}

// sender writes events.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
	hub     *Hub
	text    bytes.Buffer
}

func (s *sender) event(e event) {
	fmt.Fprintf(&s.text, "id: %s\nevent: %s\ndata: %s\n\n", s.hub.id(e.n), e.name, e.data)
}

func (s *sender) put(id, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		return // plain structs always encode
	}
	if id != "" {
		fmt.Fprintf(&s.text, "id: %s\n", id)
	}
	fmt.Fprintf(&s.text, "event: %s\ndata: %s\n\n", name, data)
}

func (s *sender) send() error {
	_, err := s.w.Write(s.text.Bytes())
	s.text.Reset()
	if err == nil {
		err = s.control.Flush()
	}
	return err
}
