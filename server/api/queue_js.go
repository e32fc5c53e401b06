package api

// queueRoutes are none on the device: nobody shares work there.
func (s *server) queueRoutes() []Route { return nil }
