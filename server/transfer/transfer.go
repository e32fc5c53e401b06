// Package transfer is everything that goes in and out of a project: importing images, archives and labels with limits and
// a line for every file that was not taken, immutable exports, and their download in the formats that others read.
package transfer

import (
	"sync"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/store"
)

// Limits bound what an import may cost. A zero field stands for its default.
type Limits struct {
	FileBytes    int64 // of one image, packed or not; default 64 MiB
	LabelBytes   int64 // of one label file; default 128 MiB
	ArchiveBytes int64 // of one archive as it is sent; default 8 GiB, 1 GiB in the browser, where it is held in memory
	TotalBytes   int64 // of all that one archive unpacks to; default 32 GiB
	Entries      int   // files in one archive; default 200,000
	Ratio        int64 // unpacked to packed size, of an entry and of the archive; default 200
	Pixels       int   // width times height of one image; default 100 million
	Classes      int   // classes of a project; default 1,000
}

func (l Limits) filled() Limits {
	set := func(v *int64, to int64) {
		if *v == 0 {
			*v = to
		}
	}
	set(&l.FileBytes, 64<<20)
	set(&l.LabelBytes, 128<<20)
	set(&l.ArchiveBytes, defaultArchiveBytes)
	set(&l.TotalBytes, 32<<30)
	set(&l.Ratio, 200)
	if l.Entries == 0 {
		l.Entries = 200_000
	}
	if l.Pixels == 0 {
		l.Pixels = 100_000_000
	}
	if l.Classes == 0 {
		l.Classes = 1000
	}
	return l
}

// Service imports and exports. Its methods may be called at the same time from many goroutines.
type Service struct {
	Store  *store.Store
	Blobs  blob.Bucket
	Limits Limits

	window int // windowAssets, where 0
	spill  int // spillBytes, where 0

	mu      sync.Mutex
	imports map[string]*sync.Mutex // by import: what changes its pending labels queues here
}

// New gives a Service with the default limits.
func New(st *store.Store, blobs blob.Bucket) *Service {
	return &Service{Store: st, Blobs: blobs, imports: map[string]*sync.Mutex{}}
}

// queue holds back other changes to the pending labels of an import in this process until unlock.
func (s *Service) queue(importID string) (unlock func()) {
	s.mu.Lock()
	if s.imports == nil {
		s.imports = map[string]*sync.Mutex{}
	}
	m := s.imports[importID]
	if m == nil {
		m = &sync.Mutex{}
		s.imports[importID] = m
	}
	s.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// forget lets go of what queue keeps of a finished import.
func (s *Service) forget(importID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.imports, importID)
	delete(s.imports, "finish "+importID)
}
