package limit

import (
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// TestRate sends as fast as it can, waits as it is told to, and goes on; others are not held up by it.
func TestRate(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	r := &rate{now: func() time.Time { return now }, buckets: map[string]bucket{}}
	take := func(caller string, n int) (done int, p *domain.Problem) {
		for range n {
			if err := r.take(caller); err != nil {
				return done, domain.AsProblem(err)
			}
			done++
		}
		return done, nil
	}
	if done, p := take("ann", AtOnce+10); done != AtOnce || p == nil || p.Status != 429 || p.RetryAfter != 1 {
		t.Errorf("%d at once, then %+v", done, p)
	}
	if done, p := take("bob", 100); p != nil {
		t.Errorf("another one may send %d: %v", done, p)
	}
	now = now.Add(time.Second)
	if done, _ := take("ann", AtOnce); done != PerSecond {
		t.Errorf("%d after a second", done)
	}
	now = now.Add(-time.Hour) // a clock that is set back takes nothing
	if done, _ := take("ann", 1); done != 0 {
		t.Error("a clock that was set back filled a bucket")
	}
	now = now.Add(2 * time.Hour)
	if done, _ := take("carl", 1); done != 1 || len(r.buckets) != 1 {
		t.Errorf("%d buckets are kept of callers long gone", len(r.buckets))
	}
	if done, _ := take("ann", AtOnce+1); done != AtOnce {
		t.Errorf("%d after a pause", done)
	}
}
