package client

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// talker answers a stream in chunks of size bytes.
type talker struct {
	Transport
	text  string
	size  int
	end   Response
	path  string
	after string
}

func (t *talker) Stream(_ context.Context, path, after string, each func([]byte)) (Response, error) {
	t.path, t.after = path, after
	for at := 0; at < len(t.text); at += t.size {
		each([]byte(t.text[at:min(at+t.size, len(t.text))]))
	}
	return t.end, nil
}

func TestEvents(t *testing.T) {
	const text = "retry: 1000\n\nid: a-1\nevent: hello\ndata: {\"seq\":1}\n\n:\n\nevent: labels\r\ndata: {\"seq\":2}\r\n\r\nevent: job\ndata: {\"cut"
	for size := 1; size <= len(text); size++ {
		tr := &talker{text: text, size: size, end: Response{Status: 200}}
		var got string
		err := New(tr).Events(t.Context(), "p/1", "a-0", func(e Event) { got += fmt.Sprintf("%s %s %s;", e.ID, e.Name, e.Data) })
		if want := `a-1 hello {"seq":1}; labels {"seq":2};`; err != nil || got != want {
			t.Fatalf("in chunks of %d: %q, want %q; %v", size, got, want, err)
		}
		if tr.path != "/api/projects/p%2F1/events" || tr.after != "a-0" {
			t.Fatalf("asked for %s after %s", tr.path, tr.after)
		}
	}
}

func TestEventsRefused(t *testing.T) {
	tr := &talker{end: Response{Status: 429, Body: []byte(`{"code":"too_many_requests","retry_after":7}`)}}
	err := New(tr).Events(t.Context(), "p", "", func(Event) { t.Error("there is an event") })
	if p := domain.AsProblem(err); p.Code != "too_many_requests" {
		t.Errorf("the refusal is %v", err)
	}
	if err := New(tr.Transport).Events(t.Context(), "p", "", nil); !errors.Is(err, ErrNoEvents) {
		t.Errorf("a host without events gives %v", err)
	}
}
