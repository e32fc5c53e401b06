//go:build js

package page

import (
	"sync"
	"syscall/js"
)

// Idle URLs are kept for when the user scrolls back, up to these limits.
const (
	maxIdleImages = 600
	maxIdleBytes  = 96 << 20
)

// images makes URLs of images on this device and shares them between all that show the same one. An asset's image never
// changes, so a URL stays right until it is revoked.
type images struct {
	mu    sync.Mutex
	all   map[string]*shown
	idle  []*shown // oldest first
	bytes int64    // of idle
}

type shown struct {
	path, url string
	size      int64
	users     int
	loading   chan struct{} // closed when url or err is set
	err       error
}

func newImages() *images { return &images{all: map[string]*shown{}} }

// get gives the URL of path, loading it when nobody has it.
func (m *images) get(path string, load func() (js.Value, error)) (string, func(), error) {
	m.mu.Lock()
	s, ok := m.all[path]
	if ok {
		m.use(s)
		m.mu.Unlock()
		<-s.loading
	} else {
		s = &shown{path: path, users: 1, loading: make(chan struct{})}
		m.all[path] = s
		m.mu.Unlock()
		m.load(s, load)
	}
	if s.err != nil {
		if !ok {
			return "", func() {}, s.err
		}
		return m.get(path, load) // the other one's request may just have been cancelled
	}
	var once sync.Once
	return s.url, func() { once.Do(func() { m.release(s) }) }, nil
}

func (m *images) load(s *shown, load func() (js.Value, error)) {
	data, err := load()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		s.err = err
		delete(m.all, s.path)
	} else {
		s.size = int64(data.Get("size").Float())
		s.url = js.Global().Get("URL").Call("createObjectURL", data).String()
	}
	close(s.loading)
}

// use is called with mu held.
func (m *images) use(s *shown) {
	if s.users == 0 {
		for i, other := range m.idle {
			if other == s {
				m.idle = append(m.idle[:i], m.idle[i+1:]...)
				m.bytes -= s.size
				break
			}
		}
	}
	s.users++
}

func (m *images) release(s *shown) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.users--
	if s.users > 0 {
		return
	}
	m.idle = append(m.idle, s)
	m.bytes += s.size
	for len(m.idle) > maxIdleImages || m.bytes > maxIdleBytes {
		oldest := m.idle[0]
		m.idle = m.idle[1:]
		m.bytes -= oldest.size
		delete(m.all, oldest.path)
		js.Global().Get("URL").Call("revokeObjectURL", oldest.url)
	}
}
