package serve

import (
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// What the data folder's disk is found to be.
const (
	storageOK       = "ok"
	storageFull     = "full"
	storageReadOnly = "read-only"
	storageBroken   = "broken"
)

const (
	probeEvery = 5 * time.Second
	probeBytes = 256 << 10 // what a label's write needs of a database that has to grow
)

// storage finds out whether a folder can be written to, by doing so.
type storage struct {
	dir string

	mu     sync.Mutex
	found  string
	looked time.Time
}

// state is how it stands, at most some seconds old.
func (s *storage) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == "" || time.Since(s.looked) > probeEvery {
		s.found, s.looked = stateOf(s.probe()), time.Now()
	}
	return s.found
}

func stateOf(err error) string {
	switch {
	case err == nil:
		return storageOK
	case domain.AsProblem(err).Code != domain.CodeStorage:
		return storageBroken
	case strings.Contains(strings.ToLower(err.Error()), "read-only"):
		return storageReadOnly
	}
	return storageFull
}

// probe writes a file and takes it away again.
func (s *storage) probe() error {
	f, err := os.CreateTemp(s.dir, ".irum-probe-")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeBytes))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
