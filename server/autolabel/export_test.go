package autolabel

// SearchGraphs lets graphs be searched from so many images on, for so many that are near.
func (s *Service) SearchGraphs(from, near int) { s.similar.from, s.similar.near = from, near }

// Graphed tells whether a project's graph is there.
func (s *Service) Graphed(project string) bool {
	s.similar.mu.Lock()
	defer s.similar.mu.Unlock()
	l := s.similar.graphs[project]
	return l != nil && l.ready != nil
}
