package client

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// ErrNoEvents tells that a host does not tell what changes: it has to be asked.
var ErrNoEvents = errors.New("this host has no stream of events")

// Streamer is a Transport that can hand an answer on while it comes. after is the id of the last event that was seen, or "". A refusal comes back as
// the whole answer, the end of a stream as one of status 200 without a body.
type Streamer interface {
	Stream(ctx context.Context, path, after string, each func(chunk []byte)) (Response, error)
}

// Event is one of a project's stream: Name is job (Data is a domain.JobEvent), labels, hello or reset (domain.LabelsEvent).
type Event struct {
	ID, Name string
	Data     []byte
}

// Events hands each event of a project on, after the one with the id after, until the stream ends, as it does every few minutes. The end is no
// error. It gives ErrNoEvents where the host has none.
func (c *Client) Events(ctx context.Context, project, after string, each func(Event)) error {
	t, ok := c.T.(Streamer)
	if !ok {
		return ErrNoEvents
	}
	var lines eventLines
	res, err := t.Stream(ctx, p(project)+"/events", after, func(chunk []byte) { lines.add(chunk, each) })
	if err != nil {
		return err
	}
	return decode(res, nil)
}

// eventLines puts the lines of server-sent events together.
type eventLines struct {
	rest []byte
	now  Event
}

func (l *eventLines) add(chunk []byte, each func(Event)) {
	l.rest = append(l.rest, chunk...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte{'\n'})
		if !ok {
			return
		}
		l.rest = rest
		field, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\r"), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			l.now.ID = value
		case "event":
			l.now.Name = value
		case "data":
			l.now.Data = append(l.now.Data, value...)
		case "":
			if len(line) > 0 && line[0] == ':' {
				break // says that the stream is alive
			}
			if l.now.Name != "" {
				each(l.now)
			}
			l.now = Event{}
		}
	}
}
