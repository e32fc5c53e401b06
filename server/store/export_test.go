package store

import "time"

// ReleaseListsAfter makes s let go of lists that nobody asks for after so long.
func ReleaseListsAfter(s *Store, idle time.Duration) {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	s.lists.idle = idle
}

// HoldListsFrom makes s hold the lists of projects of so many assets in memory.
func HoldListsFrom(s *Store, assets int) {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	s.lists.from = assets
}

// AwaitLists waits until the lists that are being loaded are.
func AwaitLists(s *Store) {
	s.lists.mu.Lock()
	var all []*heldListing
	for _, h := range s.lists.of {
		all = append(all, h)
	}
	s.lists.mu.Unlock()
	for _, h := range all {
		<-h.loaded
	}
}

// HoldsList tells whether the lists of a project are answered from memory.
func HoldsList(s *Store, project string) bool { return s.held(project) != nil }

// HeldLists tells of how many projects the lists are held.
func HeldLists(s *Store) int {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	return len(s.lists.of)
}
