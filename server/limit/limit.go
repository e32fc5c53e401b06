// Package limit keeps one person from taking a server's memory and disk for themselves: of what is heavy each may do so much at the
// same time, and is told to try again soon beyond that.
package limit

import (
	"net/http"
	"strings"
	"sync"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
)

// PerCaller is how many heavy requests of one person are done at the same time. The page sends three files at a time.
const PerCaller = 16

// Gate counts heavy requests by who sent them.
type Gate struct {
	mu      sync.Mutex
	running map[string]int
}

// New gives a gate that is open.
func New() *Gate { return &Gate{running: map[string]int{}} }

// heavy tells whether a route holds files, or all of a project, in memory while it is done.
func heavy(pattern string) bool {
	for _, end := range []string{"/files", "/download", "/check", "POST /api/projects/{project}/exports", "POST /api/backbones"} {
		if strings.HasSuffix(pattern, end) {
			return true
		}
	}
	return false
}

// Around lets PerCaller requests of a heavy route in at the same time; others are answered with 429 and when to try again.
func (g *Gate) Around(r api.Route) api.Route {
	if !heavy(r.Pattern) {
		return r
	}
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
