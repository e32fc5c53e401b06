package api

// Table is every address that a host of c answers.
func Table(c Config) []Route { return (&server{Config: c}).table() }
