// Package limit keeps one person from taking a server for themselves: each may send so many requests a second, and do so much at
// the same time of what is heavy, and is told when to try again beyond that.
package limit

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
)

// PerCaller is how many heavy requests of one person are done at the same time. The page sends three files at a time.
const PerCaller = 16

// Gate counts requests by who sent them.
type Gate struct {
	rate rate

	mu      sync.Mutex
	running map[string]int
}

// New gives a gate that is open.
func New() *Gate {
	return &Gate{rate: rate{now: time.Now, buckets: map[string]bucket{}}, running: map[string]int{}}
}

// heavy tells whether a route holds files, or all of a project, in memory while it is done.
func heavy(pattern string) bool {
	for _, end := range []string{"/files", "/download", "/check", "POST /api/projects/{project}/exports", "POST /api/backbones"} {
		if strings.HasSuffix(pattern, end) {
			return true
		}
	}
	return false
}

// Around lets people send PerSecond requests, and PerCaller of a heavy route at the same time; others are answered with 429 and
// when to try again. The one user of a host without accounts may send as many as they like.
func (g *Gate) Around(r api.Route) api.Route {
	if heavy(r.Pattern) {
		r = g.few(r)
	}
	do := r.Do
	r.Do = func(w http.ResponseWriter, q *http.Request) error {
		if c := api.CallerOf(q.Context()); !c.Local && c.ID != "" {
			if err := g.rate.take(c.ID); err != nil {
				return err
			}
		}
		return do(w, q)
	}
	return r
}

// few lets PerCaller requests in at the same time.
func (g *Gate) few(r api.Route) api.Route {
	do := r.Do
	r.Do = func(w http.ResponseWriter, q *http.Request) error {
		caller := api.CallerOf(q.Context()).ID
		if !g.enter(caller) {
			p := domain.Errorf(domain.CodeTooMany, "%d requests like this are being done for you already. Send fewer at the same time.", PerCaller)
			p.RetryAfter = 1
			return p
		}
		defer g.leave(caller)
		return do(w, q)
	}
	return r
}

func (g *Gate) enter(caller string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running[caller] >= PerCaller {
		return false
	}
	g.running[caller]++
	return true
}

func (g *Gate) leave(caller string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running[caller]--; g.running[caller] <= 0 {
		delete(g.running, caller)
	}
}
