package session

import (
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

func TestLive(t *testing.T) {
	l := live{project: "p", jobs: map[string]news{}, looked: map[string]time.Time{}, waiters: map[string][]func(){}}
	var ctx app.Context // of jobs nothing is told through it
	woken := map[string]int{}
	wait := func(key string) { l.waiters[key] = append(l.waiters[key], func() { woken[key]++ }) }
	l.looked["j"] = time.Now().Add(-time.Hour)
	l.idle = append(l.idle, func() { woken["idle"]++ })
	wait("j")
	if l.covers("p", "j") {
		t.Error("a stream that is not open tells of a job")
	}
	l.hear(ctx, client.Event{Name: "hello", Data: []byte(`{"seq":1}`)})
	if !l.open || l.covers("p", "j") || woken["idle"] != 1 || woken["j"] != 0 {
		t.Errorf("after its start: open %v, covers %v, woken %v", l.open, l.covers("p", "j"), woken)
	}
	l.looked["j"] = l.opened.Add(time.Nanosecond)
	if !l.covers("p", "j") || l.covers("q", "j") || l.fresh("j") {
		t.Error("what was asked for after the start is not known to be whole, or of another project")
	}
	wait("k")
	wait("")
	l.looked["j"] = l.opened.Add(-time.Second)
	l.hear(ctx, client.Event{Name: "job", Data: []byte(`{"id":"j","kind":"train","state":"running","done":3,"total":9}`)})
	if woken["j"] != 1 || woken["k"] != 0 || woken[""] != 1 || !l.fresh("j") || l.jobs["j"].Done != 3 || l.jobs["j"].State != domain.JobRunning {
		t.Errorf("after news: woken %v, %+v", woken, l.jobs)
	}
	l.looked["j"] = time.Now().Add(time.Second)
	if l.fresh("j") {
		t.Error("news from before the last look are fresh")
	}
	l.hear(ctx, client.Event{Name: "job", Data: []byte(`{`)})
	wait("j")
	l.end()
	if l.open || woken["j"] != 2 || woken["k"] != 1 || len(l.waiters) != 0 {
		t.Errorf("at the end: woken %v", woken)
	}
}
