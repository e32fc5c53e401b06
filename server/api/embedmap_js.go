package api

// mapRoutes are none in a browser, which is not sent the code that makes maps.
func (s *server) mapRoutes() []Route { return nil }
