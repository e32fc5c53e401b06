package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 10 * time.Second
)

// Handler is all that the server answers: /api/, /healthz, /metrics and the web files. loopback says that it listens for this
// machine alone; then requests under other host names are refused: a web site whose name was pointed at this machine
// (DNS rebinding) would otherwise be let in by the browser as if it were Irum.
func (s *Server) Handler(loopback bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", s.api)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.Handle("GET /metrics", s.api) // for those who run the server: the API's guard asks
	mux.Handle("/", &static{files: s.cfg.Web})
	return s.logged(patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if loopback && !s.ownHost(r.Host) {
			http.Error(w, "Irum does not answer under this name. Open it at the address that `irum serve` printed.", http.StatusMisdirectedRequest)
			return
		}
		if strings.HasPrefix(s.cfg.URL, "https://") {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		mux.ServeHTTP(w, r)
	})))
}

func (s *Server) ownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || slices.Contains(s.cfg.Hosts, host)
}

// healthz tells a supervisor whether the database answers, and whether anything can be written.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if _, _, err := s.store.Setting(r.Context(), "health"); err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "the database does not answer", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status":"unavailable"}` + "\n"))
		return
	}
	state := s.storage.state()
	status := "ok"
	if state != storageOK {
		status = "degraded" // reading goes on; to start anew would not help
	}
	_, _ = fmt.Fprintf(w, `{"status":%q,"version":%q,"storage":%q}`+"\n", status, s.cfg.Version, state)
}

// Run listens at Addr, tells ready the address, and serves until ctx ends. Then it lets requests under way finish, for ten
// seconds at most.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return domain.Errorf(domain.CodeUnavailable, "Irum cannot listen at %s: %v. Choose another --addr.", s.cfg.Addr, err).In("addr")
	}
	address, _ := listener.Addr().(*net.TCPAddr)
	loopback := address != nil && address.IP.IsLoopback()
	url := listening(listener.Addr())
	if err := s.lock.note(url); err != nil && domain.AsProblem(err).Code != domain.CodeStorage {
		return errors.Join(err, listener.Close())
	}
	if !loopback && s.team == nil { // a name that was taken for this machine's own
		return errors.Join(domain.Errorf(domain.CodeForbidden, "%s can be reached by others, so people have to sign in. Start it with --team.", url).In("addr"), listener.Close())
	}
	server := &http.Server{
		Handler: s.Handler(loopback), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		ErrorLog:    slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	server.RegisterOnShutdown(s.events.Close) // streams would keep it waiting
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	if ready != nil {
		ready(url)
	}
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		s.cfg.Log.WarnContext(grace, "requests were cut off", "error", err)
		_ = server.Close()
	}
	return nil
}
