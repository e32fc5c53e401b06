package serve

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// patience is how long a client may take for one piece of a request or an answer. There is no limit for the whole:
// archives of gigabytes pass here.
const patience = time.Minute

// patient drops clients that stop sending or taking in the middle.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Time{}) // of the answer before on this connection
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &patientBody{r.Body, control}
		}
		next.ServeHTTP(&patientWriter{w, control}, r)
	})
}

type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(patience))
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		// From here on net/http reads to see whether the client is still there; that must not time out.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(patience))
	return w.ResponseWriter.Write(p)
}

// Unwrap serves http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logged measures every request and writes one line about it. Reading is only worth a line to those who debug.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c := &counter{ResponseWriter: w}
		s.meter.begin()
		defer func() {
			s.meter.end(r.Method, r.Pattern, c.status, time.Since(start))
			level := slog.LevelInfo
			if c.status < 400 && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
				level = slog.LevelDebug
			}
			s.cfg.Log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", c.status, "bytes", c.bytes,
				"ms", time.Since(start).Milliseconds())
		}()
		next.ServeHTTP(c, r)
	})
}

type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counter) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
