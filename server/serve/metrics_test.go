package serve_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/team"
)

var metricLine = regexp.MustCompile(`^([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? ([0-9.e+-]+)$`)

// samples reads Prometheus text, and wants every sample to be of a family that was announced before it, once.
func samples(t *testing.T, text string) map[string]float64 {
	t.Helper()
	out, families := map[string]float64{}, map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if words := strings.Fields(line); words[0] == "#" {
			if words[1] == "TYPE" {
				if families[words[2]] != "" {
					t.Errorf("%s is announced twice", words[2])
				}
				families[words[2]] = words[3]
			}
			continue
		}
		m := metricLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("no sample: %q", line)
			continue
		}
		family := m[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, ok := strings.CutSuffix(m[1], suffix); ok && families[base] == "histogram" {
				family = base
			}
		}
		if families[family] == "" {
			t.Errorf("%s was not announced", family)
		}
		if _, ok := out[m[1]+m[2]]; ok {
			t.Errorf("%s%s is there twice", m[1], m[2])
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Error(err)
		}
		out[m[1]+m[2]] = v
	}
	return out
}

func TestMetrics(t *testing.T) {
	url := start(t, serve.Config{Data: t.TempDir()})
	fetch(t, http.MethodPost, url+"/api/projects", map[string]string{"Content-Type": "application/json"}, `{"name":"x","task":"single"}`)
	fetch(t, http.MethodGet, url+"/api/projects/nothing", nil, "")
	fetch(t, http.MethodGet, url+"/api/projects/nothing-else", nil, "")
	fetch(t, http.MethodGet, url+"/api/what/ever", nil, "")
	fetch(t, "BREW", url+"/healthz", nil, "")
	fetch(t, http.MethodGet, url+"/", nil, "")
	res, body := fetch(t, http.MethodGet, url+"/metrics", nil, "")
	if kind := res.Header.Get("Content-Type"); res.StatusCode != 200 || kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%d %q %s", res.StatusCode, kind, body)
	}
	got := samples(t, body)
	for name, want := range map[string]float64{
		`irum_http_requests_in_flight`: 1,
		`irum_http_requests_total{method="POST",route="/api/projects",status="201"}`:                       1,
		`irum_http_requests_total{method="GET",route="/api/projects/{project}",status="404"}`:              2,
		`irum_http_requests_total{method="GET",route="/api/",status="404"}`:                                1,
		`irum_http_requests_total{method="GET",route="/",status="200"}`:                                    1,
		`irum_http_request_duration_seconds_bucket{method="POST",route="/api/projects",le="+Inf"}`:         1,
		`irum_http_request_duration_seconds_bucket{method="GET",route="/api/projects/{project}",le="120"}`: 2,
		`irum_http_request_duration_seconds_count{method="GET",route="/api/projects/{project}"}`:           2,
		`irum_jobs{state="running"}`:    0,
		`irum_projects`:                 1,
		`irum_assets{state="labelled"}`: 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v (%v), want %v", name, v, ok, want)
		}
	}
	for _, name := range []string{"irum_database_bytes", "go_memstats_alloc_bytes", "go_memstats_sys_bytes", "go_goroutines", "process_start_time_seconds"} {
		if got[name] <= 0 {
			t.Errorf("%s is %v", name, got[name])
		}
	}
	if !strings.Contains(body, `irum_build_info{version="test",`) || strings.Contains(body, "BREW") || strings.Contains(body, "nothing") {
		t.Errorf("the version is missing, or what a client made up is there:\n%s", body)
	}
	if res, _ := fetch(t, http.MethodGet, url+"/metrics", map[string]string{"Host": "evil.example"}, ""); res.StatusCode != 421 {
		t.Errorf("under another name: %d", res.StatusCode)
	}
}

// TestMetricsOfATeam wants those who run the server, and their tokens that are for that, to read its metrics, and nobody else.
func TestMetricsOfATeam(t *testing.T) {
	s := open(t, serve.Config{Data: t.TempDir(), Team: true, Cost: team.Cost{KiB: 64, Passes: 1, Threads: 1}})
	defer func() { _ = s.Close() }()
	handler := s.Handler(true)
	send := func(method, path string, in any, header http.Header) (*http.Response, []byte) {
		t.Helper()
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, bytes.NewReader(body))
		r.Header = header
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result(), w.Body.Bytes()
	}
	if res, body := send("GET", "/metrics", nil, http.Header{}); res.StatusCode != 401 || strings.Contains(string(body), "irum_build") {
		t.Errorf("as nobody: %d %s", res.StatusCode, body)
	}
	_, setup, _ := strings.Cut(s.SetupURL("http://localhost"), "#")
	res, body := send("POST", "/api/setup", domain.Setup{Token: setup, Email: "a@b.c", Name: "A", Password: "correct horse battery"}, http.Header{})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	session := func() http.Header {
		return http.Header{"Cookie": {res.Cookies()[0].String()}, "X-Csrf-Token": {res.Header.Get("X-Csrf-Token")}}
	}
	for _, test := range []struct {
		scopes []domain.Right
		status int
	}{{[]domain.Right{domain.ScopeHost}, 200}, {domain.Rights, 403}} {
		var made domain.Token
		if _, body := send("POST", "/api/tokens", domain.Token{Name: "watch", Scopes: test.scopes}, session()); json.Unmarshal(body, &made) != nil || made.Secret == "" {
			t.Fatalf("%s", body)
		}
		if res, body := send("GET", "/metrics", nil, http.Header{"Authorization": {"Bearer " + made.Secret}}); res.StatusCode != test.status {
			t.Errorf("by a token for %v: %d %s", test.scopes, res.StatusCode, body)
		}
	}
}
