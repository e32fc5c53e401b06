package team

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// How often a login may fail before it has to wait, by what is counted. Each failure after that doubles the wait.
const (
	freeHere    = 5  // of one account from one address
	freeAccount = 50 // of one account from anywhere: guessing from many addresses
	freeAddress = 30 // of all accounts from one address
	freeTokens  = 30 // wrong API tokens from one address
	longestWait = 15 * time.Minute
	forgetAfter = time.Hour
	maxCounted  = 20_000
)

// limiter counts failed logins in memory.
type limiter struct {
	now func() time.Time

	mu    sync.Mutex
	tries map[string]*tries
	swept time.Time // when old counts went last
}

type tries struct {
	n     int
	last  time.Time
	until time.Time // nobody may try before
}

// count is one thing that is counted.
type count struct {
	key  string
	free int
}

func counts(address, account string) []count {
	return []count{{"both " + address + " " + account, freeHere}, {"account " + account, freeAccount}, {"address " + address, freeAddress}}
}

// begin counts a try before it is known how it ends, so that many at the same time cannot slip through. It answers
// CodeTooMany when it has to wait. Call end when the try was right.
func (l *limiter) begin(all []count) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	var wait time.Duration
	for _, c := range all {
		if t := l.tries[c.key]; t != nil {
			wait = max(wait, t.until.Sub(now))
		}
	}
	if wait > 0 {
		p := domain.Errorf(domain.CodeTooMany, "Signing in failed too often. Try again in %s.", wait.Round(time.Second))
		p.RetryAfter = int(math.Ceil(wait.Seconds()))
		return p
	}
	for _, c := range all {
		t := l.tries[c.key]
		if t == nil {
			t = &tries{}
			l.tries[c.key] = t
		}
		t.n, t.last = t.n+1, now
		if over := t.n - c.free; over >= 0 {
			t.until = now.Add(min(time.Second<<min(over, 20), longestWait))
		}
	}
	return nil
}

// end takes back what begin counted: the try was right. What was counted of the account at this address is forgotten.
func (l *limiter) end(all []count) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.tries, all[0].key)
	for _, c := range all[1:] {
		if t := l.tries[c.key]; t != nil {
			t.n, t.until = max(t.n-1, 0), time.Time{}
		}
	}
}

// forget keeps the memory bounded: old counts go when there are many, and any when there still are. It is called with mu held.
func (l *limiter) forget(now time.Time) {
	if len(l.tries) < maxCounted {
		return
	}
	if now.Sub(l.swept) > time.Minute {
		l.swept = now
		for key, t := range l.tries {
			if now.Sub(t.last) > forgetAfter {
				delete(l.tries, key)
			}
		}
	}
	for key := range l.tries { // in no order
		if len(l.tries) < maxCounted {
			return
		}
		delete(l.tries, key)
	}
}

// address is where r came from, as far as logins are counted: an IPv4 address, or the network of an IPv6 one. behindProxy
// says that requests of this machine come through a proxy that names the client last in X-Forwarded-For.
func address(r *http.Request, behindProxy bool) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if behindProxy && ip.IsLoopback() {
		all := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if client, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			ip = client
		}
	}
	ip = ip.Unmap()
	if ip.Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
