package serve

import (
	"net/http"
	"strconv"
)

// openapi answers the description of the API.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) error {
	text, err := s.described()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(text) // the client may have left
	return nil
}
