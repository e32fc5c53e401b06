package serve

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bounds are the upper ends of the histogram's buckets, in seconds: from a label's write to an archive's upload.
var bounds = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120}

// meter counts requests and how long they took, by the pattern of their route: there are as many series as routes, whatever
// clients ask for.
type meter struct {
	started time.Time

	mu       sync.Mutex
	inFlight int
	answers  map[answered]int64
	took     map[route]*histogram
}

type route struct{ method, path string }

type answered struct {
	route
	status int
}

func (a answered) compare(b answered) int {
	return cmp.Or(a.route.compare(b.route), cmp.Compare(a.status, b.status))
}

func (r route) compare(o route) int {
	return cmp.Or(strings.Compare(r.path, o.path), strings.Compare(r.method, o.method))
}

// histogram counts durations: within holds, by bucket, those that no smaller bucket took, and last those beyond all.
type histogram struct {
	within [len(bounds) + 1]int64
	sum    float64 // seconds
}

func newMeter() *meter {
	return &meter{started: time.Now(), answers: map[answered]int64{}, took: map[route]*histogram{}}
}

func (m *meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight++
}

// end counts a request whose route has a pattern of http.ServeMux; "" for one that no route took.
func (m *meter) end(method, pattern string, status int, took time.Duration) {
	at := route{knownMethod(method), cmp.Or(pattern[strings.IndexByte(pattern, ' ')+1:], "none")}
	status = cmp.Or(status, http.StatusOK) // nothing written is an empty answer
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight--
	m.answers[answered{at, status}]++
	h := m.took[at]
	if h == nil {
		h = &histogram{}
		m.took[at] = h
	}
	bucket, _ := slices.BinarySearch(bounds[:], took.Seconds())
	h.within[bucket]++
	h.sum += took.Seconds()
}

// knownMethod keeps clients from making series by methods that they make up.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// write tells all that was counted.
func (m *meter) write(e *exposition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.family("irum_http_requests_in_flight", "gauge", "Requests that are being answered.")
	e.sample("", float64(m.inFlight))
	e.family("irum_http_requests_total", "counter", "Requests that were answered, by route and status.")
	for _, a := range slices.SortedFunc(maps.Keys(m.answers), answered.compare) {
		e.sample("", float64(m.answers[a]), "method", a.method, "route", a.path, "status", strconv.Itoa(a.status))
	}
	e.family("irum_http_request_duration_seconds", "histogram", "How long answers took, with sending them, by route.")
	for _, at := range slices.SortedFunc(maps.Keys(m.took), route.compare) {
		h, n := m.took[at], int64(0)
		for i, count := range h.within {
			n += count
			le := "+Inf"
			if i < len(bounds) {
				le = number(bounds[i])
			}
			e.sample("_bucket", float64(n), "method", at.method, "route", at.path, "le", le)
		}
		e.sample("_sum", h.sum, "method", at.method, "route", at.path)
		e.sample("_count", float64(n), "method", at.method, "route", at.path)
	}
}
