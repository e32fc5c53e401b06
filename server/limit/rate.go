package limit

import (
	"math"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// How many requests one person may send: so many a second for as long as they like, and so many at once after a pause. A page of
// images is some hundred, and a command line that imports a folder a few hundred a second.
const (
	PerSecond = 500
	AtOnce    = 5000
)

// rate counts requests by who sent them: each takes one out of a bucket that fills steadily.
type rate struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
	swept   time.Time // when full buckets were dropped last
}

type bucket struct {
	left float64
	at   time.Time
}

func (b bucket) filled(now time.Time) float64 {
	return min(AtOnce, b.left+PerSecond*max(now.Sub(b.at).Seconds(), 0))
}

// take answers CodeTooMany, with the seconds to wait, where the bucket of a caller is empty.
func (r *rate) take(caller string) error {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	b, ok := r.buckets[caller]
	if !ok {
		b = bucket{AtOnce, now}
	}
	left := b.filled(now)
	if left < 1 {
		p := domain.Errorf(domain.CodeTooMany, "You send more than %d requests a second. Send fewer at a time.", PerSecond)
		p.RetryAfter = int(math.Ceil((1 - left) / PerSecond))
		return p
	}
	r.buckets[caller] = bucket{left - 1, now}
	return nil
}

// sweep drops buckets that are full: they are what a new one would be.
func (r *rate) sweep(now time.Time) {
	if now.Sub(r.swept) < time.Minute {
		return
	}
	r.swept = now
	for caller, b := range r.buckets {
		if b.filled(now) >= AtOnce {
			delete(r.buckets, caller)
		}
	}
}
